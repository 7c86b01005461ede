package client

import (
	"errors"
	"syscall/js"
)

// Functions and names of JavaScript's that are used for every message. Calling
// a function held here costs a tenth of a call by name, which has to decode the
// name each time.
var (
	global     = js.Global()
	uint8Array = global.Get("Uint8Array")
	reflectGet = global.Get("Reflect").Get("get")
	encodeText = bind(global.Get("TextEncoder").New(), "encode")

	nameData     = js.ValueOf("data")
	nameBuffered = js.ValueOf("bufferedAmount")
	nameState    = js.ValueOf("readyState")
)

// bind gives a method of v as a function.
func bind(v js.Value, method string) js.Value {
	return v.Get(method).Call("bind", v)
}

// get gives a property, by a name that is held in JavaScript already.
func get(v, name js.Value) js.Value { return reflectGet.Invoke(v, name) }

// try runs fn and gives what JavaScript threw in it as an error.
func try(fn func()) (err error) {
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case js.Error:
			err = errors.New("websocket: the browser: " + text(thrown.Value))
		case *js.ValueError: // a call on something that is no object or function
			err = errors.New("websocket: the browser: " + thrown.Error())
		default:
			panic(thrown)
		}
	}()
	fn()
	return nil
}

// text says what was thrown, which need not be an Error.
func text(thrown js.Value) string {
	if thrown.Type() == js.TypeObject {
		if name, message := thrown.Get("name"), thrown.Get("message"); message.Type() == js.TypeString {
			if name.Type() == js.TypeString {
				return name.String() + ": " + message.String()
			}
			return message.String()
		}
	}
	return thrown.String()
}
