package shared

import "strconv"

// A Sequence judges the run of frames that arrives on one connection. Its
// fields are set once, before the first Step. It belongs to one goroutine at a
// time.
type Sequence struct {
	Masked bool // arriving frames must be masked (this end is the server), otherwise they must not be
	RSV1   bool // an extension that uses RSV1 was negotiated (permessage-deflate, RFC 7692)

	inMessage bool
}

// Step judges the header of the next frame, and remembers what the one after
// it depends on. The error is a *[Violation] with status code 1002: the
// connection has to be failed, and no further Step makes sense.
//
// It covers every rule that a header alone can break: the direction of masking
// (RFC 6455 §5.1), reserved bits and opcodes (§5.2, RFC 7692 §6),
// fragmentation (§5.4), and the limits of control frames (§5.5). Limits on
// size are not the protocol's and not judged here.
func (s *Sequence) Step(h *Header) error {
	if h.Masked != s.Masked || h.RSV2 || h.RSV3 || h.Opcode.IsReserved() {
		return s.brokenFrame(h)
	}
	if h.RSV1 && !(s.RSV1 && h.Opcode.IsData()) {
		return s.brokenRSV1(h)
	}
	if h.Opcode.IsControl() {
		if !h.Fin || h.Length > MaxControlPayload {
			return brokenControl(h)
		}
		return nil
	}
	if s.inMessage != (h.Opcode == OpcodeContinuation) {
		return s.brokenFragment(h)
	}
	s.inMessage = !h.Fin
	return nil
}

// InMessage reports whether a fragmented message is unfinished.
func (s *Sequence) InMessage() bool { return s.inMessage }

// The functions below word what Step found: kept apart, they leave Step small.

func (s *Sequence) brokenFrame(h *Header) error {
	switch {
	case h.Opcode.IsReserved():
		return protocolError("opcode "+h.Opcode.hex()+" is reserved", "RFC 6455 §5.2")
	case h.RSV2:
		return protocolError("RSV2 is set, and no extension uses it", "RFC 6455 §5.2")
	case h.RSV3:
		return protocolError("RSV3 is set, and no extension uses it", "RFC 6455 §5.2")
	case s.Masked:
		return protocolError("a frame from a client is not masked", "RFC 6455 §5.1")
	}
	return protocolError("a frame from a server is masked", "RFC 6455 §5.1")
}

func (s *Sequence) brokenRSV1(h *Header) error {
	if !s.RSV1 {
		return protocolError("RSV1 is set, and no extension uses it", "RFC 6455 §5.2")
	}
	return protocolError("RSV1 is set on a "+h.Opcode.String()+" frame", "RFC 7692 §6")
}

func brokenControl(h *Header) error {
	if !h.Fin {
		return protocolError("a "+h.Opcode.String()+" frame is fragmented", "RFC 6455 §5.5")
	}
	return protocolError("a "+h.Opcode.String()+" frame of "+strconv.FormatInt(h.Length, 10)+" bytes is over the limit of 125", "RFC 6455 §5.5")
}

func (s *Sequence) brokenFragment(h *Header) error {
	if s.inMessage {
		return protocolError("a "+h.Opcode.String()+" frame inside an unfinished message", "RFC 6455 §5.4")
	}
	return protocolError("a continuation frame with no message to continue", "RFC 6455 §5.4")
}
