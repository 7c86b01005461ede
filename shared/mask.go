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
	mask(b, twice(key, pos))
	return pos + len(b)
}

// twice is the key two times, turned so that its lowest byte belongs to the offset pos.
func twice(key [4]byte, pos int) uint64 {
	k := bits.RotateLeft32(binary.LittleEndian.Uint32(key[:]), -8*(pos&3))
	return uint64(k)<<32 | uint64(k)
}

// mask masks b with k, which is for its first eight bytes. It reports whether
// what comes out is ASCII, which shows in passing.
func mask(b []byte, k uint64) (ascii bool) {
	if n := len(b); 8 <= n && n <= 16 { // two words, which may overlap
		first, last := b[:8:8], b[n-8:n:n]
		v, w := word(first)^k, word(last)^bits.RotateLeft64(k, -8*(n&7))
		binary.LittleEndian.PutUint64(first, v)
		binary.LittleEndian.PutUint64(last, w)
		return (v|w)&notASCII == 0
	}
	ascii = true
	if blocks := len(b) &^ (blockSize - 1); blocks > 0 {
		ascii = maskBlocks(b[:blocks], k)
		b = b[blocks:]
	}
	var seen uint64
	for ; len(b) >= 8; b = b[8:] {
		seen |= xor64(b, k)
	}
	if len(b) >= 4 {
		w := binary.LittleEndian.Uint32(b) ^ uint32(k)
		binary.LittleEndian.PutUint32(b, w)
		seen |= uint64(w)
		b = b[4:]
	}
	for i := range b {
		b[i] ^= byte(k)
		seen |= uint64(b[i])
		k >>= 8
	}
	return ascii && seen&notASCII == 0
}
