package server

import (
	"context"
	"errors"
	"os"
)

// The reader's role is held by the one goroutine that parses what arrives. The application's receiver takes it for as
// long as a call lasts. Ping, Close and the heartbeat take it when it is free, so that control frames are dealt with
// while nobody receives.

// takeRole waits for the reader's role on behalf of the application's receiver.
func (c *Conn) takeRole(ctx context.Context, op string) error {
	if ctx == nil {
		return ErrNilContext
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.receiving {
		return ErrConcurrentReceive
	}
	c.receiving = true
	c.run.enter()
	for {
		if err := c.endedLocked(ctx, op); err != nil {
			if c.end != nil {
				c.run.buffer = nil
			}
			c.run.leave()
			c.receiving = false
			c.changed.wake() // the run is another, which nobody waits for yet
			return err
		}
		if !c.reading {
			c.reading = true
			c.beginReceiving()
			return nil
		}
		c.changed.wait(ctx, &c.mu)
	}
}

// beginReceiving readies what the application has asked for before, when it asks for more. The role was taken.
func (c *Conn) beginReceiving() {
	if c.closing() { // others may have read on, into other memory
		c.run.buffer = nil
	}
	c.in.reclaim()
	c.in.lends = false
}

// ended is why a receiver has to stop: the end of the connection or else of its context, which often is the
// connection's own.
func (c *Conn) ended(ctx context.Context, op string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endedLocked(ctx, op)
}

func (c *Conn) endedLocked(ctx context.Context, op string) error {
	if c.end != nil {
		return c.end.receiveError()
	}
	if from := c.source(ctx); from.Err() != nil {
		return contextError(op, from)
	}
	return nil
}

// giveRole ends a call of the application's receiver.
func (c *Conn) giveRole() {
	c.mu.Lock()
	c.receiving = false
	if c.end != nil {
		c.run.buffer = nil
	}
	c.run.leave()
	c.freeRole()
	c.mu.Unlock()
}

// freeRole gives the role back. c.mu is held.
func (c *Conn) freeRole() {
	c.received.add(&c.in.fresh)
	if c.end != nil {
		c.in.drop() // the role stays taken: nobody reads after the end
		return
	}
	c.reading = false
	c.changed.wake()
}

// pump reads on behalf of Ping, Close or the heartbeat until done reports true. It deals with control frames and
// stops at a data frame, which stays for the receiver, except after Close, when it is discarded. When it can't read it
// waits for whoever can. done is called with c.mu held.
func (c *Conn) pump(ctx context.Context, op string, done func() bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.end != nil:
			return c.end
		case done():
			return nil
		case c.source(ctx).Err() != nil:
			return contextError(op, c.source(ctx))
		}
		if c.reading || (c.in.front || c.runPending()) && !c.closing() {
			c.changed.wait(ctx, &c.mu)
			continue
		}
		c.reading = true
		c.mu.Unlock()
		c.in.leave()
		c.pumpOne(ctx, op)
		c.in.release() // nobody may receive for long
		c.mu.Lock()
		c.freeRole()
		if c.attendance != nil {
			c.attendance.call()
		}
	}
}

// runPending reports whether messages of a run wait for the receiver. When none do any more, or the receiver reads, those that
// wait are told. c.mu is held.
func (c *Conn) runPending() bool {
	return c.run.await() || c.attendance != nil && c.attendance.awaitRun()
}

// pumpOne reads one frame. Its error, if any, is the context's or has ended the connection.
func (c *Conn) pumpOne(ctx context.Context, op string) {
	if c.closing() {
		c.discard(ctx, op)
	} else if !c.in.front {
		c.readFrame(ctx, op)
	}
}

// discard reads one frame after Close was called, when data is not delivered any more.
func (c *Conn) discard(ctx context.Context, op string) error {
	c.in.partial, c.in.stream = nil, nil
	c.in.goBlind()
	if c.in.front {
		_, err := c.discardFrame(ctx, op)
		return err
	}
	return c.readFrame(ctx, op)
}

// await waits for bytes: into b or, when it is nil, behind those that are held. It returns the context's error, which
// harms nothing, or the error that the connection ended with.
func (c *Conn) await(ctx context.Context, op string, b []byte) (int, error) {
	c.settle()
	if !c.in.glance {
		if err := c.arm(ctx, op); err != nil {
			return 0, err
		}
	}
	n, err := c.in.read(&c.t, b)
	switch {
	case err == errNothing:
		return 0, err
	case n > 0:
		c.in.expired = 0
		return n, nil // an error that came with bytes comes again
	case err == nil:
		return 0, nil
	case errors.Is(err, os.ErrDeadlineExceeded) && c.source(ctx).Err() != nil:
		return 0, c.ended(ctx, op)
	case errors.Is(err, os.ErrDeadlineExceeded) && c.in.expired < maxExpired: // it is not ours: whoever set it has no say here
		c.in.expired++
		c.overrule()
		return 0, c.ended(ctx, op)
	}
	return 0, c.readFailed(err)
}

// maxExpired is how often in a row a read may end at a deadline that is not ours: a transport that knows nothing else has failed.
const maxExpired = 100
