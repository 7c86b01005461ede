package deflate

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// An inflater inflates messages as RFC 1951 §3.2 says, bit by bit, and judges what a lenient one would let pass: a match
// from beyond the window or from before the first byte, a code that is not complete, a block with BFINAL set, bits that
// are left over. It remembers what it has inflated as one that compresses with context takeover has to expect.
type inflater struct {
	window  int
	history []byte // all since the beginning, or since reset
	in      []byte
	bit     int // the next one
}

func (f *inflater) reset() { f.history = nil }

// inflate returns the message that p, with the Tail, holds.
func (f *inflater) inflate(p []byte) (message []byte, err error) {
	before := len(f.history)
	f.in, f.bit = p, 0
	defer func() {
		if r := recover(); r != nil {
			message, err = nil, fmt.Errorf("bit %d: %v", f.bit, r)
		}
	}()
	empty := false
	for f.bit < 8*len(p) {
		empty = f.block()
	}
	if !empty {
		return nil, errors.New("the last block is not an empty stored one")
	}
	return f.history[before:], nil
}

// block inflates one block and says whether it is a stored one without any bytes.
func (f *inflater) block() bool {
	f.must(f.take(1) == 0, "BFINAL is set")
	switch f.take(2) {
	case 0:
		for f.bit%8 != 0 {
			f.must(f.take(1) == 0, "the padding is not zero")
		}
		n := f.take(16)
		f.must(n^0xffff == f.take(16), "NLEN is not LEN's complement")
		for range n {
			f.history = append(f.history, byte(f.take(8)))
		}
		return n == 0
	case 1:
		f.matches(fixedCodes())
	case 2:
		f.matches(f.header())
	default:
		panic("BTYPE is 11")
	}
	return false
}

// fixedCodes are those of BTYPE 01. RFC 1951 §3.2.6.
var fixedCodes = sync.OnceValues(func() (litLens, dists prefixCode) {
	f := new(inflater)
	return f.codes(slices.Concat(slices.Repeat([]int{8}, 144), slices.Repeat([]int{9}, 112),
		slices.Repeat([]int{7}, 24), slices.Repeat([]int{8}, 8))), f.codes(slices.Repeat([]int{5}, 32))
})

// header reads the codes of a block of BTYPE 10. RFC 1951 §3.2.7.
func (f *inflater) header() (litLens, dists prefixCode) {
	hlit, hdist, hclen := f.take(5)+257, f.take(5)+1, f.take(4)+4
	f.must(hlit <= 286 && hdist <= 30, "HLIT or HDIST is too large")
	var lengths [19]int
	for _, i := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:hclen] {
		lengths[i] = f.take(3)
	}
	codes := f.codes(lengths[:])
	var all []int
	for len(all) < hlit+hdist {
		symbol, repeated, n := f.symbol(codes), 0, 1
		switch symbol {
		case 16:
			f.must(len(all) > 0, "there is no length to repeat")
			repeated, n = all[len(all)-1], f.take(2)+3
		case 17:
			n = f.take(3) + 3
		case 18:
			n = f.take(7) + 11
		default:
			repeated = symbol
		}
		for range n {
			all = append(all, repeated)
		}
	}
	f.must(len(all) == hlit+hdist, "there are more lengths than HLIT and HDIST say")
	f.must(all[256] != 0, "the end of the block has no code")
	return f.codes(all[:hlit]), f.codes(all[hlit:])
}

// matches inflates until the end of the block. RFC 1951 §3.2.3.
func (f *inflater) matches(litLens, dists prefixCode) {
	for {
		symbol := f.symbol(litLens)
		switch {
		case symbol < 256:
			f.history = append(f.history, byte(symbol))
			continue
		case symbol == 256:
			return
		}
		f.must(symbol <= 285, "no such length")
		length := lengthBase[symbol-257].base + f.take(lengthBase[symbol-257].extra)
		f.must(length <= 258, "the match is too long")
		symbol = f.symbol(dists)
		f.must(symbol <= 29, "no such distance")
		distance := distanceBase[symbol].base + f.take(distanceBase[symbol].extra)
		f.must(distance <= f.window, fmt.Sprint("the distance ", distance, " is beyond the window"))
		f.must(distance <= len(f.history), fmt.Sprint("the distance ", distance, " is before the first byte"))
		for range length {
			f.history = append(f.history, f.history[len(f.history)-distance])
		}
	}
}

// A prefixCode gives the symbols, plus one, by their codes, read as numbers with a one before the first bit.
type prefixCode []int16

// codes returns the code that follows from the lengths of all symbols. RFC 1951 §3.2.2.
func (f *inflater) codes(lengths []int) prefixCode {
	longest := slices.Max(lengths)
	codes := make(prefixCode, 2<<longest)
	next := 0
	for n := 1; n <= longest; n++ {
		next <<= 1
		for symbol, length := range lengths {
			if length == n {
				f.must(next < 1<<n, "there are more codes than bits for them")
				codes[1<<n|next] = int16(symbol) + 1
				next++
			}
		}
	}
	f.must(next == 1<<longest, "the code is not complete")
	return codes
}

func (f *inflater) symbol(codes prefixCode) int {
	code := 1
	for codes[code] == 0 {
		code = code<<1 | f.take(1)
	}
	return int(codes[code]) - 1
}

// take reads n bits, the lowest first.
func (f *inflater) take(n int) (v int) {
	for i := range n {
		v |= int(f.in[f.bit/8]>>(f.bit%8)&1) << i
		f.bit++
	}
	return v
}

func (f *inflater) must(ok bool, message string) {
	if !ok {
		panic(message)
	}
}

type base struct{ base, extra int }

// lengthBase and distanceBase are the two tables of RFC 1951 §3.2.5: the first of each range, and its extra bits.
var lengthBase = func() (t [29]base) {
	next := 3
	for i := range t {
		t[i] = base{next, max(0, i/4-1)}
		next += 1 << t[i].extra
	}
	t[28] = base{258, 0}
	return t
}()

var distanceBase = func() (t [30]base) {
	next := 1
	for i := range t {
		t[i] = base{next, max(0, i/2-1)}
		next += 1 << t[i].extra
	}
	return t
}()
