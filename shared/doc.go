// Package shared is the vocabulary of the WebSocket protocol, RFC 6455: its
// opcodes, frames, status codes, masking, UTF-8 rule, handshake lists and
// addresses, and the errors that carry a status code.
//
// Everything here is pure: bytes in, bytes out. Nothing reads or writes a
// connection, starts a goroutine, takes a lock or looks at a clock, and the
// imports are few and small, so that the server and the browser module can
// both stand on it. Functions may be called by several goroutines at once;
// the types that keep state ([Sequence], [UTF8]) belong to one goroutine at a
// time.
//
// Lengths and offsets are in bytes everywhere.
package shared
