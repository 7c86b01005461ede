package shared

import (
	"encoding/binary"
	"math/bits"
)

// Unmasked says which messages [UnmaskMessages] has unmasked.
type Unmasked struct {
	Count int
	End   int // how many bytes their frames are
	Last  int // where the frame of the last one begins
	Size  int // how many bytes their payloads are
}

// UnmaskMessages unmasks, where they lie, the messages that b begins with: up
// to most of them that [PeekMessage] recognizes, are masked, and have payloads
// of at most limit bytes. It stops at any other, and at text that is not ASCII,
// for which it takes a [UTF8]; what it stops at is left as it was.
//
// It is PeekMessage, Mask and UTF8 for the shortest messages, of which many
// come together: in one loop without a call everything stays in registers,
// and such a message takes half the time.
func UnmaskMessages(b []byte, most, limit int) (u Unmasked) {
	limit = min(limit, maxLength7)
	for u.Count < most && len(b)-u.End >= 6 {
		frame := b[u.End:]
		opcode, length := Opcode(frame[0]-bitFin), int(frame[1])-bitMasked
		if opcode-OpcodeText > OpcodeBinary-OpcodeText || length < 0 || length > limit || length > len(frame)-6 {
			break
		}
		payload := frame[6 : 6+length]
		key := binary.LittleEndian.Uint32(frame[2:])
		k, text := uint64(key)<<32|uint64(key), opcode == OpcodeText
		switch { // in words, of which the last two may overlap
		case length >= 8:
			last := payload[length-8:]
			w := word(last) ^ bits.RotateLeft64(k, -8*(length&7))
			if text {
				seen := w
				for p := payload; len(p) > 8; p = p[8:] {
					seen |= word(p) ^ k
				}
				if seen&notASCII != 0 {
					return u
				}
			}
			for p := payload; len(p) > 8; p = p[8:] {
				binary.LittleEndian.PutUint64(p, word(p)^k)
			}
			binary.LittleEndian.PutUint64(last, w)
		case length >= 4:
			last := payload[length-4:]
			v := binary.LittleEndian.Uint32(payload) ^ key
			w := binary.LittleEndian.Uint32(last) ^ bits.RotateLeft32(key, -8*(length&3))
			if text && (v|w)&(notASCII>>32) != 0 {
				return u
			}
			binary.LittleEndian.PutUint32(payload, v)
			binary.LittleEndian.PutUint32(last, w)
		default:
			seen := byte(0)
			for i, c := range payload {
				seen |= c ^ byte(k>>(8*i))
			}
			if text && seen >= 0x80 {
				return u
			}
			for i := range payload {
				payload[i] ^= byte(k >> (8 * i))
			}
		}
		u.Count++
		u.Last = u.End
		u.End += 6 + length
		u.Size += length
	}
	return u
}
