package server

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// An oddContext is of a type that cannot be compared, and has a deadline of its own making.
type oddContext struct {
	noise []int
	done  chan struct{}
}

func (oddContext) Deadline() (time.Time, bool) { return time.Time{}, false }
func (c oddContext) Done() <-chan struct{}     { return c.done }
func (oddContext) Value(any) any               { return nil }
func (c oddContext) Err() error {
	select {
	case <-c.done:
		return context.Canceled
	default:
		return nil
	}
}

func TestContextsNeedNotBeComparable(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		for range 3 {
			ctx := oddContext{noise: []int{1}, done: make(chan struct{})}
			p.sendText("a")
			if m, err := c.Receive(ctx); err != nil || m.String() != "a" {
				t.Error(m, err)
			}
			time.AfterFunc(time.Millisecond, func() { close(ctx.done) })
			if _, err := c.Receive(ctx); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	})
}

// TestContextThatEndsTooLate cancels the context of a receive that is over: the next one must not be hit.
func TestContextThatEndsTooLate(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		for i := range 300 {
			ctx, cancel := context.WithCancel(t.Context())
			p.send("82 00 | 82 00")
			if i%2 == 0 {
				go cancel()
			}
			if _, err := c.Receive(ctx); err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				if _, err := c.Receive(t.Context()); err != nil {
					t.Fatalf("hit by the context of the call before: %v", err)
				}
			}
			cancel()
			if _, err := c.Receive(t.Context()); err != nil {
				t.Fatalf("hit by the context of the call before: %v", err)
			}
		}
	})
}

// A watchedContext knows how many functions wait for its end.
type watchedContext struct {
	context.Context
	waiting *atomic.Int64
}

func (watchedContext) Value(any) any { return nil } // or package context sees through it

func (c watchedContext) AfterFunc(f func()) (stop func() bool) {
	c.waiting.Add(1)
	inner := context.AfterFunc(c.Context, f)
	return func() bool { c.waiting.Add(-1); return inner() }
}

// TestTheEndForgetsTheContext receives with two contexts that never end; only the latest is remembered, until the end.
func TestTheEndForgetsTheContext(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	var waiting atomic.Int64
	for range 2 {
		parent, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { time.Sleep(time.Millisecond); p.sendText("a") }()
		if _, err := c.Receive(watchedContext{parent, &waiting}); err != nil {
			t.Fatal(err)
		}
		if n := waiting.Load(); n != 1 {
			t.Errorf("%d contexts are remembered", n)
		}
	}
	c.CloseNow()
	if n := waiting.Load(); n != 0 {
		t.Errorf("%d contexts are remembered after the end", n)
	}
	if err := c.arm(watchedContext{t.Context(), &waiting}, "Receive"); !errors.Is(err, shared.ErrClosed) || waiting.Load() != 0 {
		t.Errorf("whoever comes after the end gets %v, and %d contexts are remembered", err, waiting.Load())
	}
}

// An abruptContext ends when it has been asked whether it has ended, which was about a deadline of somebody else's.
type abruptContext struct {
	oddContext
	c *Conn
}

func (a abruptContext) Err() error {
	if a.c.in.expired == 0 {
		return a.oddContext.Err()
	}
	select {
	case <-a.done:
		return context.Canceled
	default:
	}
	close(a.done)
	for passed := false; !passed; time.Sleep(time.Millisecond) {
		a.c.mu.Lock()
		passed = a.c.interrupt.passed
		a.c.mu.Unlock()
	}
	return nil
}

// TestContextEndsBesideAForeignDeadline has both end a read: the one that is overruled must not be the context's.
func TestContextEndsBesideAForeignDeadline(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	c.in.expired = 1 // as if that had been there before
	ctx := abruptContext{oddContext{done: make(chan struct{})}, c}
	c.mu.Lock()
	c.reading = true
	c.interrupt.asked = ctx.done
	c.mu.Unlock()
	defer context.AfterFunc(ctx.oddContext, func() { c.interruptRead(0) })()
	c.t.SetReadDeadline(longAgo)
	if _, err := c.await(ctx, "Receive", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("the first read: %v", err)
	}
	read := make(chan error, 1)
	go func() { _, err := c.await(ctx, "Receive", nil); read <- err }()
	select {
	case err := <-read:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the context was overruled")
		p.sendText("a")
		<-read
	}
}

// TestContextThatEndedLeavesTheEndAlone has a context end a Receive, and then the peer break a rule, when a handler receives: it is
// given the time to see why.
func TestContextThatEndedLeavesTheEndAlone(t *testing.T) {
	for _, transport := range handedTransports {
		t.Run(transport.name, func(t *testing.T) {
			c, p := newWire(t, transport.make, false, Limits{})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			defer cancel()
			if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			a := attend(t, c, nil)
			p.send("83 00")
			p.expectClose(shared.StatusProtocolError)
			a.end()
			time.Sleep(20 * time.Millisecond)
			c.mu.Lock()
			if c.gone {
				t.Error("TCP was closed at once")
			}
			c.mu.Unlock()
			p.Close()
			until(t, "the connection is gone", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.gone })
		})
	}
}

// TestContextCostsNothingWhenReused receives with the same context again and again, waiting each time.
func TestContextCostsNothingWhenReused(t *testing.T) {
	client, server := newPair(t, tcpConns, Limits{Heartbeat: -1})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go echoAll(ctx, server)
	b := make([]byte, 0, 64)
	m := shared.Text("Hello")
	allocs := allocations(2000, func() {
		if err := client.Send(ctx, m); err != nil {
			t.Fatal(err)
		}
		if _, _, err := client.ReceiveAppend(ctx, b); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("an echo allocates %v times", allocs)
	}
}

// TestNilContext gives every method none. The connection works on.
func TestNilContext(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		var none context.Context
		for name, call := range map[string]func() error{
			"Send":          func() error { return c.Send(none, shared.Text("a")) },
			"Receive":       func() error { _, err := c.Receive(none); return err },
			"ReceiveAppend": func() error { _, _, err := c.ReceiveAppend(none, nil); return err },
			"Next":          func() error { _, err := c.Next(none); return err },
			"NextReader":    func() error { _, _, err := c.NextReader(none); return err },
			"NextWriter":    func() error { _, err := c.NextWriter(none, shared.OpcodeText); return err },
			"Ping":          func() error { _, err := c.Ping(none); return err },
		} {
			if err := call(); err != ErrNilContext {
				t.Errorf("%s: %v", name, err)
			}
		}
		p.send("81 01 61")
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "a" {
			t.Errorf("received %v, %v", m, err)
		}
		w, err := c.NextWriter(t.Context(), shared.OpcodeText)
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		if err := c.Send(t.Context(), shared.Text("b")); err != nil {
			t.Error(err)
		}
		p.expect("81 00 | 81 01 62")
		p.send("8a 08 00 00 00 00 00 00 00 01")
		if _, err := c.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
