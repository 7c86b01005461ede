package server

import (
	"context"
	"fmt"
	"testing"
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

// TestPingBesideARunOfNext has Ping wait while Next takes one message after the other, and nobody receive after the last.
func TestPingBesideARunOfNext(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	p.send("82 01 61 | 82 01 62 | 82 01 63")
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
