package wazero

import (
	"strings"
	"testing"
	"time"

	"example.com/tandem/interop/gojs"
)

func startWithFaults(t *testing.T) tandem {
	return startModule(t, gojs.ByHost(gojs.Faults(), gojs.Peer{}))
}

// Whatever a handshake comes to, open ends; and a page can open another connection.
func TestFaultsOfOpen(t *testing.T) {
	m := startWithFaults(t)
	never, err := m.Call("tandem.open", "ws://never-opens.fault/")
	if err != nil {
		t.Fatal(err)
	}
	for fault, want := range map[string]string{
		"refused":             `Error 1006 "" false`,
		"error-without-close": `Error 1006 "" false`, // after a short wait for the close that does not come
		"constructor-throws":  "the constructor failed",
	} {
		begun := time.Now()
		_, err := m.Await(m.Call("tandem.open", "ws://"+fault+".fault/"))
		if got := m.words(nil, err); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", fault, got, want)
		}
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("%s took %v", fault, took)
		}
	}
	c := m.open("ws://echo.fault/", nil)
	m.want("send", m.call(c, "send", "hello"), "<nil>")
	m.want("receive", m.call(c, "receive"), "hello")
	if state, _ := gojs.Promise(never); state != gojs.Pending {
		t.Errorf("open has ended in state %v, though nothing has happened", state)
	}
}

// Everything that came before the end is received, though it all came in one turn of the event loop.
func TestFaultAllAtOnce(t *testing.T) {
	m := startWithFaults(t)
	c := m.open("ws://all-kinds.fault/", nil)
	for _, want := range []string{"text", "", "bytes 01 02 03", "bytes ", "null"} {
		m.want("receive", m.call(c, "receive"), want)
	}
	m.want("the end", m.ended(c), `1000 "done" true by peer: closing handshake`)
	c = m.open("ws://going-away.fault/", nil)
	m.want("the end", m.ended(c), `1001 "going away" true by peer: closing handshake`)
}

// ended waits for the end.
func (m tandem) ended(c *gojs.Object) string {
	m.t.Helper()
	v, err := m.Await(c.Get("closed"), nil)
	return m.words(v, err)
}

// The connection is lost in the middle of a send.
func TestFaultCloseDuringSend(t *testing.T) {
	m := startWithFaults(t)
	c := m.open("ws://close-during-send.fault/", nil)
	receiving, err := m.CallMethod(c, "receive")
	if err != nil {
		t.Fatal(err)
	}
	m.want("send", m.call(c, "send", make([]byte, 1<<20)), "<nil>") // the browser had taken it
	v, err := m.Await(receiving, nil)
	m.want("receive", m.words(v, err), `Error 1006 "" false`)
	m.want("the end", m.ended(c), `1006 "" false by network: browser`)
	m.want("send", m.call(c, "send", "more"), `Error 1006 "" false`)
	m.want("close", m.call(c, "close"), `1006 "" false`)
}

// What send() throws is the caller's, and no reason to end.
func TestFaultSendThrows(t *testing.T) {
	m := startWithFaults(t)
	c := m.open("ws://send-throws.fault/", nil)
	for _, data := range []any{"text", []byte{1}} {
		if got := m.call(c, "send", data); !strings.HasPrefix(got, "Error: ") || !strings.Contains(got, "send failed") {
			t.Errorf("send: %s", got)
		}
	}
	m.want("close", m.call(c, "close"), `1000 "" true`)
}

// bufferedAmount falls slowly: a send waits until there is room again.
func TestFaultSlowDrain(t *testing.T) {
	m := startWithFaults(t)
	c := m.open("ws://slow-drain.fault/", map[string]any{"outgoing": 128 << 10})
	m.want("send", m.call(c, "send", make([]byte, 1<<20)), "<nil>") // there was room
	begun := time.Now()
	m.want("send", m.call(c, "send", "small"), "<nil>")
	if took := time.Since(begun); took < 100*time.Millisecond || took > 2*time.Second {
		t.Errorf("the second send took %v, and 140 ms is when there is room", took)
	}
	if left := c.Get("bufferedAmount"); left.(float64) > 128<<10+5 {
		t.Errorf("%v bytes wait, and the limit is 128 KiB", left)
	}
}

