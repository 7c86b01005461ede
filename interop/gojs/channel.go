package gojs

// A port is one end of a MessageChannel. What is posted to it before it is started waits.
type port struct {
	eventTarget
	peer    *Object
	started bool
	closed  bool
	waiting []Value
}

func (h *Host) installMessageChannel() {
	h.ports = h.newClass("MessagePort", h.targets, nil)
	deliver := func(o *Object, data Value) {
		h.post(func() {
			if !o.state.(*port).closed {
				h.dispatch(o, h.newEvent("MessageEvent", "message", map[string]Value{"data": data}))
			}
		})
	}
	start := func(o *Object) {
		p := o.state.(*port)
		p.started = true
		for _, data := range p.waiting {
			deliver(o, data)
		}
		p.waiting = nil
	}
	h.ports.attribute("message", start)
	method(h.ports, "start", func(o *Object, _ *port, _ []Value) (Value, error) {
		start(o)
		return nil, nil
	})
	method(h.ports, "close", func(_ *Object, p *port, _ []Value) (Value, error) {
		p.closed = true
		p.peer.state.(*port).closed = true
		return nil, nil
	})
	// The data is passed as it is: no structured clone.
	method(h.ports, "postMessage", func(_ *Object, p *port, args []Value) (Value, error) {
		other := p.peer.state.(*port)
		if other.started {
			deliver(p.peer, argument(args, 0))
		} else {
			other.waiting = append(other.waiting, argument(args, 0))
		}
		return nil, nil
	})
	channels := h.newClass("MessageChannel", nil, nil)
	channels.constructor.function().construct = func([]Value) (*Object, error) {
		one, two := h.ports.make(&port{}), h.ports.make(&port{})
		one.state.(*port).peer, two.state.(*port).peer = two, one
		c := channels.make(nil)
		c.define("port1", one)
		c.define("port2", two)
		return c, nil
	}
}
