package server

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"example.com/tandem/shared"
)

func TestSection5_5_3_TenPingsTenPongs(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		go c.Receive(t.Context())
		for i := range 10 {
			p.send(fmt.Sprintf("89 01 %02x", i))
		}
		for i := range 10 {
			p.expect(fmt.Sprintf("8a 01 %02x", i))
		}
	})
}

// TestPingFloodAtAPeerThatNeverReads keeps receiving, in bounded memory, and answers the latest Ping when it can.
func TestPingFloodAtAPeerThatNeverReads(t *testing.T) {
	eachEnd(t, Limits{Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
		pings := 70_000 // more than the kernel holds on the way
		if testing.Short() {
			pings = 10_000
		}
		flood := make([]byte, 0, pings*140)
		for i := range pings {
			flood = append(flood, frames(frame(0x89, fmt.Sprintf("%0125d", i)), p.client)...)
		}
		go p.Write(append(flood, frames("81 04 64 6f 6e 65", p.client)...))
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "done" {
			t.Fatal(m, err)
		}
		c.out.mu.Lock()
		if n := cap(c.out.control().frames) + cap(c.out.control().pong); n > 4*maxControlWaiting || c.out.waiting() > 2*maxControlWaiting {
			t.Errorf("%d bytes of control frames and %d of data wait", n, c.out.waiting())
		}
		c.out.mu.Unlock()
		last := -1
		for pongs := 0; last != pings-1; pongs++ {
			b, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			var n int
			if fmt.Sscanf(string(b[2:]), "%d", &n); b[0] != 0x8a || n <= last {
				t.Fatalf("%x %d after %d", b[0], n, last)
			}
			last = n
		}
	})
}

// TestAMillionPongs takes no memory.
func TestAMillionPongs(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	rounds := 1000
	if testing.Short() {
		rounds = 100
	}
	grown := heapGrowth(func() {
		go func() {
			pongs := bytes.Repeat(frames(frame(0x8a, strings.Repeat("p", 8)), true), 1000)
			for range rounds {
				p.Write(pongs)
			}
			p.Write(frames("81 00", true))
		}()
		if _, err := c.Receive(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if grown > 256<<10 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

// TestControlFramesOvertake puts Pongs and Pings before data that waits, on the boundary of a frame.
func TestControlFramesOvertake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, false, Limits{})
		long, short := strings.Repeat("x", pipeSize), strings.Repeat("x", 1000)
		c.Send(t.Context(), shared.Text(long)) // more than the pipe holds: somebody is writing it
		synctest.Wait()
		for range 20 {
			c.Send(t.Context(), shared.Text(short))
		}
		p.send("89 04 70 69 6e 67")
		go c.Receive(t.Context())
		synctest.Wait()
		go c.Ping(t.Context())
		synctest.Wait()
		p.expect(frame(0x81, long) + "| 8a 04 70 69 6e 67 | 89 08 00 00 00 00 00 00 00 01")
		for range 20 {
			p.expect(frame(0x81, short))
		}
	})
}
