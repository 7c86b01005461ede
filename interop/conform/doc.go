// Package conform judges how well a WebSocket endpoint keeps to RFC 6455 and RFC 7692. It plays a client against any
// server and a server against any client, on bytes of its own: nothing in it is shared with the endpoints of this
// project, so that a mistake cannot hide on both sides.
//
// The tested peer is an echo: it sends every data message back, text as text and binary as binary. A Suite runs its
// Cases, one connection each, and gives a Report with a Result for each. Whatever a case is about, every byte that the
// tested peer sends is judged by all the rules of framing, fragmentation, masking, UTF-8 and closing.
package conform
