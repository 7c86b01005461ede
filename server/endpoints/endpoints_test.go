package endpoints

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// start serves the endpoints and returns their address, as in "ws://127.0.0.1:8080". At the end of the test they have
// to shut down with no handler left.
func start(t *testing.T, opts server.Options) string {
	t.Helper()
	opts.Registry = new(server.Registry)
	s := httptest.NewServer(New(&opts))
	t.Cleanup(func() {
		defer s.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if _, err := opts.Registry.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

func dial(t *testing.T, url string, opts *server.DialOptions) *server.Conn {
	t.Helper()
	c, err := server.Dial(within(t), url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// within is a context that ends only when something is stuck.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func send(t *testing.T, c *server.Conn, m shared.Message) {
	t.Helper()
	if err := c.Send(within(t), m); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, c *server.Conn, want shared.Message) {
	t.Helper()
	got, err := c.Receive(within(t))
	if err != nil {
		t.Fatalf("waiting for %.80q: %v", want, err)
	}
	if got.Opcode != want.Opcode || got.String() != want.String() {
		t.Fatalf("got %s %.80q, want %s %.80q", got.Opcode, got, want.Opcode, want)
	}
}

// expectClose reads to the end, which has to be a closing handshake by the server with this code and reason.
func expectClose(t *testing.T, c *server.Conn, code shared.StatusCode, reason string) {
	t.Helper()
	for {
		if _, err := c.Receive(within(t)); errors.Is(err, io.EOF) || errors.Is(err, shared.ErrClosed) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	end := c.End()
	if end.Layer != shared.LayerClosingHandshake || end.By != shared.PartyPeer || end.Code != code || end.Reason != reason {
		t.Fatalf("ended with %v, want %s %q by the server", end, code, reason)
	}
}

// refused is the status and the body of the answer to a handshake that must fail.
func refused(t *testing.T, url string, opts *server.DialOptions) (status int, body string) {
	t.Helper()
	c, err := server.Dial(within(t), url, opts)
	if err == nil {
		c.CloseNow()
		t.Fatalf("%s was accepted", url)
	}
	var e *server.HandshakeError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	return e.Status, string(e.Body)
}

func TestPaths(t *testing.T) {
	s := httptest.NewServer(New(nil))
	defer s.Close()
	for path, want := range map[string]int{
		"/":             http.StatusNotFound,
		"/echo/":        http.StatusNotFound,
		"/echo":         http.StatusUpgradeRequired,
		"/chat":         http.StatusUpgradeRequired,
		"/clock":        http.StatusUpgradeRequired,
		"/close":        http.StatusUpgradeRequired,
		"/feed":         http.StatusMethodNotAllowed,
		"/feed/":        http.StatusNotFound,
		"/tapes/":       http.StatusNotFound,
		"/compositions": http.StatusMethodNotAllowed,
	} {
		r, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, r.StatusCode, want)
		}
	}
}

func TestOptionsHoldForEachService(t *testing.T) {
	url := start(t, server.Options{Origins: []string{"https://friend.example"}})
	for _, path := range []string{"/echo", "/chat", "/clock", "/close"} {
		friend := &server.DialOptions{Header: http.Header{"Origin": {"https://friend.example"}}}
		dial(t, url+path, friend)
		stranger := &server.DialOptions{Header: http.Header{"Origin": {"https://stranger.example"}}}
		if status, _ := refused(t, url+path, stranger); status != http.StatusForbidden {
			t.Errorf("%s: a stranger's page got %d, want 403", path, status)
		}
	}
}
