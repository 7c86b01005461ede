package deflate

import (
	"slices"
	"testing"
)

// RFC 1951 §3.2.7: how lengths repeat.
func TestRFC1951_Section3_2_7_Runs(t *testing.T) {
	last := func(n int) run { return run{repeatLast, 2, uint8(n - 3)} }
	zeros := func(n int) run { return run{repeatZero, 3, uint8(n - 3)} }
	manyZeros := func(n int) run { return run{repeatManyZero, 7, uint8(n - 11)} }
	one := func(length uint8) run { return run{symbol: length} }
	for _, c := range []struct {
		length uint8
		n      int
		want   []run
	}{
		{8, 1, []run{one(8)}},
		{8, 3, []run{one(8), one(8), one(8)}},
		{8, 4, []run{one(8), last(3)}},
		{8, 7, []run{one(8), last(6)}},
		{8, 9, []run{one(8), last(6), one(8), one(8)}},
		{8, 13, []run{one(8), last(6), last(6)}},
		{0, 2, []run{one(0), one(0)}},
		{0, 3, []run{zeros(3)}},
		{0, 10, []run{zeros(10)}},
		{0, 11, []run{manyZeros(11)}},
		{0, 138, []run{manyZeros(138)}},
		{0, 140, []run{manyZeros(138), one(0), one(0)}},
		{0, 141, []run{manyZeros(138), zeros(3)}},
	} {
		if got := appendRuns(nil, slices.Repeat([]uint8{c.length}, c.n)); !slices.Equal(got, c.want) {
			t.Errorf("%d, %d times: %v, want %v", c.length, c.n, got, c.want)
		}
	}
}

// The size that a header is said to have is the size it has, and it says no more lengths than it has to.
func TestHeaderSize(t *testing.T) {
	for _, data := range [][]byte{many(2000), dense(2000), skewed(2000), make([]byte, 2000)} {
		b, m := new(block), newMatcher(12)
		m.find(b, data)
		ta := &b.tally
		ta.count(b.sequences[:b.n], data)
		ta.plan()
		w := bitWriter{out: make([]byte, 1000)}
		ta.header.write(&w)
		if got := 8*w.n + int(w.bits); got != ta.header.size() {
			t.Errorf("%d bits, said to be %d", got, ta.header.size())
		}
		if last := codeLenOrder[ta.header.hclen-1]; ta.header.lengths[last] == 0 {
			t.Errorf("the last of %d code lengths is 0", ta.header.hclen)
		}
	}
}
