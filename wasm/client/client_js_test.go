package client

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// Some hosts fire error and never close.
func TestErrorWithoutClose(t *testing.T) {
	s := fake(t)
	s.whenListening(func() { s.fire("error", nil) })
	c, err := Open(soon(t), "ws://localhost/", nil)
	end, _ := errors.AsType[*shared.EndError](err)
	if c != nil || !isEnd(end, shared.PartyNetwork, shared.LayerBrowser, 1006, "") || !errors.Is(err, errHandshake) {
		t.Errorf("Open gave %v, %v", c, err)
	}
	if n := s.listening(); n != 0 {
		t.Errorf("%d listeners are left", n)
	}
}

// When close comes too, its code counts, and not the time after error.
func TestErrorThenClose(t *testing.T) {
	for took := closeAfterError; took >= closeAfterError; { // once more where the machine was busy between the two events
		s, between := fake(t), make(chan time.Duration, 1)
		s.whenListening(func() {
			begun := time.Now()
			s.fire("error", nil)
			s.fireClose(1015, "", false)
			between <- time.Since(begun)
		})
		_, err := Open(soon(t), "ws://localhost/", nil)
		took = <-between
		if end, _ := errors.AsType[*shared.EndError](err); !isEnd(end, shared.PartyNetwork, shared.LayerBrowser, 1015, "") && took < closeAfterError {
			t.Errorf("Open gave %v", err)
		}
	}

	s := fake(t)
	c := openFake(t, s, nil)
	s.fire("error", nil)
	s.fireClose(1006, "", false)
	if end := c.End(); !isEnd(end, shared.PartyNetwork, shared.LayerBrowser, 1006, "") || !errors.Is(end, errLost) {
		t.Errorf("the end is %v", end)
	}
}

// What came before an error event is received, though nobody could look before the time for its close was over.
func TestErrorKeepsMessages(t *testing.T) {
	s := fake(t)
	c := openFake(t, s, nil)
	for range 3 { // Go is entered for the first of them
		s.fire("message", map[string]any{"data": "before"})
	}
	s.fire("error", nil)
	for begun := time.Now(); time.Since(begun) < 2*closeAfterError; { // the page gets no turn while Go is busy
		runtime.Gosched()
	}
	for i := range 3 {
		if m, err := c.Receive(soon(t)); err != nil || m.String() != "before" {
			t.Errorf("Receive %d gave %q, %v", i, m, err)
		}
	}
	if _, err := c.Receive(soon(t)); !errors.Is(err, errLost) {
		t.Errorf("Receive gave %v", err)
	}
}

func TestOpenLeavesNothing(t *testing.T) {
	s := fake(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, "ws://localhost/", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Open gave %v", err)
	}
	if n := s.listening(); n != 0 || len(s.closes) != 1 || len(s.closes[0]) != 0 {
		t.Errorf("%d listeners are left, close was called %d times", n, len(s.closes))
	}
}

func TestNoWebSocket(t *testing.T) {
	for _, none := range []js.Value{js.Undefined(), global.Get("DataView")} { // the latter throws
		replaceWebSocket(t, none)
		if c, err := Open(soon(t), "ws://localhost/", nil); c != nil || err == nil {
			t.Errorf("Open gave %v, %v", c, err)
		}
	}
}

// Whatever ends a connection, nothing of it stays with the browser.
func TestReleased(t *testing.T) {
	for name, end := range map[string]func(s *fakeSocket, c *Conn){
		"peer":  func(s *fakeSocket, c *Conn) { s.fireClose(1000, "", true) },
		"lost":  func(s *fakeSocket, c *Conn) { s.fire("error", nil); s.fireClose(1006, "", false) },
		"error": func(s *fakeSocket, c *Conn) { s.fire("error", nil); <-c.Context().Done() },
		"too big": func(s *fakeSocket, c *Conn) {
			s.fire("message", map[string]any{"data": strings.Repeat("x", 101)})
			<-c.Context().Done()
		},
		"limit": func(s *fakeSocket, c *Conn) { c.Close(1000, "") },
		"now":   func(s *fakeSocket, c *Conn) { c.CloseNow() },
		"at once": func(s *fakeSocket, c *Conn) {
			s.onClose = func([]js.Value) { s.fireClose(1000, "", true) }
			if err := c.Close(1000, ""); err != nil {
				t.Errorf("Close gave %v", err)
			}
		},
	} {
		s := fake(t)
		c := openFake(t, s, &Options{Message: 100, Close: 20 * time.Millisecond})
		s.fire("message", map[string]any{"data": "hello"})
		if s.listening() == 0 {
			t.Errorf("%s: nobody listens to an open connection", name)
		}
		late := s.listeners["close"][0].fn
		end(s, c)
		if c.End() == nil || c.sock != nil || s.listening() != 0 {
			t.Errorf("%s: end %v, %d listeners are left", name, c.End(), s.listening())
		}
		// syscall/js says so on the console when a function has been released.
		complaints := 0
		console := global.Get("console")
		real := console.Get("error")
		count := js.FuncOf(func(js.Value, []js.Value) any { complaints++; return nil })
		console.Set("error", count)
		late.Invoke(js.ValueOf(map[string]any{"type": "late"}))
		console.Set("error", real)
		count.Release()
		if complaints != 1 {
			t.Errorf("%s: the listener was not released", name)
		}
	}
}

