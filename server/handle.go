package server

import (
	"net/http"

	"example.com/tandem/shared"
)

// A MessageHandler is called with what a connection receives that was handed over to it. One may serve any number of
// connections, and is called for several of them at once.
type MessageHandler interface {
	// Message is called for each message, in their order, and never twice at once for a connection. The payload is
	// valid until it returns. It may block, which holds up this connection alone, and call any method of c; but a Ping
	// that meets the next message waits until that is received, and so needs a context that ends. An error closes the
	// connection with the status code that it would have as the result of [Handler]'s function; io.EOF stands for 1000.
	// After a panic, which is logged as net/http does it, the code is 1011.
	Message(c *Conn, m shared.Message) error

	// End is called once, after the last Message, when the connection has ended. err is what Receive would give:
	// io.EOF itself after a closing handshake with a normal status code.
	End(c *Conn, err error)
}

// A MessageFunc is a MessageHandler that has nothing to do at the end.
type MessageFunc func(c *Conn, m shared.Message) error

// Message calls f.
func (f MessageFunc) Message(c *Conn, m shared.Message) error { return f(c, m) }

// End does nothing.
func (f MessageFunc) End(*Conn, error) {}

// EachMessage returns an http.Handler that accepts each request with Accept and hands the connection over to h. A
// Registry named in the options waits in Shutdown for h too.
func EachMessage(h MessageHandler, opts *Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := Accept(w, r, opts); err == nil {
			c.Handle(h)
		}
	})
}

// Handle hands the connection over to h and returns: from now on h receives, and the connection's limits, heartbeat,
// closing handshake and end are what they are elsewhere. Receive and NextReader give ErrConcurrentReceive.
//
// On Linux, over exactly a *net.TCPConn or *net.UnixConn, a connection that waits then costs no goroutine, no stack and
// no buffer: its descriptor is watched, together with all others', and h is called on a goroutine that is there while
// there is something to do. Elsewhere, as over TLS, each connection has a goroutine that receives.
//
// An error is that of a receiver, ErrConcurrentReceive or the connection's end, and h is then never called.
func (c *Conn) Handle(h MessageHandler) error {
	a := &attendance{c: c, handler: h}
	if c.place != nil {
		c.place.registry.enterHandler() // before the connection can end
	}
	if err := c.handOver(a); err != nil {
		if c.place != nil {
			c.place.registry.leaveHandler()
		}
		return err
	}
	if d := c.t.descriptor; d != nil {
		d.attended.Store(true)
		d.call() // for what came before, and for an end
	} else {
		go a.stay()
	}
	return nil
}

// handOver has a receive from now on, and nobody else.
func (c *Conn) handOver(a *attendance) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.receiving:
		return ErrConcurrentReceive
	case c.end != nil:
		return c.end.receiveError()
	}
	c.receiving, c.attendance = true, a
	c.run.enter()
	a.beginRun()
	return nil
}
