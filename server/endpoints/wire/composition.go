package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// What a composition may ask for.
const (
	maxComposed = 1 << 20 // bytes of the JSON
	maxRequest  = 8 << 10 // bytes
	maxSteps    = 64
	maxSent     = 256 << 10 // bytes in all
	maxPieces   = 64        // of one step
	maxWait     = 3 * time.Second
)

// A Composition is a connection to be played: a client that sends what it is told, byte for byte, to a server that is
// this library.
type Composition struct {
	Secure  bool   `json:"secure"`  // over TLS
	Deflate bool   `json:"deflate"` // the server compresses with who offers it
	Serve   Serve  `json:"serve"`   // what the server does with the connection
	Request string `json:"request"` // the opening handshake, as it goes on the wire; "": a right one
	Steps   []Step `json:"steps"`   // after it was accepted
}

// Serve is what the server of a composition does.
type Serve string

// What it can be.
const (
	ServeEcho  Serve = ""      // sends back each message
	ServeClose Serve = "close" // begins the closing handshake at once, with 1001
	ServeDrop  Serve = "drop"  // closes TCP at once
)

// A Step is one thing that the client does. One of its fields is set, but for Pieces, which goes with Send.
type Step struct {
	Send   wireBytes `json:"send,omitempty"`
	Pieces int       `json:"pieces,omitempty"` // how many writes to make of it, all of about the same length
	Wait   int       `json:"wait,omitempty"`   // milliseconds
	End    End       `json:"end,omitempty"`
}

// End is a way in which a client ends its side without a Close frame.
type End string

// The ways. After an End nothing more is sent.
const (
	EndFIN         End = "FIN"          // TCP says that no more will come
	EndRST         End = "RST"          // TCP gives up: what is on its way is lost
	EndCloseNotify End = "close_notify" // TLS says that no more will come, RFC 8446 §6.1
)

// parseComposition reads a composition, and says what is wrong with it.
func parseComposition(r io.Reader) (c Composition, err error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return c, fmt.Errorf("composition: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return c, errors.New("composition: something comes after it")
	}
	return c, c.check()
}

func (c *Composition) check() error {
	switch {
	case c.Serve != ServeEcho && c.Serve != ServeClose && c.Serve != ServeDrop:
		return fmt.Errorf("serve: %+q is not close or drop, or empty for echo", string(c.Serve))
	case len(c.Request) > maxRequest:
		return fmt.Errorf("request: %d bytes are over the limit of %d", len(c.Request), maxRequest)
	case len(c.Steps) > maxSteps:
		return fmt.Errorf("steps: %d are over the limit of %d", len(c.Steps), maxSteps)
	}
	sent, waited, ended := 0, time.Duration(0), false
	for i, s := range c.Steps {
		if err := s.check(c.Secure); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		if ended && s.Wait == 0 {
			return fmt.Errorf("step %d: the client has ended its side, and can only wait", i+1)
		}
		ended = ended || s.End != ""
		sent += len(s.Send)
		waited += time.Duration(s.Wait) * time.Millisecond
	}
	if sent > maxSent {
		return fmt.Errorf("steps: %d bytes are over the limit of %d", sent, maxSent)
	}
	if waited > maxWait {
		return fmt.Errorf("steps: waits of %v are over the limit of %v", waited, maxWait)
	}
	return nil
}

func (s *Step) check(secure bool) error {
	set := 0
	for _, is := range []bool{len(s.Send) > 0, s.Wait != 0, s.End != ""} {
		if is {
			set++
		}
	}
	switch {
	case set != 1:
		return errors.New("it is one of send, wait and end")
	case s.Wait < 0 || s.Wait > int(maxWait/time.Millisecond):
		return fmt.Errorf("a wait of %d ms is not within 0 and %v", s.Wait, maxWait)
	case s.Pieces < 0 || s.Pieces > maxPieces || s.Pieces != 0 && s.Send == nil:
		return fmt.Errorf("pieces: %d is not within 1 and %d", s.Pieces, maxPieces)
	case s.End != "" && s.End != EndFIN && s.End != EndRST && s.End != EndCloseNotify:
		return fmt.Errorf("end: %+q is not FIN, RST or close_notify", string(s.End))
	case s.End == EndCloseNotify && !secure:
		return errors.New("end: close_notify is of TLS, and this composition is not secure")
	}
	return nil
}

// request is the opening handshake as it goes on the wire.
func (c *Composition) request() string {
	if c.Request != "" {
		return c.Request
	}
	lines := []string{"GET /echo HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"}
	if c.Deflate {
		lines = append(lines, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}
