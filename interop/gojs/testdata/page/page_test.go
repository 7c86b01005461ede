//go:build js && wasm

// Package page tests the model of a browser from within: it is a page of its own, run as a test binary.
package page

import (
	"syscall/js"
	"testing"
	"time"
)

var global = js.Global()

// wait fails the test when nothing comes.
func wait[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(3 * time.Second):
		t.Fatalf("waited in vain for %s", what)
	}
	return v
}

// function wraps f until the end of the test.
func function(t *testing.T, f func(args []js.Value) any) js.Func {
	fn := js.FuncOf(func(_ js.Value, args []js.Value) any { return f(args) })
	t.Cleanup(fn.Release)
	return fn
}

// await waits for a promise.
func await(t *testing.T, promise js.Value) (value js.Value, rejected bool) {
	t.Helper()
	type outcome struct {
		value    js.Value
		rejected bool
	}
	settled := make(chan outcome, 1)
	promise.Call("then",
		function(t, func(args []js.Value) any { settled <- outcome{args[0], false}; return nil }),
		function(t, func(args []js.Value) any { settled <- outcome{args[0], true}; return nil }))
	o := wait(t, settled, "a promise")
	return o.value, o.rejected
}

// thrown returns the name of the JavaScript error that f throws, "" when it throws none.
func thrown(f func()) (name string) {
	defer func() {
		if e, ok := recover().(js.Error); ok {
			name = e.Get("name").String()
		}
	}()
	f()
	return ""
}

// log collects what happens, in its order.
type log []string

func (l log) check(t *testing.T, want ...string) {
	t.Helper()
	if len(l) != len(want) {
		t.Fatalf("got %q, want %q", []string(l), want)
	}
	for i := range want {
		if l[i] != want[i] {
			t.Fatalf("got %q, want %q", []string(l), want)
		}
	}
}
