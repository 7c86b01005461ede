package broken

import (
	"bytes"
	crand "crypto/rand"
	"encoding/binary"
	"io"
)

const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	rsv1 = 4 // as in header.rsv
	rsv2 = 2
	rsv3 = 1
)

// A header is all of a frame but its payload (RFC 6455 §5.2).
type header struct {
	fin    bool
	rsv    byte // RSV1, RSV2, RSV3 are 4, 2, 1
	opcode byte
	masked bool
	key    [4]byte
	length uint64
}

func (h header) control() bool { return h.opcode >= opClose }

// A violation is what the peer is told in a Close frame (RFC 6455 §7.1.7).
type violation struct {
	code int
	rule string
}

func (v violation) Error() string { return v.rule }

// readHeader reads a header, and refuses it as soon as it breaks a rule.
func (p *peer) readHeader() (h header, err error) {
	var b [8]byte
	if _, err := io.ReadFull(p.in, b[:1]); err != nil {
		return h, err
	}
	if p.fault == NeedsWholeHeader && p.in.Buffered() == 0 {
		return h, io.ErrUnexpectedEOF
	}
	h.fin, h.rsv, h.opcode = b[0]&0x80 != 0, b[0]>>4&7, b[0]&0xF
	if _, err := io.ReadFull(p.in, b[:1]); err != nil {
		return h, whole(err)
	}
	h.masked, h.length = b[0]&0x80 != 0, uint64(b[0]&0x7F)
	if p.fault != ProcessesOn {
		if err := p.judge(&h); err != nil {
			return h, err
		}
	}
	switch h.length {
	case 126:
		if _, err := io.ReadFull(p.in, b[:2]); err != nil {
			return h, whole(err)
		}
		h.length = uint64(binary.BigEndian.Uint16(b[:]))
		if h.length < 126 && p.fault != TakesLong16 {
			return h, violation{1002, "a short length in 16 bits"}
		}
	case 127:
		if _, err := io.ReadFull(p.in, b[:8]); err != nil {
			return h, whole(err)
		}
		h.length = binary.BigEndian.Uint64(b[:])
		if p.fault == TakesTopBit {
			h.length &^= 1 << 63
		}
		if h.length>>63 != 0 {
			return h, violation{1002, "a length with its top bit set"}
		}
		if h.length < 1<<16 && p.fault != TakesLong64 {
			return h, violation{1002, "a short length in 64 bits"}
		}
	}
	if h.masked {
		if _, err := io.ReadFull(p.in, h.key[:]); err != nil {
			return h, whole(err)
		}
	}
	if p.fault == RefusesZero && h.key == [4]byte{} {
		return h, violation{1002, "the masking key 0"}
	}
	return h, nil
}

