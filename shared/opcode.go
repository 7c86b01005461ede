package shared

import "strconv"

// An Opcode says what a frame is: the low four bits of its first byte.
// RFC 6455 §5.2 and §11.8.
type Opcode uint8

// The opcodes that RFC 6455 defines.
const (
	OpcodeContinuation Opcode = 0x0 // the next fragment of a message
	OpcodeText         Opcode = 0x1 // begins a message of UTF-8 text
	OpcodeBinary       Opcode = 0x2 // begins a message of arbitrary bytes
	OpcodeClose        Opcode = 0x8
	OpcodePing         Opcode = 0x9
	OpcodePong         Opcode = 0xA
)

// IsControl reports whether o is a control opcode, 0x8 to 0xF, reserved ones
// included. RFC 6455 §5.5.
func (o Opcode) IsControl() bool { return o>>3 == 1 }

// IsData reports whether o can begin a message: text or binary.
// RFC 6455 §5.6.
func (o Opcode) IsData() bool { return o == OpcodeText || o == OpcodeBinary }

// IsReserved reports whether RFC 6455 gives o no meaning: 0x3 to 0x7, 0xB to
// 0xF, and whatever does not fit into four bits. RFC 6455 §5.2.
func (o Opcode) IsReserved() bool {
	return OpcodeBinary < o && o < OpcodeClose || o > OpcodePong
}

// String gives the name of o, or "reserved 0x3" where there is none.
func (o Opcode) String() string {
	switch o {
	case OpcodeContinuation:
		return "continuation"
	case OpcodeText:
		return "text"
	case OpcodeBinary:
		return "binary"
	case OpcodeClose:
		return "close"
	case OpcodePing:
		return "ping"
	case OpcodePong:
		return "pong"
	}
	return "reserved " + o.hex()
}

func (o Opcode) hex() string { return "0x" + strconv.FormatUint(uint64(o), 16) }
