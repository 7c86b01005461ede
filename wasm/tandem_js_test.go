package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"syscall/js"
	"testing"
	"time"
)

// testServer is the ws: address of a server with clienttest.Handler.
var testServer = os.Getenv("TANDEM_TEST_URL")

func TestMain(m *testing.M) {
	if testServer == "" {
		println("TANDEM_TEST_URL has to hold the ws: address of a server with clienttest.Handler")
		os.Exit(1)
	}
	install()
	os.Exit(m.Run())
}

// settledAs waits for a Promise, which must not take long.
func settledAs(t *testing.T, p js.Value) (fulfilled, rejected js.Value) {
	t.Helper()
	if !p.InstanceOf(promise) {
		t.Fatalf("%v is no Promise", p)
	}
	done := make(chan struct{})
	then := js.FuncOf(func(_ js.Value, args []js.Value) any { fulfilled = args[0]; close(done); return nil })
	catch := js.FuncOf(func(_ js.Value, args []js.Value) any { rejected = args[0]; close(done); return nil })
	p.Call("then", then, catch)
	select {
	case <-done:
		then.Release()
		catch.Release()
	case <-time.After(10 * time.Second):
		t.Fatal("a Promise stays pending")
	}
	return fulfilled, rejected
}

// await gives what a Promise was fulfilled with.
func await(t *testing.T, p js.Value) js.Value {
	t.Helper()
	v, err := settledAs(t, p)
	if !err.IsUndefined() {
		t.Fatalf("rejected with %s", err.Call("toString"))
	}
	return v
}

// rejects checks that a Promise was rejected with an Error of the given class
// whose message has the given part.
func rejects(t *testing.T, p js.Value, class, part string) js.Value {
	t.Helper()
	v, err := settledAs(t, p)
	if err.IsUndefined() {
		t.Errorf("fulfilled with %v, want %s: …%s…", v, class, part)
		return object.New()
	}
	if !err.InstanceOf(js.Global().Get("Error")) || err.Get("name").String() != class || !strings.Contains(err.Get("message").String(), part) {
		t.Errorf("rejected with %s, want %s: …%s…", err.Call("toString"), class, part)
	}
	return err
}

func openIt(t *testing.T, path string, options ...any) js.Value {
	t.Helper()
	c := await(t, js.Global().Get("tandem").Call("open", append([]any{testServer + path}, options...)...))
	t.Cleanup(func() { c.Call("close") })
	return c
}

// ended checks what close resolves to, and closed, or has an Error of an end.
func ended(t *testing.T, v js.Value, code int, reason string, clean bool) {
	t.Helper()
	if v.Get("code").Int() != code || v.Get("reason").String() != reason || v.Get("wasClean").Bool() != clean {
		t.Errorf("code %v, reason %v, wasClean %v; want %d, %q, %v", v.Get("code"), v.Get("reason"), v.Get("wasClean"), code, reason, clean)
	}
}

