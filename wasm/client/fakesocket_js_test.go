package client

import (
	"context"
	"syscall/js"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// A fakeSocket stands in for the browser's WebSocket and does what a browser
// will not do on demand.
type fakeSocket struct {
	ws        js.Value
	listeners map[string][]fakeListener
	sent      []js.Value            // what send was called with
	closes    [][]js.Value          // and what close was
	onSend    func(data js.Value)   // called within send
	onClose   func(args []js.Value) // called within close
}

type fakeListener struct {
	fn   js.Value
	once bool
}

// fake has Open make the socket that it returns. The test has to fire its events.
func fake(t *testing.T) *fakeSocket {
	s := &fakeSocket{ws: global.Get("Object").New(), listeners: make(map[string][]fakeListener)}
	method := func(name string, fn func(args []js.Value)) {
		f := js.FuncOf(func(_ js.Value, args []js.Value) any {
			fn(args)
			return nil
		})
		s.ws.Set(name, f)
		t.Cleanup(f.Release)
	}
	s.ws.Set("readyState", 0)
	s.ws.Set("bufferedAmount", 0)
	s.ws.Set("protocol", "")
	method("addEventListener", func(args []js.Value) {
		name := args[0].String()
		s.listeners[name] = append(s.listeners[name], fakeListener{args[1], len(args) > 2 && args[2].Get("once").Truthy()})
	})
	method("removeEventListener", func(args []js.Value) { s.remove(args[0].String(), args[1]) })
	method("send", func(args []js.Value) {
		s.sent = append(s.sent, args[0])
		if s.onSend != nil {
			s.onSend(args[0])
		}
	})
	method("close", func(args []js.Value) {
		s.closes = append(s.closes, args)
		s.ws.Set("readyState", 2)
		if s.onClose != nil {
			s.onClose(args)
		}
	})
	constructor := js.FuncOf(func(js.Value, []js.Value) any { return s.ws })
	t.Cleanup(constructor.Release)
	replaceWebSocket(t, constructor.Value)
	return s
}

func replaceWebSocket(t *testing.T, constructor js.Value) {
	real := global.Get("WebSocket")
	global.Set("WebSocket", constructor)
	t.Cleanup(func() { global.Set("WebSocket", real) })
}

func (s *fakeSocket) remove(name string, fn js.Value) {
	for i, l := range s.listeners[name] {
		if l.fn.Equal(fn) {
			s.listeners[name] = append(s.listeners[name][:i:i], s.listeners[name][i+1:]...)
			return
		}
	}
}

// fire dispatches an event to those who listen.
func (s *fakeSocket) fire(name string, properties map[string]any) {
	event := js.ValueOf(map[string]any{"type": name})
	for key, value := range properties {
		event.Set(key, value)
	}
	for _, l := range s.listeners[name] {
		if l.once {
			s.remove(name, l.fn)
		}
		l.fn.Invoke(event)
	}
}

func (s *fakeSocket) fireOpen() {
	s.ws.Set("readyState", stateOpen)
	s.fire("open", nil)
}

func (s *fakeSocket) fireClose(code int, reason string, clean bool) {
	s.ws.Set("readyState", 3)
	s.fire("close", map[string]any{"code": code, "reason": reason, "wasClean": clean})
}

// listening counts the listeners there are.
func (s *fakeSocket) listening() int {
	n := 0
	for _, l := range s.listeners {
		n += len(l)
	}
	return n
}

// whenListening calls fn once Open listens to everything and waits: not at once,
// for this may run inside the call that adds the last listener.
func (s *fakeSocket) whenListening(fn func()) {
	go func() {
		for s.listening() < 5 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(10 * time.Millisecond)
		fn()
	}()
}

// openFake opens a connection on s.
func openFake(t *testing.T, s *fakeSocket, opts *Options) *Conn {
	t.Helper()
	s.whenListening(s.fireOpen)
	c, err := Open(soon(t), "ws://localhost/", opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return c
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func isEnd(end *shared.EndError, by shared.Party, layer shared.Layer, code shared.StatusCode, reason string) bool {
	return end != nil && end.By == by && end.Layer == layer && end.Code == code && end.Reason == reason
}
