package conform

// storedBlocks is a message compressed to itself.
func storedBlocks(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		n := min(len(b), 0xFFFF)
		out = append(out, 0, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		out, b = append(out, b[:n]...), b[n:]
	}
	return append(out, 0)
}

// reference is a message of 258 bytes that were already there, n bytes back.
func reference(n int) []byte {
	var b bitWriter
	b.bits(0, 1) // not final
	b.bits(1, 2) // fixed codes
	b.code(0b11000101, 8)
	symbol := len(distanceCodes) - 1
	for distanceCodes[symbol].base > n {
		symbol--
	}
	b.code(symbol, 5)
	b.bits(n-distanceCodes[symbol].base, int(distanceCodes[symbol].extra))
	b.code(0, 7) // end of block
	b.bits(0, 3) // what 00 00 ff ff belongs to
	return b.bytes()
}

// A bitWriter packs bits as DEFLATE does (RFC 1951 §3.1.1).
type bitWriter struct {
	out []byte
	n   int
}

func (w *bitWriter) bits(value, count int) {
	for i := range count {
		if w.n%8 == 0 {
			w.out = append(w.out, 0)
		}
		w.out[w.n/8] |= byte(value>>i&1) << (w.n % 8)
		w.n++
	}
}

// code writes a Huffman code, whose highest bit comes first.
func (w *bitWriter) code(value, count int) {
	for i := count - 1; i >= 0; i-- {
		w.bits(value>>i, 1)
	}
}

func (w *bitWriter) bytes() []byte { return w.out }
