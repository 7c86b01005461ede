package conform

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxReceived bounds a frame and a message of the tested peer: it only echoes.
const maxReceived = 256 << 20

// A breach is a rule that the tested peer broke in what it sent.
type breach struct {
	rule    string
	section string
}

func (b *breach) Error() string { return b.rule + " (" + b.section + ")" }

// An event is what the strict reader makes of the bytes: a whole message, a control frame, or the end.
type event struct {
	op         byte // opText, opBinary, opPing, opPong, opClose
	payload    []byte
	fragments  int
	compressed bool
	wire       int // bytes of payload on the wire
	code       int // of a Close frame; noCode if it has none
	ended      bool
	err        error // with ended: io.EOF for a FIN, a *breach, or the network's error
}

const noCode = 1005

// strict reads what the tested peer sends and lets nothing pass that RFC 6455 or RFC 7692 forbids. It belongs to one
// goroutine.
type strict struct {
	r        *bufio.Reader
	masked   bool      // frames have to be masked: the tested peer is a client
	inflater *inflater // nil: permessage-deflate was not negotiated
	log      *transcript
	seen     func(header) // told of each header

	inMessage bool
	message   event // as far as it has come
	closed    bool  // a Close frame has come
}

// A header is what precedes a payload.
type header struct {
	fin    bool
	rsv    byte
	op     byte
	masked bool
	key    [4]byte
	length uint64
	raw    []byte
}

// next returns the next event. After one with ended set there is none.
func (s *strict) next() event {
	for {
		h, err := s.readHeader()
		if err == nil {
			err = s.check(h)
		}
		if err != nil {
			s.log.add(false, s.describe(h), h.raw, len(h.raw))
			return event{ended: true, err: err}
		}
		var payload []byte
		if payload, err = s.readPayload(h); err != nil {
			return event{ended: true, err: err}
		}
		if s.seen != nil {
			s.seen(h)
		}
		e, whole, err := s.take(h, payload)
		if err != nil {
			return event{ended: true, err: err}
		}
		if whole {
			return e
		}
	}
}

// readHeader reads one header. An end between frames is io.EOF.
func (s *strict) readHeader() (h header, err error) {
	h.raw = make([]byte, 2, 14)
	if _, err := io.ReadFull(s.r, h.raw[:1]); err != nil {
		h.raw = nil
		return h, err
	}
	more := func(n int) ([]byte, error) {
		at := len(h.raw)
		h.raw = h.raw[:at+n]
		if got, err := io.ReadFull(s.r, h.raw[at:]); err != nil {
			h.raw = h.raw[:at+got]
			return nil, cut(err)
		}
		return h.raw[at:], nil
	}
	h.raw = h.raw[:1]
	second, err := more(1)
	if err != nil {
		return h, err
	}
	h.fin, h.rsv, h.op = h.raw[0]&0x80 != 0, h.raw[0]&0x70, h.raw[0]&0x0F
	h.masked, h.length = second[0]&0x80 != 0, uint64(second[0]&0x7F)
	short := uint64(0) // what the next shorter form could have held
	switch h.length {
	case 126:
		b, err := more(2)
		if err != nil {
			return h, err
		}
		h.length, short = uint64(binary.BigEndian.Uint16(b)), 125
	case 127:
		b, err := more(8)
		if err != nil {
			return h, err
		}
		h.length, short = binary.BigEndian.Uint64(b), 0xFFFF
	}
	if short > 0 && h.length <= short {
		return h, &breach{"sends a length that is not in its shortest form", "RFC 6455 §5.2"}
	}
	if h.length>>63 != 0 {
		return h, &breach{"sends a length with its top bit set", "RFC 6455 §5.2"}
	}
	if h.masked {
		b, err := more(4)
		if err != nil {
			return h, err
		}
		h.key = [4]byte(b)
	}
	return h, nil
}

