package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// dialHandler serves fn and dials it.
func dialHandler(t *testing.T, fn func(ctx context.Context, c *Conn) error, opts *Options) *Conn {
	t.Helper()
	s := httptest.NewUnstartedServer(Handler(fn, opts))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // panics are expected
	s.Start()
	t.Cleanup(s.Close)
	c, err := Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

func TestHandlerClosesWithTheCodeOfTheError(t *testing.T) {
	for name, x := range map[string]struct {
		fn     func(ctx context.Context, c *Conn) error
		code   shared.StatusCode
		reason string
	}{
		"nil":        {func(context.Context, *Conn) error { return nil }, 1000, ""},
		"CloseError": {func(context.Context, *Conn) error { return &shared.CloseError{Code: 4001, Reason: "why"} }, 4001, "why"},
		"wrapped":    {func(context.Context, *Conn) error { return fmt.Errorf("x: %w", &shared.CloseError{Code: 1008}) }, 1008, ""},
		"unsendable": {func(context.Context, *Conn) error { return &shared.CloseError{Code: 1006} }, 1011, ""},
		"long reason": {func(context.Context, *Conn) error {
			return &shared.CloseError{Code: 4000, Reason: strings.Repeat("r", 124)}
		}, 1011, ""},
		"no code":  {func(context.Context, *Conn) error { return &shared.CloseError{Code: 1005} }, 1005, ""},
		"context":  {func(context.Context, *Conn) error { return context.DeadlineExceeded }, 1001, ""},
		"canceled": {func(context.Context, *Conn) error { return fmt.Errorf("x: %w", context.Canceled) }, 1001, ""},
		"other":    {func(context.Context, *Conn) error { return errors.New("secret") }, 1011, ""},
		"panic":    {func(context.Context, *Conn) error { panic("secret") }, 1011, ""},
		"abort":    {func(context.Context, *Conn) error { panic(http.ErrAbortHandler) }, 1011, ""},
		"its own":  {func(_ context.Context, c *Conn) error { return c.Close(4002, "own") }, 4002, "own"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dialHandler(t, x.fn, nil)
			c.Receive(t.Context())
			if e := checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, x.code); e.Reason != x.reason {
				t.Errorf("reason %q", e.Reason)
			}
		})
	}
}

// TestHandlerErrorOfAnotherConnection has a function that receives from a backend return what ended that connection.
func TestHandlerErrorOfAnotherConnection(t *testing.T) {
	for name, x := range map[string]struct {
		end    func(backend *Conn)
		code   shared.StatusCode
		reason string
	}{
		"broke":     {func(backend *Conn) { backend.CloseNow() }, 1011, ""},
		"closed":    {func(backend *Conn) { backend.Close(1000, "done") }, 1000, ""},
		"said why":  {func(backend *Conn) { backend.Close(4003, "why") }, 4003, "why"},
		"violation": {func(backend *Conn) { backend.t.Write(unhex("83 00")) }, 1011, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dialHandler(t, func(ctx context.Context, _ *Conn) error {
				ours, theirs, err := Pipe(Limits{}, Limits{})
				if err != nil {
					return err
				}
				defer ours.CloseNow()
				defer theirs.CloseNow()
				go x.end(theirs)
				_, err = ours.Receive(ctx)
				return err
			}, nil)
			c.Receive(t.Context())
			if e := checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, x.code); e.Reason != x.reason {
				t.Errorf("reason %q", e.Reason)
			}
		})
	}
}

