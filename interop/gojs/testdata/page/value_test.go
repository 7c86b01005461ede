//go:build js && wasm

package page

import (
	"math"
	"runtime"
	"strings"
	"syscall/js"
	"testing"
)

func TestNumbersSurviveTheBoundary(t *testing.T) {
	o := global.Get("Object").New()
	for _, x := range []float64{0, 1, -1, 0.5, 1 << 53, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1)} {
		o.Set("x", x)
		if got := o.Get("x").Float(); got != x {
			t.Errorf("%v came back as %v", x, got)
		}
	}
	o.Set("x", math.NaN())
	if !o.Get("x").IsNaN() {
		t.Error("NaN did not come back")
	}
}

func TestStringsSurviveTheBoundary(t *testing.T) {
	o := global.Get("Object").New()
	for _, s := range []string{"", "plain", "žluťoučký", "日本語", "😀", strings.Repeat("long ", 1<<16)} {
		o.Set("s", s)
		if got := o.Get("s").String(); got != s {
			t.Errorf("%.20q came back as %.20q", s, got)
		}
	}
	if got := js.ValueOf("\ufeffmarked").String(); got != "marked" {
		t.Errorf("a byte order mark is dropped on the way out, got %q", got)
	}
	if got := js.ValueOf("a\xffb").String(); got != "a\ufffdb" {
		t.Errorf("got %q", got)
	}
}

func TestKinds(t *testing.T) {
	for expression, want := range map[js.Type]js.Value{
		js.TypeUndefined: js.Undefined(),
		js.TypeNull:      js.Null(),
		js.TypeBoolean:   js.ValueOf(true),
		js.TypeNumber:    js.ValueOf(3),
		js.TypeString:    js.ValueOf("s"),
		js.TypeObject:    global.Get("Object").New(),
		js.TypeFunction:  global.Get("Object"),
	} {
		o := global.Get("Object").New()
		o.Set("v", want)
		if got := o.Get("v"); got.Type() != expression || !got.Equal(want) {
			t.Errorf("%v came back as %v", expression, got.Type())
		}
	}
	if !global.Get("nothing").IsUndefined() {
		t.Error("a missing property is not undefined")
	}
	o := global.Get("Object").New()
	o.Set("a", 1)
	o.Delete("a")
	if !o.Get("a").IsUndefined() {
		t.Error("a deleted property is still there")
	}
}

func TestArrays(t *testing.T) {
	a := js.ValueOf([]any{1, "two"})
	if n := a.Call("push", 3, 4).Int(); n != 4 || a.Length() != 4 || a.Index(3).Int() != 4 {
		t.Errorf("push made the length %d", n)
	}
	if got := a.Call("shift").Int(); got != 1 || a.Length() != 3 {
		t.Errorf("shift gave %d, %d left", got, a.Length())
	}
	if got := a.Call("splice", 0, 2).Call("join", "-").String(); got != "two-3" || a.Length() != 1 {
		t.Errorf("splice took %q, %d left", got, a.Length())
	}
	a.Set("length", 0)
	if a.Length() != 0 || !a.Index(0).IsUndefined() {
		t.Error("setting length to 0 did not empty the array")
	}
	a.SetIndex(2, "x")
	if a.Length() != 3 || !a.Index(0).IsUndefined() {
		t.Error("setting an index did not extend the array")
	}
	if !a.InstanceOf(global.Get("Array")) || a.InstanceOf(global.Get("Promise")) {
		t.Error("instanceof is wrong for an array")
	}
}

func TestPushBoundAsACallback(t *testing.T) {
	queue := global.Get("Array").New()
	push := global.Get("Array").Get("prototype").Get("push").Call("bind", queue)
	push.Invoke("a")
	push.Invoke("b", "c")
	if got := queue.Call("join", "").String(); got != "abc" {
		t.Errorf("the queue holds %q", got)
	}
}

