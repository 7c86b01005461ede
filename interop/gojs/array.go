package gojs

import "strings"

type array struct{ items []Value }

func (a *array) length() int { return len(a.items) }

func (a *array) index(i int) Value {
	if i < 0 || i >= len(a.items) {
		return nil
	}
	return a.items[i]
}

func (a *array) setIndex(i int, v Value) {
	if i < 0 {
		return
	}
	if i >= len(a.items) {
		a.resize(i + 1)
	}
	a.items[i] = v
}

func (a *array) resize(n int) {
	if n <= len(a.items) {
		clear(a.items[n:])
		a.items = a.items[:n]
		return
	}
	a.items = append(a.items, make([]Value, n-len(a.items))...)
}

func (a *array) join(separator string) string {
	texts := make([]string, len(a.items))
	for i, v := range a.items {
		if !nullish(v) {
			texts[i] = toString(v)
		}
	}
	return strings.Join(texts, separator)
}

// span turns the two optional arguments of slice and subarray into offsets into length elements.
func span(args []Value, length int) (from, to int) {
	relative := func(v Value, otherwise int) int {
		if v == nil {
			return otherwise
		}
		i := toInt(v)
		if i < 0 {
			i += length
		}
		return max(0, min(length, i))
	}
	from = relative(argument(args, 0), 0)
	return from, max(from, relative(argument(args, 1), length))
}

// elements lists what an array or an array-like object holds.
func elements(o *Object) []Value {
	if o == nil {
		return nil
	}
	items := make([]Value, o.Len())
	for i := range items {
		items[i] = o.Index(i)
	}
	return items
}

func (h *Host) newArray(items ...Value) *Object { return h.arrays.make(&array{items}) }

func (h *Host) installArray() {
	h.arrays = h.newClass("Array", nil, func(args []Value) (*Object, error) {
		if n, ok := argument(args, 0).(float64); ok && len(args) == 1 {
			return h.newArray(make([]Value, int(n))...), nil
		}
		return h.newArray(append([]Value(nil), args...)...), nil
	})
	c := h.arrays
	c.proto.define("length", &accessor{
		get: func(this *Object) Value { return float64(this.Len()) },
		set: func(this *Object, v Value) { this.state.(*array).resize(toInt(v)) },
	})
	c.static("isArray", func(_ Value, args []Value) (Value, error) {
		o, ok := argument(args, 0).(*Object)
		if ok {
			_, ok = o.state.(*array)
		}
		return ok, nil
	})
	c.static("from", func(_ Value, args []Value) (Value, error) {
		o, _ := argument(args, 0).(*Object)
		return h.newArray(elements(o)...), nil
	})
	method(c, "push", func(_ *Object, a *array, args []Value) (Value, error) {
		a.items = append(a.items, args...)
		return float64(len(a.items)), nil
	})
	method(c, "pop", func(_ *Object, a *array, args []Value) (Value, error) {
		last := a.index(len(a.items) - 1)
		a.resize(max(0, len(a.items)-1))
		return last, nil
	})
	method(c, "shift", func(_ *Object, a *array, args []Value) (Value, error) {
		first := a.index(0)
		if len(a.items) > 0 {
			a.items[0] = nil
			a.items = a.items[1:]
		}
		return first, nil
	})
	method(c, "slice", func(_ *Object, a *array, args []Value) (Value, error) {
		from, to := span(args, len(a.items))
		return h.newArray(append([]Value(nil), a.items[from:to]...)...), nil
	})
	method(c, "splice", func(_ *Object, a *array, args []Value) (Value, error) {
		from, _ := span(args, len(a.items))
		count := len(a.items) - from
		if len(args) > 1 {
			count = max(0, min(count, toInt(args[1])))
		}
		removed := append([]Value(nil), a.items[from:from+count]...)
		var added []Value
		if len(args) > 2 {
			added = args[2:]
		}
		rest := append(append([]Value(nil), added...), a.items[from+count:]...)
		a.items = append(a.items[:from:from], rest...)
		return h.newArray(removed...), nil
	})
	method(c, "indexOf", func(_ *Object, a *array, args []Value) (Value, error) {
		for i, v := range a.items {
			if v == argument(args, 0) {
				return float64(i), nil
			}
		}
		return -1.0, nil
	})
	method(c, "join", func(_ *Object, a *array, args []Value) (Value, error) {
		separator := ","
		if s := argument(args, 0); s != nil {
			separator = toString(s)
		}
		return a.join(separator), nil
	})
}