// bufferedAmount never falls: the sends that wait end with the connection, however many there are. One that looks for
// room between the call of close and its event learns that it is closing; the others, how it ended.
func TestFaultNoDrain(t *testing.T) {
	m := startWithFaults(t)
	c := m.open("ws://no-drain.fault/", nil)
	m.want("send", m.call(c, "send", make([]byte, 1<<20)), "<nil>")
	settled := 0
	var ends []string
	fulfilled := m.NewFunction("fulfilled", func(gojs.Value, []gojs.Value) (gojs.Value, error) {
		settled++
		return nil, nil
	})
	rejected := m.NewFunction("rejected", func(_ gojs.Value, args []gojs.Value) (gojs.Value, error) {
		settled++
		ends = append(ends, m.words(nil, &gojs.Throw{Value: args[0]}))
		return nil, nil
	})
	for range 3 {
		v, err := m.CallMethod(c, "send", "more")
		if err == nil {
			_, err = m.CallMethod(v, "then", fulfilled, rejected)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Sleep(100 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if settled > 0 {
		t.Errorf("%d of 3 sends did not wait: %q", settled, ends)
	}
	m.want("close", m.call(c, "close", 4000, "enough"), `4000 "enough" true`)
	if err := m.Sleep(20 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	for _, end := range ends {
		if end != `Error 4000 "enough" true` && end != "Error: websocket: connection closed" {
			t.Errorf("a send that waited: %s", end)
		}
	}
	if len(ends) != 3 {
		t.Errorf("%d of 3 sends were rejected", len(ends))
	}
}

// close() is not answered, or its event comes when nobody waits for it any more.
func TestFaultLateClose(t *testing.T) {
	answered := make(chan struct{}, 1)
	faults := gojs.Faults()
	faults["late"] = gojs.Fault{OnClose: func(s *gojs.Socket, code int, reason string) {
		time.AfterFunc(150*time.Millisecond, func() {
			s.Closed(gojs.Closing{Code: code, Reason: reason, Clean: true})
			answered <- struct{}{}
		})
	}}
	m := startModule(t, gojs.ByHost(faults, gojs.Peer{}))
	for _, fault := range []string{"no-close", "late"} {
		c := m.open("ws://"+fault+".fault/", map[string]any{"close": 50})
		begun := time.Now()
		m.want("close", m.call(c, "close"), `1006 "" false`)
		if took := time.Since(begun); took < 50*time.Millisecond || took > time.Second {
			t.Errorf("%s: close took %v", fault, took)
		}
		m.want("the end", m.ended(c), `1006 "" false by local: time limit`)
	}
	if err := m.Sleep(300 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	select {
	case <-answered:
	default:
		t.Error("the late event never came: the test has tested nothing")
	}
	// That no released function was called, the console would tell: see startModule.
	c := m.open("ws://echo.fault/", nil)
	m.want("send", m.call(c, "send", "still there?"), "<nil>")
	m.want("receive", m.call(c, "receive"), "still there?")
}

// An error event on an open connection with no close event after it is the end all the same.
func TestFaultErrorAlone(t *testing.T) {
	m := startModule(t, gojs.Fault{OnSend: func(s *gojs.Socket, message gojs.Message) error {
		s.Received(message)
		s.Erred()
		return nil
	}})
	c := m.open("ws://localhost/", nil)
	begun := time.Now()
	m.want("send", m.call(c, "send", "last words"), "<nil>")
	m.want("receive", m.call(c, "receive"), "last words")
	m.want("receive", m.call(c, "receive"), `Error 1006 "" false`)
	m.want("the end", m.ended(c), `1006 "" false by network: browser`)
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("that took %v", took)
	}
}

// Nothing is received after close was called, though messages were on their way.
func TestFaultMessagesAfterClose(t *testing.T) {
	m := startWithFaults(t)
	c := m.open("ws://messages-after-close.fault/", nil)
	receiving, err := m.CallMethod(c, "receive")
	if err != nil {
		t.Fatal(err)
	}
	m.want("close", m.call(c, "close", 1000, "bye"), `1000 "bye" true`)
	v, err := m.Await(receiving, nil)
	m.want("receive", m.words(v, err), "null")
}
