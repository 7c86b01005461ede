package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// An event is one thing that happened on a connection. One of its last four fields is set.
type event struct {
	number     uint64
	Connection int       `json:"connection"` // counted from 1 on each tape
	Time       time.Time `json:"-"`
	Open       *opening  `json:"open,omitempty"`
	Frame      *frame    `json:"frame,omitempty"`
	Message    *message  `json:"message,omitempty"`
	End        *end      `json:"end,omitempty"`
}

// MarshalJSON gives the time in milliseconds since 1970, as JavaScript has it, with what is below a millisecond.
func (e event) MarshalJSON() ([]byte, error) {
	type fields event
	return json.Marshal(struct {
		Time float64 `json:"time"`
		fields
	}{milliseconds(e.Time), fields(e)})
}

func milliseconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }

// size is what counts against the bound of a tape.
func (e event) size() int {
	switch {
	case e.Frame != nil:
		return len(e.Frame.Wire)
	case e.Open != nil:
		return len(e.Open.Target) + len(e.Open.Request) + len(e.Open.Response)
	}
	return 0
}

// wireBytes are written in hexadecimal.
type wireBytes []byte

func (b wireBytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, b), nil }

func (b *wireBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.AppendDecode(nil, text)
	return err
}

// An opening is the opening handshake.
type opening struct {
	Target   string `json:"target"`            // path and query of the request
	Request  string `json:"request,omitempty"` // as it was on the wire; not known if the listener did not record it
	Response string `json:"response"`
	Local    string `json:"local"`
	Remote   string `json:"remote"`
}

func newOpening(target string, h server.TraceHandshake) *opening {
	return &opening{target, string(h.Request), string(h.Response), h.Local, h.Remote}
}

// A frame is one frame, or as much of one as there was when it broke a rule.
type frame struct {
	Sent      bool       `json:"sent,omitempty"` // by the server
	Wire      wireBytes  `json:"wire"`           // the header and the beginning of the payload, as they were on the wire
	Length    int64      `json:"length"`         // of the whole payload, as the header has it
	Violation *violation `json:"violation,omitempty"`
}

func newFrame(f server.TraceFrame) *frame {
	shown := &frame{Sent: f.Sent, Wire: bytes.Clone(f.Wire), Length: f.Header.Length}
	var broken *shared.Violation
	if errors.As(f.Err, &broken) {
		shown.Violation = &violation{broken.Code, broken.Rule, broken.Section, offending(f, broken)}
	}
	return shown
}

// A violation is the rule that a frame broke.
type violation struct {
	Code    shared.StatusCode `json:"code"` // what answers it
	Rule    string            `json:"rule"`
	Section string            `json:"section"`
	Fields  []string          `json:"fields"` // of the frame, those that broke it
}

// A message is one as a whole.
type message struct {
	Sent       bool   `json:"sent,omitempty"` // by the server
	Opcode     string `json:"opcode"`
	Fragments  int    `json:"fragments"`
	Size       int64  `json:"size"` // bytes, inflated
	Wire       int64  `json:"wire"` // bytes of the frames' payloads
	Compressed bool   `json:"compressed"`
}

func newMessage(m server.TraceMessage) *message {
	return &message{m.Sent, m.Opcode.String(), m.Fragments, m.Size, m.Wire, m.Compressed}
}

// An end is how the server saw a connection end.
type end struct {
	By     string            `json:"by"`
	Layer  string            `json:"layer"`
	Code   shared.StatusCode `json:"code"`
	Reason string            `json:"reason"`
	Text   string            `json:"text"`
}

func newEnd(e *shared.EndError) *end {
	return &end{e.By.String(), e.Layer.String(), e.Code, e.Reason, e.Error()}
}
