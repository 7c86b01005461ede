package server

import (
	"net"
	"slices"
	"testing"

	"example.com/tandem/shared"
)

// eachGathering runs a test with a server's Conn on each transport that is handed replies at once, so that they gather.
func eachGathering(t *testing.T, test func(t *testing.T, c *Conn, p *wirePeer)) {
	for name, conns := range map[string]func(testing.TB) (a, b net.Conn){"tcp": tcpConns, "unix": unixConns} {
		t.Run(name, func(t *testing.T) {
			c, p := newWire(t, conns, false, Limits{Heartbeat: -1})
			if !c.t.tries() {
				t.Skip("this system hands bytes to no kernel without waiting: no reply gathers here")
			}
			test(t, c, p)
		})
	}
}

// TestLateRepliesLeave has two frames come at once, and the application answer the first and then do something else.
func TestLateRepliesLeave(t *testing.T) {
	eachGathering(t, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("81 01 61 | 81 01 62")
		expectText(t, c, "a")
		c.out.mu.Lock()
		if !c.out.gather {
			t.Error("replies do not gather while a whole frame is at hand")
		}
		c.out.mu.Unlock()
		for range 3 { // it is looked at again each time
			if err := c.Send(t.Context(), shared.Text("answer")); err != nil {
				t.Error(err)
			}
			p.expect(frame(0x81, "answer"))
		}
		expectText(t, c, "b")
	})
}

// TestLateRepliesOfAHandlerLeave is the same in the handler form.
func TestLateRepliesOfAHandlerLeave(t *testing.T) {
	eachGathering(t, func(t *testing.T, c *Conn, p *wirePeer) {
		answered := make(chan struct{})
		a := attend(t, c, func(c *Conn, m shared.Message) error {
			err := echoMessage(c, m)
			<-answered
			return err
		})
		p.send("81 01 61 | 81 01 62")
		p.expect("81 01 61")
		close(answered)
		p.expect("81 01 62")
		a.expect(shared.OpcodeText, "a")
		a.expect(shared.OpcodeText, "b")
	})
}

// TestLateRepliesPastASlowTrace has the Trace of a connection whose replies are late take its time.
func TestLateRepliesPastASlowTrace(t *testing.T) {
	eachGathering(t, func(t *testing.T, traced *Conn, p *wirePeer) {
		stuck := make(chan struct{})
		defer close(stuck)
		traced.out.tracer = newTracer(&Trace{Flush: func(TraceFlush) { <-stuck }})
		other, q := newWire(t, tcpConns, false, Limits{})
		for _, c := range []*Conn{traced, other} {
			c.out.setGather(true)
			if err := c.Send(t.Context(), shared.Text("a")); err != nil {
				t.Error(err)
			}
		}
		q.expect("81 01 61")
	})
}

// TestLateIsPutDownOnce has a connection gather again and again: it is in the list once, until it is looked at, and then
// nothing holds it any more.
func TestLateIsPutDownOnce(t *testing.T) {
	eachGathering(t, func(t *testing.T, c *Conn, p *wirePeer) {
		times := func() (n int) {
			late.mu.Lock()
			defer late.mu.Unlock()
			for _, o := range late.all {
				if o == &c.out {
					n++
				}
			}
			return n
		}
		rounds := 0
		until(t, "it was found in the list", func() (found bool) {
			for range 10 {
				c.out.setGather(true)
				if err := c.Send(t.Context(), shared.Text("a")); err != nil {
					t.Error(err)
				}
				n := times()
				if n > 1 {
					t.Fatalf("it is in the list %d times", n)
				}
				found = found || n == 1
				c.out.setGather(false)
				rounds++
			}
			return found
		})
		for range rounds {
			p.expect("81 01 61")
		}
		until(t, "nothing is left in the list, nor in its memory", func() bool {
			late.mu.Lock()
			defer late.mu.Unlock()
			held := func(o *outgoing) bool { return o != nil }
			return len(late.all) == 0 && !slices.ContainsFunc(late.all[:cap(late.all)], held) && !slices.ContainsFunc(late.spare[:cap(late.spare)], held)
		})
		until(t, "it can be put down again", func() bool { c.out.mu.Lock(); defer c.out.mu.Unlock(); return !c.out.expected })
	})
}
