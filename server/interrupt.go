package server

import (
	"context"
	"time"
)

// An interrupt lets a context end a waiting read without harm to the connection. The registration with the context is
// kept while the same context comes again, since making one costs more than a small message. Guarded by Conn.mu.
type interrupt struct {
	done  <-chan struct{} // of the registered context; contexts themselves need not be comparable
	stop  func() bool
	which uint32 // counts registrations: what a late one says is ignored
	armed bool   // a read waits on behalf of the registered context
	hit   bool   // that read was interrupted
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// arm makes ctx interrupt the read that follows, until disarm. It reports why the receiver has to stop instead, if it has
// to. A context that can't end needs no disarm.
func (c *Conn) arm(ctx context.Context, op string) (disarm bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.endedLocked(ctx, op); err != nil {
		return false, err
	}
	if c.scope != nil && ctx == c.scope.ctx { // the end wakes whoever reads; what else ends it is what it is derived from
		ctx = c.above()
	}
	done := ctx.Done()
	if done == nil {
		return false, nil
	}
	i := &c.interrupt
	if i.done != done {
		if i.stop != nil {
			i.stop()
		}
		i.which++
		which := i.which
		i.done = done
		i.stop = context.AfterFunc(ctx, func() { c.interruptRead(which) })
	}
	i.armed = true
	if ctx.Err() != nil { // the function may have come before
		c.hitRead()
	}
	return true, nil
}

// disarm ends what arm began.
func (c *Conn) disarm() {
	c.mu.Lock()
	c.interrupt.armed = false
	if c.interrupt.hit {
		c.interrupt.hit = false
		c.t.SetReadDeadline(time.Time{}) // or it would poison the next read
	}
	c.mu.Unlock()
}

func (c *Conn) interruptRead(which uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.interrupt.which == which && c.interrupt.armed {
		c.hitRead()
	}
}

func (c *Conn) hitRead() {
	if !c.interrupt.hit {
		c.interrupt.hit = true
		c.t.SetReadDeadline(longAgo)
	}
}

// forget drops the registration. c.mu is held.
func (i *interrupt) forget() {
	if i.stop != nil {
		i.stop()
		i.stop, i.done = nil, nil
	}
}
