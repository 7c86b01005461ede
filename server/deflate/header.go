package deflate

// The alphabet of code lengths: 0 to 15, and three that repeat. RFC 1951 §3.2.7.
const (
	repeatLast     = 16 // the length before, 3 to 6 times
	repeatZero     = 17 // 0, 3 to 10 times
	repeatManyZero = 18 // 0, 11 to 138 times
	numCodeLens    = 19
)

// codeLenOrder is the order in which the lengths of the code lengths' own codes are written. RFC 1951 §3.2.7.
var codeLenOrder = [numCodeLens]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// A header tells the recipient the codes of a block: the lengths of all of them, in a Huffman code of its own.
// RFC 1951 §3.2.7.
type header struct {
	hlit, hdist, hclen int
	runs               []run
	lengths            [numCodeLens]uint8
	codes              [numCodeLens]code
}

// A run is a code length, or one that repeats and how often.
type run struct {
	symbol uint8
	extra  uint8 // bits of value
	value  uint8
}

// plan makes the header for codes of these lengths.
func (h *header) plan(litLens, dists []uint8) {
	h.hlit, h.hdist, h.hclen = trimmed(litLens, firstLength), trimmed(dists, 1), numCodeLens
	var all [numLitLens + numDists]uint8
	n := copy(all[:], litLens[:h.hlit])
	n += copy(all[n:], dists[:h.hdist])
	h.runs = appendRuns(h.runs[:0], all[:n])

	var frequencies [numCodeLens]uint16
	for _, r := range h.runs {
		frequencies[r.symbol]++
	}
	codeLengths(h.lengths[:], frequencies[:], maxCodeLenLen)
	canonical(h.codes[:], h.lengths[:])
	for h.lengths[codeLenOrder[h.hclen-1]] == 0 {
		h.hclen--
	}
}

// trimmed is how many lengths there are without the zeros at the end, but at least some.
func trimmed(lengths []uint8, least int) int {
	n := len(lengths)
	for n > least && lengths[n-1] == 0 {
		n--
	}
	return n
}

// appendRuns appends the runs that say all.
func appendRuns(runs []run, all []uint8) []run {
	for len(all) > 0 {
		length, n := all[0], 1
		for n < len(all) && all[n] == length {
			n++
		}
		all = all[n:]
		if length != 0 {
			runs = append(runs, run{symbol: length})
			n--
		}
		for n >= 3 {
			var r run
			var now int
			switch {
			case length != 0:
				now = min(n, 6)
				r = run{repeatLast, 2, uint8(now - 3)}
			case n <= 10:
				now = n
				r = run{repeatZero, 3, uint8(now - 3)}
			default:
				now = min(n, 138)
				r = run{repeatManyZero, 7, uint8(now - 11)}
			}
			runs = append(runs, r)
			n -= now
		}
		for range n {
			runs = append(runs, run{symbol: length})
		}
	}
	return runs
}

// size returns how many bits the header has.
func (h *header) size() int {
	size := 5 + 5 + 4 + 3*h.hclen
	for _, r := range h.runs {
		size += int(h.lengths[r.symbol] + r.extra)
	}
	return size
}

// write writes the header.
func (h *header) write(w *bitWriter) {
	w.add(uint64(h.hlit-257), 5)
	w.add(uint64(h.hdist-1), 5)
	w.add(uint64(h.hclen-4), 4)
	for _, symbol := range codeLenOrder[:h.hclen] {
		w.flush()
		w.add(uint64(h.lengths[symbol]), 3)
	}
	for _, r := range h.runs {
		w.flush()
		w.addCode(h.codes[r.symbol])
		w.add(uint64(r.value), uint(r.extra))
	}
	w.flush()
}
