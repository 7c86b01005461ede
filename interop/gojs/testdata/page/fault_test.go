//go:build js && wasm

package page

import (
	"testing"
	"time"
)

func TestFaults(t *testing.T) {
	for name, lines := range map[string][]string{
		"none":                {"open"},
		"error-without-close": {"error"},
		"refused":             {"error", `close 1006 "" clean=false`},
		"never-opens":         {},
		"all-kinds":           {"open", "text text", "text ", "bytes \x01\x02\x03", "bytes ", `close 1000 "done" clean=true`},
		"going-away":          {"open", `close 1001 "going away" clean=true`},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, "ws://"+name+".fault/")
			s.expect(t, lines...)
			s.quiet(t)
		})
	}
}

func TestFaultErrorWithoutClose(t *testing.T) {
	s := open(t, "ws://error-without-close.fault/")
	s.expect(t, "error")
	s.quiet(t)
	s.state(t, 0)
}

func TestFaultConstructorThrows(t *testing.T) {
	if name := thrown(func() { open(t, "ws://constructor-throws.fault/") }); name != "Error" {
		t.Errorf("threw %q", name)
	}
}

func TestFaultSendThrows(t *testing.T) {
	s := open(t, "ws://send-throws.fault/")
	s.expect(t, "open")
	if name := thrown(func() { s.Call("send", "x") }); name != "Error" {
		t.Errorf("threw %q", name)
	}
	if n := s.Get("bufferedAmount").Int(); n != 0 {
		t.Errorf("bufferedAmount is %d", n)
	}
}

func TestFaultCloseDuringSend(t *testing.T) {
	s := open(t, "ws://close-during-send.fault/")
	s.expect(t, "open")
	s.Call("send", "12345")
	s.state(t, 1) // the event comes in a task of its own
	s.expect(t, "error", `close 1006 "" clean=false`)
	if n := s.Get("bufferedAmount").Int(); n != 5 {
		t.Errorf("bufferedAmount is %d, want 5", n)
	}
}

func TestFaultSlowDrain(t *testing.T) {
	s := open(t, "ws://slow-drain.fault/")
	s.expect(t, "open")
	const size = 200 << 10
	s.Call("send", uint8Array(make([]byte, size)))
	if n := s.Get("bufferedAmount").Int(); n != size {
		t.Errorf("bufferedAmount is %d right after send", n)
	}
	steps, last := 0, size
	for last > 0 && steps < 100 {
		time.Sleep(time.Millisecond)
		if n := s.Get("bufferedAmount").Int(); n < last {
			steps, last = steps+1, n
		}
	}
	if last != 0 || steps < 2 {
		t.Errorf("bufferedAmount fell to %d in %d steps", last, steps)
	}
}

func TestFaultNoDrain(t *testing.T) {
	s := open(t, "ws://no-drain.fault/")
	s.expect(t, "open")
	s.Call("send", "12345")
	s.quiet(t)
	if n := s.Get("bufferedAmount").Int(); n != 5 {
		t.Errorf("bufferedAmount is %d, want 5", n)
	}
}

func TestFaultNoClose(t *testing.T) {
	s := open(t, "ws://no-close.fault/")
	s.expect(t, "open")
	s.Call("close", 1000)
	s.quiet(t)
	s.state(t, 2)
}

func TestFaultMessagesAfterClose(t *testing.T) {
	s := open(t, "ws://messages-after-close.fault/")
	s.expect(t, "open")
	s.Call("close", 1000)
	s.expect(t, `close 1000 "" clean=true`)
	s.quiet(t)
}
