package server

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// The clock of these tests is the real one: what is watched depends on the kernel. None of them asks how long
// something took, except that it was not shorter than it had to be.

const quick = 40 * time.Millisecond

// eachSupervised runs a test with a server's Conn on every transport, all at once: they mostly wait.
func eachSupervised(t *testing.T, l Limits, test func(t *testing.T, c *Conn, p *wirePeer)) {
	var all sync.WaitGroup
	defer all.Wait()
	for _, transport := range handedTransports {
		all.Go(func() {
			t.Run(transport.name, func(t *testing.T) {
				c, p := newWire(t, transport.make, false, l)
				test(t, c, p)
			})
		})
	}
}

func TestSupervisionOfASilentPeer(t *testing.T) {
	t.Parallel()
	begun := time.Now() // the first interval runs from when the connection is made
	eachSupervised(t, Limits{Heartbeat: quick}, func(t *testing.T, c *Conn, p *wirePeer) {
		a := attend(t, c, nil)
		p.expect("89 08 00 00 00 00 00 00 00 01")
		err := a.end()
		if took := time.Since(begun); took < 2*quick {
			t.Errorf("ended after %v", took)
		}
		a.checkEnd(err, shared.PartyLocal, shared.LayerTimeLimit, 1006, os.ErrDeadlineExceeded)
	})
}

// TestSupervisionInsideAFrame has the peer fall silent in the middle of a data frame: it is as dead as any other, since the
// handler has had all that came.
func TestSupervisionInsideAFrame(t *testing.T) {
	t.Parallel()
	eachSupervised(t, Limits{Heartbeat: 2 * quick}, func(t *testing.T, c *Conn, p *wirePeer) {
		a := attend(t, c, nil)
		p.sendBytes(frames(frame(0x82, strings.Repeat("x", 1000)), p.client)[:500])
		p.expect("89 08 00 00 00 00 00 00 00 01")
		a.checkEnd(a.end(), shared.PartyLocal, shared.LayerTimeLimit, 1006, os.ErrDeadlineExceeded)
	})
}

