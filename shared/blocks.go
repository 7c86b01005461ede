package shared

import "encoding/binary"

// blockSize is how many bytes the loops take at once that masking and UTF-8 spend their time in, with long payloads. They are
// here in words of 64 bits, for any processor; some have a twin in assembly.
const blockSize = 64

const notASCII = 0x8080808080808080 // in a word, the bits that ASCII does not have

func word(p []byte) uint64 { return binary.LittleEndian.Uint64(p) }

// maskWords is maskBlocks for any processor.
func maskWords(b []byte, k uint64) (ascii bool) {
	var seen uint64
	for i := 0; i <= len(b)-blockSize; i += blockSize {
		p := b[i : i+blockSize : i+blockSize] // one check of bounds for eight words
		seen |= xor64(p[0:], k)
		seen |= xor64(p[8:], k)
		seen |= xor64(p[16:], k)
		seen |= xor64(p[24:], k)
		seen |= xor64(p[32:], k)
		seen |= xor64(p[40:], k)
		seen |= xor64(p[48:], k)
		seen |= xor64(p[56:], k)
	}
	return seen&notASCII == 0
}

func xor64(b []byte, k uint64) uint64 {
	w := word(b) ^ k
	binary.LittleEndian.PutUint64(b, w)
	return w
}

// asciiWords is asciiBlocks for any processor.
func asciiWords(b []byte) (n int) {
	for ; n <= len(b)-blockSize; n += blockSize {
		p := b[n : n+blockSize : n+blockSize]
		if (word(p)|word(p[8:])|word(p[16:])|word(p[24:])|word(p[32:])|word(p[40:])|word(p[48:])|word(p[56:]))&notASCII != 0 {
			break
		}
	}
	return n
}
