package client

import (
	"syscall/js"

	"example.com/tandem/shared"
)

// A socket is the browser's WebSocket and what hangs on it. None of its methods
// waits. It must not be used with a lock held that its callbacks take: a browser
// dispatches no event inside a call, but nothing else guarantees that.
//
// Every object or string that JavaScript gives to Go costs a finalizer, which is
// most of what a small message costs here: hence the care to ask for few.
type socket struct {
	ws       js.Value
	send     js.Value // ws.send
	inbox    js.Value // an array: message events that have come
	push     js.Value // inbox.push, which is a listener for them
	shift    js.Value // inbox.shift
	splice   js.Value // inbox.splice
	channel  js.Value // a MessageChannel, by which a look is posted
	post     js.Value // posts one
	handle   js.Func  // takes open, error and close events
	enter    js.Func  // looks into the inbox
	look     js.Value // enter, as the browser calls it
	pace     pace
	released bool
}

const stateOpen = 1 // readyState; 0 before, 2 and 3 after

// newSocket lets the browser begin the opening handshake. handle is called with
// each open, error and close event. look is called when messages may have come,
// and reports whether there were any. Both are called in the page's event loop,
// so they must not wait.
func newSocket(url string, subprotocols []string, handle func(event js.Value), look func() bool) (*socket, error) {
	offer := make([]any, len(subprotocols))
	for i, p := range subprotocols {
		offer[i] = p
	}
	s := new(socket)
	if err := try(func() { s.ws = global.Get("WebSocket").New(url, offer) }); err != nil {
		return nil, err
	}
	s.ws.Set("binaryType", "arraybuffer") // a Blob is three times slower, and asynchronous
	s.send = bind(s.ws, "send")
	s.inbox = js.ValueOf([]any{})
	s.push = bind(s.inbox, "push")
	s.shift = bind(s.inbox, "shift")
	s.splice = bind(s.inbox, "splice")
	s.channel = global.Get("MessageChannel").New()
	s.post = bind(s.channel.Get("port2"), "postMessage")

	s.handle = js.FuncOf(func(_ js.Value, args []js.Value) any {
		handle(args[0])
		return nil
	})
	s.enter = js.FuncOf(func(js.Value, []js.Value) any {
		if found := look(); !s.released {
			s.arrange(s.pace.after(found))
		}
		return nil
	})
	s.look = s.enter.Call("bind", js.Undefined()) // no this to give to Go
	s.listen("add", "open", s.handle.Value)
	s.listen("add", "error", s.handle.Value)
	s.listen("add", "close", s.handle.Value)
	s.listen("add", "message", s.push)
	s.listen("add", "message", s.look) // finds the message in the inbox already
	s.channel.Get("port1").Set("onmessage", s.look)
	return s, nil
}

// listen adds a listener, or removes it.
func (s *socket) listen(verb, event string, fn js.Value) {
	s.ws.Call(verb+"EventListener", event, fn)
}

// arrange sees to the next look.
func (s *socket) arrange(next step) {
	switch next {
	case ignore:
		s.listen("remove", "message", s.look)
		s.post.Invoke(js.Null())
	case again:
		s.post.Invoke(js.Null())
	case heed:
		s.listen("add", "message", s.look)
	}
}

// messages empties the inbox and hands each message to fn, until fn says that it
// wants no more; the others are lost. It reports whether there was any.
func (s *socket) messages(fn func(m incoming) bool) (found bool, err error) {
	n := s.inbox.Length()
	switch n {
	case 0:
		return false, nil
	case 1:
		return true, try(func() { fn(newIncoming(get(s.shift.Invoke(), nameData))) })
	}
	return true, try(func() {
		batch := s.splice.Invoke(0)
		for i := range n {
			if !fn(newIncoming(get(batch.Index(i), nameData))) {
				return
			}
		}
	})
}

// open reports whether the browser would still send: neither end has begun the
// closing handshake.
func (s *socket) open() bool { return get(s.ws, nameState).Int() == stateOpen }

// buffered is how many bytes wait in the browser to be sent.
func (s *socket) buffered() int { return get(s.ws, nameBuffered).Int() }

// close begins the closing handshake, or gives up the opening one, with the code
// that a browser lets a page send in place of code.
func (s *socket) close(code shared.StatusCode, reason string) {
	err := try(func() {
		if code == shared.StatusNoStatusReceived {
			s.ws.Call("close")
		} else {
			s.ws.Call("close", int(code.Browser()), TextValue([]byte(reason)))
		}
	})
	if err != nil { // a socket left open would be worse than a code lost
		_ = try(func() { s.ws.Call("close") })
	}
}

// release lets go of everything; no callback comes after it.
func (s *socket) release() {
	s.released = true
	s.listen("remove", "open", s.handle.Value)
	s.listen("remove", "error", s.handle.Value)
	s.listen("remove", "close", s.handle.Value)
	s.listen("remove", "message", s.push)
	s.listen("remove", "message", s.look)
	port := s.channel.Get("port1")
	port.Set("onmessage", js.Null()) // a look that was posted may still arrive
	port.Call("close")
	s.handle.Release()
	s.enter.Release()
}
