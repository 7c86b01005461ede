package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"example.com/tandem/shared"
)

// A Conn is one WebSocket connection, at either end: Accept and Handler make the server's, Dial the client's. All its
// methods may be called from several goroutines, at any time, also after the end; but only one at a time receives
// (Receive, ReceiveAppend, NextReader and the reader it gives). A Conn has to be closed: one that is dropped stays until its
// peer or its heartbeat ends it.
type Conn struct {
	agreed *agreed // nil if it is nothing
	place  *place  // in a registry; may be nil

	t          transport
	out        outgoing
	in         incoming    // belongs to whoever holds the reader's role
	run        run         // belongs to whoever receives
	attendance *attendance // of a connection that was handed over

	mu        sync.Mutex
	deafness  deafness // set with mu held
	reading   bool     // the reader's role is taken
	receiving bool     // the application's receiver is in a call
	gone      bool     // it has ended, and the transport is closed too
	ending    ending   // how it takes its leave
	changed   signal   // one of the fields that somebody waits for
	interrupt interrupt
	pings     pings
	ownClose  *shared.CloseError    // what Close was called with
	end       *closedError          // why the connection ended
	scope     atomic.Pointer[scope] // nil before Context was called; set with mu held
	received  counts
}

// A deafness says why nothing more is delivered; 0: it is.
type deafness struct{ atomic.Uint32 }

const (
	deafByClose = 1 << iota // Close was called
	deafByEnd               // the connection has ended
)

// closing reports whether Close was called: nothing more is delivered.
func (c *Conn) closing() bool { return c.deafness.Load()&deafByClose != 0 }

// deaf reports the same, or that the connection has ended.
func (c *Conn) deaf() bool { return c.deafness.Load() != 0 }

// A scope is the context of a connection.
type scope struct {
	ctx context.Context
	end context.CancelCauseFunc
}

// agreed is what the opening handshake has settled beyond that there is a connection.
type agreed struct {
	subprotocol string
	extensions  string
	request     *http.Request // in a function of Handler
}

// agree returns c.agreed, to be filled in before the connection is anybody's.
func (c *Conn) agree() *agreed {
	if c.agreed == nil {
		c.agreed = new(agreed)
	}
	return c.agreed
}

// setup is what the opening handshake has settled.
type setup struct {
	client      bool
	limits      Limits // with defaults filled in
	subprotocol string
	request     *http.Request // that it holds on to; may be nil
	policy      *Compression  // what this end wants; nil: none
	compression *agreement    // what came of it; nil: none
	trace       *Trace
	early       []byte // bytes that came with the handshake: frames
	place       *place // in a registry, from reserve; may be nil
}

// newConn takes over nc once the opening handshake is done.
func newConn(nc net.Conn, s *setup) *Conn {
	c := &Conn{place: s.place}
	c.t.open(nc)
	if s.subprotocol != "" {
		c.agree().subprotocol = s.subprotocol
	}
	if s.request != nil {
		c.agree().request = s.request
	}
	c.out.conn, c.out.client, c.out.limits = c, s.client, s.limits.shared()
	c.in.brief = c.t.tries()
	if d := c.t.descriptor; d != nil {
		d.supervision.conn = c
	}
	c.in.sequence.Masked = !s.client
	c.compress(s.compression)
	c.out.tracer = newTracer(s.trace)
	c.in.keep(s.early) // frames that came with the handshake
	c.place.occupy(c)
	c.startHeartbeat()
	return c
}

// Subprotocol returns the subprotocol that the opening handshake chose, or "" (RFC 6455 §1.9).
func (c *Conn) Subprotocol() string {
	if c.agreed == nil {
		return ""
	}
	return c.agreed.subprotocol
}

// Request returns the request of the opening handshake in the function that Handler runs. Its body must not be used. For
// any other connection it is nil: whoever called Accept has the request, and a connection that is open for long should
// not hold on to it.
func (c *Conn) Request() *http.Request {
	if c.agreed == nil {
		return nil
	}
	return c.agreed.request
}

// RemoteAddr returns the address of the peer, or of the proxy before it.
func (c *Conn) RemoteAddr() net.Addr { return c.t.RemoteAddr() }

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.t.LocalAddr() }

// Context returns a context that is cancelled when the connection ends; its cause is then the error that tells why,
// an *shared.EndError. Nothing else cancels it, except in a function run by Handler: there it is derived from the
// request's context, and carries its values. (Whoever called Accept has that context; a connection that is open for long
// should not hold on to it.)
func (c *Conn) Context() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.scope.Load()
	if s == nil {
		ctx, end := context.WithCancelCause(c.above())
		if c.end != nil {
			end(c.end)
		}
		s = &scope{ctx, end}
		c.scope.Store(s)
	}
	return s.ctx
}

// above is the context that the connection's own is derived from.
func (c *Conn) above() context.Context {
	if c.agreed != nil && c.agreed.request != nil {
		return c.agreed.request.Context()
	}
	return context.Background()
}

// End tells who ended the connection, in which layer, with which status code and why. It is nil while the connection
// is open.
func (c *Conn) End() *shared.EndError {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end == nil {
		return nil
	}
	return c.end.end
}

// Stats counts what a connection has carried.
type Stats struct {
	MessagesReceived, BytesReceived uint64 // whole messages, with one all that came together, and the bytes of their payloads
	MessagesSent, BytesSent         uint64 // accepted by Send or a message writer
}

type counts struct{ messages, bytes uint64 }

// add takes over what other has counted.
func (n *counts) add(other *counts) {
	n.messages += other.messages
	n.bytes += other.bytes
	*other = counts{}
}

// Stats returns the counters as they stand.
func (c *Conn) Stats() Stats {
	c.mu.Lock()
	s := Stats{MessagesReceived: c.received.messages, BytesReceived: c.received.bytes}
	c.mu.Unlock()
	c.out.mu.Lock()
	s.MessagesSent, s.BytesSent = c.out.sent.messages, c.out.sent.bytes
	c.out.mu.Unlock()
	return s
}
