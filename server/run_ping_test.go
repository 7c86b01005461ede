package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// TestPingInARun has a handler call Ping at its last message, where nothing is in its way, and before, where it waits.
func TestPingInARun(t *testing.T) {
	eachHanded(t, Limits{Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
		go func() {
			for {
				b, err := p.next()
				if err != nil {
					return
				}
				if b[0] == 0x89 {
					p.send(fmt.Sprintf("8a 08 00 00 00 00 00 00 00 %02x", b[len(b)-1]))
				}
			}
		}()
		pings := make(chan error, 3)
		a := attend(t, c, func(c *Conn, m shared.Message) error {
			limit := 20 * time.Second
			if m.String() != "c" {
				limit = 20 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			_, err := c.Ping(ctx)
			pings <- err
			return nil
		})
		p.send("82 01 61 | 82 01 62 | 82 01 63")
		for _, want := range []string{"a", "b", "c"} {
			a.expect(shared.OpcodeBinary, want)
			if err := <-pings; (err == nil) != (want == "c") {
				t.Errorf("Ping at message %s: %v", want, err)
			}
		}
		c.CloseNow()
		a.end()
	})
}

// TestPingBesideARun has Ping wait for a run to be received, and its last message be handled for as long as the Ping takes.
func TestPingBesideARun(t *testing.T) {
	eachHanded(t, Limits{Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
		go func() {
			b, err := p.next()
			if err == nil && b[0] == 0x89 {
				p.send("8a 08 00 00 00 00 00 00 00 01")
			}
		}()
		pinged, answered := make(chan error, 1), make(chan bool)
		a := attend(t, c, func(c *Conn, m shared.Message) error {
			switch m.String() {
			case "a":
				go func() {
					_, err := c.Ping(context.Background())
					pinged <- err
				}()
				time.Sleep(5 * time.Millisecond) // it waits
			case "b":
				defer close(answered)
				select {
				case err := <-pinged:
					return err
				case <-time.After(10 * time.Second):
					t.Error("Ping waits though nothing is in its way")
				}
			}
			return nil
		})
		p.send("82 01 61 | 82 01 62")
		a.expect(shared.OpcodeBinary, "a")
		a.expect(shared.OpcodeBinary, "b")
		<-answered // or the message may come before the Pong
		p.send("82 01 63")
		a.expect(shared.OpcodeBinary, "c")
	})
}

// TestPingBesideARunOfNext has Ping wait while Next takes one message after the other, and nobody receive after the last; also when
// a Next whose context has ended comes between.
func TestPingBesideARunOfNext(t *testing.T) {
	test := func(conns func(testing.TB) (a, b net.Conn), between bool) func(t *testing.T) {
		return func(t *testing.T) {
			c, p := newWire(t, conns, false, Limits{Heartbeat: -1})
			go p.send("82 01 61 | 82 01 62 | 82 01 63")
			next := func(want string) {
				t.Helper()
				if m, err := c.Next(t.Context()); err != nil || m.String() != want {
					t.Errorf("%q, %v, want %q", m.Payload, err, want)
				}
			}
			next("a")
			pinged := make(chan error, 1)
			go func() { _, err := c.Ping(context.Background()); pinged <- err }()
			p.expect("89 08 00 00 00 00 00 00 00 01")
			until(t, "Ping waits", func() bool { return c.run.offered().awaited() })
			if between {
				if _, err := c.Next(expired); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
			next("b")
			next("c")
			p.send("8a 08 00 00 00 00 00 00 00 01")
			select {
			case err := <-pinged:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(5 * time.Second):
				t.Error("Ping waits though nothing is in its way")
				c.CloseNow()
				<-pinged
			}
		}
	}
	for _, transport := range wireTransports {
		t.Run(transport.name, test(transport.make, false))
		t.Run(transport.name+"/between", test(transport.make, true))
	}
}

// TestPingBehindTheLastOfARun has the last message of a run be the first that a handler is given, in another turn or after Next has
// had the others: nothing is in Ping's way then.
func TestPingBehindTheLastOfARun(t *testing.T) {
	ping := func(t *testing.T, c *Conn, p *wirePeer) {
		t.Helper()
		pinged := make(chan error, 1)
		go func() { _, err := c.Ping(context.Background()); pinged <- err }()
		p.expect("89 08 00 00 00 00 00 00 00 01")
		c.mu.Lock()
		if c.runPending() { // where others read, Ping need not
			t.Error("a run is waited for that is over")
		}
		c.mu.Unlock()
		p.send("8a 08 00 00 00 00 00 00 00 01")
		if err := <-pinged; err != nil {
			t.Error(err)
		}
	}
	t.Run("handed over", func(t *testing.T) {
		eachHanded(t, Limits{Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
			go p.send("82 01 61 | 82 01 62")
			if m, err := c.Next(t.Context()); err != nil || m.String() != "a" {
				t.Fatal(m, err)
			}
			a := attend(t, c, nil)
			a.expect(shared.OpcodeBinary, "b")
			ping(t, c, p)
		})
	})
	for n := fair - look - 2; n <= fair; n++ { // one of them is one too many for a turn
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
			a := attend(t, c, nil)
			p.send(strings.Repeat("|82 01 61", n)[1:])
			for range n {
				a.expect(shared.OpcodeBinary, "a")
			}
			ping(t, c, p)
		})
	}
}

// TestPingInTheLastOfARun is the same with the Ping in Message, where nobody else reads.
func TestPingInTheLastOfARun(t *testing.T) {
	eachHanded(t, Limits{Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
		go p.send("82 01 61 | 82 01 62")
		if m, err := c.Next(t.Context()); err != nil || m.String() != "a" {
			t.Fatal(m, err)
		}
		pinged := make(chan error, 1)
		a := attend(t, c, func(c *Conn, m shared.Message) error {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			_, err := c.Ping(ctx)
			pinged <- err
			return nil
		})
		a.expect(shared.OpcodeBinary, "b")
		p.expect("89 08 00 00 00 00 00 00 00 01")
		p.send("8a 08 00 00 00 00 00 00 00 01")
		if err := <-pinged; err != nil {
			t.Error(err)
		}
	})
}

// TestHeartbeatBesideARunAndAContext: a peer that answers is not given up, whoever was in the heartbeat's way before.
func TestHeartbeatBesideARunAndAContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, false, Limits{})
		go p.send("82 01 61 | 82 01 62 | 82 01 63")
		if m, err := c.Next(t.Context()); err != nil || m.String() != "a" {
			t.Fatal(m, err)
		}
		p.patience = 24 * time.Hour
		go answerPings(p, time.Second)
		time.Sleep(2*defaultHeartbeat + time.Second/2) // in the first period something came
		if !c.run.offered().awaited() {
			t.Fatal("the heartbeat does not wait")
		}
		if _, err := c.Next(expired); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		for range 2 {
			if _, err := c.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Hour)
		if e := c.End(); e != nil {
			t.Error(e)
		}
		c.CloseNow()
		p.Close()
	})
}
