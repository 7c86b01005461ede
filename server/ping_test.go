package server

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

func TestPingMeasuresTheRoundTrip(t *testing.T) {
	for _, receiving := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, p := newWire(t, pipeConns, false, Limits{Heartbeat: -1})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if receiving {
				go c.Receive(ctx)
			}
			go func() {
				p.expect("89 08 00 00 00 00 00 00 00 01")
				time.Sleep(123 * time.Millisecond)
				p.send("8a 00 | 8a 08 00 00 00 00 00 00 00 02 | 8a 07 00 00 00 00 00 00 01") // not the answer
				time.Sleep(time.Millisecond)
				p.send("8a 08 00 00 00 00 00 00 00 01")
			}()
			if d, err := c.Ping(t.Context()); d != 124*time.Millisecond || err != nil {
				t.Errorf("receiving=%v: %v, %v", receiving, d, err)
			}
		})
	}
}

// TestSection5_5_3_LatestPongAnswersAll has a peer answer the last of three Pings only.
func TestSection5_5_3_LatestPongAnswersAll(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if d, err := c.Ping(t.Context()); d < 0 || err != nil {
					t.Errorf("%v, %v", d, err)
				}
			})
		}
		for range 3 {
			if _, err := p.next(); err != nil {
				t.Fatal(err)
			}
		}
		p.send("8a 08 00 00 00 00 00 00 00 03")
		all.Wait()
	})
}

// TestPingStopsAtData leaves a message for Receive, and gets its Pong once that has been received.
func TestPingStopsAtData(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("01 01 61 | 80 01 62 | 8a 08 00 00 00 00 00 00 00 02")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := c.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Ping behind unread data: %v", err)
		}
		ponged := make(chan error, 1)
		go func() {
			_, err := c.Ping(t.Context())
			ponged <- err
		}()
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "ab" {
			t.Errorf("received %v, %v", m, err)
		}
		if err := <-ponged; err != nil {
			t.Error(err)
		}
	})
}

// TestPingIsInterrupted hands the reader's role back, at whichever byte.
func TestPingIsInterrupted(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		for _, b := range frames("8a 01 61 | 82 01 61", p.client) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if _, err := c.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			cancel()
			p.sendBytes([]byte{b})
		}
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "a" {
			t.Error(m, err)
		}
	})
}

// TestPingAndReceiveShareTheRole has both at work, with contexts that end all the time, and loses no message.
func TestPingAndReceiveShareTheRole(t *testing.T) {
	eachTransport(t, Limits{}, func(t *testing.T, client, server *Conn) {
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { echoAll(ctx, server) })
		for range 3 {
			all.Go(func() {
				for ctx.Err() == nil {
					short, done := context.WithTimeout(ctx, 200*time.Microsecond)
					client.Ping(short)
					done()
				}
			})
		}
		for i := range 300 {
			want := string(rune('a' + i%26))
			if err := client.Send(ctx, shared.Text(want)); err != nil {
				t.Fatal(err)
			}
			for {
				short, done := context.WithTimeout(ctx, 100*time.Microsecond)
				m, err := client.Receive(short)
				if done(); errors.Is(err, context.DeadlineExceeded) {
					continue
				}
				if err != nil || m.String() != want {
					t.Fatalf("message %d: %v, %v", i, m, err)
				}
				break
			}
		}
		cancel()
		all.Wait()
	})
}

// TestPingLeavesNoBuffer pings on a connection on which nobody receives.
func TestPingLeavesNoBuffer(t *testing.T) {
	for _, transport := range wireTransports {
		c, p := newWire(t, transport.make, false, Limits{Heartbeat: -1})
		go func() {
			p.expect("89 08 00 00 00 00 00 00 00 01")
			p.send("8a 08 00 00 00 00 00 00 00 01")
		}()
		if _, err := c.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.in.buf != nil {
			t.Errorf("%s: %d bytes of buffer are held", transport.name, len(*c.in.buf))
		}
	}
}
