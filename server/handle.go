package server

import (
	"context"
	"errors"
	"log"
	"net/http"
	"runtime/debug"

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
	return nil
}

// An attendance is what a connection that was handed over has beside the others.
type attendance struct {
	c       *Conn
	handler MessageHandler
	called  bool // the handler is in Message
	over    bool // End was called
	budget  int  // what it may still do in this turn
}

// call has the attendance look at the connection, if it does not wait itself.
func (a *attendance) call() {
	if d := a.c.t.descriptor; d != nil {
		d.call()
	}
}

// stay attends a connection that is not watched, until its end.
func (a *attendance) stay() {
	over := false
	defer func() {
		if !over { // the handler has ended this goroutine, but not the connection
			go a.stay()
		}
	}()
	for a.turn(false) {
	}
	over = true
}

// A message counts as one piece of work, a control frame too, and a look at what has arrived, which may be 256 KiB, as several.
const (
	fair = 64 // for one connection before others have their turn
	look = 8
)

// errNothing is what a glance gives when nothing more has arrived, or others have their turn first.
var errNothing = errors.New("nothing has arrived")

// turn attends until there is nothing more to do, which is, with glance set, when nothing has arrived or the budget is used up.
// It reports whether it has stopped before that, because the handler panicked.
func (a *attendance) turn(glance bool) (more bool) {
	defer func() {
		if a.called { // after a panic or runtime.Goexit
			a.called = false
			a.logPanic(recover())
			a.c.Close(shared.StatusInternalError, "")
		}
	}()
	more = true
	for a.attend(glance) {
		a.finishRun(glance)
	}
	return false
}

// attend receives one message and calls the handler, whose error closes the connection. With glance set it does not wait. It
// reports whether there may be more to do.
func (a *attendance) attend(glance bool) bool {
	if glance && a.budget <= 0 {
		return false
	}
	c := a.c
	c.mu.Lock()
	for c.end == nil && c.reading {
		if glance { // whoever has the role calls when it is free
			c.mu.Unlock()
			return false
		}
		c.changed.wait(context.Background(), &c.mu)
	}
	if c.end != nil {
		err := c.end.receiveError()
		c.run.drop()
		c.mu.Unlock()
		a.end(err)
		return false
	}
	c.reading = true
	c.mu.Unlock()

	c.beginReceiving()
	c.in.glance, c.in.budget = glance, int32(a.budget)
	m, err := c.lend(context.Background())
	c.in.glance, a.budget = false, int(c.in.budget)-1
	c.mu.Lock()
	c.freeRole()
	c.mu.Unlock()
	if err != nil {
		return err != errNothing
	}
	a.message(m)
	return true
}

// finishRun calls the handler for the messages that have come together with the one that was received.
func (a *attendance) finishRun(glance bool) {
	c := a.c
	for c.run.any() && !c.deaf.Load() && (a.budget > 0 || !glance) {
		m := c.run.take()
		if c.run.awaited.Load() && !c.run.any() {
			c.tellOfRun()
		}
		a.budget--
		a.message(m)
	}
}

// message calls the handler.
func (a *attendance) message(m shared.Message) {
	a.called = true
	err := a.handler.Message(a.c, m)
	a.called = false
	if err != nil {
		end := closeFor(err)
		a.c.Close(end.Code, end.Reason)
	}
}

// end calls the handler for the last time.
func (a *attendance) end(err error) {
	if a.over {
		return
	}
	a.over = true
	if p := a.c.place; p != nil {
		defer p.registry.leaveHandler()
	}
	defer func() { a.logPanic(recover()) }()
	a.handler.End(a.c, err)
}

// logPanic does what net/http does about a handler's panic, which would otherwise end all other connections too.
func (a *attendance) logPanic(v any) {
	if err, _ := v.(error); v != nil && !errors.Is(err, http.ErrAbortHandler) {
		log.Printf("websocket: panic serving %v: %v\n%s", a.c.RemoteAddr(), v, debug.Stack())
	}
}
