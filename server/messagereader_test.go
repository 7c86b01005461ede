package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"example.com/tandem/shared"
)

func TestNextReader(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("01 03 48 65 6c | 89 00 | 00 00 | 80 02 6c 6f | 82 00 | 82 01 ff")
		for _, want := range []string{"text Hello", "binary ", "binary \xff"} {
			op, r, err := c.NextReader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(iotest.OneByteReader(r))
			if got := op.String() + " " + string(b); err != nil || got != want {
				t.Errorf("read %q, %v; want %q", got, err, want)
			}
			if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("after the end: %d, %v", n, err)
			}
			if n, err := r.Read(nil); n != 0 || err != io.EOF && err != nil {
				t.Errorf("into nothing: %d, %v", n, err)
			}
		}
		p.expect("8a 00")
		if s := c.Stats(); s.MessagesReceived != 3 || s.BytesReceived != 6 {
			t.Errorf("counted %+v", s)
		}
	})
}

// TestAbandonedReader gives up a message at each of its bytes; each way to receive goes on with the next message.
func TestAbandonedReader(t *testing.T) {
	for name, receive := range receivers {
		for read := range 6 {
			c, p := newWire(t, pipeConns, false, Limits{})
			p.send("01 03 48 65 6c | 80 02 6c 6f | 81 04 6e 65 78 74")
			_, r, err := c.NextReader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(r, make([]byte, read)); err != nil {
				t.Fatal(err)
			}
			if got, err := receive(c); err != nil || got != "next" {
				t.Errorf("%s after %d bytes: %q, %v", name, read, got, err)
			}
			if n, err := r.Read(make([]byte, 9)); n != 0 || err != ErrAbandoned {
				t.Errorf("the old reader after %d bytes and %s: %d, %v", read, name, n, err)
			}
		}
	}
}

// TestAbandonedReaderIsDiscardedWithinTheContext needs several calls to discard the rest.
func TestAbandonedReaderIsDiscardedWithinTheContext(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	p.send("01 03 48 65 6c")
	_, r, err := c.NextReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"00 01 6c", "00 00", "80 01 6f"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("received %v", err)
		}
		cancel()
		if _, err := r.Read(make([]byte, 1)); err != ErrAbandoned {
			t.Errorf("the old reader gives %v", err)
		}
		p.send(more)
	}
	p.sendText("next")
	if m, err := c.Receive(t.Context()); err != nil || m.String() != "next" {
		t.Error(m, err)
	}
}

// TestNextReaderTakesOverFromReceive reads a message from its beginning although Receive had begun it.
func TestNextReaderTakesOverFromReceive(t *testing.T) {
	for _, begun := range []string{"01 00", "01 03 48 65 6c", "01 05 48 65 6c"} {
		c, p := newWire(t, pipeConns, false, Limits{})
		all := frames("01 00|"+frame(0x00, strings.Repeat("x", 5000))+"|"+frame(0x80, "end"), true)
		if begun != "01 00" {
			all = frames("01 05 48 65 6c 6c 6f | 80 00", true)
		}
		first := len(frames(begun, true))
		p.sendBytes(all[:first])
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		if _, err := c.Receive(ctx); err == nil {
			t.Fatal("received half a message")
		}
		cancel()
		p.sendBytes(all[first:])
		_, r, err := c.NextReader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := "Hello"
		if begun == "01 00" {
			want = strings.Repeat("x", 5000) + "end"
		}
		if b, err := io.ReadAll(r); err != nil || string(b) != want {
			t.Errorf("after %s: read %.20q, %v", begun, b, err)
		}
	}
}

func TestReaderWaitsWithinItsContext(t *testing.T) {
	c, p := newWire(t, tcpConns, true, Limits{})
	p.send("01 01 61")
	ctx, cancel := context.WithCancel(t.Context())
	_, r, err := c.NextReader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r.Read(make([]byte, 1))
	time.AfterFunc(5*time.Millisecond, cancel)
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("read %v", err)
	}
	p.send("80 01 62 | 81 01 63")
	if m, err := c.Receive(t.Context()); err != nil || m.String() != "c" {
		t.Error(m, err)
	}
}

