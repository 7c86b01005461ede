package gojs

import (
	"crypto/rand"
	"time"
)

func (h *Host) installTimers() {
	running := make(map[int]*timer)
	h.global.define("setTimeout", h.NewFunction("setTimeout", func(_ Value, args []Value) (Value, error) {
		var t *timer
		t = h.after(time.Duration(toInt(argument(args, 1)))*time.Millisecond, func() {
			delete(running, t.seq)
			h.report(argument(args, 0), nil, args[min(2, len(args)):]...)
		})
		running[t.seq] = t
		return float64(t.seq), nil
	}))
	h.global.define("clearTimeout", h.NewFunction("clearTimeout", func(_ Value, args []Value) (Value, error) {
		id := toInt(argument(args, 0))
		if t := running[id]; t != nil {
			h.clear(t)
			delete(running, id)
		}
		return nil, nil
	}))
	h.global.define("queueMicrotask", h.NewFunction("queueMicrotask", func(_ Value, args []Value) (Value, error) {
		h.microtask(func() {
			if _, err := h.call(argument(args, 0), nil); err != nil {
				h.logError("Uncaught " + toString(err.(*Throw).Value))
			}
		})
		return nil, nil
	}))

	performance := h.newObject()
	performance.define("now", h.NewFunction("now", func(Value, []Value) (Value, error) {
		return h.now().Seconds() * 1000, nil
	}))
	h.global.define("performance", performance)

	dates := h.newClass("Date", nil, nil)
	dates.constructor.function().construct = func([]Value) (*Object, error) { return dates.make(time.Now()), nil }
	dates.static("now", func(Value, []Value) (Value, error) { return float64(time.Now().UnixMilli()), nil })
	method(dates, "getTime", func(_ *Object, t time.Time, _ []Value) (Value, error) { return float64(t.UnixMilli()), nil })
	method(dates, "getTimezoneOffset", func(*Object, time.Time, []Value) (Value, error) { return 0.0, nil })

	crypto := h.newObject()
	crypto.define("getRandomValues", h.NewFunction("getRandomValues", func(_ Value, args []Value) (Value, error) {
		b, ok := elementBytes(argument(args, 0))
		if !ok {
			return nil, h.throw("TypeError", "getRandomValues needs a typed array")
		}
		rand.Read(b)
		return args[0], nil
	}))
	h.global.define("crypto", crypto)
}
