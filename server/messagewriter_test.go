package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

func TestSection5_4_NextWriter(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		for _, x := range []struct {
			op     shared.Opcode
			writes []string
			wire   string
		}{
			{shared.OpcodeText, nil, "81 00"},
			{shared.OpcodeText, []string{"Hel", "", "lo"}, "81 05 48 65 6c 6c 6f"},
			{shared.OpcodeText, []string{"\xe2", "\x82", "\xac"}, "81 03 e2 82 ac"},
			{shared.OpcodeBinary, []string{"\xff", "\xc0"}, "82 02 ff c0"},
			{shared.OpcodeBinary, []string{strings.Repeat("x", 9000)}, frame(0x02, strings.Repeat("x", 4082)) + "|" +
				frame(0x00, strings.Repeat("x", 4082)) + "|" + frame(0x80, strings.Repeat("x", 9000-2*4082))},
			{shared.OpcodeBinary, []string{strings.Repeat("x", 4082)}, frame(0x02, strings.Repeat("x", 4082)) + "| 80 00"},
		} {
			w, err := c.NextWriter(t.Context(), x.op)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range x.writes {
				if n, err := w.Write([]byte(s)); n != len(s) || err != nil {
					t.Errorf("Write: %d, %v", n, err)
				}
			}
			if err := w.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			p.expect(x.wire)
			if _, err := w.Write([]byte("a")); err != ErrWriterClosed {
				t.Errorf("Write after Close: %v", err)
			}
			if err := w.Close(); err != ErrWriterClosed {
				t.Errorf("Close after Close: %v", err)
			}
		}
		if s := c.Stats(); s.MessagesSent != 6 || s.BytesSent != 5+3+2+9000+4082 {
			t.Errorf("counted %+v", s)
		}
	})
}

func TestNextWriterRefuses(t *testing.T) {
	c, p := newWire(t, pipeConns, false, Limits{})
	var refused *shared.MessageError
	for _, op := range []shared.Opcode{shared.OpcodeContinuation, shared.OpcodeClose, shared.OpcodePing, 3, 0x82} {
		if _, err := c.NextWriter(t.Context(), op); !errors.As(err, &refused) {
			t.Errorf("%v: %v", op, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.NextWriter(ended, shared.OpcodeText); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	w, err := c.NextWriter(t.Context(), shared.OpcodeText)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "a\xc3")
	for _, bad := range []string{"(", "\xff", "\xa9\xed\xa0"} {
		if n, err := io.WriteString(w, bad); n != 0 || !errors.As(err, &refused) {
			t.Errorf("%q: %d, %v", bad, n, err)
		}
	}
	io.WriteString(w, "\xa9") // the message is unharmed
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	p.expect("81 03 61 c3 a9")
}

func TestWriterOfIncompleteTextEndsTheConnection(t *testing.T) {
	c, _ := newWire(t, pipeConns, false, Limits{})
	w, _ := c.NextWriter(t.Context(), shared.OpcodeText)
	io.WriteString(w, "a\xc3")
	var refused *shared.MessageError
	if err := w.Close(); !errors.As(err, &refused) {
		t.Errorf("Close: %v", err)
	}
	checkEnd(t, c, shared.PartyLocal, shared.LayerLocal, 1006)
}

// TestWriterHoldsTheTurn sends, pings and is pinged while a message is being written, and abandons it.
func TestWriterHoldsTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, true, Limits{Heartbeat: -1})
		p.patience = time.Hour
		ctx, cancel := context.WithCancel(t.Context())
		w, _ := c.NextWriter(ctx, shared.OpcodeBinary)
		first := strings.Repeat("x", 4082)
		io.WriteString(w, first)
		sent := make(chan error, 1)
		go func() { sent <- c.Send(t.Context(), shared.Text("later")) }()
		short, cancelShort := context.WithTimeout(t.Context(), time.Second)
		defer cancelShort()
		if err := c.Send(short, shared.Text("not at all")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Send while a message is open: %v", err)
		}
		if _, err := c.NextWriter(short, shared.OpcodeText); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("NextWriter while a message is open: %v", err)
		}
		p.send("89 01 70")
		ping, cancelPing := context.WithTimeout(t.Context(), time.Second)
		defer cancelPing()
		c.Ping(ping)
		io.WriteString(w, "end")
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		p.expect(frame(0x02, first) + "| 89 08 00 00 00 00 00 00 00 01 | 8a 01 70 |" + frame(0x80, "end") + "| 81 05 6c 61 74 65 72")
		if err := <-sent; err != nil {
			t.Error(err)
		}

		w, _ = c.NextWriter(ctx, shared.OpcodeBinary)
		io.WriteString(w, first)
		waiting := make(chan error, 1)
		go func() { waiting <- c.Send(context.Background(), shared.Text("never")) }()
		synctest.Wait()
		cancel() // there is room: the context governs the wait for it alone
		if _, err := io.WriteString(w, first); err != nil {
			t.Errorf("Write with an ended context and room: %v", err)
		}
		p.send("88 02 03 e8")
		p.Conn.(*pipeEnd).CloseWrite()
		if err := c.Close(1000, ""); err != nil {
			t.Errorf("Close: %v", err)
		}
		p.expect(frame(0x02, first) + "|" + frame(0x00, first) + "| 88 02 03 e8")
		checkClosed(t, <-waiting)
		_, err := w.Write(bytes.Repeat([]byte("x"), 5000))
		checkClosed(t, err)
		checkClosed(t, w.Close())
	})
}

