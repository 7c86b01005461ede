//go:build js && wasm

package page

import (
	"syscall/js"
	"testing"
	"time"
)

func TestTimersRunInOrder(t *testing.T) {
	var l log
	done := make(chan bool)
	note := func(s string) js.Func {
		return function(t, func([]js.Value) any { l = append(l, s); return nil })
	}
	global.Call("setTimeout", note("20ms"), 20)
	global.Call("setTimeout", note("0ms"), 0)
	cleared := global.Call("setTimeout", note("cleared"), 5)
	global.Call("clearTimeout", cleared)
	global.Call("setTimeout", note("10ms"), 10)
	global.Call("setTimeout", note("10ms, later"), 10)
	global.Call("setTimeout", function(t, func(args []js.Value) any { done <- args[0].Bool(); return nil }), 30, true)
	if !wait(t, done, "the last timer") {
		t.Error("the argument did not arrive")
	}
	l.check(t, "0ms", "10ms", "10ms, later", "20ms")
}

func TestSleepTakesItsTime(t *testing.T) {
	start := time.Now()
	before := global.Get("performance").Call("now").Float()
	time.Sleep(20 * time.Millisecond)
	if d := time.Since(start); d < 20*time.Millisecond {
		t.Errorf("slept %v", d)
	}
	if d := global.Get("performance").Call("now").Float() - before; d < 20 || d > 2000 {
		t.Errorf("performance.now moved by %v ms", d)
	}
}

// Microtasks run before the next task, and in the order of the reactions.
func TestMicrotasksComeBeforeTasks(t *testing.T) {
	var l log
	done := make(chan bool, 1)
	note := func(s string) js.Func {
		return function(t, func([]js.Value) any { l = append(l, s); return nil })
	}
	promises := global.Get("Promise")
	global.Call("setTimeout", function(t, func([]js.Value) any {
		global.Call("setTimeout", function(t, func([]js.Value) any { done <- true; return nil }), 0)
		first := promises.Call("resolve", 1)
		first.Call("then", note("first")).Call("then", note("after first"))
		global.Call("queueMicrotask", note("queued"))
		promises.Call("resolve", 2).Call("then", note("second"))
		l = append(l, "task")
		return nil
	}), 0)
	wait(t, done, "the task behind the microtasks")
	l.check(t, "task", "first", "queued", "second", "after first")
}

func TestPromises(t *testing.T) {
	promises := global.Get("Promise")
	executor := func(f func(resolve, reject js.Value)) js.Value {
		return promises.New(function(t, func(args []js.Value) any { f(args[0], args[1]); return nil }))
	}
	cases := []struct {
		name     string
		promise  js.Value
		want     any
		rejected bool
	}{
		{"resolved", executor(func(resolve, _ js.Value) { resolve.Invoke("v") }), "v", false},
		{"rejected", executor(func(_, reject js.Value) { reject.Invoke("r") }), "r", true},
		{"the first call counts", executor(func(resolve, reject js.Value) { resolve.Invoke("v"); reject.Invoke("r") }), "v", false},
		{"resolved with a rejected promise", executor(func(resolve, _ js.Value) { resolve.Invoke(promises.Call("reject", "r")) }), "r", true},
		{"later", executor(func(resolve, _ js.Value) { global.Call("setTimeout", resolve, 1, "late") }), "late", false},
		{"then without a handler", promises.Call("resolve", "v").Call("then"), "v", false},
		{"caught", promises.Call("reject", "r").Call("catch", function(t, func(args []js.Value) any { return args[0].String() + "!" })), "r!", false},
		{"finally keeps the value", promises.Call("resolve", "v").Call("finally", function(t, func([]js.Value) any { return "other" })), "v", false},
		{"finally keeps the rejection", promises.Call("reject", "r").Call("finally", function(t, func([]js.Value) any { return nil })), "r", true},
		{"race", promises.Call("race", []any{promises.Call("resolve", "one"), "two"}), "one", false},
		{"all with a rejection", promises.Call("all", []any{1, promises.Call("reject", "r")}), "r", true},
	}
	for _, c := range cases {
		v, rejected := await(t, c.promise)
		if rejected != c.rejected || !v.Equal(js.ValueOf(c.want)) {
			t.Errorf("%s: got %v, rejected %v", c.name, v, rejected)
		}
	}
	all, rejected := await(t, promises.Call("all", []any{"a", promises.Call("resolve", "b")}))
	if rejected || all.Call("join", "+").String() != "a+b" {
		t.Errorf("all gave %v", all)
	}
}

