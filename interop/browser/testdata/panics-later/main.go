//go:build js && wasm

// A module that breaks a little after it was first used.
package main

import (
	"syscall/js"
	"time"
)

func main() {
	js.Global().Get("tandem").Set("open", js.FuncOf(func(js.Value, []js.Value) any {
		time.AfterFunc(50*time.Millisecond, func() { panic("out of ink") })
		return js.Global().Get("Promise").New(js.FuncOf(func(js.Value, []js.Value) any { return nil })) // pending for ever
	}))
	select {}
}
