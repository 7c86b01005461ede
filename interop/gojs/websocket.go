package gojs

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Network is what lies behind the page's WebSocket objects.
type Network interface {
	// Open begins to connect and returns at once; what comes of it is told to s. An error is what the constructor throws: a
	// *Throw as it is, any other as an Error. Open runs on the page's thread.
	Open(s *Socket, url string, subprotocols []string) (Connection, error)
}

// A Connection takes what the page sends. Its methods run on the page's thread and must not block.
type Connection interface {
	// Send is called for send() on an open socket. An error is what send() throws.
	Send(m Message) error
	// Close is called once, for the page's first close() of an open socket. Code 0: close() without arguments.
	Close(code int, reason string)
	// Abort is called instead when the socket is still connecting.
	Abort()
}

// A Message is a WebSocket message on its way in or out.
type Message struct {
	Text    bool
	Payload []byte
}

// A Closing is what the close event tells.
type Closing struct {
	Code   int
	Reason string
	Clean  bool
	Failed bool // an error event comes first
}

// The values of readyState.
const (
	connecting = iota
	open
	closing
	closed
)

// A Socket is a WebSocket object of the page, as its Network sees it. Its exported methods may be called from any goroutine:
// each posts one task to the page's thread, where the browser's rules are applied.
type Socket struct {
	eventTarget
	host       *Host
	object     *Object
	connection Connection
	state      int
	binaryType string
	protocol   string
	buffered   int
}

// Opened reports the end of the opening handshake.
func (s *Socket) Opened(subprotocol string) {
	s.host.post(func() {
		if s.state != connecting {
			return
		}
		s.state, s.protocol = open, subprotocol
		s.fire("Event", "open", nil)
	})
}

// Received reports a message. Once close() was called nothing reaches the page, as in a browser.
func (s *Socket) Received(m Message) {
	s.host.post(func() {
		if s.state != open {
			return
		}
		data := Value(string(m.Payload))
		if !m.Text && s.binaryType == "arraybuffer" {
			data = s.host.NewArrayBuffer(m.Payload)
		} else if !m.Text {
			data = s.host.blobs.make(&blob{m.Payload})
		}
		s.fire("MessageEvent", "message", map[string]Value{"data": data})
	})
}

// Sent reports that so many bytes of what the page sent have left: bufferedAmount falls.
func (s *Socket) Sent(n int) {
	s.host.post(func() { s.buffered -= n })
}

// Erred fires an error event and does nothing else. In a browser Closed with Failed follows always; in Node 20 it does not.
func (s *Socket) Erred() {
	s.host.post(func() { s.fire("Event", "error", nil) })
}

// Closed reports the end of the connection; only the first report counts.
func (s *Socket) Closed(c Closing) {
	s.host.post(func() {
		if s.state == closed {
			return
		}
		s.state = closed
		if c.Failed {
			s.fire("Event", "error", nil)
		}
		s.fire("CloseEvent", "close", map[string]Value{"wasClean": c.Clean, "code": float64(c.Code), "reason": c.Reason})
	})
}

func (s *Socket) fire(class, kind string, properties map[string]Value) {
	s.host.dispatch(s.object, s.host.newEvent(class, kind, properties))
}

func (h *Host) installWebSocket() {
	c := h.newClass("WebSocket", h.targets, nil)
	c.constructor.function().construct = func(args []Value) (*Object, error) { return h.newSocket(c, args) }
	for i, name := range []string{"CONNECTING", "OPEN", "CLOSING", "CLOSED"} {
		c.constructor.define(name, float64(i))
		c.proto.define(name, float64(i))
	}
	for _, event := range []string{"open", "message", "error", "close"} {
		c.attribute(event, nil)
	}
	getter(c, "readyState", func(s *Socket) Value { return float64(s.state) })
	getter(c, "bufferedAmount", func(s *Socket) Value { return float64(s.buffered) })
	getter(c, "protocol", func(s *Socket) Value { return s.protocol })
	getter(c, "extensions", func(*Socket) Value { return "" })
	c.proto.define("binaryType", &accessor{
		get: func(this *Object) Value { return this.state.(*Socket).binaryType },
		set: func(this *Object, v Value) {
			if v == "blob" || v == "arraybuffer" {
				this.state.(*Socket).binaryType = v.(string)
			}
		},
	})
	method(c, "send", func(_ *Object, s *Socket, args []Value) (Value, error) { return nil, s.send(argument(args, 0)) })
	method(c, "close", func(_ *Object, s *Socket, args []Value) (Value, error) { return nil, s.close(args) })
}

func (h *Host) newSocket(c *class, args []Value) (*Object, error) {
	address := toString(argument(args, 0))
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Fragment != "" || !slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme) {
		return nil, h.throwDOM("SyntaxError", "the URL '"+address+"' is invalid")
	}
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	if u.Path == "" {
		u.Path = "/"
	}
	var subprotocols []string
	switch v := argument(args, 1).(type) {
	case nil:
	case *Object:
		for _, e := range elements(v) {
			subprotocols = append(subprotocols, toString(e))
		}
	default:
		subprotocols = []string{toString(v)}
	}
	for i, p := range subprotocols {
		if p == "" || strings.ContainsFunc(p, notInToken) || slices.Contains(subprotocols[:i], p) {
			return nil, h.throwDOM("SyntaxError", "the subprotocol '"+p+"' is invalid or given twice")
		}
	}
	s := &Socket{host: h, binaryType: "blob"}
	s.object = c.make(s)
	s.object.define("url", u.String())
	if s.connection, err = h.config.Network.Open(s, u.String(), subprotocols); err != nil {
		return nil, err
	}
	return s.object, nil
}

func notInToken(r rune) bool {
	return r <= ' ' || r >= 0x7F || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
}

func (s *Socket) send(data Value) error {
	m := Message{}
	if b, ok := Bytes(data); ok {
		m.Payload = slices.Clone(b) // the page may change its buffer as soon as send returns
	} else {
		m.Text, m.Payload = true, []byte(toString(data))
	}
	switch s.state {
	case connecting:
		return s.host.throwDOM("InvalidStateError", "send was called while the socket is connecting")
	case open:
		if err := s.connection.Send(m); err != nil {
			return err
		}
	}
	// What is sent too late is dropped, and counted all the same.
	s.buffered += len(m.Payload)
	return nil
}

func (s *Socket) close(args []Value) error {
	code, reason := 0, ""
	if v := argument(args, 0); v != nil {
		code = toInt(v)
		if code != 1000 && (code < 3000 || code > 4999) {
			return s.host.throwDOM("InvalidAccessError", "the close code must be 1000 or from 3000 to 4999, not "+toString(v))
		}
	}
	if v := argument(args, 1); v != nil {
		reason = toString(v)
		if len(reason) > 123 || !utf8.ValidString(reason) {
			return s.host.throwDOM("SyntaxError", "the close reason is longer than 123 bytes")
		}
	}
	switch s.state {
	case connecting:
		s.connection.Abort()
	case open:
		s.connection.Close(code, reason)
	default:
		return nil
	}
	s.state = closing
	return nil
}