// TestHandlerErrorOfItsOwnConnection returns what ended the connection itself: nothing is left to do.
func TestHandlerErrorOfItsOwnConnection(t *testing.T) {
	for name, x := range map[string]struct {
		end   func(c *Conn)
		by    shared.Party
		layer shared.Layer
		code  shared.StatusCode
	}{
		"closed":    {func(c *Conn) { c.Close(1000, "") }, shared.PartyPeer, shared.LayerClosingHandshake, 1000},
		"said why":  {func(c *Conn) { c.Close(4000, "why") }, shared.PartyPeer, shared.LayerClosingHandshake, 4000},
		"broke":     {func(c *Conn) { c.CloseNow() }, shared.PartyPeer, shared.LayerTCP, 1006},
		"violation": {func(c *Conn) { c.t.Write(maskFrame(unhex("83 00"))); c.Receive(context.Background()) }, shared.PartyLocal, shared.LayerViolation, 1002},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			served := make(chan *Conn, 1)
			g := new(Registry)
			c := dialHandler(t, func(ctx context.Context, c *Conn) error {
				served <- c
				_, err := c.Receive(ctx)
				return err
			}, &Options{Registry: g})
			x.end(c)
			until(t, "the function has returned", func() bool { g.mu.Lock(); defer g.mu.Unlock(); return g.handlers == 0 })
			checkEnd(t, <-served, x.by, x.layer, x.code)
		})
	}
}

func TestHandlerContextEndsWithTheConnection(t *testing.T) {
	ended := make(chan error, 1)
	fn := func(ctx context.Context, c *Conn) error {
		if ctx.Value(http.ServerContextKey) == nil || c.Request() == nil || c.Context() != ctx {
			t.Error("not the context of the request")
		}
		go c.Receive(ctx)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return nil
	}
	c := dialHandler(t, fn, nil)
	if err := c.Close(4000, "enough"); err != nil {
		t.Error(err)
	}
	var told *shared.CloseError
	if err := <-ended; !errors.As(err, &told) || told.Code != 4000 {
		t.Errorf("the cause is %v", err)
	}
}

// TestHandlerContextEndsWithTheRequest cancels the context that the server gave the request: before the function receives,
// while it waits, and while it waits within a context derived from its own.
func TestHandlerContextEndsWithTheRequest(t *testing.T) {
	for _, when := range []string{"before", "while it waits", "while it waits in a derived one"} {
		base, cancel := context.WithCancel(t.Context())
		s := httptest.NewUnstartedServer(Handler(func(ctx context.Context, c *Conn) error {
			switch when {
			case "before":
				cancel()
			case "while it waits in a derived one":
				derived, done := context.WithTimeout(ctx, time.Hour)
				defer done()
				ctx = derived
				fallthrough
			default:
				go func() {
					until(t, "it waits", func() bool { return waits(c) })
					cancel()
				}()
			}
			_, err := c.Receive(ctx)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", when, err)
			}
			return err
		}, nil))
		s.Config.BaseContext = func(net.Listener) context.Context { return base }
		s.Start()
		c, err := Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Receive(t.Context())
		checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, 1001)
		c.CloseNow()
		s.Close()
	}
}

func TestHandlerIsWaitedForByShutdown(t *testing.T) {
	g := new(Registry)
	returned := make(chan struct{})
	c := dialHandler(t, func(ctx context.Context, c *Conn) error {
		defer close(returned)
		_, err := c.Receive(ctx)
		time.Sleep(50 * time.Millisecond) // tidies up
		return err
	}, &Options{Registry: g})
	go c.Receive(t.Context())
	until(t, "the connection is known", func() bool { return g.Len() == 1 })
	report, err := g.Shutdown(t.Context())
	select {
	case <-returned:
	default:
		t.Error("Shutdown did not wait for the handler")
	}
	if err != nil || report != (ShutdownReport{Clean: 1}) {
		t.Errorf("%+v, %v", report, err)
	}
	<-c.Context().Done()
	checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, 1001)
}

// TestHandlerThatRefuses runs nothing.
func TestHandlerThatRefuses(t *testing.T) {
	s := httptest.NewServer(Handler(func(context.Context, *Conn) error {
		t.Error("the function was run")
		return nil
	}, nil))
	defer s.Close()
	r, err := http.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("status %d", r.StatusCode)
	}
}
