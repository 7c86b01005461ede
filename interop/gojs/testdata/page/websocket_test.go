//go:build js && wasm

package page

import (
	"fmt"
	"os"
	"strings"
	"syscall/js"
	"testing"
	"time"
)

// A socket is a WebSocket and what its events told, each as one line.
type socket struct {
	js.Value
	lines chan string
}

func open(t *testing.T, url string, args ...any) *socket {
	t.Helper()
	s := &socket{global.Get("WebSocket").New(append([]any{url}, args...)...), make(chan string, 100)}
	s.Set("binaryType", "arraybuffer")
	for _, event := range []string{"open", "error"} {
		s.Call("addEventListener", event, function(t, func([]js.Value) any { s.lines <- event; return nil }))
	}
	s.Call("addEventListener", "message", function(t, func(args []js.Value) any {
		data := args[0].Get("data")
		switch {
		case data.Type() == js.TypeString:
			s.lines <- "text " + data.String()
		case data.InstanceOf(global.Get("ArrayBuffer")):
			s.lines <- "bytes " + string(bytesOf(data))
		default:
			s.lines <- fmt.Sprintf("blob of %d", data.Get("size").Int())
		}
		return nil
	}))
	s.Call("addEventListener", "close", function(t, func(args []js.Value) any {
		e := args[0]
		s.lines <- fmt.Sprintf("close %d %q clean=%v", e.Get("code").Int(), e.Get("reason").String(), e.Get("wasClean").Bool())
		return nil
	}))
	return s
}

func bytesOf(buffer js.Value) []byte {
	view := global.Get("Uint8Array").New(buffer)
	b := make([]byte, view.Length())
	js.CopyBytesToGo(b, view)
	return b
}

func (s *socket) expect(t *testing.T, lines ...string) {
	t.Helper()
	for _, want := range lines {
		if got := wait(t, s.lines, want); got != want {
			t.Fatalf("got %.80q, want %.80q", got, want)
		}
	}
}

func (s *socket) quiet(t *testing.T) {
	t.Helper()
	select {
	case line := <-s.lines:
		t.Fatalf("unexpected: %s", line)
	case <-time.After(30 * time.Millisecond):
	}
}

func (s *socket) state(t *testing.T, want int) {
	t.Helper()
	if got := s.Get("readyState").Int(); got != want {
		t.Fatalf("readyState is %d, want %d", got, want)
	}
}

func uint8Array(b []byte) js.Value {
	a := global.Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(a, b)
	return a
}

func server() string { return os.Getenv("SERVER") }

func TestEchoByTheReferencePeer(t *testing.T) {
	s := open(t, server()+"/echo", []any{"other", "echo.test"})
	s.state(t, 0)
	s.expect(t, "open")
	s.state(t, 1)
	if p := s.Get("protocol").String(); p != "echo.test" {
		t.Errorf("the subprotocol is %q", p)
	}
	s.Call("send", "žluť")
	s.Call("send", "")
	s.Call("send", uint8Array([]byte("view")).Call("subarray", 1, 3))
	s.Call("send", uint8Array([]byte("buffer")).Get("buffer"))
	s.Call("send", uint8Array(nil))
	s.expect(t, "text žluť", "text ", "bytes ie", "bytes buffer", "bytes ")
	big := strings.Repeat("0123456789", 200_000)
	s.Call("send", big)
	s.expect(t, "text "+big)
	if n := s.Get("bufferedAmount").Int(); n != 0 {
		t.Errorf("bufferedAmount is %d after the echo", n)
	}
	s.Call("close", 3001, "enough")
	s.state(t, 2)
	s.expect(t, `close 3001 "enough" clean=true`)
	s.state(t, 3)
	s.quiet(t)
}

func TestSendCopiesWhatItIsGiven(t *testing.T) {
	s := open(t, server()+"/echo")
	s.expect(t, "open")
	b := uint8Array([]byte("first"))
	s.Call("send", b)
	js.CopyBytesToJS(b, []byte("later"))
	s.expect(t, "bytes first")
	s.Call("close")
	s.expect(t, `close 1005 "" clean=true`)
}

func TestTheServerCloses(t *testing.T) {
	s := open(t, server()+"/close?code=1008&reason=no")
	s.expect(t, "open", `close 1008 "no" clean=true`)
	s.state(t, 3)
	open(t, server()+"/drop").expect(t, "open", "error", `close 1006 "" clean=false`)
	open(t, server()+"/cut").expect(t, "open", "error", `close 1006 "" clean=false`)
	open(t, server()+"/forbidden").expect(t, "error", `close 1006 "" clean=false`)
	open(t, "ws://127.0.0.1:1/").expect(t, "error", `close 1006 "" clean=false`)
	open(t, server()+"/not-text").expect(t, "open", "error", `close 1006 "" clean=false`)
}