// check judges what a header alone can break.
func (s *strict) check(h header) error {
	control := h.op&8 != 0
	switch {
	case h.op >= 3 && h.op <= 7 || h.op > opPong:
		return &breach{"sends a frame with a reserved opcode", "RFC 6455 §5.2"}
	case h.rsv&(rsv2|rsv3) != 0:
		return &breach{"sets RSV2 or RSV3", "RFC 6455 §5.2"}
	case h.rsv&rsv1 != 0 && s.inflater == nil:
		return &breach{"sets RSV1 without an extension", "RFC 6455 §5.2"}
	case h.rsv&rsv1 != 0 && (control || h.op == opContinuation):
		return &breach{"sets RSV1 on a " + opName(h.op) + " frame", "RFC 7692 §6"}
	case h.masked && !s.masked:
		return &breach{"sends a masked frame as a server", "RFC 6455 §5.1"}
	case !h.masked && s.masked:
		return &breach{"sends an unmasked frame as a client", "RFC 6455 §5.1"}
	case control && !h.fin:
		return &breach{"fragments a control frame", "RFC 6455 §5.5"}
	case control && h.length > 125:
		return &breach{"sends a control frame of more than 125 bytes", "RFC 6455 §5.5"}
	case !control && s.closed:
		return &breach{"sends a data frame after its Close frame", "RFC 6455 §5.5.1"}
	case !control && s.inMessage != (h.op == opContinuation):
		if s.inMessage {
			return &breach{"begins a message inside another one", "RFC 6455 §5.4"}
		}
		return &breach{"sends a continuation frame with nothing to continue", "RFC 6455 §5.4"}
	case h.op == opClose && s.closed:
		return &breach{"sends a second Close frame", "RFC 6455 §5.5.1"}
	case h.length > maxReceived:
		return fmt.Errorf("sends a frame of %d bytes, more than the suite takes", h.length)
	}
	return nil
}

// readPayload reads and unmasks a payload. Memory follows the bytes that come.
func (s *strict) readPayload(h header) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(min(h.length, 64<<10)))
	n, err := io.CopyN(&b, s.r, int64(h.length))
	shown := append(h.raw, b.Bytes()[:min(b.Len(), lineBytes)]...)
	what := s.describe(h)
	if err != nil {
		what += ", cut short"
	}
	s.log.add(false, what, shown, len(h.raw)+int(n))
	if err != nil {
		return nil, cut(err)
	}
	if h.masked {
		maskBytes(b.Bytes(), h.key)
	}
	return b.Bytes(), nil
}

// take adds a frame to what has come. whole reports that it made an event.
func (s *strict) take(h header, payload []byte) (e event, whole bool, err error) {
	switch h.op {
	case opPing, opPong:
		return event{op: h.op, payload: payload}, true, nil
	case opClose:
		s.closed = true
		e := event{op: opClose, payload: payload, code: noCode}
		if len(payload) > 0 {
			if e.code, err = closeCode(payload); err != nil {
				return e, false, err
			}
		}
		return e, true, nil
	}
	m := &s.message
	if h.op != opContinuation {
		*m = event{op: h.op, compressed: h.rsv&rsv1 != 0}
	}
	m.payload = append(m.payload, payload...)
	m.fragments++
	m.wire += len(payload)
	if len(m.payload) > maxReceived {
		return e, false, fmt.Errorf("sends a message of more than %d bytes", maxReceived)
	}
	s.inMessage = !h.fin
	if s.inMessage {
		return e, false, nil
	}
	if m.compressed {
		if m.payload, err = s.inflater.message(m.payload); err != nil {
			return e, false, err
		}
	}
	if m.op == opText && !utf8.Valid(m.payload) {
		return e, false, &breach{"sends text that is not valid UTF-8", "RFC 6455 §5.6"}
	}
	return *m, true, nil
}

// closeCode judges the payload of a Close frame (RFC 6455 §5.5.1, §7.4).
func closeCode(payload []byte) (int, error) {
	if len(payload) == 1 {
		return 0, &breach{"sends a Close frame with a payload of one byte", "RFC 6455 §5.5.1"}
	}
	code := int(binary.BigEndian.Uint16(payload))
	if !sendable(code) {
		return code, &breach{fmt.Sprintf("sends a Close frame with the code %d", code), "RFC 6455 §7.4"}
	}
	if !utf8.Valid(payload[2:]) {
		return code, &breach{"sends a Close frame whose reason is not valid UTF-8", "RFC 6455 §5.5.1"}
	}
	return code, nil
}

// sendable reports whether a status code may stand in a Close frame.
func sendable(code int) bool {
	return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
}

func (s *strict) describe(h header) string {
	if len(h.raw) < 2 {
		return "end"
	}
	what := opName(h.op)
	for i, bit := range []byte{rsv1, rsv2, rsv3} {
		if h.rsv&bit != 0 {
			what += fmt.Sprintf(" RSV%d", i+1)
		}
	}
	if !h.fin {
		what += ", to be continued"
	}
	return what
}

// cut is the error of an end in the middle of a frame.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
