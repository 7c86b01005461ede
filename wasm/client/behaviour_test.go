// The behaviour suite: what package client promises, in a browser and natively.
// It knows only what both ends have; behaviour_native_test.go and
// behaviour_js_test.go say where the server is, whose scenarios are those of
// package clienttest.
package client_test

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/tandem/shared"
	"example.com/tandem/wasm/client"
)

// testServer is the ws: address of the server.
var testServer string

const inBrowser = runtime.GOOS == "js"

// within gives a context that no healthy call outlives.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func open(t *testing.T, path string, opts *client.Options) *client.Conn {
	t.Helper()
	c, err := client.Open(within(t, 10*time.Second), testServer+path, opts)
	if err != nil {
		t.Fatalf("Open %s: %v", path, err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

func send(t *testing.T, c *client.Conn, m shared.Message) {
	t.Helper()
	if err := c.Send(within(t, 10*time.Second), m); err != nil {
		t.Fatalf("Send: %v", err)
	}
}

func receive(t *testing.T, c *client.Conn) shared.Message {
	t.Helper()
	m, err := c.Receive(within(t, 10*time.Second))
	if err != nil {
		t.Fatalf("Receive: %v", err)
	}
	return m
}

// newID gives an id for /echo?id= that no other test, nor another run against
// the same server, uses.
func newID() string { return strconv.FormatInt(time.Now().UnixNano(), 36) }

// works checks that a connection to /echo goes on as if nothing had happened.
func works(t *testing.T, c *client.Conn) {
	t.Helper()
	send(t, c, shared.Text("still there?"))
	if m := receive(t, c); m.String() != "still there?" {
		t.Fatalf("echo %q", m)
	}
	if end := c.End(); end != nil {
		t.Fatalf("End of an open connection: %v", end)
	}
}

// endOf gives the end that err tells of, which has to match shared.ErrClosed.
func endOf(t *testing.T, err error) *shared.EndError {
	t.Helper()
	end, ok := errors.AsType[*shared.EndError](err)
	if !ok {
		t.Fatalf("error %v is no EndError", err)
	}
	if !errors.Is(err, shared.ErrClosed) {
		t.Fatalf("error %v does not match ErrClosed", err)
	}
	return end
}

// Wrong addresses are refused before anything is sent, with what is wrong.
func TestSection3_Addresses(t *testing.T) {
	for _, test := range []struct{ url, names string }{
		{"http://localhost/", "http"},
		{"//localhost/", "ws"},
		{"", "ws"},
		{"ws:///echo", "host"},
		{"ws://:80/", "host"},
		{"ws://localhost/#part", "fragment"},
		{"ws://localhost:70000/", "port"},
		{"ws://localhost:eighty/", "port"},
		{"ws://user:secret@localhost/", "user"},
		{"ws://localhost/%zz", "%"},
		{"ws://localhost/a b", "0x20"},
	} {
		c, err := client.Open(within(t, 10*time.Second), test.url, nil)
		if c != nil || err == nil {
			t.Errorf("%q was opened", test.url)
			continue
		}
		if _, ok := errors.AsType[*shared.URLError](err); !ok {
			t.Errorf("%q: error %v is no URLError", test.url, err)
		}
		if !strings.Contains(err.Error(), test.names) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: error %q should name %q", test.url, err, test.names)
		}
	}
}

func TestSection1_9_Subprotocol(t *testing.T) {
	for _, test := range []struct {
		offer []string
		want  string
	}{
		{nil, ""},
		{[]string{"tandem.v2"}, "tandem.v2"},
		{[]string{"other", "tandem.v2", "tandem.v1"}, "tandem.v1"}, // the server's order
	} {
		if got := open(t, "/echo", &client.Options{Subprotocols: test.offer}).Subprotocol(); got != test.want {
			t.Errorf("offer %q: subprotocol %q, want %q", test.offer, got, test.want)
		}
	}
}

func TestOptionsRefused(t *testing.T) {
	for _, test := range []struct {
		opts  client.Options
		names string
	}{
		{client.Options{Message: -1}, "negative"},
		{client.Options{Outgoing: -1}, "negative"},
		{client.Options{Close: -1}, "negative"},
		{client.Options{Outgoing: 4095}, "4096"},
		{client.Options{Subprotocols: []string{""}}, "token"},
		{client.Options{Subprotocols: []string{"a b"}}, "token"},
		{client.Options{Subprotocols: []string{"a,b"}}, "token"},
		{client.Options{Subprotocols: []string{"a", "b", "a"}}, "twice"},
	} {
		c, err := client.Open(within(t, 10*time.Second), testServer+"/echo", &test.opts)
		if c != nil || err == nil || !strings.Contains(err.Error(), test.names) {
			t.Errorf("%+v: %v, %v; want an error that names %q", test.opts, c, err, test.names)
		}
	}
}

func TestOpenRefused(t *testing.T) {
	for _, url := range []string{testServer + "/refuse", testServer + "/nothing-here", "ws://127.0.0.1:9/"} {
		if c, err := client.Open(within(t, 10*time.Second), url, nil); c != nil || err == nil {
			t.Errorf("%s was opened", url)
		}
	}
}

func TestOpenContext(t *testing.T) {
	begin := time.Now()
	ctx := within(t, 50*time.Millisecond)
	c, err := client.Open(ctx, testServer+"/slow-accept", nil)
	if c != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Open gave %v, %v", c, err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("Open took %v", took)
	}
	if c, err := client.Open(ctx, testServer+"/echo", nil); c != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Open with an expired context gave %v, %v", c, err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	c, err = client.Open(ctx, testServer+"/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	cancel() // governs Open alone
	works(t, c)
}
