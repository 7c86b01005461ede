package shared

import (
	"encoding/binary"
	"math/bits"
)

// Mask masks or unmasks b in place with key: the two are the same. pos is the
// offset of b[0] in the frame's payload, 0 for its beginning. Mask returns the
// offset behind b, for the next piece of the same payload; only its value
// modulo 4 matters. RFC 6455 §5.3.
func Mask(b []byte, key [4]byte, pos int) int {
	if ahead := -pos & 7; len(b) >= 2048 && ahead > 0 {
		// A payload is cut anywhere, but begins where memory does, mostly: aligned words are faster.
		return Mask(b[ahead:], key, Mask(b[:ahead], key, pos))
	}
	next := pos + len(b)

	// The key, turned so that its lowest byte belongs to b[0], twice.
	k32 := bits.RotateLeft32(binary.LittleEndian.Uint32(key[:]), -8*(pos&3))
	k := uint64(k32)<<32 | uint64(k32)

	i := 0
	for ; i <= len(b)-64; i += 64 {
		p := b[i : i+64 : i+64] // one check of bounds for eight words
		xor64(p[0:], k)
		xor64(p[8:], k)
		xor64(p[16:], k)
		xor64(p[24:], k)
		xor64(p[32:], k)
		xor64(p[40:], k)
		xor64(p[48:], k)
		xor64(p[56:], k)
	}
	if i <= len(b)-32 {
		p := b[i : i+32 : i+32]
		xor64(p[0:], k)
		xor64(p[8:], k)
		xor64(p[16:], k)
		xor64(p[24:], k)
		i += 32
	}
	if i <= len(b)-16 {
		p := b[i : i+16 : i+16]
		xor64(p[0:], k)
		xor64(p[8:], k)
		i += 16
	}
	if i <= len(b)-8 {
		xor64(b[i:], k)
		i += 8
	}
	if i <= len(b)-4 {
		p := b[i : i+4 : i+4]
		binary.LittleEndian.PutUint32(p, binary.LittleEndian.Uint32(p)^k32)
		i += 4
	}
	for ; i < len(b); i++ {
		b[i] ^= byte(k)
		k >>= 8
	}
	return next
}

func xor64(b []byte, k uint64) {
	binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
}
