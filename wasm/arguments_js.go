package main

import (
	"context"
	"math"
	"syscall/js"
	"time"

	"example.com/tandem/shared"
	"example.com/tandem/wasm/client"
)

// open is tandem.open(url, options).
func open(_ js.Value, args []js.Value) any {
	url := argument(args, 0)
	if typeOf(url) != js.TypeString {
		return settled(js.Undefined(), argumentError("tandem.open: the address must be a string"))
	}
	opts, err := optionsOf(argument(args, 1))
	if err != nil {
		return settled(js.Undefined(), err)
	}
	return async(func() (js.Value, error) {
		c, err := client.Open(context.Background(), url.String(), opts)
		if err != nil {
			return js.Undefined(), err
		}
		return newConnection(c, url.String()), nil
	})
}

// argument gives an argument, undefined when there are fewer.
func argument(args []js.Value, i int) js.Value {
	if i < len(args) {
		return args[i]
	}
	return js.Undefined()
}

// typeOf is v.Type(), which panics for what Go has no type for, such as a BigInt: such a value is a wrong argument like a
// symbol.
func typeOf(v js.Value) (t js.Type) {
	defer func() {
		if recover() != nil {
			t = js.TypeSymbol
		}
	}()
	return v.Type()
}

var reflectGet = js.Global().Get("Reflect").Get("get")

// get gives a property. What a getter throws is a js.Error that caught makes an argumentError of.
func get(v js.Value, name string) js.Value { return reflectGet.Invoke(v, name) }

// caught makes an argumentError of what JavaScript threw.
func caught(err *error, where string) {
	switch thrown := recover().(type) {
	case nil:
	case js.Error:
		*err = argumentError(where + ": " + js.Global().Get("String").Invoke(thrown.Value).String())
	default:
		panic(thrown)
	}
}

func optionsOf(v js.Value) (_ *client.Options, err error) {
	defer caught(&err, "tandem.open: options")
	if v.IsUndefined() || v.IsNull() {
		return nil, nil
	}
	if typeOf(v) != js.TypeObject {
		return nil, argumentError("tandem.open: options must be an object")
	}
	var opts client.Options
	for _, limit := range []struct {
		name string
		most float64
		set  func(float64)
	}{
		{"message", 1 << 53, func(f float64) { opts.Message = int64(f) }},
		{"outgoing", math.MaxInt32, func(f float64) { opts.Outgoing = int(f) }},
		{"close", math.MaxInt32, func(f float64) { opts.Close = time.Duration(f) * time.Millisecond }},
	} {
		value := get(v, limit.name)
		if value.IsUndefined() {
			continue
		}
		if typeOf(value) != js.TypeNumber || !(value.Float() >= 0 && value.Float() <= limit.most) {
			return nil, argumentError("tandem.open: options." + limit.name + " must be a number from 0 up")
		}
		limit.set(value.Float())
	}
	subprotocols := get(v, "subprotocols")
	if subprotocols.IsUndefined() {
		return &opts, nil
	}
	if !array.Call("isArray", subprotocols).Bool() {
		return nil, argumentError("tandem.open: options.subprotocols must be an array of strings")
	}
	for i := range subprotocols.Length() {
		p := subprotocols.Index(i)
		if typeOf(p) != js.TypeString {
			return nil, argumentError("tandem.open: options.subprotocols must be an array of strings")
		}
		opts.Subprotocols = append(opts.Subprotocols, p.String())
	}
	return &opts, nil
}

var (
	array        = js.Global().Get("Array")
	uint8Array   = js.Global().Get("Uint8Array")
	arrayBuffer  = js.Global().Get("ArrayBuffer")
	isWellFormed = unmethod(js.Global().Get("String").Get("prototype").Get("isWellFormed"))
)

// unmethod gives a method as a function of what it is a method of, or undefined
// when the browser does not have it.
func unmethod(method js.Value) js.Value {
	if method.IsUndefined() {
		return method
	}
	return method.Get("call").Call("bind", method)
}

// messageOf copies what send was given.
func messageOf(args []js.Value) (_ shared.Message, err error) {
	defer caught(&err, "tandem: send") // a buffer that was transferred has no bytes
	v := argument(args, 0)
	typeOfV := typeOf(v)
	switch {
	case typeOfV == js.TypeString:
		if !isWellFormed.IsUndefined() && !isWellFormed.Invoke(v).Bool() {
			return shared.Message{}, argumentError("tandem: send: the string holds half of a surrogate pair, which UTF-8 cannot carry")
		}
		return shared.Text(v.String()), nil
	case typeOfV != js.TypeObject:
	case v.InstanceOf(arrayBuffer):
		return binary(uint8Array.New(v)), nil
	case arrayBuffer.Call("isView", v).Bool():
		return binary(uint8Array.New(get(v, "buffer"), get(v, "byteOffset"), get(v, "byteLength"))), nil
	}
	return shared.Message{}, argumentError("tandem: send: a message must be a string, an ArrayBuffer, a typed array or a DataView")
}

func binary(bytes js.Value) shared.Message {
	p := make([]byte, bytes.Length())
	js.CopyBytesToGo(p, bytes)
	return shared.Binary(p)
}

// closeArguments reads what close was given: by default 1000 and no reason.
func closeArguments(args []js.Value) (shared.StatusCode, string, error) {
	code, reason := argument(args, 0), argument(args, 1)
	status, text := shared.StatusNormalClosure, ""
	switch {
	case code.IsUndefined():
	case typeOf(code) != js.TypeNumber || !(code.Float() >= 0 && code.Float() <= math.MaxUint16):
		return 0, "", argumentError("tandem: close: the code must be a number from 1000 to 4999")
	default:
		status = shared.StatusCode(code.Int())
	}
	switch {
	case reason.IsUndefined():
	case typeOf(reason) != js.TypeString:
		return 0, "", argumentError("tandem: close: the reason must be a string")
	default:
		text = reason.String()
	}
	return status, text, nil
}