// whole is err at a place where the stream must not end.
func whole(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// judge checks what the first two bytes of a header show.
func (p *peer) judge(h *header) error {
	if h.masked == p.client && p.fault != TakesMasked && p.fault != TakesUnmasked {
		return violation{1002, "masked by a server, or not masked by a client"}
	}
	if p.fault == OpcodeFAsPong && h.opcode == 0xF {
		h.opcode = opPong
	}
	allowed := p.ignoredBits(h)
	if p.deflate != nil && (h.opcode == opText || h.opcode == opBinary) {
		allowed |= rsv1
	}
	if h.rsv&^allowed != 0 {
		return violation{1002, "a reserved bit"}
	}
	if reserved(h.opcode) && !p.skips(h.opcode) {
		if p.fault == ReservedCode1003 {
			return violation{1003, "a reserved opcode"}
		}
		return violation{1002, "a reserved opcode"}
	}
	if h.control() && !reserved(h.opcode) {
		taken := p.fault == TakesLongPing && h.opcode == opPing || p.fault == TakesLongClose && h.opcode == opClose
		if h.length > 125 && !taken {
			return violation{1002, "a long control frame"}
		}
		taken = p.fault == TakesFragmentedPing && h.opcode == opPing || p.fault == TakesFragmentedClose && h.opcode == opClose
		if !h.fin && !taken {
			return violation{1002, "a control frame in fragments"}
		}
		return nil
	}
	if h.opcode == opContinuation && !p.message.begun && p.fault != TakesLoneContinuation {
		return violation{1002, "a continuation of nothing"}
	}
	if inside := h.opcode == opText || h.opcode == opBinary; inside && p.message.begun {
		switch p.fault {
		case TakesDataInside:
			p.message = message{}
		case JoinsDataInside:
			h.opcode = opContinuation
		default:
			return violation{1002, "a new message inside a message"}
		}
	}
	return nil
}

func reserved(opcode byte) bool { return 3 <= opcode && opcode <= 7 || opcode >= 0xB }

func (p *peer) skips(opcode byte) bool {
	return p.fault == SkipsReservedData && opcode < opClose || p.fault == SkipsReservedCtl && opcode > opClose
}

// ignoredBits are the reserved bits of a frame that the peer wrongly overlooks.
func (p *peer) ignoredBits(h *header) byte {
	switch {
	case p.fault == IgnoresRSV1, p.fault == RSV1OnContinuation && h.opcode == opContinuation,
		p.fault == RSV1OnControl && h.control():
		return rsv1
	case p.fault == IgnoresRSV2:
		return rsv2
	case p.fault == IgnoresRSV3:
		return rsv3
	case p.fault == IgnoresControlRSV && h.control(), p.fault == IgnoresFragmentRSV && h.opcode == opContinuation:
		return rsv1 | rsv2 | rsv3
	}
	return 0
}

// readPayload hands over a frame's payload, unmasked, in the pieces in which it comes.
func (p *peer) readPayload(h header, take func([]byte) error) error {
	buf := make([]byte, min(h.length, 32<<10))
	for at := uint64(0); at < h.length; {
		n, err := p.in.Read(buf[:min(h.length-at, uint64(len(buf)))])
		if n == 0 && err != nil {
			return whole(err)
		}
		piece := buf[:n]
		for i := range piece {
			piece[i] ^= h.key[(at+uint64(i))%4]
		}
		if err := take(piece); err != nil {
			return err
		}
		at += uint64(n)
	}
	return nil
}

// writeFrame sends one frame.
func (p *peer) writeFrame(fin bool, rsv, opcode byte, payload []byte) error {
	if p.fault == SendsReservedBit {
		rsv |= rsv3
	}
	first := rsv<<4 | opcode
	if fin {
		first |= 0x80
	}
	b := []byte{first}
	masked := p.client && p.fault != SendsUnmasked && !(p.fault == ControlsClear && opcode >= opClose) || p.fault == SendsMasked
	var maskBit byte
	if masked {
		maskBit = 0x80
	}
	switch n := len(payload); {
	case n > 65535, n == 65535 && p.fault == LongAt65535, p.fault == SendsLong64 && opcode < opClose:
		b = binary.BigEndian.AppendUint64(append(b, maskBit|127), uint64(n))
	case n > 125, n == 125 && p.fault == LongAt125, p.fault == SendsLong16 && opcode < opClose:
		b = binary.BigEndian.AppendUint16(append(b, maskBit|126), uint16(n))
	default:
		b = append(b, maskBit|byte(n))
	}
	if masked {
		key := p.maskingKey()
		b = append(b, key[:]...)
		payload = bytes.Clone(payload)
		for i := range payload {
			payload[i] ^= key[i%4]
		}
	}
	_, err := p.conn.Write(append(b, payload...))
	return err
}

// maskingKey is a fresh one for each frame (RFC 6455 §5.3).
func (p *peer) maskingKey() (key [4]byte) {
	p.frames++
	switch p.fault {
	case ConstantKey:
		return [4]byte{0x37, 0xFA, 0x21, 0x3D}
	case ZeroKey:
		return key
	case CountingKey:
		binary.BigEndian.PutUint32(key[:], 0x5A17_0000+p.frames)
		return key
	}
	crand.Read(key[:])
	return key
}
