// Package client opens WebSocket connections, with the same calls in a browser
// and natively: code that uses it compiles for both.
//
// With GOOS=js a [Conn] is the browser's own WebSocket, in a window or in a
// worker; elsewhere it is a connection of package server, opened by its Dial.
// What the two cannot do alike is stated here.
//
// # The life of a connection
//
// [Open] returns when the opening handshake is done. [Conn.Receive] gives one
// message after another, and io.EOF once the connection has ended by a closing
// handshake with a normal code (1000, 1001, or 1005, which is none at all).
// After any other end the error is a [*shared.EndError], which says who ended
// the connection, in which layer, with what code and reason, and matches
// [shared.ErrClosed]. After a call of [Conn.Close] nothing more is received,
// as with a browser's close: Receive waits for the end and reports that. Send
// does not: what it gives until then matches [shared.ErrClosed] and says no more,
// also to those that waited.
//
// Any number of goroutines may call Send, Close, CloseNow, End, Context and
// Subprotocol at any time; one at a time may receive, and a second one gets an
// error at once. No call panics, and none may be made inside a js.Func that the
// page calls: it would block the page's event loop. Start a goroutine there, or
// use TrySend and TryReceive, which the browser half has for this.
//
// A context governs the waiting of one call. One that expires harms nothing:
// the call returns an error that matches ctx.Err(), and can be repeated. Only in
// the native half, and only for a message longer than [Options].Outgoing, can it
// cut Send in the middle of a message, which ends the connection.
//
// # What differs in a browser
//
//   - A failed Open is an end in [shared.LayerBrowser] with 1006: a browser tells
//     the page neither the response's status nor any other cause.
//   - Of the status codes a browser lets a page send 1000 and 3000 to 4999 only.
//     The others go out as 4000 + (code - 1000), so 1009 as 4009; [Conn.End] and
//     all errors keep the code that was meant.
//   - A browser cannot be told to stop reading. What nobody receives is queued,
//     up to [QueueMessages] messages and [QueueBytes] bytes; one message more,
//     and the connection is ended with 1008. Receive still gives what was
//     queued, then the error. Natively TCP holds the peer back instead.
//   - Send returns when the browser has taken the message. It waits while more
//     than [Options].Outgoing bytes wait in the browser, which it asks after 1 ms,
//     then 2, 4, 8 and every 16 ms.
//   - A message over [Options].Message has already been received in whole when it
//     is refused.
//   - [Conn.CloseNow] cannot cut the connection: the browser sends an empty Close
//     and ends it in its own time, while this end has let go of it.
//   - There is no Ping: browsers answer them and send none.
package client

import (
	"context"

	"example.com/tandem/shared"
)

// connection is what both halves offer. It is here for the compiler, which
// checks whichever half it builds.
type connection interface {
	Send(ctx context.Context, m shared.Message) error
	Receive(ctx context.Context) (shared.Message, error)
	ReceiveAppend(ctx context.Context, b []byte) (shared.Opcode, []byte, error)
	Close(code shared.StatusCode, reason string) error
	CloseNow() error
	Subprotocol() string
	Context() context.Context
	End() *shared.EndError
}

var (
	_ connection = (*Conn)(nil)

	_ func(ctx context.Context, url string, opts *Options) (*Conn, error) = Open
)

// What a browser may hold that nobody has received yet; see the package's
// documentation. A first message is queued whatever its size, so that
// [Options].Message alone decides how long one may be.
const (
	QueueMessages = 65536
	QueueBytes    = 64 << 20
)
