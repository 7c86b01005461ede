package server

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// answerPings reads all that comes and answers each Ping after the given time. It returns when the connection ends.
func answerPings(p *wirePeer, after time.Duration) {
	for {
		b, err := p.next()
		if err != nil {
			return
		}
		if b[0] == 0x89 {
			time.Sleep(after)
			p.sendBytes(frames(frame(0x8a, string(b[2:])), p.client))
		}
	}
}

func TestHeartbeatKeepsALivePeer(t *testing.T) {
	for _, receiving := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, p := newWire(t, pipeConns, false, Limits{})
			p.patience = 24 * time.Hour
			go answerPings(p, defaultHeartbeat-time.Second)
			if receiving {
				go c.Receive(context.Background())
			}
			time.Sleep(time.Hour)
			if c.End() != nil {
				t.Errorf("receiving=%v: %v", receiving, c.End())
			}
			p.sendText("still here")
			if !receiving {
				if m, err := c.Receive(t.Context()); err != nil || m.String() != "still here" {
					t.Error(m, err)
				}
			}
			c.CloseNow()
			p.Close()
		})
	}
}

func TestHeartbeatFindsADeadPeer(t *testing.T) {
	for _, receiving := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, p := newWire(t, pipeConns, true, Limits{Heartbeat: 10 * time.Second})
			p.patience = time.Hour
			begun := time.Now()
			if receiving {
				go c.Receive(context.Background())
			}
			p.expect("89 08 00 00 00 00 00 00 00 01")
			if waited := time.Since(begun); waited != 10*time.Second {
				t.Errorf("the Ping came after %v", waited)
			}
			<-c.Context().Done()
			if waited := time.Since(begun); waited != 20*time.Second {
				t.Errorf("the connection ended after %v", waited)
			}
			synctest.Wait()
			e := checkEnd(t, c, shared.PartyLocal, shared.LayerTimeLimit, 1006)
			if !errors.Is(e, os.ErrDeadlineExceeded) {
				t.Error(e)
			}
		})
	}
}

// TestHeartbeatTakesAnyByteForLife has a peer that never answers Pings but sends a byte of a long message now and then.
func TestHeartbeatTakesAnyByteForLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, true, Limits{})
		go c.Receive(context.Background())
		p.send("82 7d")
		for range 100 { // now and then before a Ping, and now and then after one
			time.Sleep(defaultHeartbeat * 3 / 2)
			p.sendBytes([]byte{0})
		}
		if c.End() != nil {
			t.Error(c.End())
		}
	})
}

// TestHeartbeatIsSuspendedByUnreadData leaves a message unread for a day.
func TestHeartbeatIsSuspendedByUnreadData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, false, Limits{})
		p.sendText("unread")
		time.Sleep(24 * time.Hour)
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "unread" {
			t.Error(m, err)
		}
		go c.Receive(context.Background())
		begun := time.Now()
		<-c.Context().Done() // now there is nothing unread, and no answer
		if waited := time.Since(begun); waited > 3*defaultHeartbeat {
			t.Errorf("ended after %v", waited)
		}
	})
}

func TestHeartbeatOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, false, Limits{Heartbeat: -1})
		time.Sleep(24 * time.Hour)
		p.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := p.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || c.End() != nil {
			t.Errorf("%d bytes came, %v, %v", n, err, c.End())
		}
	})
}

func TestHeartbeatInRealTime(t *testing.T) {
	eachEnd(t, Limits{Heartbeat: 30 * time.Millisecond}, func(t *testing.T, c *Conn, p *wirePeer) {
		begun := time.Now()
		go func() {
			for range 3 { // answers three Pings and vanishes
				if b, err := p.next(); err == nil {
					p.sendBytes(frames(frame(0x8a, string(b[2:])), p.client))
				}
			}
		}()
		_, err := c.Receive(context.Background())
		if took := time.Since(begun); took < 120*time.Millisecond || took > 3*time.Second || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// TestHalfAHeaderThenSilence has a peer vanish at each byte of a frame.
func TestHalfAHeaderThenSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wire := frames("82 7f 00 00 00 00 00 01 00 00 61", true)
		for cut := range wire {
			c, p := newWire(t, pipeConns, false, Limits{})
			p.sendBytes(wire[:cut])
			begun := time.Now()
			_, err := c.Receive(context.Background())
			if took := time.Since(begun); took > 3*defaultHeartbeat || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("after %d bytes: %v after %v", cut, err, took)
			}
		}
	})
}

// TestHeartbeatOfAnEndedConnection has it end, as one found in a registry may, before there is a heartbeat.
func TestHeartbeatOfAnEndedConnection(t *testing.T) {
	for _, transport := range wireTransports {
		c, _ := newWire(t, transport.make, false, Limits{})
		c.stopHeartbeat()
		c.t.heartbeat = nil
		c.CloseNow()
		c.startHeartbeat()
		if d := c.t.descriptor; c.t.heartbeat != nil || d != nil && d.supervision.queued {
			t.Errorf("%s: there is a heartbeat", transport.name)
			c.stopHeartbeat()
		}
	}
}

// TestHeartbeatLooksOnceMore has the answer lie in the kernel, as it does after this machine was asleep.
func TestHeartbeatLooksOnceMore(t *testing.T) {
	for _, transport := range wireTransports {
		c, p := newWire(t, transport.make, false, Limits{Heartbeat: -1})
		if !c.t.tries() {
			continue // nobody can tell
		}
		if c.unread() {
			t.Errorf("%s: something is unread that was never sent", transport.name)
		}
		p.send("8a 00")
		until(t, "it has come", c.unread)
		p.sendText("a")
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "a" {
			t.Errorf("%s: a look has cost something: %v, %v", transport.name, m, err)
		}
	}
}
