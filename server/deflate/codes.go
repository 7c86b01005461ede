package deflate

import "math/bits"

// The three bits before a block: BFINAL, which is never set here, and BTYPE. RFC 1951 §3.2.3.
const (
	blockStored  = 0 << 1
	blockFixed   = 1 << 1
	blockDynamic = 2 << 1
)

// The literal/length alphabet: 256 bytes, the end of the block, 29 ranges of lengths. And the alphabet of distances, 30
// ranges. RFC 1951 §3.2.5.
const (
	endOfBlock  = 256
	firstLength = 257
	numLitLens  = 286
	numDists    = 30

	numFixedLitLens = 288 // BTYPE 01 has codes for two more, without a meaning. RFC 1951 §3.2.6
)

// How long a code may be at most, in bits: one for symbols, one for code lengths. RFC 1951 §3.2.7.
const (
	maxCodeLen    = 15
	maxCodeLenLen = 7
)

// lengthSymbol returns the range that a match's length is in, and which of the range's it is, in n extra bits.
// RFC 1951 §3.2.5.
func lengthSymbol(length int) (symbol int, extra uint32, n uint) {
	if length == maxMatch {
		return numLitLens - 1, 0, 0
	}
	x := uint32(length - 3)
	if x < 8 {
		return firstLength + int(x), 0, 0
	}
	n = uint(bits.Len32(x)) - 3 // the ranges are quarters between two powers of two
	return firstLength + int(4*n) + int(x>>n), x & (1<<n - 1), n
}

// distanceSymbol returns the range that a match's distance is in, and which of the range's it is, in n extra bits.
// RFC 1951 §3.2.5.
func distanceSymbol(distance int) (symbol int, extra uint32, n uint) {
	x := uint32(distance - 1)
	if x < 4 {
		return int(x), 0, 0
	}
	n = uint(bits.Len32(x)) - 2 // the ranges are halves between two powers of two
	return int(2*n) + int(x>>n), x & (1<<n - 1), n
}

// lengthExtra and distanceExtra return how many extra bits follow a symbol.
func lengthExtra(symbol int) int {
	if symbol < firstLength+8 || symbol == numLitLens-1 {
		return 0
	}
	return (symbol-firstLength)/4 - 1
}

func distanceExtra(symbol int) int { return max(0, symbol/2-1) }

// A code is what stands for a symbol: its bits in the order in which they are written, and below them, in 6 bits, how
// many they are.
type code uint32

const codeShift = 6

func newCode(v uint32, n uint) code { return code(v<<codeShift | uint32(n)) }
func (c code) bits() uint64         { return uint64(c >> codeShift) }
func (c code) len() uint            { return uint(c & (1<<codeShift - 1)) }

// codes are the two Huffman codes of a block. The extra bits of a length are part of its code.
type codes struct {
	literals  [256]code
	lengths   [256]code // by the length less 3
	end       code
	distances [32]code // by symbol; of two there is none
}

// set makes the codes from the lengths, in bits, of each symbol's code.
func (c *codes) set(litLens, dists []uint8) {
	var all [numFixedLitLens]code
	canonical(all[:], litLens)
	copy(c.literals[:], all[:])
	c.end = all[endOfBlock]
	for i := range c.lengths {
		symbol, extra, n := lengthSymbol(i + 3)
		s := all[symbol]
		c.lengths[i] = newCode(uint32(s.bits())|extra<<s.len(), s.len()+n)
	}
	canonical(c.distances[:], dists)
}

// canonical gives each symbol the code that follows from the lengths of all. RFC 1951 §3.2.2.
func canonical(to []code, lengths []uint8) {
	var count, next [maxCodeLen + 2]uint16
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	for n := 1; n <= maxCodeLen; n++ {
		next[n+1] = (next[n] + count[n]) << 1
	}
	for i, n := range lengths {
		to[i] = 0
		if n != 0 {
			to[i] = newCode(uint32(bits.Reverse16(next[n])>>(16-n)), uint(n))
			next[n]++
		}
	}
}

// fixedLitLen and fixedDist are the lengths, in bits, of the codes of BTYPE 01. RFC 1951 §3.2.6.
func fixedLitLen(symbol int) uint8 {
	switch {
	case symbol < 144:
		return 8
	case symbol < 256:
		return 9
	case symbol < 280:
		return 7
	default:
		return 8
	}
}

const fixedDist = 5

// fixed are the codes of BTYPE 01.
var fixed = func() *codes {
	var litLens [numFixedLitLens]uint8
	for symbol := range litLens {
		litLens[symbol] = fixedLitLen(symbol)
	}
	var dists [numDists]uint8
	for symbol := range dists {
		dists[symbol] = fixedDist
	}
	c := new(codes)
	c.set(litLens[:], dists[:])
	return c
}()
