package server

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

func TestSection5_2_SendUsesTheShortestLength(t *testing.T) {
	for _, x := range []struct {
		n      int
		header string
	}{
		{0, "82 00"}, {1, "82 01"}, {125, "82 7d"}, {126, "82 7e 00 7e"}, {65535, "82 7e ff ff"}, {65536, "82 7f 00 00 00 00 00 01 00 00"},
	} {
		eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			payload := bytes.Repeat([]byte("abcdefg"), x.n/7+1)[:x.n]
			kept := bytes.Clone(payload)
			sent := make(chan error, 1)
			go func() { sent <- c.Send(t.Context(), shared.Binary(payload)) }()
			got, err := p.next()
			if want := append(unhex(x.header), kept...); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes: sent % .20x, %v", x.n, got, err)
			}
			if err := <-sent; err != nil || !bytes.Equal(payload, kept) {
				t.Errorf("%d bytes: %v, payload modified: %v", x.n, err, !bytes.Equal(payload, kept))
			}
		})
	}
}

func TestSendRefusesWhatIsNoMessage(t *testing.T) {
	c, p := newWire(t, tcpConns, true, Limits{})
	for _, m := range []shared.Message{
		{Opcode: shared.OpcodeText, Payload: []byte("a\xff")},
		{Opcode: shared.OpcodeText, Payload: []byte("\xed\xa0\x80")},
		{Opcode: shared.OpcodeContinuation}, {Opcode: shared.OpcodeClose}, {Opcode: shared.OpcodePing}, {Opcode: 3}, {Opcode: 0x81}, {},
	} {
		var refused *shared.MessageError
		if err := c.Send(t.Context(), m); !errors.As(err, &refused) {
			t.Errorf("%v % x: %v", m.Opcode, m.Payload, err)
		}
	}
	if err := c.Send(t.Context(), shared.Text("fine")); err != nil {
		t.Error(err)
	}
	p.expect("81 04 66 69 6e 65")
}

// fill sends until the peer, which does not read, and the bound leave no room, and returns how many messages of 1,000
// bytes that took.
func fill(t testing.TB, c *Conn) (n int) {
	t.Helper()
	for refused := 0; refused < 3; {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		err := c.Send(ctx, shared.Text(strings.Repeat("x", 1000)))
		cancel()
		if err == nil {
			n, refused = n+1, 0
		} else if refused++; !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
	return n
}

// TestSendToAFullPeer has Send wait for room until its context ends, and then again until there is some.
func TestSendToAFullPeer(t *testing.T) {
	eachEnd(t, Limits{Outgoing: 8 << 10}, func(t *testing.T, c *Conn, p *wirePeer) {
		n := fill(t, c)
		ctx, cancel := context.WithCancel(t.Context())
		waits := make(chan error, 3)
		for _, text := range []string{strings.Repeat("short", 250), strings.Repeat("long", 1000), strings.Repeat("longer than the bound", 1000)} {
			go func() { waits <- c.Send(ctx, shared.Text(text)) }()
		}
		until(t, "two wait for their turn", func() bool {
			c.out.mu.Lock()
			defer c.out.mu.Unlock()
			return c.out.queue != nil && len(c.out.queue.senders) == 2
		})
		cancel()
		for range 3 {
			if err := <-waits; !errors.Is(err, context.Canceled) || errors.Is(err, shared.ErrClosed) {
				t.Errorf("Send: %v", err)
			}
		}
		last := make(chan error, 1)
		go func() { last <- c.Send(t.Context(), shared.Text("last")) }()
		for range n {
			p.expect(frame(0x81, strings.Repeat("x", 1000)))
		}
		p.expect("81 04 6c 61 73 74")
		if err := <-last; err != nil {
			t.Errorf("the last Send: %v", err)
		}
		if s := c.Stats(); s.MessagesSent != uint64(n)+1 || s.BytesSent != uint64(n)*1000+4 {
			t.Errorf("counted %+v after %d messages", s, n+1)
		}
	})
}

func TestSection5_4_LongMessagesLeaveInFragments(t *testing.T) {
	eachEnd(t, Limits{Outgoing: minOutgoing}, func(t *testing.T, c *Conn, p *wirePeer) {
		want := strings.Repeat("0123456789", 2000)
		var senders sync.WaitGroup
		for range 3 {
			senders.Go(func() {
				if err := c.Send(t.Context(), shared.Text(want)); err != nil {
					t.Error(err)
				}
			})
		}
		senders.Go(func() {
			for range 20 {
				c.Send(t.Context(), shared.Text("short"))
			}
		})
		for messages := 0; messages < 23; messages++ {
			var payload []byte
			for fragments := 0; ; fragments++ {
				b, err := p.next()
				if err != nil {
					t.Fatal(err)
				}
				if first := b[0]&0x0f == 1; first != (fragments == 0) || len(b) > minOutgoing/2 {
					t.Fatalf("fragment %d begins with % .4x and is %d bytes long", fragments, b, len(b))
				}
				payload = append(payload, b[wireHeaderLen(b[1]):]...)
				if b[0]&0x80 != 0 {
					break
				}
			}
			if got := string(payload); got != want && got != "short" {
				t.Fatalf("messages were mixed: %d bytes", len(got))
			}
		}
		senders.Wait()
	})
}

// TestCutMessage has the context of a long message end when a part of it has been sent.
func TestCutMessage(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		payload := make([]byte, 32<<20)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		err := c.Send(ctx, shared.Binary(payload))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Send: %v", err)
		}
		e := checkEnd(t, c, shared.PartyLocal, shared.LayerContext, 1006)
		if !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("End: %v", e)
		}
		if s := c.Stats(); s.MessagesSent != 0 {
			t.Errorf("counted %+v", s)
		}
	})
}

func TestWriteLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, true, Limits{Heartbeat: -1})
		c.Send(t.Context(), shared.Binary(make([]byte, pipeSize)))
		synctest.Wait()
		time.Sleep(defaultWrite - time.Second)
		p.expect(frame(0x82, string(make([]byte, pipeSize)))) // at the last second
		time.Sleep(time.Hour)                                 // nothing waits: no limit
		c.Send(t.Context(), shared.Binary(make([]byte, pipeSize)))
		begun := time.Now()
		_, err := c.Receive(t.Context())
		if took := time.Since(begun); took != defaultWrite || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v after %v", err, took)
		}
		checkEnd(t, c, shared.PartyLocal, shared.LayerTimeLimit, 1006)
	})
}

func TestWriteLimitInRealTime(t *testing.T) {
	t.Parallel()
	for _, transport := range wireTransports {
		t.Run(transport.name, func(t *testing.T) {
			t.Parallel()
			c, p := newWire(t, transport.make, false, Limits{Write: 500 * time.Millisecond, Heartbeat: -1})
			// A limit that was met must not strike later.
			go func() {
				for range 40 {
					p.next()
				}
			}()
			for range 40 {
				if err := c.Send(t.Context(), shared.Binary(make([]byte, 100<<10))); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(600 * time.Millisecond)
			if err := c.Send(t.Context(), shared.Text("a")); err != nil {
				t.Fatal(err)
			}
			var err error
			for err == nil {
				err = c.Send(t.Context(), shared.Binary(make([]byte, 100<<10)))
			}
			<-c.Context().Done()
			checkEnd(t, c, shared.PartyLocal, shared.LayerTimeLimit, 1006)
		})
	}
}

// TestBothSendWhileReceiving has both ends send 100 MB at once, each while it receives.
func TestBothSendWhileReceiving(t *testing.T) {
	const size = 500_000
	total := 100_000_000
	if testing.Short() {
		total = 10_000_000
	}
	for _, make := range []func(testing.TB) (a, b net.Conn){tcpConns, pipeConns} {
		client, server := newPair(t, make, Limits{})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		var all sync.WaitGroup
		payload := bytes.Repeat([]byte("0123456789"), size/10)
		for _, c := range []*Conn{client, server} {
			all.Go(func() {
				for range total / size {
					if err := c.Send(ctx, shared.Binary(payload)); err != nil {
						t.Error(err)
						return
					}
				}
			})
			all.Go(func() {
				var b []byte
				for range total / size {
					var err error
					if _, b, err = c.ReceiveAppend(ctx, b[:0]); err != nil || !bytes.Equal(b, payload) {
						t.Error(len(b), err)
						return
					}
				}
			})
		}
		all.Wait()
		cancel()
	}
}