func TestOpen(t *testing.T) {
	tandem := js.Global().Get("tandem")
	await(t, tandem.Get("ready"))
	c := openIt(t, "/echo", map[string]any{"subprotocols": []any{"tandem.v2"}, "message": 1 << 20, "outgoing": 1 << 16, "close": 1000})
	if c.Get("subprotocol").String() != "tandem.v2" || c.Get("url").String() != testServer+"/echo" || c.Get("bufferedAmount").Int() != 0 {
		t.Errorf("%v, %v, %v", c.Get("subprotocol"), c.Get("url"), c.Get("bufferedAmount"))
	}
	if got := openIt(t, "/echo", js.Null()).Get("subprotocol").String(); got != "" {
		t.Errorf("subprotocol %q", got)
	}
	for _, test := range []struct {
		args        []any
		class, part string
	}{
		{nil, "TypeError", "string"},
		{[]any{5}, "TypeError", "string"},
		{[]any{"http://localhost/"}, "TypeError", "http"},
		{[]any{testServer, "v1"}, "TypeError", "options must be"},
		{[]any{testServer, map[string]any{"subprotocols": "v1"}}, "TypeError", "subprotocols"},
		{[]any{testServer, map[string]any{"subprotocols": []any{1}}}, "TypeError", "subprotocols"},
		{[]any{testServer, map[string]any{"subprotocols": []any{"a b"}}}, "Error", "token"},
		{[]any{testServer, map[string]any{"message": -1}}, "TypeError", "options.message"},
		{[]any{testServer, map[string]any{"outgoing": "1"}}, "TypeError", "options.outgoing"},
		{[]any{testServer, map[string]any{"close": js.Global().Get("NaN")}}, "TypeError", "options.close"},
	} {
		rejects(t, tandem.Call("open", test.args...), test.class, test.part)
	}
	ended(t, rejects(t, tandem.Call("open", testServer+"/refuse"), "Error", "handshake"), 1006, "", false)
}

func TestMessages(t *testing.T) {
	c := openIt(t, "/echo")
	for _, text := range []string{"", "hello", "👋 שלום", "\ufeffmark"} {
		if got := await(t, c.Call("send", text)); !got.IsUndefined() {
			t.Errorf("send resolved to %v", got)
		}
		if got := await(t, c.Call("receive")); got.Type() != js.TypeString || strings.TrimLeft(got.String(), "\ufeff") != strings.TrimLeft(text, "\ufeff") {
			t.Errorf("%q came back as %v", text, got)
		}
	}
	bytes := uint8Array.New(8)
	js.CopyBytesToJS(bytes, []byte("abcdefgh"))
	for _, test := range []struct {
		data js.Value
		want string
	}{
		{bytes, "abcdefgh"},
		{bytes.Get("buffer"), "abcdefgh"},
		{bytes.Call("subarray", 2, 5), "cde"},
		{js.Global().Get("DataView").New(bytes.Get("buffer"), 3, 2), "de"},
		{uint8Array.New(0), ""},
	} {
		sent := c.Call("send", test.data)
		bytes.Call("fill", 0) // send has taken it
		await(t, sent)
		got := await(t, c.Call("receive"))
		p := make([]byte, 20)
		if !got.InstanceOf(uint8Array) || string(p[:js.CopyBytesToGo(p, got)]) != test.want {
			t.Errorf("%q came back as %q", test.want, p)
		}
		js.CopyBytesToJS(bytes, []byte("abcdefgh"))
	}
	for _, wrong := range []any{nil, 5, true, map[string]any{}, js.Undefined(), []any{1}} {
		rejects(t, c.Call("send", wrong), "TypeError", "must be a string")
	}
	rejects(t, c.Call("send"), "TypeError", "must be a string")
}

func TestConcurrentCalls(t *testing.T) {
	c := openIt(t, "/echo")
	first := c.Call("receive")
	rejects(t, c.Call("receive"), "Error", "receiving")
	var sends []js.Value
	for i := range 100 {
		sends = append(sends, c.Call("send", fmt.Sprint(i)))
	}
	for _, p := range sends {
		await(t, p)
	}
	for i := range 100 {
		if i > 0 {
			first = c.Call("receive")
		}
		if got := await(t, first).String(); got != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, got)
		}
	}
}

// Sends that have to wait keep the order of their calls.
func TestSendsInOrder(t *testing.T) {
	c := openIt(t, "/echo", map[string]any{"outgoing": 4096})
	text := strings.Repeat("x", 10_000)
	var sends []js.Value
	for i := range 50 {
		sends = append(sends, c.Call("send", fmt.Sprint(i, text)))
	}
	for i := range 50 {
		if got := await(t, c.Call("receive")).String(); !strings.HasPrefix(got, fmt.Sprint(i, "x")) {
			t.Fatalf("message %d is %.10s", i, got)
		}
		await(t, sends[i])
	}
}