// TestSupervisionKeepsALivePeer has the peer answer some Pings with a Pong, some with data and some with a single byte
// of a frame, and then no more.
func TestSupervisionKeepsALivePeer(t *testing.T) {
	t.Parallel()
	eachSupervised(t, Limits{Heartbeat: 4 * quick}, func(t *testing.T, c *Conn, p *wirePeer) {
		a := attend(t, c, nil)
		for _, answer := range []func(ping string){
			func(ping string) { p.send(frame(0x8a, ping)) },
			func(string) { p.send("81 01 61") },
			func(string) { p.send("8a 00") },
			func(string) { p.sendBytes(frames("82 01 62", p.client)[:1]) },
			func(string) { p.sendBytes(frames("82 01 62", p.client)[1:]) },
		} {
			b, err := p.next()
			if err != nil || b[0] != 0x89 {
				t.Fatalf("% x, %v", b, err)
			}
			answer(string(b[2:]))
		}
		a.expect(shared.OpcodeText, "a")
		a.expect(shared.OpcodeBinary, "b")
		if err := a.end(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
}

// blocksUntil returns a handler that the message "block" holds up.
func blocksUntil(release <-chan struct{}) func(*Conn, shared.Message) error {
	return func(_ *Conn, m shared.Message) error {
		if m.String() == "block" {
			<-release
		}
		return nil
	}
}

// TestSupervisionOfABlockedHandler has a handler block for many intervals while its peer answers Pings, and behind data
// that it does not receive, while the peer does not.
func TestSupervisionOfABlockedHandler(t *testing.T) {
	t.Parallel()
	for _, unread := range []bool{false, true} {
		eachSupervised(t, Limits{Heartbeat: 5 * quick}, func(t *testing.T, c *Conn, p *wirePeer) {
			release := make(chan struct{})
			a := attend(t, c, blocksUntil(release))
			p.sendText("block")
			if unread {
				p.send("81 01 62")
			}
			for range 4 {
				if unread {
					time.Sleep(5 * quick)
				} else if b, err := p.next(); err != nil || b[0] != 0x89 {
					t.Fatalf("% x, %v", b, err)
				} else {
					p.send(frame(0x8a, string(b[2:])))
				}
			}
			if c.End() != nil {
				t.Errorf("unread %v: a slow handler was taken for a dead peer: %v", unread, c.End())
			}
			a.expect(shared.OpcodeText, "block")
			close(release)
			if unread {
				a.expect(shared.OpcodeText, "b")
			}
			if err := a.end(); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
		})
	}
}

func TestSupervisionFindsADeadPeerBehindABlockedHandler(t *testing.T) {
	t.Parallel()
	eachSupervised(t, Limits{Heartbeat: quick}, func(t *testing.T, c *Conn, p *wirePeer) {
		a := attend(t, c, func(c *Conn, _ shared.Message) error {
			<-c.Context().Done()
			return context.Cause(c.Context())
		})
		p.send("81 01 61")
		a.expect(shared.OpcodeText, "a")
		a.checkEnd(a.end(), shared.PartyLocal, shared.LayerTimeLimit, 1006, os.ErrDeadlineExceeded)
	})
}

// TestSupervisionLeavesAClosingHandshakeAlone has a peer that does not answer Close: that has its own, longer limit.
func TestSupervisionLeavesAClosingHandshakeAlone(t *testing.T) {
	t.Parallel()
	eachSupervised(t, Limits{Heartbeat: quick, Close: 10 * quick}, func(t *testing.T, c *Conn, p *wirePeer) {
		a := attend(t, c, nil)
		err := c.Close(1000, "")
		if err == nil || !strings.Contains(err.Error(), "no answer to Close") {
			t.Errorf("Close: %v", err)
		}
		a.checkEnd(a.end(), shared.PartyLocal, shared.LayerTimeLimit, 1006, os.ErrDeadlineExceeded)
	})
}

func TestSupervisionOff(t *testing.T) {
	t.Parallel()
	eachSupervised(t, Limits{Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
		attend(t, c, nil)
		p.patience = 3 * quick
		if b, err := p.next(); !errors.Is(err, os.ErrDeadlineExceeded) || c.End() != nil {
			t.Errorf("% x, %v, %v", b, err, c.End())
		}
	})
}

// TestSupervisionInOrder has many connections in the queues of a few intervals: each gets its Pings, the first not too early,
// and each that does not answer ends; nothing is left of the queues.
func TestSupervisionInOrder(t *testing.T) {
	n := 300
	if testing.Short() {
		n = 100
	}
	conns := make([]*Conn, n)
	var all sync.WaitGroup
	for i := range conns {
		interval, begun := quick*time.Duration(1+i%3), time.Now()
		c, p := newWire(t, tcpConns, false, Limits{Heartbeat: interval})
		if err := c.Handle(MessageFunc(echoMessage)); err != nil {
			t.Fatal(err)
		}
		conns[i] = c
		p.patience = time.Minute
		all.Go(func() {
			for answered := 0; ; answered++ {
				b, err := p.next()
				if err != nil {
					return
				}
				if took := time.Since(begun); b[0] != 0x89 || took < interval {
					t.Errorf("connection %d: % x after %v", i, b, took)
				}
				if answered < i%5 {
					p.Write(frames(frame(0x8a, string(b[2:])), true))
				}
			}
		})
	}
	checkQueues(t)
	for i, c := range conns { // some leave from the middle
		if i%7 == 3 {
			c.CloseNow()
		}
	}
	checkQueues(t)
	for _, c := range conns {
		<-c.Context().Done()
		checkQueues(t)
	}
	all.Wait()
	for i := range 3 { // the last one leaves, and is not taken in again when its beat comes late
		c, _ := newWire(t, tcpConns, false, Limits{Heartbeat: quick * time.Duration(1+i)})
		c.CloseNow()
		if d := c.t.descriptor; d != nil {
			d.supervision.goOn()
		}
	}
	allBeats.mu.Lock()
	defer allBeats.mu.Unlock()
	for _, interval := range []time.Duration{quick, 2 * quick, 3 * quick} {
		if allBeats.queues[interval] != nil {
			t.Errorf("the queue of %v is still there", interval)
		}
	}
	for i, c := range conns {
		if e := c.End(); i%7 != 3 && e.Layer != shared.LayerTimeLimit {
			t.Errorf("connection %d: %v", i, e)
		}
	}
}

// checkQueues checks that the queues are whole, and that whoever stands in front of another is due before it.
func checkQueues(t *testing.T) {
	t.Helper()
	allBeats.mu.Lock()
	defer allBeats.mu.Unlock()
	for interval, q := range allBeats.queues {
		var before *supervision
		for s := q.first; s != nil; before, s = s, s.next {
			if s.prev != before || !s.queued || q.interval != interval || before != nil && before.due > s.due {
				t.Fatalf("the queue of %v is broken", interval)
			}
		}
		if q.last != before || q.first == nil {
			t.Fatalf("the queue of %v has a wrong end", interval)
		}
	}
}
