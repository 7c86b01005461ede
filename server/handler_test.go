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

// TestHandlerContextEndsWithTheRequest cancels the context that the server gave the request.
func TestHandlerContextEndsWithTheRequest(t *testing.T) {
	base, cancel := context.WithCancel(t.Context())
	s := httptest.NewUnstartedServer(Handler(func(ctx context.Context, c *Conn) error {
		cancel()
		_, err := c.Receive(ctx)
		return err
	}, nil))
	s.Config.BaseContext = func(net.Listener) context.Context { return base }
	s.Start()
	defer s.Close()
	c, err := Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	c.Receive(t.Context())
	checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, 1001)
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