// Close frame and messages cross: the page sees a clean close, and no message once it has called close.
func TestCloseUnderAFlood(t *testing.T) {
	for range 10 {
		s := global.Get("WebSocket").New(server() + "/flood")
		received, late := 0, 0
		s.Set("onmessage", function(t, func([]js.Value) any {
			switch received++; {
			case received == 100:
				s.Call("close", 1000, "enough")
			case received > 100:
				late++
			}
			return nil
		}))
		closed := make(chan string, 1)
		s.Set("onclose", function(t, func(args []js.Value) any {
			closed <- fmt.Sprintf("%d %s clean=%v", args[0].Get("code").Int(), args[0].Get("reason").String(), args[0].Get("wasClean").Bool())
			return nil
		}))
		if got := wait(t, closed, "close"); got != "1000 enough clean=true" {
			t.Errorf("closed with %s", got)
		}
		if late > 0 {
			t.Errorf("%d messages came after close", late)
		}
	}
}

func TestBinaryTypeIsBlobUnlessSet(t *testing.T) {
	s := open(t, "ws://echo.fault/")
	if got := global.Get("WebSocket").New("ws://echo.fault/").Get("binaryType").String(); got != "blob" {
		t.Errorf("binaryType is %q", got)
	}
	s.Set("binaryType", "blob")
	s.Set("binaryType", "nonsense")
	s.expect(t, "open")
	s.Call("send", uint8Array([]byte("abc")))
	s.expect(t, "blob of 3")
}

func TestCloseArguments(t *testing.T) {
	s := open(t, "ws://none.fault/")
	s.expect(t, "open")
	for _, code := range []any{0, 1, 999, 1001, 1005, 1006, 1008, 1009, 1011, 2999, 5000, "text"} {
		if name := thrown(func() { s.Call("close", code) }); name != "InvalidAccessError" {
			t.Errorf("close(%v) threw %q", code, name)
		}
	}
	if name := thrown(func() { s.Call("close", 1000, strings.Repeat("ž", 62)) }); name != "SyntaxError" {
		t.Errorf("a reason of 124 bytes threw %q", name)
	}
	s.state(t, 1)
	s.Call("close", 4999, strings.Repeat("ž", 61)+"x")
	s.expect(t, fmt.Sprintf("close 4999 %q clean=true", strings.Repeat("ž", 61)+"x"))
	s.Call("close", 1000)
	s.quiet(t)
}

func TestConstructorArguments(t *testing.T) {
	for _, url := range []string{"ftp://host/", "ws://host/#fragment", "ws://", "no address", "ws://ho st/"} {
		if name := thrown(func() { global.Get("WebSocket").New(url) }); name != "SyntaxError" {
			t.Errorf("%q threw %q", url, name)
		}
	}
	for _, protocols := range []any{"", "two words", []any{"a", "a"}, []any{"a,b"}} {
		if name := thrown(func() { global.Get("WebSocket").New("ws://none.fault/", protocols) }); name != "SyntaxError" {
			t.Errorf("subprotocols %v threw %q", protocols, name)
		}
	}
	if got := global.Get("WebSocket").New("http://none.fault").Get("url").String(); got != "ws://none.fault/" {
		t.Errorf("url is %q", got)
	}
}

func TestSendInEachState(t *testing.T) {
	s := open(t, "ws://none.fault/")
	if name := thrown(func() { s.Call("send", "x") }); name != "InvalidStateError" {
		t.Errorf("send while connecting threw %q", name)
	}
	s.expect(t, "open")
	s.Call("close")
	s.Call("send", "12345")
	if n := s.Get("bufferedAmount").Int(); n != 5 {
		t.Errorf("what was sent too late counts: bufferedAmount is %d, want 5", n)
	}
	s.expect(t, `close 1005 "" clean=true`)
	s.Call("send", "dropped")
	s.quiet(t)
}

func TestCloseWhileConnecting(t *testing.T) {
	for _, url := range []string{"ws://never-opens.fault/", server() + "/echo"} {
		s := open(t, url)
		s.Call("close", 1000)
		s.state(t, 2)
		s.expect(t, "error", `close 1006 "" clean=false`)
		s.quiet(t)
	}
}

// In a batch the events wait in an array, with no crossing into Go.
func TestMessagesQueueInAnArray(t *testing.T) {
	s := global.Get("WebSocket").New("ws://all-kinds.fault/")
	queue := global.Get("Array").New()
	s.Call("addEventListener", "message", global.Get("Array").Get("prototype").Get("push").Call("bind", queue))
	closed := make(chan bool, 1)
	s.Set("onclose", function(t, func([]js.Value) any { closed <- true; return nil }))
	wait(t, closed, "close")
	if queue.Length() != 4 || queue.Index(0).Get("data").String() != "text" {
		t.Errorf("the array holds %d events", queue.Length())
	}
}
