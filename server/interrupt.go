package server

import (
	"context"
	"sync/atomic"
	"time"
)

// An interrupt lets a context end a waiting read without harm to the connection. The registration with the context is
// kept while the same context comes again, since making one costs more than a small message; then a read takes no lock.
type interrupt struct {
	asked <-chan struct{} // what is done when that context is (contexts themselves need not be comparable); the reader's
	stop  func() bool     // ends the registration; guarded by Conn.mu
	state atomic.Uint64   // interruptRegistered and so on, and above them a count of registrations: what a late one says is ignored
}

// What interrupt.state says.
const (
	interruptRegistered = 1 << iota // a context can interrupt; else none need be able to
	interruptArmed                  // a read waits on its behalf
	interruptFired                  // it has ended
	interruptNext                   // one registration more
)

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// arm makes ctx interrupt the read that follows, until disarm. It reports why the receiver has to stop instead, if it has
// to. A context that can't end needs no disarm. Whoever calls it has the reader's role.
func (c *Conn) arm(ctx context.Context, op string) (disarm bool, err error) {
	i, from := &c.interrupt, ctx
	if s := c.scope.Load(); s != nil && ctx == s.ctx { // the end wakes whoever reads; what else ends it is what it is derived from
		from = c.above()
	}
	if from.Done() != i.asked {
		if err := c.register(ctx, from, op); err != nil {
			return false, err
		}
	}
	if i.state.Load()&interruptRegistered == 0 {
		return false, nil
	}
	if i.state.Or(interruptArmed)&interruptFired != 0 {
		c.setReadDeadline(longAgo)
	}
	return true, nil
}

// register has what ctx is derived from be what interrupts.
func (c *Conn) register(ctx, from context.Context, op string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.endedLocked(ctx, op); err != nil {
		return err
	}
	i := &c.interrupt
	i.forget()
	i.asked = from.Done()
	state := i.state.Load()&^(interruptNext-1) + interruptNext
	if i.asked != nil {
		state |= interruptRegistered
		i.stop = context.AfterFunc(from, func() { c.interruptRead(state) })
	}
	i.state.Store(state)
	return nil
}

// disarm ends what arm began.
func (c *Conn) disarm() {
	if c.interrupt.state.And(^uint64(interruptArmed))&interruptFired != 0 {
		c.setReadDeadline(time.Time{}) // or it would poison the next read
	}
}

// setReadDeadline has Conn.mu, so that of two deadlines the later stays.
func (c *Conn) setReadDeadline(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t.SetReadDeadline(t)
}

// interruptRead is called when the context has ended that was registered with state.
func (c *Conn) interruptRead(state uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := &c.interrupt
	for {
		now := i.state.Load()
		if now&^interruptArmed != state {
			return
		}
		if i.state.CompareAndSwap(now, now|interruptFired) { // whoever reads next finds it
			if now&interruptArmed != 0 {
				c.t.SetReadDeadline(longAgo)
			}
			return
		}
	}
}

// forget drops the registration. c.mu is held.
func (i *interrupt) forget() {
	if i.stop != nil {
		i.stop()
		i.stop = nil
	}
}
