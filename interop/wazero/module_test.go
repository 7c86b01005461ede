package wazero

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/tandem/interop/gojs"
)

var browserModule = sync.OnceValues(func() ([]byte, error) {
	return gojs.Build(context.Background(), "../../wasm", "-trimpath", "-ldflags=-s -w")
})

// A tandem is the browser module in a page. Its methods end the test when they fail.
type tandem struct {
	*gojs.Host
	t *testing.T
}

func startModule(t *testing.T, network gojs.Network, env ...string) tandem {
	t.Helper()
	wasm, err := browserModule()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	var out bytes.Buffer
	h, err := gojs.Start(ctx, wasm, gojs.Config{Network: network, Stdout: &out, Stderr: &out, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Close()
		if out.Len() > 0 {
			t.Errorf("on the console: %s", out.String())
		}
	})
	return tandem{h, t}
}

func (m tandem) open(url string, options map[string]any) *gojs.Object {
	m.t.Helper()
	c, err := m.Await(m.Call("tandem.open", url, options))
	if err != nil {
		m.t.Fatalf("open %s: %v", url, err)
	}
	return c.(*gojs.Object)
}

// call calls a method and gives what its promise resolves or rejects to, in words.
func (m tandem) call(c *gojs.Object, method string, args ...any) string {
	m.t.Helper()
	v, err := m.Await(m.CallMethod(c, method, args...))
	return m.words(v, err)
}

// words puts a value or an error in words: that of a connection's end by its code, reason and wasClean.
func (m tandem) words(v gojs.Value, err error) string {
	m.t.Helper()
	var thrown *gojs.Throw
	if errors.As(err, &thrown) {
		v = thrown.Value
	} else if err != nil {
		m.t.Fatal(err)
	}
	o, ok := v.(*gojs.Object)
	b, isBytes := gojs.Bytes(v)
	switch {
	case isBytes:
		return fmt.Sprintf("bytes % x", b)
	case ok && o.Get("code") != nil:
		words := fmt.Sprintf("%v %q %v", o.Get("code"), o.Get("reason"), o.Get("wasClean"))
		if by := o.Get("by"); by != nil {
			words += fmt.Sprintf(" by %v: %v", by, o.Get("layer"))
		}
		if thrown != nil {
			words = "Error " + words
		}
		return words
	case thrown != nil:
		return fmt.Sprintf("%v: %v", o.Get("name"), o.Get("message"))
	case v == gojs.Null:
		return "null"
	default:
		return fmt.Sprint(v) // a string; nil stands for undefined
	}
}

func (m tandem) want(what, got, want string) {
	m.t.Helper()
	if got != want {
		m.t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// The module against our server, with the reference peer between them.
func TestModule(t *testing.T) {
	m := startModule(t, gojs.Peer{})
	server := startServer(t)
	c := m.open(server+"/echo", map[string]any{"subprotocols": []string{"tandem.v2"}})
	m.want("subprotocol", fmt.Sprint(c.Get("subprotocol"), " ", c.Get("url")), "tandem.v2 "+server+"/echo")
	for _, message := range []struct {
		sent any
		back string
	}{{"שלום 👋", "שלום 👋"}, {"", ""}, {[]byte{1, 2, 3}, "bytes 01 02 03"}, {[]byte{}, "bytes "}} {
		m.want("send", m.call(c, "send", message.sent), "<nil>")
		m.want("receive", m.call(c, "receive"), message.back)
	}
	m.want("close", m.call(c, "close", 1009, "too much"), `1009 "too much" true`)
	closed, err := m.Await(c.Get("closed"), nil)
	m.want("closed", m.words(closed, err), `1009 "too much" true by local: closing handshake`)
	m.want("receive after the end", m.call(c, "receive"), `Error 1009 "too much" true`)
	m.want("a second close", m.call(c, "close"), `1009 "too much" true`)

	c = m.open(server+"/close?code=1001", nil)
	m.want("receive", m.call(c, "receive"), "null")
	c = m.open(server+"/drop", nil)
	m.want("receive", m.call(c, "receive"), "first")
	m.want("receive", m.call(c, "receive"), `Error 1006 "" false`)
	_, err = m.Await(m.Call("tandem.open", server+"/refuse"))
	m.want("open", m.words(nil, err), `Error 1006 "" false`)
}

// When JavaScript has dropped a connection that has ended, nothing of it is left on either side.
func TestModuleReferences(t *testing.T) {
	m := startModule(t, gojs.ByHost(gojs.Faults(), gojs.Peer{}), "GOGC=10") // the module collects its garbage often
	connections := func(n int) {
		for range n {
			c := m.open("ws://echo.fault/", nil)
			m.want("send", m.call(c, "send", "hello"), "<nil>")
			m.want("receive", m.call(c, "receive"), "hello")
			m.want("close", m.call(c, "close"), `1000 "" true`)

			c = m.open("ws://all-kinds.fault/", nil) // sends messages that nobody receives
			m.want("the end", m.ended(c), `1000 "done" true by peer: closing handshake`)
		}
	}
	// settle collects the garbage of both sides until no more than this is left.
	busy := m.open("ws://echo.fault/", nil)
	settle := func(references, funcs int) gojs.Result {
		for range 60 {
			runtime.GC()
			for range 4 {
				m.call(busy, "send", make([]byte, 256<<10))
				m.call(busy, "receive")
			}
			if err := m.Sleep(time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if r := m.Result(); r.LiveReferences <= references && r.LiveFuncs <= funcs {
				break
			}
		}
		return m.Result()
	}
	connections(10)
	before := settle(0, 0)
	connections(100)
	full := m.Result()
	after := settle(before.LiveReferences, before.LiveFuncs)
	t.Logf("references: %d before, %d with garbage, %d after; functions: %d, %d, %d", before.LiveReferences, full.LiveReferences,
		after.LiveReferences, before.LiveFuncs, full.LiveFuncs, after.LiveFuncs)
	if after.LiveFuncs > before.LiveFuncs || after.LiveReferences > before.LiveReferences+15 {
		t.Error("200 connections have left something behind")
	}
}

// Wrong arguments are refused with a TypeError, and open nothing.
func TestModuleArguments(t *testing.T) {
	opened := false
	m := startModule(t, gojs.Fault{OnOpen: func(*gojs.Socket, []string) error {
		opened = true
		return nil
	}})
	for _, test := range []struct {
		args  []any
		names string
	}{
		{nil, "address"},
		{[]any{"http://localhost/"}, "http"},
		{[]any{"ws:///"}, "host"},
		{[]any{"ws://localhost/#a"}, "fragment"},
		{[]any{"ws://localhost:0x1/"}, "port"},
		{[]any{"ws://localhost/", "options"}, "options"},
		{[]any{"ws://localhost/", map[string]any{"outgoing": "many"}}, "outgoing"},
	} {
		_, err := m.Await(m.Call("tandem.open", test.args...))
		if got := m.words(nil, err); !strings.HasPrefix(got, "TypeError: ") || !strings.Contains(got, test.names) {
			t.Errorf("open(%v): %s, want a TypeError that names %q", test.args, got, test.names)
		}
	}
	if opened {
		t.Error("a connection was begun")
	}
}
