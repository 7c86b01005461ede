package gojs

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

func startShop(t *testing.T) *Host {
	t.Helper()
	h, err := start(t, 20*time.Second, Config{Args: []string{"api"}})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAwaitACall(t *testing.T) {
	h := startShop(t)
	if v, err := h.Await(h.Call("shop.double", 21)); err != nil || v != 42.0 {
		t.Errorf("got %v, %v", v, err)
	}
	_, err := h.Await(h.Call("shop.double", "text"))
	var rejected *Throw
	if !errors.As(err, &rejected) || rejected.Value.(*Object).Get("message") != "not a number" {
		t.Errorf("got %v", err)
	}
	if v, err := h.Call("shop.sum", []byte{1, 2, 3}); err != nil || v != 6.0 {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestCallOfWhatIsNotThere(t *testing.T) {
	h := startShop(t)
	var thrown *Throw
	if _, err := h.Call("shop.nothing"); !errors.As(err, &thrown) {
		t.Errorf("got %v", err)
	}
	if _, err := h.Call("nothing.at.all"); err == nil {
		t.Error("a path into nothing was called")
	}
	if _, err := h.Call("shop.double", struct{}{}); err == nil {
		t.Error("a struct was accepted as an argument")
	}
}

func TestAwaitInVain(t *testing.T) {
	h := startShop(t)
	v, err := h.Call("shop.never")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Sleep(5 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if state, _ := Promise(v); state != Pending {
		t.Errorf("the state is %v", state)
	}
	if _, err := h.Await(v, nil); !errors.Is(err, ErrDeadlock) || !strings.Contains(err.Error(), "main.api") {
		t.Errorf("got %v", err)
	}
}

func TestTheProgramExitsWhileAwaited(t *testing.T) {
	h := startShop(t)
	v, err := h.Call("shop.never")
	if err != nil {
		t.Fatal(err)
	}
	var exit *ExitError
	if _, err := h.Call("shop.quit"); !errors.As(err, &exit) || exit.Code != 3 {
		t.Errorf("the call gave %v", err)
	}
	if _, err := h.Await(v, nil); !errors.As(err, &exit) || exit.Code != 3 {
		t.Errorf("the wait gave %v", err)
	}
	if _, err := h.Call("shop.sum", []byte{1}); err == nil || !strings.Contains(err.Error(), "already exited") {
		t.Errorf("a call after the exit gave %v", err)
	}
	if r, err := h.Wait(); err != nil || r.ExitCode != 3 {
		t.Errorf("exit code %d, %v", r.ExitCode, err)
	}
}

// The page drops an object that nothing holds any more, when this process collects its garbage.
func TestFinalizationRegistry(t *testing.T) {
	h := startShop(t)
	dropped := 0
	h.Global().Set("dropped", h.NewFunction("dropped", func(_ Value, args []Value) (Value, error) {
		dropped += toInt(args[0])
		return nil, nil
	}))
	registry := h.must(h.construct(h.Global().Get("FinalizationRegistry"), []Value{h.Global().Get("dropped")}))
	kept := h.newObject()
	for i, o := range []*Object{kept, h.newObject()} {
		if _, err := h.CallMethod(registry, "register", o, i+1); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		runtime.GC()
		if err := h.Sleep(10 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if dropped != 0 {
			break
		}
	}
	if dropped != 2 {
		t.Errorf("dropped is %d, want 2: the second object and not the first", dropped)
	}
	runtime.KeepAlive(kept)
}

// What a test gives the program to call, and what a test reads of the page.
func TestFunctionsOfTheTest(t *testing.T) {
	h := startShop(t)
	o, err := h.ValueOf(map[string]any{"list": []any{1, "two", []byte("bytes")}, "names": []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	list := o.(*Object).Get("list").(*Object)
	if b, ok := Bytes(list.Index(2)); !ok || string(b) != "bytes" || list.Len() != 3 || list.Index(1) != "two" {
		t.Errorf("the list holds %v", list)
	}
	h.Global().Set("join", h.NewFunction("join", func(_ Value, args []Value) (Value, error) {
		if len(args) != 1 {
			return nil, errors.New("one argument")
		}
		return args[0].(*Object).Index(0), nil
	}))
	if v, err := h.Call("join", []string{"first"}); err != nil || v != "first" {
		t.Errorf("got %v, %v", v, err)
	}
	if _, err := h.Call("join"); err == nil || !strings.Contains(err.Error(), "one argument") {
		t.Errorf("got %v", err)
	}
	p, resolve, _ := h.NewPromise()
	h.after(time.Millisecond, func() { resolve("later") })
	if v, err := h.Await(p, nil); err != nil || v != "later" {
		t.Errorf("got %v, %v", v, err)
	}
}
