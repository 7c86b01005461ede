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
	next := pos + len(b)

	// One 32-bit key, turned so that its lowest byte belongs to b[0], twice.
	k32 := bits.RotateLeft32(binary.LittleEndian.Uint32(key[:]), -8*(pos&3))
	k64 := uint64(k32)<<32 | uint64(k32)

	i := 0
	for ; i <= len(b)-64; i += 64 {
		p := b[i : i+64 : i+64] // one check of bounds for eight words
		xor64(p[0:], k64)
		xor64(p[8:], k64)
		xor64(p[16:], k64)
		xor64(p[24:], k64)
		xor64(p[32:], k64)
		xor64(p[40:], k64)
		xor64(p[48:], k64)
		xor64(p[56:], k64)
	}
	b = b[i:]
	for len(b) >= 8 {
		xor64(b, k64)
		b = b[8:]
	}
	if len(b) >= 4 {
		binary.LittleEndian.PutUint32(b, binary.LittleEndian.Uint32(b)^k32)
		b = b[4:]
	}
	for i := range b {
		b[i] ^= byte(k64)
		k64 >>= 8
	}
	return next
}

func xor64(b []byte, k uint64) {
	binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
}
