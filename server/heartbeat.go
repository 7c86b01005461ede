package server

import (
	"context"
	"time"

	"example.com/tandem/shared"
)

// startHeartbeat looks after a silent peer. Between beats it is one timer; bytes that arrive cost it nothing.
func (c *Conn) startHeartbeat() {
	if c.out.limits.Heartbeat < 0 {
		return
	}
	var seen uint32
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil { // whoever found it in the registry may have closed it
		return
	}
	if d := c.t.descriptor; d != nil {
		d.supervision.begin()
		return
	}
	c.t.heartbeat = time.AfterFunc(c.out.limits.Heartbeat, func() {
		if now := c.in.reads.Load(); now != seen || c.beat(now) {
			seen = c.in.reads.Load()
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.end == nil {
				c.t.heartbeat.Reset(c.out.limits.Heartbeat)
			}
		}
	})
}

// stopHeartbeat is called with c.mu held.
func (c *Conn) stopHeartbeat() {
	if c.t.heartbeat != nil {
		c.t.heartbeat.Stop()
	}
	if d := c.t.descriptor; d != nil {
		d.supervision.stop()
	}
}

// beat sends a Ping to a peer that has been silent since the count of reads was seen, and waits for anything from it.
// It reports whether the connection goes on.
func (c *Conn) beat(seen uint32) bool {
	ctx, cancel := context.WithTimeout(context.Background(), c.out.limits.Heartbeat)
	defer cancel()
	_, err := c.Ping(ctx)
	switch {
	case err == nil || c.in.reads.Load() != seen:
		return true
	case ctx.Err() == nil:
		return c.End() == nil // no Ping can be sent: the closing handshake has its own time limit
	}
	if c.unread() || c.in.reads.Load() != seen { // in this order: what was in the kernel may be read meanwhile
		return true
	}
	c.finish(abrupt, noAnswer(c.out.limits.Heartbeat))
	return false
}

// unread reports whether something has come that nobody has read yet: a slow application is not a dead peer, and after this
// machine was asleep the answer may lie in the kernel.
func (c *Conn) unread() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.reading && c.in.front || c.runPending() || c.t.readable()
}

// noAnswer is the end of a connection whose peer is silent.
func noAnswer(limit time.Duration) shared.EndError {
	return timeLimitEnd("no answer to a Ping within " + limit.String())
}