func TestClose(t *testing.T) {
	for _, test := range []struct {
		args   []any
		code   int
		reason string
	}{
		{nil, 1000, ""},
		{[]any{1008, "not you"}, 1008, "not you"},
		{[]any{js.Undefined(), "only why"}, 1000, "only why"},
		{[]any{4999}, 4999, ""},
	} {
		c := openIt(t, "/echo")
		waiting := c.Call("receive")
		ended(t, await(t, c.Call("close", test.args...)), test.code, test.reason, true)
		closed := await(t, c.Get("closed"))
		ended(t, closed, test.code, test.reason, true)
		if closed.Get("by").String() != "local" || closed.Get("layer").String() != "closing handshake" {
			t.Errorf("by %v in %v", closed.Get("by"), closed.Get("layer"))
		}
		if test.code == 1000 {
			if v := await(t, waiting); !v.IsNull() {
				t.Errorf("receive resolved to %v", v)
			}
		} else {
			ended(t, rejects(t, waiting, "Error", test.reason), test.code, test.reason, true)
		}
		// All methods work after the end.
		ended(t, await(t, c.Call("close", 1000)), test.code, test.reason, true)
		ended(t, rejects(t, c.Call("send", "more"), "Error", "closed"), test.code, test.reason, true)
	}

	c := openIt(t, "/echo")
	for _, wrong := range [][]any{{"1000"}, {1006}, {-64536}, {66536}, {1000, 5}, {1000, strings.Repeat("x", 124)}, {js.Null()}} {
		rejects(t, c.Call("close", wrong...), "TypeError", "")
	}
	await(t, c.Call("send", "still there?"))
	await(t, c.Call("receive"))
}

func TestPeerCloses(t *testing.T) {
	c := openIt(t, "/close?code=1000&first=news&reason=done")
	closed := await(t, c.Get("closed"))
	ended(t, closed, 1000, "done", true)
	if closed.Get("by").String() != "peer" {
		t.Errorf("by %v", closed.Get("by"))
	}
	if got := await(t, c.Call("receive")).String(); got != "news" {
		t.Errorf("%q came", got)
	}
	for range 2 {
		if got := await(t, c.Call("receive")); !got.IsNull() {
			t.Errorf("receive resolved to %v", got)
		}
	}
	c = openIt(t, "/close?code=4001&reason="+url.QueryEscape("ошибка"))
	ended(t, rejects(t, c.Call("receive"), "Error", "ошибка"), 4001, "ошибка", true)
	c = openIt(t, "/drop")
	if got := await(t, c.Call("receive")).String(); got != "first" {
		t.Errorf("%q came", got)
	}
	ended(t, rejects(t, c.Call("receive"), "Error", "browser"), 1006, "", false)
}

// The methods tell a connection from anything else that they are called on.
func TestThis(t *testing.T) {
	c := openIt(t, "/echo")
	for _, method := range []string{"send", "receive", "close"} {
		for _, this := range []js.Value{js.Undefined(), js.ValueOf(5), object.New()} {
			rejects(t, c.Get(method).Call("call", this, "x"), "TypeError", "no connection")
		}
	}
	if v := prototype.Get("bufferedAmount"); !v.IsUndefined() {
		t.Errorf("bufferedAmount of no connection is %v", v)
	}
}

// What FinalizationRegistry calls when JavaScript has dropped the object.
func TestStrike(t *testing.T) {
	c := await(t, js.Global().Get("tandem").Call("open", testServer+"/echo"))
	number := numberOf.Invoke(c).Int()
	if connections.byNumber[number] == nil {
		t.Fatal("the connection is not in the table")
	}
	ended(t, await(t, c.Call("close")), 1000, "", true)
	strike(js.Undefined(), []js.Value{js.ValueOf(number)})
	if _, there := connections.byNumber[number]; there {
		t.Error("the connection is still in the table")
	}
}
