package gojs

import "slices"

// An eventTarget is the state of what has listeners; websockets and ports carry one.
type eventTarget struct {
	listeners []*listener
	handlers  map[string]*listener // onmessage and the like
}

type listener struct {
	event    string
	callback Value
	once     bool
	removed  bool
}

// target finds the listeners of an object that has them.
func target(v Value) *eventTarget {
	o, _ := v.(*Object)
	if o == nil {
		return nil
	}
	switch s := o.state.(type) {
	case *eventTarget:
		return s
	case interface{ target() *eventTarget }:
		return s.target()
	}
	return nil
}

func (t *eventTarget) target() *eventTarget { return t }

func (t *eventTarget) find(event string, callback Value) *listener {
	for _, l := range t.listeners {
		if l.event == event && l.callback == callback && t.handlers[event] != l {
			return l
		}
	}
	return nil
}

func (t *eventTarget) remove(l *listener) {
	l.removed = true
	t.listeners = slices.DeleteFunc(slices.Clone(t.listeners), func(e *listener) bool { return e == l })
}

// handle sets the on… attribute of an event.
func (t *eventTarget) handle(event string, callback Value) {
	old := t.handlers[event]
	switch {
	case typeOf(callback) != "function":
		if old != nil {
			t.remove(old)
			delete(t.handlers, event)
		}
	case old != nil:
		old.callback = callback
	default:
		if t.handlers == nil {
			t.handlers = make(map[string]*listener)
		}
		t.handlers[event] = &listener{event: event, callback: callback}
		t.listeners = append(t.listeners, t.handlers[event])
	}
}

// dispatch calls the listeners of an event, those that were there when it began.
func (h *Host) dispatch(o, event *Object) {
	t := target(o)
	event.define("target", o)
	event.define("currentTarget", o)
	kind := event.Get("type")
	for _, l := range t.listeners[:len(t.listeners):len(t.listeners)] {
		if l.event != kind || l.removed {
			continue
		}
		if l.once {
			t.remove(l)
		}
		h.report(l.callback, o, event)
	}
}

// newEvent makes an Event, MessageEvent or CloseEvent.
func (h *Host) newEvent(class, kind string, properties map[string]Value) *Object {
	e := h.events[class].make(nil)
	e.define("type", kind)
	for name, v := range properties {
		e.define(name, v)
	}
	return e
}

// attribute defines an on… attribute.
func (c *class) attribute(event string, onSet func(o *Object)) {
	c.proto.define("on"+event, &accessor{
		get: func(this *Object) Value {
			if l := target(this).handlers[event]; l != nil {
				return l.callback
			}
			return Null
		},
		set: func(this *Object, v Value) {
			target(this).handle(event, v)
			if onSet != nil {
				onSet(this)
			}
		},
	})
}

func (h *Host) installEvents() {
	h.events = make(map[string]*class)
	for _, name := range []string{"Event", "MessageEvent", "CloseEvent"} {
		h.events[name] = h.newClass(name, h.events["Event"], func(args []Value) (*Object, error) {
			e := h.newEvent(name, toString(argument(args, 0)), nil)
			if init, ok := argument(args, 1).(*Object); ok {
				for _, key := range init.names {
					e.define(key, init.Get(key))
				}
			}
			return e, nil
		})
	}

	h.targets = h.newClass("EventTarget", nil, func([]Value) (*Object, error) { return h.targets.make(&eventTarget{}), nil })
	define := func(name string, body func(o *Object, t *eventTarget, args []Value) (Value, error)) {
		h.targets.proto.define(name, h.NewFunction(name, func(this Value, args []Value) (Value, error) {
			t := target(this)
			if t == nil {
				return nil, h.throw("TypeError", "illegal invocation of "+name)
			}
			return body(this.(*Object), t, args)
		}))
	}
	define("addEventListener", func(_ *Object, t *eventTarget, args []Value) (Value, error) {
		event, callback := toString(argument(args, 0)), argument(args, 1)
		if typeOf(callback) != "function" {
			return nil, nil
		}
		if t.find(event, callback) != nil {
			return nil, nil
		}
		l := &listener{event: event, callback: callback}
		if options, ok := argument(args, 2).(*Object); ok {
			l.once = truthy(options.Get("once"))
		}
		t.listeners = append(t.listeners, l)
		return nil, nil
	})
	define("removeEventListener", func(_ *Object, t *eventTarget, args []Value) (Value, error) {
		if l := t.find(toString(argument(args, 0)), argument(args, 1)); l != nil {
			t.remove(l)
		}
		return nil, nil
	})
	define("dispatchEvent", func(o *Object, _ *eventTarget, args []Value) (Value, error) {
		e, ok := argument(args, 0).(*Object)
		if !ok || !e.inherits(h.events["Event"].proto) {
			return nil, h.throw("TypeError", "dispatchEvent needs an Event")
		}
		h.dispatch(o, e)
		return true, nil
	})
	h.global.proto = h.targets.proto
	h.global.state = &eventTarget{}
}
