package server

import (
	"context"
	"time"
)

// An interrupt lets a context end a waiting read without harm to the connection: a read deadline passes on its behalf, and stays
// until another context is registered. The registration with a context is kept while the same one comes again, since making one
// costs more than a small message; then it costs a read nothing.
type interrupt struct {
	asked <-chan struct{} // what is done when that context is (contexts themselves need not be comparable); the reader's

	// Guarded by Conn.mu.
	stop   func() bool // ends the registration; nil if there is none
	count  uint32      // of those that were ended: what a late one says is ignored
	passed bool        // the deadline
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// arm makes ctx interrupt the read that follows. It returns why the receiver has to stop instead, if it has to. Whoever calls it
// has the reader's role, and has looked since it took it whether ctx has ended.
func (c *Conn) arm(ctx context.Context, op string) error {
	from := c.source(ctx)
	if from.Done() == c.interrupt.asked {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.endedLocked(ctx, op); err != nil {
		return err
	}
	c.disarm()
	i := &c.interrupt
	i.asked = from.Done()
	if i.asked != nil {
		count := i.count
		i.stop = context.AfterFunc(from, func() { c.interruptRead(count) })
	}
	return nil
}

// source is the context that ends ctx, beside the end of the connection: the connection's own ends a little later than the request's,
// from which it is derived, and whose end interrupts a read.
func (c *Conn) source(ctx context.Context) context.Context {
	if s := c.scope.Load(); s != nil && ctx == s.ctx {
		return c.above()
	}
	return ctx
}

// disarm ends what arm has begun. c.mu is held.
func (c *Conn) disarm() {
	i := &c.interrupt
	if i.stop != nil {
		i.stop()
		i.stop = nil
	}
	i.count++
	if i.passed {
		i.passed = false
		c.t.SetReadDeadline(time.Time{})
	}
}

// interruptRead is called when the context has ended that was registered as the one of this count. If nobody reads, whoever will
// looks at its context first.
func (c *Conn) interruptRead(count uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := &c.interrupt; count == i.count && c.reading {
		i.passed = true
		c.t.SetReadDeadline(longAgo)
	}
}

// overrule ends a deadline that is nobody's here.
func (c *Conn) overrule() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.interrupt.passed {
		c.t.SetReadDeadline(time.Time{})
	}
}
