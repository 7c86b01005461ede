package gojs

// A PromiseState says how far a promise is.
type PromiseState int

// The states of a promise; NotPromise stands for a value that is none.
const (
	NotPromise PromiseState = iota
	Pending
	Fulfilled
	Rejected
)

type promise struct {
	state     PromiseState
	value     Value
	handled   bool
	reactions []func()
}

// Promise returns the state of v and, once it is settled, its value or the reason it was rejected with.
func Promise(v Value) (PromiseState, Value) {
	if o, ok := v.(*Object); ok {
		if p, ok := o.state.(*promise); ok {
			return p.state, p.value
		}
	}
	return NotPromise, nil
}

// NewPromise returns a promise and the functions that settle it.
func (h *Host) NewPromise() (o *Object, resolve, reject func(Value)) {
	p := &promise{state: Pending}
	o = h.promises.make(p)
	resolve, reject = h.resolvers(o, p)
	return o, resolve, reject
}

// resolvers makes a pair of functions of which only the first call has an effect.
func (h *Host) resolvers(o *Object, p *promise) (resolve, reject func(Value)) {
	called := false
	once := func(act func(Value)) func(Value) {
		return func(v Value) {
			if !called {
				called = true
				act(v)
			}
		}
	}
	reject = func(v Value) { h.settle(p, Rejected, v) }
	return once(func(v Value) { h.resolve(o, p, v) }), once(reject)
}

func (h *Host) resolve(o *Object, p *promise, v Value) {
	then := Value(nil)
	thenable, ok := v.(*Object)
	if ok {
		then = thenable.Get("then")
	}
	switch {
	case ok && thenable == o:
		h.settle(p, Rejected, h.throw("TypeError", "a promise cannot be resolved with itself").(*Throw).Value)
	case typeOf(then) != "function":
		h.settle(p, Fulfilled, v)
	default:
		h.microtask(func() {
			resolve, reject := h.resolvers(o, p)
			h.execute(then, thenable, resolve, reject)
		})
	}
}

// execute calls fn with JavaScript's forms of resolve and reject, and rejects with what it throws.
func (h *Host) execute(fn, this Value, resolve, reject func(Value)) {
	if _, err := h.call(fn, this, h.settler(resolve), h.settler(reject)); err != nil {
		reject(err.(*Throw).Value)
	}
}

func (h *Host) settler(settle func(Value)) *Object {
	return h.NewFunction("", func(_ Value, args []Value) (Value, error) {
		settle(argument(args, 0))
		return nil, nil
	})
}

func (h *Host) settle(p *promise, state PromiseState, v Value) {
	p.state, p.value = state, v
	if state == Rejected && !p.handled {
		h.rejections = append(h.rejections, p)
	}
	for _, react := range p.reactions {
		h.microtask(react)
	}
	p.reactions = nil
}

// then is Promise.prototype.then.
func (h *Host) then(p *promise, onFulfilled, onRejected Value) *Object {
	derived, resolve, reject := h.NewPromise()
	react := func() {
		handler, pass := onFulfilled, resolve
		if p.state == Rejected {
			handler, pass = onRejected, reject
		}
		if typeOf(handler) != "function" {
			pass(p.value)
			return
		}
		v, err := h.call(handler, nil, p.value)
		if err != nil {
			reject(err.(*Throw).Value)
			return
		}
		resolve(v)
	}
	p.handled = true
	if p.state == Pending {
		p.reactions = append(p.reactions, react)
	} else {
		h.microtask(react)
	}
	return derived
}

// reportRejections tells the console of promises that were rejected with nobody to see it, as a page's console does.
func (h *Host) reportRejections() {
	for _, p := range h.rejections {
		if !p.handled {
			h.logError("Uncaught (in promise) " + toString(p.value))
		}
	}
	h.rejections = nil
}

func (h *Host) installPromise() {
	h.promises = h.newClass("Promise", nil, func(args []Value) (*Object, error) {
		if typeOf(argument(args, 0)) != "function" {
			return nil, h.throw("TypeError", "Promise needs a function")
		}
		o, resolve, reject := h.NewPromise()
		h.execute(args[0], nil, resolve, reject)
		return o, nil
	})
	c := h.promises
	method(c, "then", func(_ *Object, p *promise, args []Value) (Value, error) {
		return h.then(p, argument(args, 0), argument(args, 1)), nil
	})
	method(c, "catch", func(_ *Object, p *promise, args []Value) (Value, error) {
		return h.then(p, nil, argument(args, 0)), nil
	})
	method(c, "finally", func(_ *Object, p *promise, args []Value) (Value, error) {
		last := func(rethrow bool) *Object {
			return h.NewFunction("", func(_ Value, settled []Value) (Value, error) {
				v, err := h.call(argument(args, 0), nil)
				if err != nil {
					return nil, err
				}
				wait := h.asPromise(v).state.(*promise)
				return h.then(wait, h.NewFunction("", func(Value, []Value) (Value, error) {
					if rethrow {
						return nil, &Throw{argument(settled, 0)}
					}
					return argument(settled, 0), nil
				}), nil), nil
			})
		}
		return h.then(p, last(false), last(true)), nil
	})
	c.static("resolve", func(_ Value, args []Value) (Value, error) { return h.asPromise(argument(args, 0)), nil })
	c.static("reject", func(_ Value, args []Value) (Value, error) {
		o, _, reject := h.NewPromise()
		reject(argument(args, 0))
		return o, nil
	})
	c.static("all", func(_ Value, args []Value) (Value, error) { return h.all(args), nil })
	c.static("race", func(_ Value, args []Value) (Value, error) {
		first, resolve, reject := h.NewPromise()
		list, _ := argument(args, 0).(*Object)
		for _, v := range elements(list) {
			h.then(h.asPromise(v).state.(*promise), h.settler(resolve), h.settler(reject))
		}
		return first, nil
	})
}

func (h *Host) asPromise(v Value) *Object {
	if state, _ := Promise(v); state != NotPromise {
		return v.(*Object)
	}
	o, resolve, _ := h.NewPromise()
	resolve(v)
	return o
}

func (h *Host) all(args []Value) *Object {
	result, resolve, reject := h.NewPromise()
	list, _ := argument(args, 0).(*Object)
	items := elements(list)
	values, left := h.newArray(make([]Value, len(items))...), len(items)
	if left == 0 {
		resolve(values)
	}
	for i, v := range items {
		h.then(h.asPromise(v).state.(*promise), h.NewFunction("", func(_ Value, settled []Value) (Value, error) {
			values.SetIndex(i, argument(settled, 0))
			if left--; left == 0 {
				resolve(values)
			}
			return nil, nil
		}), h.settler(reject))
	}
	return result
}
