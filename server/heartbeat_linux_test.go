package server

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// TestHeartbeatBesideTheReader has the answer to a Ping be in the kernel when its time is over, and be received at the same moment, as
// after this machine was asleep.
func TestHeartbeatBesideTheReader(t *testing.T) {
	const limit = 3 * time.Millisecond
	inTime := 0
	for n := 0; inTime < 100 && n < 2000; n++ {
		c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
		limits := *c.out.limits
		limits.Heartbeat = limit
		c.out.limits = &limits
		go c.Receive(context.Background())
		until(t, "it waits", func() bool { return waits(c) })
		seen := c.in.reads.Load()
		alive := make(chan bool)
		d := c.t.descriptor
		d.poller.mu.Lock() // nobody looks at events
		begun := time.Now()
		go func() { alive <- c.beat(seen) }()
		p.expect("89 08 00 00 00 00 00 00 00 01")
		p.send("8a 00")
		answered := false
		if d.life.TryRLock() { // or the connection is being closed, which waits for the poller
			answered = peek(d.fd) && time.Since(begun) < limit // or the machine has much other work
			d.life.RUnlock()
		}
		for end := begun.Add(limit + time.Duration(n%100-20)*2*time.Microsecond); time.Now().Before(end); {
		}
		d.poller.mu.Unlock()
		if lives := <-alive; answered {
			if inTime++; !lives {
				t.Fatalf("after %d: a peer that has answered was taken for dead: %v", n, c.End())
			}
		}
		c.CloseNow()
		p.Close()
	}
	if inTime == 0 {
		t.Error("no answer came in time")
	}
}

// TestSupervisionBesideTheReader is the same for a connection that was handed over.
func TestSupervisionBesideTheReader(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: time.Hour})
	attend(t, c, nil)
	go func() {
		for b, err := p.next(); err == nil; b, err = p.next() {
			p.Write(frames(frame(0x8a, string(b[2:])), true))
		}
	}()
	d := c.t.descriptor
	s := &d.supervision
	for n, begun := 0, time.Now(); time.Since(begun) < time.Second; n++ {
		for resting := false; !resting && c.End() == nil; runtime.Gosched() {
			allBeats.mu.Lock()
			resting = s.queued && !d.queued.Load()
			allBeats.mu.Unlock()
		}
		s.stop()
		s.pinged, s.seen = true, c.in.reads.Load() // a Ping was sent
		p.send("8a 00")                            // and the peer lives
		for !c.t.readable() && c.in.reads.Load() == s.seen && c.End() == nil {
		}
		for range n % 50 {
			runtime.Gosched()
		}
		s.beat()
		if e := c.End(); e != nil {
			t.Fatalf("after %d: a peer that has answered was taken for dead: %v", n, e)
		}
	}
}
