package gojs

import "errors"

// A Throw is a JavaScript exception as a Go error.
type Throw struct{ Value Value }

// Error is the exception as String() shows it.
func (t *Throw) Error() string { return "JavaScript threw " + toString(t.Value) }

// domCodes are the legacy codes of the DOMExceptions that the model throws.
var domCodes = map[string]float64{"InvalidStateError": 11, "SyntaxError": 12, "InvalidAccessError": 15}

func (h *Host) throw(class, message string) error {
	c, ok := h.errors[class]
	if !ok {
		c = h.errors["Error"]
	}
	o := c.make(nil)
	o.define("message", message)
	return &Throw{o}
}

func (h *Host) throwDOM(name, message string) error {
	o := h.domExceptions.make(nil)
	o.define("name", name)
	o.define("message", message)
	o.define("code", domCodes[name])
	return &Throw{o}
}

// thrown makes a *Throw of any other error.
func (h *Host) thrown(err error) error {
	var t *Throw
	if err == nil || errors.As(err, &t) {
		return err
	}
	return h.throw("Error", err.Error())
}

func (h *Host) installErrors() {
	h.errors = make(map[string]*class)
	var parent *class
	for _, name := range []string{"Error", "TypeError", "RangeError", "SyntaxError"} {
		var c *class
		c = h.newClass(name, parent, func(args []Value) (*Object, error) {
			o := c.make(nil)
			if message := argument(args, 0); message != nil {
				o.define("message", toString(message))
			}
			if options, ok := argument(args, 1).(*Object); ok {
				o.define("cause", options.Get("cause"))
			}
			return o, nil
		})
		c.constructor.function().call = func(_ Value, args []Value) (Value, error) {
			return h.construct(c.constructor, args)
		}
		c.proto.define("name", name)
		c.proto.define("message", "")
		h.errors[name] = c
		parent = h.errors["Error"]
	}
	h.domExceptions = h.newClass("DOMException", parent, func(args []Value) (*Object, error) {
		var t *Throw
		name := "Error"
		if n := argument(args, 1); n != nil {
			name = toString(n)
		}
		errors.As(h.throwDOM(name, toString(argument(args, 0))), &t)
		return t.Value.(*Object), nil
	})
}