func TestViewsShareTheirBuffer(t *testing.T) {
	class := global.Get("Uint8Array")
	whole := class.New(8)
	if n := js.CopyBytesToJS(whole, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9}); n != 8 {
		t.Errorf("copied %d bytes into 8", n)
	}
	part := whole.Call("subarray", 2, 5)
	part.SetIndex(0, 99)
	if whole.Index(2).Int() != 99 || part.Get("byteOffset").Int() != 2 || part.Get("byteLength").Int() != 3 {
		t.Error("subarray does not share")
	}
	if inner := part.Call("subarray", 1); inner.Index(0).Int() != 4 || inner.Length() != 2 {
		t.Error("subarray of a subarray")
	}
	again := class.New(whole.Get("buffer"), 2, 3)
	got := make([]byte, 10)
	if n := js.CopyBytesToGo(got, again); n != 3 || got[0] != 99 || got[2] != 5 {
		t.Errorf("a view of the same buffer holds %v", got[:n])
	}
	copied := whole.Call("slice", -2)
	copied.SetIndex(0, 0)
	if whole.Index(6).Int() != 7 || copied.Length() != 2 {
		t.Error("slice shares")
	}
	whole.Call("set", js.ValueOf([]any{300, 1}), 6)
	if whole.Index(6).Int() != 44 || whole.Index(7).Int() != 1 {
		t.Error("set from an array")
	}
	if name := thrown(func() { whole.Call("set", js.ValueOf([]any{1, 2}), 7) }); name != "RangeError" {
		t.Errorf("set past the end threw %q", name)
	}
	if name := thrown(func() { class.New(whole.Get("buffer"), 9) }); name != "RangeError" {
		t.Errorf("a view past the end threw %q", name)
	}
	whole.Call("fill", 9, 1, 3)
	if whole.Index(0).Int() != 1 || whole.Index(1).Int() != 9 || whole.Index(2).Int() != 9 || whole.Index(3).Int() != 4 {
		t.Error("fill")
	}
	if class.New(0).Length() != 0 || js.CopyBytesToJS(class.New(0), nil) != 0 {
		t.Error("0 bytes")
	}
	view := global.Get("DataView").New(whole.Get("buffer"), 1, 2)
	if view.Get("byteOffset").Int() != 1 || !global.Get("ArrayBuffer").Call("isView", view).Bool() {
		t.Error("DataView")
	}
}

func TestObjectsWithAccessors(t *testing.T) {
	o := global.Get("Object").New()
	x := 1
	global.Get("Object").Call("defineProperty", o, "x", map[string]any{
		"get": function(t, func([]js.Value) any { return x }),
		"set": function(t, func(args []js.Value) any { x = args[0].Int(); return nil }),
	})
	o.Set("x", 5)
	if x != 5 || o.Get("x").Int() != 5 {
		t.Errorf("x is %d", x)
	}
}

func TestPrototypesAndReflect(t *testing.T) {
	proto := js.ValueOf(map[string]any{"inherited": 7})
	o := global.Get("Object").Call("create", proto)
	get := global.Get("Reflect").Get("get")
	if o.Get("inherited").Int() != 7 || get.Invoke(o, "inherited").Int() != 7 {
		t.Error("the prototype's property is not seen")
	}
	o.Set("inherited", 8)
	if proto.Get("inherited").Int() != 7 || o.Get("inherited").Int() != 8 {
		t.Error("setting a property set the prototype's")
	}
}

func TestFunctionsAsConstructors(t *testing.T) {
	other := js.ValueOf(map[string]any{"x": 1})
	if o := function(t, func([]js.Value) any { return other }).New(); !o.Equal(other) {
		t.Error("new does not give the object that the function returns")
	}
	if o := function(t, func([]js.Value) any { return 3 }).New(); o.Type() != js.TypeObject {
		t.Errorf("new gives %v for a function that returns a number", o)
	}
}

func TestWeakMap(t *testing.T) {
	m := global.Get("WeakMap").New()
	one, two := global.Get("Object").New(), global.Get("Object").New()
	m.Call("set", one, 1).Call("set", two, 2)
	m.Call("delete", two)
	if m.Call("get", one).Int() != 1 || m.Call("has", two).Bool() || !m.Call("get", two).IsUndefined() {
		t.Error("the map does not hold what was set")
	}
	if name := thrown(func() { m.Call("set", "text", 1) }); name != "TypeError" {
		t.Errorf("a string as key threw %q", name)
	}
}

func TestErrorsAreThrown(t *testing.T) {
	if name := thrown(func() { global.Get("Promise").New(1) }); name != "TypeError" {
		t.Errorf("threw %q", name)
	}
	if name := thrown(func() { global.Get("performance").Get("now").New() }); name != "TypeError" {
		t.Errorf("constructing a plain function threw %q", name)
	}
	e := global.Get("Error").New("message", map[string]any{"cause": "reason"})
	if e.Get("message").String() != "message" || e.Get("cause").String() != "reason" || !e.InstanceOf(global.Get("Error")) {
		t.Error("an Error is not what it was made of")
	}
}

// The memory grows under the calls, and goroutines' stacks move.
func TestCallsWhileMemoryAndStacksGrow(t *testing.T) {
	var deep func(n int) int
	step := function(t, func(args []js.Value) any { return deep(args[0].Int()) })
	deep = func(n int) int {
		if n == 0 {
			return 0
		}
		var room [4096]byte
		ballast := make([]byte, 1<<20)
		sum := step.Invoke(n-1).Int() + 1
		runtime.KeepAlive(ballast)
		runtime.KeepAlive(room)
		return sum
	}
	if got := deep(40); got != 40 {
		t.Errorf("40 nested calls gave %d", got)
	}
}
