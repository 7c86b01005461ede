package server

import (
	"testing"
	"time"

	"example.com/tandem/shared"
)

// beatNow has the heartbeat of a connection look at it.
func beatNow(c *Conn) {
	s := &c.t.descriptor.supervision
	s.stop()
	s.beat()
}

// TestSupervisionIsNotHeldUpByATrace has the Trace of a connection whose peer is silent take its time when that ends.
func TestSupervisionIsNotHeldUpByATrace(t *testing.T) {
	goOn := make(chan struct{})
	c, _ := newWire(t, tcpConns, false, Limits{Heartbeat: time.Hour})
	c.out.tracer = newTracer(&Trace{End: func(*shared.EndError) { <-goOn }})
	attend(t, c, nil)
	until(t, "it is at rest", func() bool { return !c.t.descriptor.queued.Load() })
	done := make(chan bool)
	go func() {
		defer close(done)
		c.t.descriptor.supervision.pinged = true
		beatNow(c)
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Error("all others wait for it")
	}
	close(goOn)
	<-done
	until(t, "it has ended", func() bool { return c.End() != nil })
}

// TestSupervisionAsksAnew has the answer to a Ping come when the handler is running, so that another Ping is sent in another
// way: the first one's lack of an answer must not count any more.
func TestSupervisionAsksAnew(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: time.Hour})
	attend(t, c, nil)
	d := c.t.descriptor
	atRest := func() bool { return !d.queued.Load() }
	until(t, "it is at rest", atRest)
	beatNow(c)
	p.expect("89 08 00 00 00 00 00 00 00 01")
	d.queued.Store(true) // as when its handler runs
	beatNow(c)
	p.expect("89 08 00 00 00 00 00 00 00 02")
	d.queued.Store(false)
	p.send("8a 08 00 00 00 00 00 00 00 02")
	until(t, "it is looked after again", func() bool {
		allBeats.mu.Lock()
		defer allBeats.mu.Unlock()
		return d.supervision.queued
	})
	until(t, "it is at rest", atRest)
	beatNow(c)
	p.expect("89 08 00 00 00 00 00 00 00 03")
}

// TestSupervisionLooksOnceMore has the answer to a Ping lie in the kernel when the time is over, as it does after this
// machine was asleep.
func TestSupervisionLooksOnceMore(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: time.Hour})
	a := attend(t, c, nil)
	d := c.t.descriptor
	until(t, "it is at rest", func() bool { return !d.queued.Load() })
	d.supervision.pinged = true
	d.poller.mu.Lock() // nobody looks at events
	p.sendText("I am here")
	until(t, "it has come", c.t.readable)
	beatNow(c)
	d.poller.mu.Unlock()
	a.expect(shared.OpcodeText, "I am here")
	if c.End() != nil {
		t.Error(c.End())
	}
}
