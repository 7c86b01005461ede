package gojs

import (
	"runtime"
	"weak"
)

type weakMap struct {
	entries map[weak.Pointer[Object]]Value
}

// installWeak defines WeakMap and FinalizationRegistry on the garbage collector of this process: an object that neither the page
// nor the program nor the test holds is dropped by runtime.GC. A value of a WeakMap that holds its own key keeps it alive.
func (h *Host) installWeak() {
	maps := h.newClass("WeakMap", nil, nil)
	maps.constructor.function().construct = func([]Value) (*Object, error) {
		return maps.make(&weakMap{make(map[weak.Pointer[Object]]Value)}), nil
	}
	define := func(name string, body func(m *weakMap, this, key *Object, args []Value) Value) {
		method(maps, name, func(this *Object, m *weakMap, args []Value) (Value, error) {
			key, ok := argument(args, 0).(*Object)
			if !ok && name == "set" {
				return nil, h.throw("TypeError", "a WeakMap's keys are objects")
			}
			return body(m, this, key, args), nil
		})
	}
	define("get", func(m *weakMap, _, key *Object, _ []Value) Value { return m.entries[weak.Make(key)] })
	define("has", func(m *weakMap, _, key *Object, _ []Value) Value {
		_, ok := m.entries[weak.Make(key)]
		return ok
	})
	define("set", func(m *weakMap, this, key *Object, args []Value) Value {
		m.entries[weak.Make(key)] = argument(args, 1)
		return this
	})
	define("delete", func(m *weakMap, _, key *Object, _ []Value) Value {
		_, ok := m.entries[weak.Make(key)]
		delete(m.entries, weak.Make(key))
		return ok
	})

	registries := h.newClass("FinalizationRegistry", nil, nil)
	registries.constructor.function().construct = func(args []Value) (*Object, error) {
		return registries.make(argument(args, 0)), nil
	}
	method(registries, "register", func(_ *Object, callback *Object, args []Value) (Value, error) {
		target, ok := argument(args, 0).(*Object)
		if !ok {
			return nil, h.throw("TypeError", "only objects can be registered")
		}
		runtime.AddCleanup(target, func(held Value) {
			h.post(func() { h.report(callback, nil, held) })
		}, argument(args, 1))
		return nil, nil
	})
}