// TestWriterIsCut fills the connection up until a Write has to wait.
func TestWriterIsCut(t *testing.T) {
	eachEnd(t, Limits{Outgoing: minOutgoing}, func(t *testing.T, c *Conn, p *wirePeer) {
		fill(t, c)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		w, err := c.NextWriter(ctx, shared.OpcodeBinary)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, 1<<20)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Write: %v", err)
		}
		if err := w.Close(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
		if c.End() != nil {
			t.Fatalf("the message had not begun, and yet: %v", c.End())
		}
		go func() {
			for {
				if _, err := p.next(); err != nil {
					return
				}
			}
		}()
		if err := c.Send(t.Context(), shared.Text("unharmed")); err != nil {
			t.Error(err)
		}
		p.SetReadDeadline(time.Now())
	})
	eachEnd(t, Limits{Outgoing: minOutgoing}, func(t *testing.T, c *Conn, p *wirePeer) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		w, err := c.NextWriter(ctx, shared.OpcodeBinary)
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = w.Write(make([]byte, 1<<20))
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Write: %v", err)
		}
		checkEnd(t, c, shared.PartyLocal, shared.LayerContext, 1006)
	})
}

// TestWriterSharedByGoroutines has several write to one message and one of them close it: what each writes stays in one
// piece, in whatever order, and the connection is unharmed.
func TestWriterSharedByGoroutines(t *testing.T) {
	eachTransport(t, Limits{}, func(t *testing.T, client, server *Conn) {
		const size = 3000
		for range 20 {
			w, err := client.NextWriter(t.Context(), shared.OpcodeText)
			if err != nil {
				t.Fatal(err)
			}
			var written atomic.Int64
			var all sync.WaitGroup
			for i := range 4 {
				all.Go(func() {
					piece := bytes.Repeat([]byte{'a' + byte(i)}, size)
					for range 10 {
						n, err := w.Write(piece)
						if written.Add(int64(n)); err != nil && err != ErrWriterClosed {
							t.Errorf("Write: %v", err)
						}
					}
					if err := w.Close(); err != nil && err != ErrWriterClosed {
						t.Errorf("Close: %v", err)
					}
				})
			}
			m, err := server.Receive(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			all.Wait()
			if len(m.Payload) != int(written.Load()) {
				t.Fatalf("received %d bytes of %d", len(m.Payload), written.Load())
			}
			for rest := m.Payload; len(rest) > 0; rest = rest[size:] {
				if len(rest) < size || !bytes.Equal(rest[:size], bytes.Repeat(rest[:1], size)) {
					t.Fatal("two writes were mixed")
				}
			}
		}
		if err := client.Send(t.Context(), shared.Text("unharmed")); err != nil {
			t.Error(err)
		}
		if m, err := server.Receive(t.Context()); err != nil || m.String() != "unharmed" {
			t.Error(m, err)
		}
	})
}

// TestIncompleteTextIsFollowedByNothing ends a text inside a code point, when a part of it is out and another message waits for its
// turn, and keeps the end from being recorded: not before that may the turn be given on.
func TestIncompleteTextIsFollowedByNothing(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		w, err := c.NextWriter(t.Context(), shared.OpcodeText)
		if err != nil {
			t.Fatal(err)
		}
		go io.WriteString(w, strings.Repeat("x", smallBuffer)+"\xc3")
		if b, err := p.next(); err != nil || b[0] != 0x01 {
			t.Fatal(b, err)
		}
		sent := make(chan error, 1)
		go func() { sent <- c.Send(context.Background(), shared.Text("another")) }()
		until(t, "it waits", func() bool {
			c.out.mu.Lock()
			defer c.out.mu.Unlock()
			return c.out.queue != nil && len(c.out.queue.senders) == 1
		})
		closed := make(chan error, 1)
		c.mu.Lock()
		go func() { closed <- w.Close() }()
		select {
		case err := <-sent:
			c.mu.Unlock()
			t.Fatalf("in the middle of a text Send gave %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		c.mu.Unlock()
		var problem *shared.MessageError
		if err := <-closed; !errors.As(err, &problem) {
			t.Errorf("Close gave %v", err)
		}
		if err := <-sent; !errors.Is(err, shared.ErrClosed) {
			t.Errorf("Send gave %v", err)
		}
	})
}