func TestMessageChannel(t *testing.T) {
	var l log
	done := make(chan bool, 1)
	c := global.Get("MessageChannel").New()
	c.Get("port2").Call("postMessage", "early")
	c.Get("port1").Set("onmessage", function(t, func(args []js.Value) any {
		s := args[0].Get("data").String()
		if l = append(l, s); s == "last" {
			done <- true
		}
		return nil
	}))
	c.Get("port2").Call("postMessage", "next")
	l = append(l, "posted")
	c.Get("port2").Call("postMessage", "last")
	wait(t, done, "the last message")
	l.check(t, "posted", "early", "next", "last")
}

func TestEventTarget(t *testing.T) {
	var l log
	target := global.Get("EventTarget").New()
	note := func(s string) js.Func {
		return function(t, func(args []js.Value) any { l = append(l, s+" "+args[0].Get("type").String()); return nil })
	}
	always, once, removed := note("always"), note("once"), note("removed")
	target.Call("addEventListener", "e", always)
	target.Call("addEventListener", "e", always)
	target.Call("addEventListener", "e", once, map[string]any{"once": true})
	target.Call("addEventListener", "e", removed)
	target.Call("removeEventListener", "e", removed)
	for range 2 {
		target.Call("dispatchEvent", global.Get("Event").New("e"))
	}
	target.Call("dispatchEvent", global.Get("Event").New("other"))
	l.check(t, "always e", "once e", "always e")
}

// A listener that is removed while the event is dispatched is not called; one that is added is not called yet.
func TestListenersChangedDuringDispatch(t *testing.T) {
	var l log
	target := global.Get("EventTarget").New()
	note := func(s string) js.Func { return function(t, func([]js.Value) any { l = append(l, s); return nil }) }
	removed, added := note("removed"), note("added")
	target.Call("addEventListener", "e", function(t, func([]js.Value) any {
		target.Call("removeEventListener", "e", removed)
		target.Call("addEventListener", "e", added)
		l = append(l, "first")
		return nil
	}))
	target.Call("addEventListener", "e", removed)
	target.Call("dispatchEvent", global.Get("Event").New("e"))
	l.check(t, "first")
}

func TestText(t *testing.T) {
	b := global.Get("TextEncoder").New().Call("encode", "žluť")
	if b.Length() != 6 {
		t.Errorf("encoded to %d bytes", b.Length())
	}
	if s := global.Get("TextDecoder").New().Call("decode", b).String(); s != "žluť" {
		t.Errorf("decoded to %q", s)
	}
	bad := global.Get("Uint8Array").New(js.ValueOf([]any{0xff}))
	strict := global.Get("TextDecoder").New("utf-8", map[string]any{"fatal": true})
	if name := thrown(func() { strict.Call("decode", bad) }); name != "TypeError" {
		t.Errorf("invalid UTF-8 threw %q", name)
	}
	room := global.Get("Uint8Array").New(3)
	r := global.Get("TextEncoder").New().Call("encodeInto", "žžž", room)
	if r.Get("read").Int() != 1 || r.Get("written").Int() != 2 {
		t.Errorf("encodeInto read %v and wrote %v", r.Get("read"), r.Get("written"))
	}
}

func TestRandomBytesAndDate(t *testing.T) {
	b := global.Get("Uint8Array").New(32)
	global.Get("crypto").Call("getRandomValues", b)
	all := byte(0)
	for i := range 32 {
		all |= byte(b.Index(i).Int())
	}
	if all == 0 {
		t.Error("32 random bytes are all 0")
	}
	ms := global.Get("Date").New().Call("getTime").Float()
	if d := ms - float64(time.Now().UnixMilli()); d < -1000 || d > 1000 {
		t.Errorf("Date and time.Now differ by %v ms", d)
	}
}
