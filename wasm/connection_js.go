package main

import (
	"context"
	"io"
	"sync"
	"syscall/js"

	"example.com/tandem/shared"
	"example.com/tandem/wasm/client"
)

// The objects that open gives have no functions of their own: all share one
// prototype's, which find the client.Conn by the number that numbers holds for
// the object. When JavaScript drops the object, a FinalizationRegistry strikes
// the number out. Until then every method works, also after the end, and nothing
// has to be released when a connection ends.
var connections = struct {
	sync.Mutex
	last     int
	byNumber map[int]*client.Conn
}{byNumber: make(map[int]*client.Conn)}

var (
	object    = js.Global().Get("Object")
	prototype = newPrototype()
	numbers   = js.Global().Get("WeakMap").New()
	numberOf  = numbers.Get("get").Call("bind", numbers)
	registry  = js.Global().Get("FinalizationRegistry").New(js.FuncOf(strike))
)

func newPrototype() js.Value {
	p := object.New()
	p.Set("send", js.FuncOf(send))
	p.Set("receive", js.FuncOf(receive))
	p.Set("close", js.FuncOf(closeConnection))
	object.Call("defineProperty", p, "bufferedAmount", map[string]any{"get": js.FuncOf(bufferedAmount)})
	return p
}

// newConnection gives the JavaScript object for c.
func newConnection(c *client.Conn, url string) js.Value {
	this := object.Call("create", prototype)
	this.Set("url", url)
	this.Set("subprotocol", c.Subprotocol())
	closed, resolve, _ := newPromise()
	this.Set("closed", closed)
	go func() {
		<-c.Context().Done()
		end := c.End()
		v := describe(object.New(), end)
		v.Set("by", end.By.String())
		v.Set("layer", end.Layer.String())
		resolve.Invoke(v)
	}()

	connections.Lock()
	defer connections.Unlock()
	connections.last++
	connections.byNumber[connections.last] = c
	numbers.Call("set", this, connections.last)
	registry.Call("register", this, connections.last)
	return this
}

func strike(_ js.Value, args []js.Value) any {
	connections.Lock()
	defer connections.Unlock()
	delete(connections.byNumber, args[0].Int())
	return nil
}

// find gives what a method's this is about.
func find(this js.Value) (*client.Conn, error) {
	if number := numberOf.Invoke(this); !number.IsUndefined() {
		connections.Lock()
		defer connections.Unlock()
		return connections.byNumber[number.Int()], nil
	}
	return nil, argumentError("tandem: called on something that is no connection")
}

func send(this js.Value, args []js.Value) any {
	c, err := find(this)
	if err != nil {
		return settled(js.Undefined(), err)
	}
	m, err := messageOf(args)
	if err != nil {
		return settled(js.Undefined(), err)
	}
	if sent, err := c.TrySend(m); sent || err != nil {
		return settled(js.Undefined(), err)
	}
	return async(func() (js.Value, error) { return js.Undefined(), c.Send(context.Background(), m) })
}

func receive(this js.Value, _ []js.Value) any {
	c, err := find(this)
	if err != nil {
		return settled(js.Undefined(), err)
	}
	if m, now, err := c.TryReceive(); now || err != nil {
		return settled(received(m, err))
	}
	return async(func() (js.Value, error) { return received(c.Receive(context.Background())) })
}

// received gives what receive resolves to.
func received(m shared.Message, err error) (js.Value, error) {
	switch {
	case err == io.EOF:
		return js.Null(), nil
	case err != nil:
		return js.Undefined(), err
	case m.Opcode == shared.OpcodeText:
		return client.TextValue(m.Payload), nil
	}
	v := uint8Array.New(len(m.Payload))
	js.CopyBytesToJS(v, m.Payload)
	return v, nil
}

func closeConnection(this js.Value, args []js.Value) any {
	c, err := find(this)
	if err != nil {
		return settled(js.Undefined(), err)
	}
	code, reason, err := closeArguments(args)
	if err != nil {
		return settled(js.Undefined(), err)
	}
	return async(func() (js.Value, error) {
		if err := c.Close(code, reason); c.End() == nil {
			return js.Undefined(), err // of a wrong argument
		}
		return describe(object.New(), c.End()), nil
	})
}

func bufferedAmount(this js.Value, _ []js.Value) any {
	c, err := find(this)
	if err != nil {
		return js.Undefined()
	}
	return c.Buffered()
}
