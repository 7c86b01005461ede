package shared

import (
	"encoding/binary"
	"strconv"
)

// Sizes that bound a frame, in bytes. RFC 6455 §5.2 and §5.5.
const (
	MaxHeaderLen      = 14  // the longest header: 2, a length of 8, a masking key of 4
	MaxControlPayload = 125 // the longest payload of a control frame
)

// The bits of a header's first two bytes, and the two values of the 7-bit
// length that announce a longer one. RFC 6455 §5.2.
const (
	bitFin    = 0x80
	bitRSV1   = 0x40
	bitRSV2   = 0x20
	bitRSV3   = 0x10
	bitMasked = 0x80

	length16 = 126
	length64 = 127

	maxLength7  = 125
	maxLength16 = 1<<16 - 1
)

// A Header is all of a frame but its payload. RFC 6455 §5.2.
type Header struct {
	Fin              bool // the last fragment of its message
	RSV1, RSV2, RSV3 bool // reserved for extensions
	Opcode           Opcode
	Masked           bool    // set by clients, and by them alone
	MaskingKey       [4]byte // when Masked
	Length           int64   // of the payload, in bytes
}

// ParseHeader reads a header from the beginning of b and returns it with its
// length n. If b ends too early, n is 0 and err is nil: call again with more.
//
// It judges only the encoding: a length that is not in its shortest form, or
// has its top bit set, is a *[Violation] with status code 1002, returned as
// soon as b holds the bytes that show it. All other rules are [Sequence]'s.
// RFC 6455 §5.2.
func ParseHeader(b []byte) (h Header, n int, err error) {
	n, err = h.Parse(b)
	return h, n, err
}

// Parse is [ParseHeader] into h: to copy a header that has just been put
// together takes a processor longer than to parse it. When n is 0, h is as it
// was.
func (h *Header) Parse(b []byte) (n int, err error) {
	if len(b) < 2 {
		return 0, nil
	}
	first, second := b[0], b[1] // once: what is written to h could lie in b, as far as the compiler knows
	length, n := int64(second&^bitMasked), 2
	if length > maxLength7 {
		if length, n, err = parseLongLength(b); n == 0 {
			return 0, err
		}
	}
	var key uint32
	masked := second&bitMasked != 0
	if masked {
		if len(b) < n+4 {
			return 0, nil
		}
		key = binary.NativeEndian.Uint32(b[n:])
		n += 4
	}
	h.Fin = first&bitFin != 0
	h.RSV1 = first&bitRSV1 != 0
	h.RSV2 = first&bitRSV2 != 0
	h.RSV3 = first&bitRSV3 != 0
	h.Opcode = Opcode(first & 0x0F)
	h.Masked = masked
	binary.NativeEndian.PutUint32(h.MaskingKey[:], key)
	h.Length = length
	return n, nil
}

// parseLongLength reads the 16-bit or 64-bit length that b[1] announces, and
// returns it with the offset behind it; n is 0 when b is too short or wrong.
func parseLongLength(b []byte) (length int64, n int, err error) {
	if b[1]&^bitMasked == length16 {
		if len(b) < 4 {
			return 0, 0, nil
		}
		length = int64(binary.BigEndian.Uint16(b[2:]))
		if length <= maxLength7 {
			return 0, 0, protocolError("a length of "+strconv.FormatInt(length, 10)+" in 16 bits is not in its shortest form", "RFC 6455 §5.2")
		}
		return length, 4, nil
	}
	if len(b) > 2 && b[2]&0x80 != 0 {
		return 0, 0, protocolError("a 64-bit length with its top bit set", "RFC 6455 §5.2")
	}
	// Six zero bytes already show a length that fits into 16 bits.
	if len(b) >= 8 && binary.BigEndian.Uint32(b[2:])|uint32(binary.BigEndian.Uint16(b[6:])) == 0 {
		return 0, 0, protocolError("a length below 65536 in 64 bits is not in its shortest form", "RFC 6455 §5.2")
	}
	if len(b) < 10 {
		return 0, 0, nil
	}
	return int64(binary.BigEndian.Uint64(b[2:])), 10, nil
}

// PeekMessage looks at the beginning of b for a message in its commonest
// form: one frame, all of it there, without an extension, of at most
// 125 bytes. They are b[start:end]; if they are masked, the four bytes before
// them are the key. Whatever else is there, or is not a message at all, is
// [ParseHeader]'s to say: end is 0.
func PeekMessage(b []byte) (op Opcode, masked bool, start, end int) {
	if len(b) < 2 {
		return
	}
	op, length := Opcode(b[0]&^bitFin), int(b[1])
	start = 2
	if length >= bitMasked {
		masked, start, length = true, 6, length-bitMasked
	}
	if end = start + length; b[0] < bitFin || op-OpcodeText > OpcodeBinary-OpcodeText || length > maxLength7 || end > len(b) {
		end = 0
	}
	return
}

// IsMessage reports whether the frame is a message by itself, without an
// extension.
func (h *Header) IsMessage() bool {
	return h.Fin && (h.Opcode == OpcodeText || h.Opcode == OpcodeBinary) && !h.RSV1 && !h.RSV2 && !h.RSV3
}

// AppendHeader appends the wire form of h to b, the length in its shortest
// form, and returns the longer slice. Of the opcode the low four bits count; a
// negative length is the caller's mistake and written as 0. RFC 6455 §5.2.
func AppendHeader(b []byte, h Header) []byte { return h.Append(b) }

// Append is [AppendHeader] without a copy of the header, as Parse is.
func (h *Header) Append(b []byte) []byte {
	first := byte(h.Opcode) & 0x0F
	if h.Fin {
		first |= bitFin
	}
	if h.RSV1 {
		first |= bitRSV1
	}
	if h.RSV2 {
		first |= bitRSV2
	}
	if h.RSV3 {
		first |= bitRSV3
	}
	var masked byte
	if h.Masked {
		masked = bitMasked
	}
	switch length := max(h.Length, 0); {
	case length <= maxLength7:
		b = append(b, first, masked|byte(length))
	case length <= maxLength16:
		b = append(b, first, masked|length16, byte(length>>8), byte(length))
	default:
		b = append(b, first, masked|length64)
		b = binary.BigEndian.AppendUint64(b, uint64(length))
	}
	if h.Masked {
		b = append(b, h.MaskingKey[:]...)
	}
	return b
}

// AppendMessage appends a message as a server sends it, which does not mask:
// one frame. op is OpcodeText or OpcodeBinary.
func AppendMessage(b []byte, op Opcode, payload []byte) []byte {
	if len(payload) > maxLength7 {
		return appendLongMessage(b, op, payload)
	}
	return append(append(b, bitFin|byte(op), byte(len(payload))), payload...)
}

// appendLongMessage is apart so that the compiler puts AppendMessage where it
// is called.
//
//go:noinline
func appendLongMessage(b []byte, op Opcode, payload []byte) []byte {
	b = AppendHeader(b, Header{Fin: true, Opcode: op, Length: int64(len(payload))})
	return append(b, payload...)
}

// Len returns the number of bytes that [AppendHeader] appends for h: 2 to
// [MaxHeaderLen].
func (h Header) Len() int {
	n := 2
	switch {
	case h.Length > maxLength16:
		n += 8
	case h.Length > maxLength7:
		n += 2
	}
	if h.Masked {
		n += 4
	}
	return n
}
