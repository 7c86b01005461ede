package gojs

import "slices"

// A Native is the body of a function of the model. An error is thrown; what is no *Throw is thrown as an Error.
type Native func(this Value, args []Value) (Value, error)

type function struct {
	name      string
	call      Native
	construct func(args []Value) (*Object, error)
	goFunc    bool // a wrapped js.Func
}

func (o *Object) function() *function {
	f, _ := o.state.(*function)
	return f
}

// NewFunction returns a JavaScript function that runs body.
func (h *Host) NewFunction(name string, body Native) *Object {
	f := &Object{proto: h.functions.proto, state: &function{name: name, call: body}}
	f.define("name", name)
	return f
}

// call calls fn; the error is a *Throw.
func (h *Host) call(fn, this Value, args ...Value) (Value, error) {
	o, ok := fn.(*Object)
	if !ok || o.function() == nil {
		return nil, h.throw("TypeError", toString(fn)+" is not a function")
	}
	f := o.function()
	if f.call == nil {
		return nil, h.throw("TypeError", "class constructor "+f.name+" cannot be invoked without new")
	}
	v, err := f.call(this, args)
	return v, h.thrown(err)
}

func (h *Host) construct(constructor Value, args []Value) (Value, error) {
	o, ok := constructor.(*Object)
	if !ok || o.function() == nil || o.function().construct == nil {
		return nil, h.throw("TypeError", toString(constructor)+" is not a constructor")
	}
	v, err := o.function().construct(args)
	if err != nil {
		return nil, h.thrown(err)
	}
	return v, nil
}

// must is for where JavaScript would throw into the middle of the Go program: the run ends.
func (h *Host) must(v Value, err error) Value {
	if err != nil {
		panic(err)
	}
	return v
}

// A class is a constructor and its prototype.
type class struct {
	host        *Host
	constructor *Object
	proto       *Object
}

func (h *Host) newClass(name string, parent *class, construct func(args []Value) (*Object, error)) *class {
	c := &class{host: h, proto: &Object{proto: h.objects.proto}}
	c.constructor = &Object{proto: h.functions.proto, state: &function{name: name, construct: construct}}
	if parent != nil {
		c.proto.proto = parent.proto
		c.constructor.proto = parent.constructor
	}
	c.constructor.define("name", name)
	c.constructor.define("prototype", c.proto)
	c.proto.define("constructor", c.constructor)
	h.global.define(name, c.constructor)
	return c
}

func (c *class) make(state any) *Object { return &Object{proto: c.proto, state: state} }

func (c *class) static(name string, body Native) {
	c.constructor.define(name, c.host.NewFunction(name, body))
}

// method defines a method for objects whose state is a T.
func method[T any](c *class, name string, body func(this *Object, state T, args []Value) (Value, error)) {
	c.proto.define(name, c.host.NewFunction(name, func(this Value, args []Value) (Value, error) {
		o, _ := this.(*Object)
		if o != nil {
			if state, ok := o.state.(T); ok {
				return body(o, state, args)
			}
		}
		return nil, c.host.throw("TypeError", "illegal invocation of "+name)
	}))
}

// getter defines a property that is computed for objects whose state is a T.
func getter[T any](c *class, name string, get func(state T) Value) {
	c.proto.define(name, &accessor{get: func(this *Object) Value {
		if state, ok := this.state.(T); ok {
			return get(state)
		}
		return nil
	}})
}

func (h *Host) installFunction() {
	define := func(name string, body Native) { h.functions.proto.define(name, h.NewFunction(name, body)) }
	define("call", func(this Value, args []Value) (Value, error) {
		return h.call(this, argument(args, 0), args[min(1, len(args)):]...)
	})
	define("apply", func(this Value, args []Value) (Value, error) {
		list, _ := argument(args, 1).(*Object)
		return h.call(this, argument(args, 0), elements(list)...)
	})
	define("bind", func(this Value, args []Value) (Value, error) {
		bound := argument(args, 0)
		first := slices.Clone(args[min(1, len(args)):])
		return h.NewFunction("bound", func(_ Value, rest []Value) (Value, error) {
			return h.call(this, bound, append(slices.Clip(first), rest...)...)
		}), nil
	})
}
