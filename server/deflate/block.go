package deflate

import "sync"

// A sequence is some literals and the match that follows them.
type sequence struct {
	literals uint16
	length   uint16
	distance uint16
}

const (
	maxStored      = 65535 // the most bytes in a stored block, hence in any of ours. RFC 1951 §3.2.4
	storedOverhead = 5     // the bytes that a stored block has besides
	maxSequences   = 8192
	maxFinds       = maxRoom / hashed                   // the most sequences that one call of find adds
	minBlock       = (maxSequences - maxFinds) * hashed // the fewest bytes in a block that is full
	dynamicFrom    = 1024                               // the bits from which on codes of its own may make a block shorter
)

// A block is the bytes that share their Huffman codes, as literals and matches.
type block struct {
	sequences [maxSequences]sequence
	n         int // how many sequences there are
	literals  int // those behind the last match

	tally tally
	codes codes // its own, if it has any
}

// blocks are needed only during Append: all encoders share them.
var blocks = sync.Pool{New: func() any { return new(block) }}

// add adds some literals and a match. The block must not be full; the mask only spares the compiler a check.
func (b *block) add(literals, length, distance int) {
	b.sequences[b.n&(maxSequences-1)] = sequence{uint16(literals), uint16(length), uint16(distance)}
	b.n++
}

// full reports whether there may be no room for what one more call of find adds.
func (b *block) full() bool { return b.n > maxSequences-maxFinds }

func (b *block) clear() { b.n, b.literals = 0, 0 }

// write writes the block, whose bytes are p, in the form that is shortest, by what can be
// known or guessed without trying all of them.
func (b *block) write(w *bitWriter, p []byte) {
	stored, worst := 8*(len(p)+storedOverhead), b.worstFixed(p)
	if worst < min(stored, dynamicFrom) {
		b.writeFixed(w, p)
		return
	}
	if b.dense(p) {
		w.writeStored(p)
		return
	}
	t := &b.tally
	t.count(b.sequences[:b.n], p)
	inFixed := t.fixedSize()
	if worst >= dynamicFrom && t.promising(min(stored, inFixed)) {
		t.plan()
		if t.plannedSize() < min(stored, inFixed) {
			b.codes.set(t.litLenLengths[:], t.distLengths[:])
			w.add(blockDynamic, 3)
			t.header.write(w)
			b.writeCodes(w, p, &b.codes)
			return
		}
	}
	if inFixed < stored {
		b.writeFixed(w, p)
	} else {
		w.writeStored(p)
	}
}

func (b *block) writeFixed(w *bitWriter, p []byte) {
	w.add(blockFixed, 3)
	b.writeCodes(w, p, fixed)
}

// worstFixed returns how many bits the block has in the fixed codes if no literal has one of the shorter ones.
func (b *block) worstFixed(p []byte) int {
	size, literals := int(fixed.end.len()), len(p)
	for _, s := range b.sequences[:b.n] {
		_, _, extra := distanceSymbol(int(s.distance))
		size += int(fixed.lengths[(s.length-minMatch)&255].len() + fixedDist + extra)
		literals -= int(s.length)
	}
	return size + 9*literals
}

// dense guesses whether there is nothing to gain: few matches, and in a sample of the bytes none much more frequent than
// the others.
func (b *block) dense(p []byte) bool {
	const sample = 1024
	if len(p) < 4*sample || b.n > len(p)/sample {
		return false
	}
	var count [256]uint16
	step := len(p) / sample
	for i := range sample {
		count[p[i*step]]++
	}
	pairs := 0 // of the same byte: 4092 when all are as frequent, a quarter more for 7.7 bits of entropy
	for _, n := range count {
		pairs += int(n) * (int(n) - 1)
	}
	return pairs < sample*(sample-1)/256*5/4
}

// writeCodes writes the block's literals, matches and end in the codes c.
func (b *block) writeCodes(w *bitWriter, p []byte, c *codes) {
	for _, s := range b.sequences[:b.n] {
		w.writeLiterals(p[:s.literals], c)
		p = p[int(s.literals)+int(s.length):]
		symbol, extra, n := distanceSymbol(int(s.distance))
		w.addCode(c.lengths[(s.length-minMatch)&255])
		w.addCode(c.distances[symbol&31])
		w.add(uint64(extra), n)
		w.flush()
	}
	w.writeLiterals(p, c)
	w.addCode(c.end)
	w.flush()
}

func (w *bitWriter) writeLiterals(p []byte, c *codes) {
	for len(p) >= 3 {
		w.addCode(c.literals[p[0]])
		w.addCode(c.literals[p[1]])
		w.addCode(c.literals[p[2]])
		w.flush()
		p = p[3:]
	}
	for _, l := range p {
		w.addCode(c.literals[l])
	}
	w.flush()
}
