package server

import (
	"context"
	"errors"
	"log"
	"net/http"
	"runtime/debug"
	"sync/atomic"

	"example.com/tandem/shared"
)

// An attendance is what a connection that was handed over has beside the others.
type attendance struct {
	c         *Conn
	handler   MessageHandler
	memory    *[]byte       // of the run, if the input has given it up
	left      atomic.Uint32 // runLeft, runAwaited
	budget    int32         // what it may still do in this turn
	called    bool          // the handler is in Message
	over      bool          // End was called
	gathering bool          // replies gather, which is not the reader's to settle
}

// What attendance.left says.
const (
	runLeft    = 1 << iota // messages of a run wait for the handler
	runAwaited             // somebody waits for the last of them to be taken
)

// awaitRun reports whether there are messages of a run, and has whoever takes the last of them tell. Conn.mu is held.
func (a *attendance) awaitRun() bool {
	return a.left.Load()&runLeft != 0 && a.left.Or(runAwaited)&runLeft != 0
}

// beginRun lets others know that messages are left.
func (a *attendance) beginRun() {
	if a.c.run.any() && a.left.Load()&runLeft == 0 {
		a.left.Or(runLeft)
	}
}

// endRun lets others read again: the last message was taken.
func (a *attendance) endRun() {
	if a.left.Swap(0)&runAwaited != 0 {
		a.c.mu.Lock()
		a.c.changed.wake()
		a.c.mu.Unlock()
	}
}

// free puts down what is left of a run that has come to its end.
func (a *attendance) free() {
	if a.memory != nil && !a.c.run.any() {
		putBuffer(a.memory)
		a.memory = nil
	}
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
	}
	return false
}

// attend receives messages that came together and calls the handler, whose error closes the connection. With glance set it does
// not wait. It reports whether there may be more to do.
func (a *attendance) attend(glance bool) bool {
	if glance && a.budget <= 0 || !a.takeRole(glance) {
		return false
	}
	m, all, err := a.receive(glance)
	if err != nil {
		return err != errNothing
	}
	a.message(m)
	a.finishRun(glance)
	c := a.c
	if !all || c.run.any() {
		return true
	}
	if a.gathering {
		a.gathering = false
		c.out.setGather(false)
	}
	a.free()
	return false
}

// takeRole waits for the reader's role, unless glance is set: whoever has it calls when it is free. When the connection has ended,
// and there is no role to take, it calls the handler's End.
func (a *attendance) takeRole(glance bool) bool {
	c := a.c
	c.mu.Lock()
	for c.end == nil && c.reading {
		if glance {
			c.mu.Unlock()
			return false
		}
		c.changed.wait(context.Background(), &c.mu)
	}
	if c.end != nil {
		err := c.end.receiveError()
		c.run.buffer = nil
		c.mu.Unlock()
		a.free()
		a.end(err)
		return false
	}
	c.reading = true
	c.mu.Unlock()
	return true
}

// receive receives a message, or the first of a run, and gives the role back. It reports also whether that is all there is, so
// that nobody need look again when it was dealt with; then it is for the attendance to settle, too.
func (a *attendance) receive(glance bool) (m shared.Message, all bool, err error) {
	c := a.c
	c.beginReceiving()
	a.free()
	c.in.gathering = c.in.gathering || a.gathering
	c.in.glance, c.in.budget = glance, a.budget
	m, err = c.lend(context.Background())
	c.in.glance, a.budget = false, c.in.budget-1
	all = glance && err == nil && a.memory != nil && c.t.descriptor.exhausted()
	if a.gathering = all && c.in.gathering; all {
		c.in.gathering = false
	}
	if c.run.any() {
		a.beginRun()
	} else if a.left.Load() != 0 {
		a.left.Store(0) // it was the last, and those that wait are told with the role
	}
	c.mu.Lock()
	c.freeRole()
	c.mu.Unlock()
	return m, all, err
}

// finishRun calls the handler for the messages that have come together with the one that was received.
func (a *attendance) finishRun(glance bool) {
	c := a.c
	for c.run.any() && !c.deaf() && (a.budget > 0 || !glance) {
		m := c.run.take()
		if !c.run.any() {
			a.endRun()
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
