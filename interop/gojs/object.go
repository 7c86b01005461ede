package gojs

import (
	"slices"
	"strconv"
)

// An Object is a JavaScript object: properties, a prototype, and the state of what it is besides (a function, an array, a
// promise…). Like all of the model it belongs to the one goroutine that drives the Host.
type Object struct {
	proto      *Object
	names      []string // in the order they were set
	properties map[string]Value
	state      any
}

// accessor stands in properties for a getter and setter.
type accessor struct {
	get func(this *Object) Value
	set func(this *Object, v Value)
}

// indexed is a state with elements.
type indexed interface {
	index(i int) Value
	setIndex(i int, v Value)
	length() int
}

// Get returns the property, looked up along the prototypes; nil (undefined) when there is none.
func (o *Object) Get(name string) Value {
	for p := o; p != nil; p = p.proto {
		v, ok := p.properties[name]
		if !ok {
			continue
		}
		a, ok := v.(*accessor)
		if !ok {
			return v
		}
		if a.get == nil {
			return nil
		}
		return a.get(o)
	}
	return nil
}

// Set sets a property of the object itself, unless a prototype has a setter for it.
func (o *Object) Set(name string, v Value) {
	for p := o; p != nil; p = p.proto {
		if a, ok := p.properties[name].(*accessor); ok {
			if a.set != nil {
				a.set(o, v)
			}
			return
		}
	}
	o.define(name, v)
}

func (o *Object) define(name string, v Value) {
	if o.properties == nil {
		o.properties = make(map[string]Value)
	}
	if _, ok := o.properties[name]; !ok {
		o.names = append(o.names, name)
	}
	o.properties[name] = v
}

func (o *Object) remove(name string) {
	delete(o.properties, name)
	o.names = slices.DeleteFunc(o.names, func(n string) bool { return n == name })
}

// Index returns the element at i, nil when there is none.
func (o *Object) Index(i int) Value {
	if s, ok := o.state.(indexed); ok {
		return s.index(i)
	}
	return o.Get(strconv.Itoa(i))
}

// SetIndex sets the element at i.
func (o *Object) SetIndex(i int, v Value) {
	if s, ok := o.state.(indexed); ok {
		s.setIndex(i, v)
		return
	}
	o.Set(strconv.Itoa(i), v)
}

// Len returns the object's length property as a number, 0 when it has none.
func (o *Object) Len() int {
	if s, ok := o.state.(indexed); ok {
		return s.length()
	}
	return toInt(o.Get("length"))
}

func (o *Object) inherits(proto *Object) bool {
	for p := o.proto; p != nil; p = p.proto {
		if p == proto {
			return true
		}
	}
	return false
}

func instanceOf(v, constructor Value) bool {
	o, ok := v.(*Object)
	c, callable := constructor.(*Object)
	if !ok || !callable {
		return false
	}
	proto, ok := c.Get("prototype").(*Object)
	return ok && o.inherits(proto)
}

func (h *Host) newObject() *Object { return &Object{proto: h.objects.proto} }

func (h *Host) installObject() {
	c := h.objects
	c.constructor.function().construct = func(args []Value) (*Object, error) { return h.newObject(), nil }
	c.static("keys", func(_ Value, args []Value) (Value, error) {
		o, ok := argument(args, 0).(*Object)
		if !ok {
			return nil, h.throw("TypeError", "Object.keys needs an object")
		}
		var names []Value
		for _, name := range o.names {
			names = append(names, name)
		}
		return h.newArray(names...), nil
	})
	c.static("assign", func(_ Value, args []Value) (Value, error) {
		target, ok := argument(args, 0).(*Object)
		if !ok {
			return nil, h.throw("TypeError", "Object.assign needs an object")
		}
		for _, arg := range args[1:] {
			if source, ok := arg.(*Object); ok {
				for _, name := range source.names {
					target.Set(name, source.Get(name))
				}
			}
		}
		return target, nil
	})
	c.static("defineProperty", h.defineProperty)
	c.static("create", func(_ Value, args []Value) (Value, error) {
		proto, ok := argument(args, 0).(*Object)
		if !ok && argument(args, 0) != Null {
			return nil, h.throw("TypeError", "a prototype is an object or null")
		}
		return &Object{proto: proto}, nil
	})
	c.static("freeze", func(_ Value, args []Value) (Value, error) { return argument(args, 0), nil })
	c.proto.define("hasOwnProperty", h.NewFunction("hasOwnProperty", func(this Value, args []Value) (Value, error) {
		_, ok := this.(*Object).properties[toString(argument(args, 0))]
		return ok, nil
	}))
	c.proto.define("toString", h.NewFunction("toString", func(this Value, args []Value) (Value, error) {
		return toString(this), nil
	}))
}

// defineProperty is Object.defineProperty for values, getters and setters; enumerability and the like are not modelled.
func (h *Host) defineProperty(_ Value, args []Value) (Value, error) {
	o, ok := argument(args, 0).(*Object)
	descriptor, ok2 := argument(args, 2).(*Object)
	if !ok || !ok2 {
		return nil, h.throw("TypeError", "Object.defineProperty needs an object and a descriptor")
	}
	name := toString(argument(args, 1))
	get, set := descriptor.Get("get"), descriptor.Get("set")
	if get == nil && set == nil {
		o.define(name, descriptor.Get("value"))
		return o, nil
	}
	a := &accessor{}
	if get != nil {
		a.get = func(this *Object) Value { return h.must(h.call(get, this)) }
	}
	if set != nil {
		a.set = func(this *Object, v Value) { h.must(h.call(set, this, v)) }
	}
	o.define(name, a)
	return o, nil
}
