package gojs

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// A Fault is a Network without a network: it answers every socket by its functions, in the page's own thread and so the same way
// each time. What is nil behaves well: the socket opens, takes what is sent at once, answers nothing, closes cleanly.
type Fault struct {
	OnOpen  func(s *Socket, subprotocols []string) error // an error is thrown by the constructor
	OnSend  func(s *Socket, m Message) error             // an error is thrown by send()
	OnClose func(s *Socket, code int, reason string)
}

// Faults are the faults that no browser commits on demand, by name. ByHost lets a program choose among them.
func Faults() map[string]Fault {
	return map[string]Fault{
		"none": {},
		"echo": {OnSend: func(s *Socket, m Message) error {
			s.Sent(len(m.Payload))
			s.Received(m)
			return nil
		}},
		"constructor-throws": {OnOpen: func(*Socket, []string) error { return errors.New("the constructor failed") }},
		"send-throws":        {OnSend: func(*Socket, Message) error { return errors.New("send failed") }},
		// Node 20: a handshake that fails, with an error event and no close event ever.
		"error-without-close": {OnOpen: func(s *Socket, _ []string) error {
			s.Erred()
			return nil
		}},
		// A browser: a handshake that fails.
		"refused": {OnOpen: func(s *Socket, _ []string) error {
			s.Closed(Closing{Code: 1006, Failed: true})
			return nil
		}},
		// Neither open nor error nor close.
		"never-opens": {OnOpen: func(*Socket, []string) error { return nil }},
		// The connection is lost while what was sent still waits: bufferedAmount never falls.
		"close-during-send": {OnSend: func(s *Socket, _ Message) error {
			s.Closed(Closing{Code: 1006, Failed: true})
			return nil
		}},
		// bufferedAmount falls by 64 KiB each 10 ms.
		"slow-drain": {OnSend: func(s *Socket, m Message) error {
			s.drain(len(m.Payload), 64<<10, 10*time.Millisecond)
			return nil
		}},
		// bufferedAmount never falls.
		"no-drain": {OnSend: func(*Socket, Message) error { return nil }},
		// close() is never answered.
		"no-close": {OnClose: func(*Socket, int, string) {}},
		// Messages were on their way when close() was called; a browser drops them.
		"messages-after-close": {OnClose: func(s *Socket, code int, reason string) {
			s.Received(Message{Text: true, Payload: []byte("late")})
			s.Closed(Closing{Code: code, Reason: reason, Clean: true})
		}},
		// Text, binary and both of 0 bytes, then a clean end.
		"all-kinds": {OnOpen: func(s *Socket, _ []string) error {
			s.Opened("")
			for _, m := range []Message{{true, []byte("text")}, {true, nil}, {false, []byte{1, 2, 3}}, {false, nil}} {
				s.Received(m)
			}
			s.Closed(Closing{Code: 1000, Reason: "done", Clean: true})
			return nil
		}},
		// The server goes away with a code that a page may not send.
		"going-away": {OnOpen: func(s *Socket, _ []string) error {
			s.Opened("")
			s.Closed(Closing{Code: 1001, Reason: "going away", Clean: true})
			return nil
		}},
	}
}

// ByHost chooses by the address: ws://NAME.fault/ gets the fault of that name, anything else goes to the other Network.
func ByHost(faults map[string]Fault, other Network) Network { return byHost{faults, other} }

type byHost struct {
	faults map[string]Fault
	other  Network
}

func (b byHost) Open(s *Socket, address string, subprotocols []string) (Connection, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	name, isFault := strings.CutSuffix(u.Hostname(), ".fault")
	if !isFault {
		return b.other.Open(s, address, subprotocols)
	}
	f, ok := b.faults[name]
	if !ok {
		return nil, fmt.Errorf("gojs: there is no fault %q", name)
	}
	return f.Open(s, address, subprotocols)
}

type faultConn struct {
	fault  Fault
	socket *Socket
}

// Open calls OnOpen.
func (f Fault) Open(s *Socket, _ string, subprotocols []string) (Connection, error) {
	c := faultConn{f, s}
	if f.OnOpen != nil {
		return c, f.OnOpen(s, subprotocols)
	}
	chosen := ""
	if len(subprotocols) > 0 {
		chosen = subprotocols[0]
	}
	s.Opened(chosen)
	return c, nil
}

func (c faultConn) Send(m Message) error {
	if c.fault.OnSend == nil {
		c.socket.Sent(len(m.Payload))
		return nil
	}
	return c.fault.OnSend(c.socket, m)
}

func (c faultConn) Close(code int, reason string) {
	if c.fault.OnClose != nil {
		c.fault.OnClose(c.socket, code, reason)
		return
	}
	if code == 0 {
		code = 1005
	}
	c.socket.Closed(Closing{Code: code, Reason: reason, Clean: true})
}

func (c faultConn) Abort() { c.socket.Closed(Closing{Code: 1006, Failed: true}) }

// drain lets bufferedAmount fall by n bytes in steps.
func (s *Socket) drain(n, step int, every time.Duration) {
	s.host.after(every, func() {
		s.Sent(min(n, step))
		if n > step {
			s.drain(n-step, step, every)
		}
	})
}
