// Command wasm is the browser module: it gives a page's JavaScript the
// connections of package client as
//
//	const c = await tandem.open("wss://example.com/echo", {subprotocols: ["v1"]})
//	await c.send("text")        // or an ArrayBuffer, a typed array, a DataView
//	const m = await c.receive() // a string, a Uint8Array, or null after a normal end
//	await c.close(1000, "done") // {code, reason, wasClean}
//
// and, beside these, c.subprotocol, c.url, c.bufferedAmount, and c.closed, a
// Promise of {code, reason, wasClean, by, layer} that resolves when the
// connection has ended, however it ended. Names and limits for open's second
// argument: subprotocols; message and outgoing in bytes, close in milliseconds,
// as in client.Options.
//
// A Promise rejects with an Error. After an end that was not normal it has code,
// reason and wasClean; after a wrong argument it is a TypeError. All methods may
// be called at any time, also while others are pending, except that one receive
// may be pending at a time.
//
// # Loading
//
// Build it with GOOS=js GOARCH=wasm and run it with the wasm_exec.js of the same
// Go. tandem.open is there as soon as go.run has been called, before the Promise
// that it returns is settled. That Promise is settled only when the module has
// died, and everything pending stays pending then, so a page should say so:
//
//	globalThis.tandem = {}
//	tandem.ready = (async () => {
//		const go = new Go()
//		const {instance} = await WebAssembly.instantiateStreaming(fetch("tandem.wasm"), go.importObject)
//		const died = () => showThatTheModuleHasStopped()
//		go.run(instance).then(died, died)
//	})()
//
// A page that sets no tandem of its own gets one, whose ready has resolved.
package main

import "syscall/js"

func main() {
	install()
	select {} // JavaScript goes on calling what install has given it
}

func install() {
	global := js.Global()
	tandem := global.Get("tandem")
	if tandem.Type() != js.TypeObject {
		tandem = object.New()
		tandem.Set("ready", resolved)
		global.Set("tandem", tandem)
	}
	tandem.Set("open", js.FuncOf(open))
}
