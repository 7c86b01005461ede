package main

import (
	"sync"
	"syscall/js"

	"example.com/tandem/shared"
	"example.com/tandem/wasm/client"
)

var (
	promise  = js.Global().Get("Promise")
	resolved = promise.Call("resolve") // to undefined; one for all
	resolve  = promise.Get("resolve").Call("bind", promise)
)

// settlers is filled by the one executor that all Promises are made with.
var settlers struct {
	sync.Mutex
	resolve, reject js.Value
}

var executor = js.FuncOf(func(_ js.Value, args []js.Value) any {
	settlers.resolve, settlers.reject = args[0], args[1]
	return nil
})

// newPromise gives a Promise and the functions that settle it.
func newPromise() (p, resolve, reject js.Value) {
	settlers.Lock()
	defer settlers.Unlock()
	p = promise.New(executor) // calls executor at once
	resolve, reject = settlers.resolve, settlers.reject
	settlers.resolve, settlers.reject = js.Undefined(), js.Undefined()
	return p, resolve, reject
}

// async gives a Promise of what fn returns. fn runs in a goroutine of its own, so
// it may wait, which a function that JavaScript calls must not.
func async(fn func() (js.Value, error)) js.Value {
	p, resolve, reject := newPromise()
	go func() {
		v, err := fn()
		if err != nil {
			reject.Invoke(errorValue(err))
		} else {
			resolve.Invoke(v)
		}
	}()
	return p
}

// settled gives a Promise of what is known already.
func settled(v js.Value, err error) js.Value {
	switch {
	case err != nil:
		return promise.Call("reject", errorValue(err))
	case v.IsUndefined():
		return resolved
	}
	return resolve.Invoke(v)
}

// argumentError is a wrong argument, a TypeError in JavaScript.
type argumentError string

func (e argumentError) Error() string { return string(e) }

// errorValue gives err as a JavaScript Error: a TypeError when an argument was
// wrong, and with code, reason and wasClean when a connection has ended. Package
// client returns such errors as they are, nothing wrapped round them.
func errorValue(err error) js.Value {
	class := "Error"
	switch err.(type) {
	case argumentError, *shared.URLError, *shared.MessageError, *shared.CloseArgumentError:
		class = "TypeError"
	}
	v := js.Global().Get(class).New(err.Error())
	if end, ok := err.(*shared.EndError); ok {
		describe(v, end)
	}
	return v
}

// describe sets what a CloseEvent has too.
func describe(v js.Value, end *shared.EndError) js.Value {
	v.Set("code", int(end.Code))
	v.Set("reason", client.TextValue([]byte(end.Reason)))
	v.Set("wasClean", end.Layer == shared.LayerClosingHandshake)
	return v
}
