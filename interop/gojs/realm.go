package gojs

import "math"

// realm holds the global object and the classes that the model itself makes objects of.
type realm struct {
	global        *Object
	objects       *class
	functions     *class
	arrays        *class
	errors        map[string]*class
	domExceptions *class
	buffers       *class
	bytes         *class
	promises      *class
	targets       *class
	events        map[string]*class
	ports         *class
	blobs         *class
}

func (h *Host) installRealm() {
	h.global = &Object{}
	// The first two need each other's prototype.
	h.objects = &class{proto: &Object{}}
	h.functions = &class{proto: &Object{proto: h.objects.proto}}
	h.functions = h.adopt("Function", h.functions.proto)
	h.objects = h.adopt("Object", h.objects.proto)
	h.global.proto = h.objects.proto
	h.global.define("globalThis", h.global)

	h.installFunction()
	h.installObject()
	h.installArray()
	h.installErrors()
	h.installBuffers()
	h.installPromise()
	h.installReflect()
	h.installTimers()
	h.installText()
	h.installEvents()
	h.installMessageChannel()
	h.installWeak()
	h.installBlob()
	h.installWebSocket()
	h.installProcess()
	h.installProgram()
}

// adopt makes a class of a prototype that is there already.
func (h *Host) adopt(name string, proto *Object) *class {
	c := h.newClass(name, nil, nil)
	c.proto = proto
	c.constructor.define("prototype", proto)
	proto.define("constructor", c.constructor)
	return c
}

func (h *Host) installReflect() {
	reflect := h.newObject()
	reflect.define("apply", h.NewFunction("apply", func(_ Value, args []Value) (Value, error) {
		list, _ := argument(args, 2).(*Object)
		return h.call(argument(args, 0), argument(args, 1), elements(list)...)
	}))
	h.global.define("Reflect", reflect)
	reflect.define("get", h.NewFunction("get", func(_ Value, args []Value) (Value, error) {
		o, ok := argument(args, 0).(*Object)
		if !ok {
			return nil, h.throw("TypeError", "Reflect.get needs an object")
		}
		return o.Get(toString(argument(args, 1))), nil
	}))
	h.newClass("String", nil, nil).constructor.function().call = func(_ Value, args []Value) (Value, error) {
		return toString(argument(args, 0)), nil
	}
	h.global.define("NaN", math.NaN())
}
