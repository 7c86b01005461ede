package deflate

import "math"

// A tally counts how often each symbol occurs in a block, and finds the best codes for that. RFC 1951 §3.2.7.
type tally struct {
	litLens       [numLitLens]uint16
	dists         [numDists]uint16
	litLenLengths [numLitLens]uint8
	distLengths   [numDists]uint8
	header        header
}

// count counts the symbols of a block whose bytes are p.
func (t *tally) count(sequences []sequence, p []byte) {
	clear(t.litLens[:])
	clear(t.dists[:])
	for _, s := range sequences {
		for _, l := range p[:s.literals] {
			t.litLens[l]++
		}
		p = p[int(s.literals)+int(s.length):]
		length, _, _ := lengthSymbol(int(s.length))
		distance, _, _ := distanceSymbol(int(s.distance))
		t.litLens[length]++
		t.dists[distance]++
	}
	for _, l := range p {
		t.litLens[l]++
	}
	t.litLens[endOfBlock]++
}

// plan finds the best codes for what was counted.
func (t *tally) plan() {
	codeLengths(t.litLenLengths[:], t.litLens[:], maxCodeLen)
	codeLengths(t.distLengths[:], t.dists[:], maxCodeLen)
	t.header.plan(t.litLenLengths[:], t.distLengths[:])
}

// plannedSize returns how many bits the block has in the codes of the plan, with their header.
func (t *tally) plannedSize() int {
	size := t.header.size()
	for symbol, n := range t.litLens {
		size += int(n) * (int(t.litLenLengths[symbol]) + lengthExtra(symbol))
	}
	for symbol, n := range t.dists {
		size += int(n) * (int(t.distLengths[symbol]) + distanceExtra(symbol))
	}
	return size
}

// fixedSize returns how many bits the block has in the fixed codes.
func (t *tally) fixedSize() int {
	size := 0
	for symbol, n := range t.litLens {
		size += int(n) * (int(fixedLitLen(symbol)) + lengthExtra(symbol))
	}
	for symbol, n := range t.dists {
		size += int(n) * (fixedDist + distanceExtra(symbol))
	}
	return size
}

// promising guesses whether a plan could make the block shorter than some bits: its literals and lengths take at least as
// many bits as the entropy of second order says, which is cheap to find, and a symbol in the header a few.
func (t *tally) promising(bits int) bool {
	const inHeader = 3
	n, different, squares := 0, 0, 0.0
	for _, f := range t.litLens {
		if f > 0 {
			n += int(f)
			different++
			squares += float64(f) * float64(f)
		}
	}
	entropy := 2*math.Log2(float64(n)) - math.Log2(squares)
	return float64(n)*entropy+float64(inHeader*different) < float64(bits)
}
