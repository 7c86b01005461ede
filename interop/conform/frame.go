package conform

import (
	"encoding/binary"
	"math/rand/v2"
)

// The opcodes of RFC 6455 §5.2.
const (
	opContinuation byte = 0x0
	opText         byte = 0x1
	opBinary       byte = 0x2
	opClose        byte = 0x8
	opPing         byte = 0x9
	opPong         byte = 0xA
)

func opName(op byte) string {
	switch op {
	case opContinuation:
		return "continuation"
	case opText:
		return "text"
	case opBinary:
		return "binary"
	case opClose:
		return "close"
	case opPing:
		return "ping"
	case opPong:
		return "pong"
	}
	return "reserved 0x" + string("0123456789abcdef"[op&15])
}

// The bits RSV1 to RSV3, as they stand in the first byte.
const (
	rsv1 byte = 0x40
	rsv2 byte = 0x20
	rsv3 byte = 0x10
)

// masking says whether a frame of the suite is masked.
type masking int

const (
	maskAsRole masking = iota // as the suite's role has it
	maskNever
	maskAlways
)

// A frame is what the suite sends. Anything can be wrong with it.
type frame struct {
	more    bool // FIN is not set
	rsv     byte // rsv1, rsv2, rsv3
	op      byte
	payload []byte
	masking masking
	key     *[4]byte // nil: a random one
	length  int      // bytes of the extended length: 0 for the shortest form, else 2 or 8
	claim   uint64   // the length to claim in place of the payload's; 0: the truth
}

func text(s string) frame           { return frame{op: opText, payload: []byte(s)} }
func binaryFrame(b []byte) frame    { return frame{op: opBinary, payload: b} }
func continuation(s string) frame   { return frame{op: opContinuation, payload: []byte(s)} }
func ping(s string) frame           { return frame{op: opPing, payload: []byte(s)} }
func pong(s string) frame           { return frame{op: opPong, payload: []byte(s)} }
func rawClose(payload string) frame { return frame{op: opClose, payload: []byte(payload)} }

func closeFrame(code int, reason string) frame {
	return frame{op: opClose, payload: append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)}
}

// unfinished returns the frame with FIN cleared.
func (f frame) unfinished() frame {
	f.more = true
	return f
}

// withRSV returns the frame with these reserved bits set.
func (f frame) withRSV(bits byte) frame {
	f.rsv = bits
	return f
}

// maxHeader is the length of the longest header.
const maxHeader = 14

// append appends the frame's bytes as they go over the wire; masked is what the suite's role asks for.
func (f frame) append(b []byte, masked bool) []byte {
	first := f.op&0x0F | f.rsv&0x70
	if !f.more {
		first |= 0x80
	}
	switch f.masking {
	case maskNever:
		masked = false
	case maskAlways:
		masked = true
	}
	var bit byte
	if masked {
		bit = 0x80
	}
	n := uint64(len(f.payload))
	if f.claim != 0 {
		n = f.claim
	}
	switch {
	case f.length == 8 || f.length == 0 && n > 0xFFFF:
		b = append(b, first, bit|127)
		b = binary.BigEndian.AppendUint64(b, n)
	case f.length == 2 || f.length == 0 && n > 125:
		b = append(b, first, bit|126)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b = append(b, first, bit|byte(n))
	}
	if !masked {
		return append(b, f.payload...)
	}
	var key [4]byte
	if f.key != nil {
		key = *f.key
	} else {
		binary.NativeEndian.PutUint32(key[:], rand.Uint32())
	}
	b = append(b, key[:]...)
	begin := len(b)
	b = append(b, f.payload...)
	maskBytes(b[begin:], key)
	return b
}

// maskBytes masks or unmasks a whole payload (RFC 6455 §5.3).
func maskBytes(b []byte, key [4]byte) {
	word := uint64(binary.LittleEndian.Uint32(key[:]))
	word |= word << 32
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^word)
	}
	for i := range b {
		b[i] ^= key[i&3]
	}
}
