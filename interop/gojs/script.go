package gojs

import (
	"fmt"
	"strings"
)

// Global returns the global object.
func (h *Host) Global() *Object { return h.global }

// Call calls the function at a dotted path from the global object, as in "tandem.open".
func (h *Host) Call(path string, args ...any) (Value, error) {
	return h.CallMethod(h.global, path, args...)
}

// CallMethod calls the function at a dotted path from this, with what comes before the last dot as its this. The arguments
// are turned into JavaScript values by ValueOf. The call and the microtasks it leaves run before CallMethod returns; nothing else does.
func (h *Host) CallMethod(this Value, path string, args ...any) (result Value, err error) {
	names := strings.Split(path, ".")
	var fn Value = this
	for _, name := range names {
		o, ok := fn.(*Object)
		if !ok {
			return nil, fmt.Errorf("gojs: cannot read %q of %s in %s", name, toString(fn), path)
		}
		this, fn = o, o.Get(name)
	}
	values := make([]Value, len(args))
	for i, arg := range args {
		if values[i], err = h.ValueOf(arg); err != nil {
			return nil, err
		}
	}
	exited := h.exited
	h.turn(func() { result, err = h.call(fn, this, values...) })
	switch {
	case h.failure != nil:
		return nil, h.failure
	case h.exited && !exited:
		return nil, &ExitError{h.exitCode, h.stderr.String()}
	}
	return result, err
}

// ValueOf turns a Go value into a JavaScript one: numbers, strings, bool, nil (undefined), []byte (a Uint8Array), []any, []string,
// map[string]any; a Value stays as it is.
func (h *Host) ValueOf(x any) (Value, error) {
	switch x := x.(type) {
	case nil, bool, float64, string, null, *Object:
		return x, nil
	case int:
		return float64(x), nil
	case []byte:
		return h.NewUint8Array(x), nil
	case []string:
		list := h.newArray()
		for i, s := range x {
			list.SetIndex(i, s)
		}
		return list, nil
	case []any:
		list := h.newArray()
		for i, e := range x {
			v, err := h.ValueOf(e)
			if err != nil {
				return nil, err
			}
			list.SetIndex(i, v)
		}
		return list, nil
	case map[string]any:
		o := h.newObject()
		for name, e := range x {
			v, err := h.ValueOf(e)
			if err != nil {
				return nil, err
			}
			o.Set(name, v)
		}
		return o, nil
	}
	return nil, fmt.Errorf("gojs: %T has no JavaScript value", x)
}