// Events that come after the end change nothing.
func TestLateEvents(t *testing.T) {
	s := fake(t)
	c := openFake(t, s, nil)
	for range 3 { // Go is entered for the first of them
		s.fire("message", map[string]any{"data": "before"})
	}
	s.fireClose(1001, "bye", true)
	s.fire("message", map[string]any{"data": "after"})
	s.fireClose(1006, "", false)
	for range 3 {
		if m, err := c.Receive(soon(t)); err != nil || m.String() != "before" {
			t.Errorf("Receive gave %q, %v", m, err)
		}
	}
	if _, err := c.Receive(soon(t)); err != io.EOF || !isEnd(c.End(), shared.PartyPeer, shared.LayerClosingHandshake, 1001, "bye") {
		t.Errorf("Receive gave %v, End %v", err, c.End())
	}
}

func TestMessageAfterClose(t *testing.T) {
	s := fake(t)
	c := openFake(t, s, nil)
	s.onClose = func([]js.Value) {
		time.AfterFunc(time.Millisecond, func() {
			s.fire("message", map[string]any{"data": "too late"})
			s.fireClose(1000, "", true)
		})
	}
	if err := c.Close(1000, ""); err != nil {
		t.Errorf("Close gave %v", err)
	}
	if m, err := c.Receive(soon(t)); err != io.EOF {
		t.Errorf("Receive gave %q, %v", m, err)
	}
}

// A normal code does not make a normal end.
func TestUncleanNormal(t *testing.T) {
	s := fake(t)
	c := openFake(t, s, nil)
	s.fireClose(1000, "cut off", false)
	if _, err := c.Receive(soon(t)); err == io.EOF || !isEnd(c.End(), shared.PartyNetwork, shared.LayerBrowser, 1000, "cut off") {
		t.Errorf("Receive gave %v", err)
	}
}

// When the peer has begun the closing handshake, the code is the peer's, though
// Close is called before the browser says so.
func TestCloseAfterPeer(t *testing.T) {
	s := fake(t)
	c := openFake(t, s, nil)
	s.ws.Set("readyState", 2)
	if err := c.Send(soon(t), shared.Text("too late")); !errors.Is(err, shared.ErrClosed) || len(s.sent) != 0 {
		t.Errorf("Send gave %v", err)
	}
	s.onClose = func([]js.Value) { time.AfterFunc(time.Millisecond, func() { s.fireClose(4000, "peer", true) }) }
	if err := c.Close(1000, "local"); err != nil || !isEnd(c.End(), shared.PartyPeer, shared.LayerClosingHandshake, 4000, "peer") {
		t.Errorf("Close gave %v, End %v", err, c.End())
	}
}

// A browser throws at a code it does not like, and leaves the socket open.
func TestCloseThrows(t *testing.T) {
	s := fake(t)
	c := openFake(t, s, &Options{Close: 10 * time.Millisecond})
	s.ws.Set("close", thrower())
	c.Close(1000, "")
	if end := c.End(); end == nil || end.Layer != shared.LayerTimeLimit {
		t.Errorf("the end is %v", end)
	}
}

// thrower gives a function that throws unless it is given nothing or UTF-8.
func thrower() js.Value {
	return bind(global.Get("TextDecoder").New("utf-8", map[string]any{"fatal": true}), "decode")
}

func TestThrownValues(t *testing.T) {
	for _, test := range []struct {
		thrown js.Value
		want   string
	}{
		{global.Get("TypeError").New("no such thing"), "TypeError: no such thing"},
		{js.ValueOf(map[string]any{"message": "bare"}), "bare"},
		{js.ValueOf(map[string]any{"message": 5}), "<object>"},
		{js.ValueOf("a string"), "a string"},
		{js.Undefined(), "<undefined>"},
	} {
		err := try(func() { panic(js.Error{Value: test.thrown}) })
		if err == nil || !strings.HasSuffix(err.Error(), ": "+test.want) {
			t.Errorf("%v became %v", test.want, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a panic that is not JavaScript's was taken for it")
		}
	}()
	try(func() { panic(errors.New("a bug")) })
}
