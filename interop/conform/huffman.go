package conform

import (
	"fmt"
	"math/bits"
)

// A huffman decodes the symbols of one alphabet: the short codes by a table, the long ones canonically.
type huffman struct {
	short [1 << shortBits]uint16 // symbol<<4 | length; 0: longer
	count [16]int
	order []uint16 // symbols in the order of their codes
}

const shortBits = 9

func newHuffman(lengths []byte) (h huffman, err error) {
	for _, n := range lengths {
		h.count[n]++
	}
	h.count[0] = 0
	var code, at [16]int
	left := 1
	for n := 1; n < 16; n++ {
		if left = left<<1 - h.count[n]; left < 0 {
			return h, fmt.Errorf("%w: more codes than there is room for", errDeflate)
		}
		code[n] = (code[n-1] + h.count[n-1]) << 1
		at[n] = at[n-1] + h.count[n-1]
	}
	h.order = make([]uint16, len(lengths))
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		h.order[at[n]] = uint16(symbol)
		at[n]++
		if n <= shortBits {
			reversed := int(bits.Reverse16(uint16(code[n])) >> (16 - n))
			for ; reversed < len(h.short); reversed += 1 << n {
				h.short[reversed] = uint16(symbol)<<4 | uint16(n)
			}
		}
		code[n]++
	}
	return h, nil
}

func (d *inflater) symbol(h *huffman) (int, error) {
	d.fill(15)
	if e := h.short[d.bits&(1<<shortBits-1)]; e != 0 && uint(e&15) <= d.nbits {
		d.bits >>= e & 15
		d.nbits -= uint(e & 15)
		return int(e >> 4), nil
	}
	code, first, index := 0, 0, 0
	for n := uint(1); n < 16; n++ {
		if n > d.nbits {
			return 0, fmt.Errorf("%w: it ends inside a block", errDeflate)
		}
		code |= int(d.bits >> (n - 1) & 1)
		if code-first < h.count[n] {
			d.bits >>= n
			d.nbits -= n
			return int(h.order[index+code-first]), nil
		}
		index += h.count[n]
		first = (first + h.count[n]) << 1
		code <<= 1
	}
	return 0, fmt.Errorf("%w: a code that stands for nothing", errDeflate)
}

// A rangeCode is a symbol that stands for a range of lengths or distances.
type rangeCode struct {
	base  int
	extra uint
}

var (
	lengthCodes   [29]rangeCode
	distanceCodes [30]rangeCode

	fixedLiterals, fixedDistances huffman
)

func init() {
	base := 3
	for i := range lengthCodes {
		extra := uint(max(0, i/4-1))
		lengthCodes[i] = rangeCode{base, extra}
		base += 1 << extra
	}
	lengthCodes[28] = rangeCode{258, 0}
	base = 1
	for i := range distanceCodes {
		extra := uint(max(0, i/2-1))
		distanceCodes[i] = rangeCode{base, extra}
		base += 1 << extra
	}
	var lengths [288]byte
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	fixedLiterals, _ = newHuffman(lengths[:])
	var five [30]byte
	for i := range five {
		five[i] = 5
	}
	fixedDistances, _ = newHuffman(five[:])
}