// TestReaderOfAMessageThatDoesNotEnd has the connection end inside it in every way.
func TestReaderOfAMessageThatDoesNotEnd(t *testing.T) {
	ends := map[string]func(c *Conn, p *wirePeer){
		"TCP":        func(_ *Conn, p *wirePeer) { p.Close() },
		"handshake":  func(_ *Conn, p *wirePeer) { p.send("88 02 03 e8") },
		"Close":      func(c *Conn, p *wirePeer) { go p.send("88 02 03 e8"); c.Close(1000, "") },
		"CloseNow":   func(c *Conn, _ *wirePeer) { c.CloseNow() },
		"violation":  func(_ *Conn, p *wirePeer) { p.send("81 00") },
		"not UTF-8":  func(_ *Conn, p *wirePeer) { p.send("80 01 ff") },
		"1009":       func(_ *Conn, p *wirePeer) { p.send("80 7f 00 00 00 00 7f ff ff ff") },
		"other code": func(_ *Conn, p *wirePeer) { p.send("88 02 0f a0") },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			eachEnd(t, Limits{Close: 100 * time.Millisecond}, func(t *testing.T, c *Conn, p *wirePeer) {
				p.send("01 03 48 65 6c")
				_, r, err := c.NextReader(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				end(c, p)
				b, err := io.ReadAll(r)
				if err == nil {
					t.Fatalf("read %q as if it were the whole message", b)
				}
				checkClosed(t, err)
				if e := new(shared.EndError); !errors.As(err, &e) {
					t.Errorf("%v (%T) does not tell the end", err, err)
				}
				if (name == "TCP" || name == "handshake" || name == "Close") && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("%v does not match io.ErrUnexpectedEOF", err)
				}
			})
		})
	}
}

// TestReaderGetsNothingAfterClose calls Close while a reader waits, and while it does not.
func TestReaderGetsNothingAfterClose(t *testing.T) {
	for _, waiting := range []bool{false, true} {
		eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			p.send("01 03 48 65 6c")
			_, r, err := c.NextReader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if waiting {
				io.ReadFull(r, make([]byte, 3))
			}
			read := make(chan error, 1)
			var got bytes.Buffer
			goRead := func() {
				_, err := io.Copy(&got, r)
				read <- err
			}
			if waiting {
				go goRead()
				until(t, "the reader waits", func() bool { return waits(c) })
			}
			closed := make(chan error, 1)
			go func() { closed <- c.Close(1000, "") }()
			until(t, "Close was called", c.closing)
			if !waiting {
				go goRead()
			}
			p.send("00 01 78 | 80 01 78 | 81 01 78")
			p.expect("88 02 03 e8")
			p.send("88 02 03 e8")
			p.Close()
			if err := <-closed; err != nil {
				t.Errorf("Close: %v", err)
			}
			if err := <-read; err == nil || got.Len() > 0 {
				t.Errorf("after Close the reader got %q, %v", got.String(), err)
			} else {
				checkClosed(t, err)
			}
		})
	}
}

// TestReaderNeedsTheRole has another goroutine receive.
func TestReaderNeedsTheRole(t *testing.T) {
	c, p := newWire(t, pipeConns, true, Limits{})
	p.send("01 01 61")
	_, r, err := c.NextReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	io.ReadFull(r, make([]byte, 1))
	read := make(chan error, 1)
	go func() {
		_, err := r.Read(make([]byte, 1))
		read <- err
	}()
	until(t, "the reader waits", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.receiving })
	if _, err := c.Receive(t.Context()); err != ErrConcurrentReceive {
		t.Error(err)
	}
	p.send("80 01 62")
	if err := <-read; err != nil {
		t.Error(err)
	}
}

// TestReadersOfOneMessageAtOnce has two goroutines read from one reader: each byte comes once, and whoever comes while the
// other reads is told so. It is for the race detector, too.
func TestReadersOfOneMessageAtOnce(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		go p.send(frame(0x01, strings.Repeat("a", 300)) + "| 00 00 |" + frame(0x80, strings.Repeat("b", 300)))
		_, r, err := c.NextReader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got atomic.Int64
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				for b := make([]byte, 7); ; {
					n, err := r.Read(b)
					got.Add(int64(n))
					switch {
					case err == io.EOF:
						return
					case err == ErrConcurrentReceive:
						runtime.Gosched()
					case err != nil:
						t.Error(err)
						return
					}
				}
			})
		}
		both.Wait()
		if got.Load() != 600 {
			t.Errorf("%d bytes of 600 were read", got.Load())
		}
		p.sendText("next")
		expectText(t, c, "next")
	})
}
