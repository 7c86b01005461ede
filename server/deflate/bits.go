package deflate

import "encoding/binary"

// wordLen is how far behind the bytes it has written a bitWriter may store.
const wordLen = 8

// A bitWriter packs bits into bytes, the lowest first (RFC 1951 §3.1.1). It stores 8 bytes at a time: out has to be
// wordLen bytes longer than what is written.
type bitWriter struct {
	out  []byte
	n    int    // the whole bytes written
	word uint64 // the bits that follow them
	bits uint   // how many these are; below 8 after flush
}

// add takes the n lowest bits of v; all others have to be 0. At most 56 bits may be added between two flushes.
func (w *bitWriter) add(v uint64, n uint) {
	w.word |= v << (w.bits & 63)
	w.bits += n
}

// addCode adds the bits of c.
func (w *bitWriter) addCode(c code) { w.add(c.bits(), c.len()) }

// flush stores the whole bytes of what was added.
func (w *bitWriter) flush() {
	binary.LittleEndian.PutUint64(w.out[w.n:], w.word)
	w.n += int(w.bits >> 3)
	w.word >>= w.bits & 56
	w.bits &= 7
}

// writeStored writes p, at most maxStored bytes, as a stored block. RFC 1951 §3.2.4.
func (w *bitWriter) writeStored(p []byte) {
	w.add(blockStored, 3)
	w.add(0, -w.bits&7)
	w.flush()
	w.add(uint64(len(p))|uint64(^uint16(len(p)))<<16, 32)
	w.flush()
	w.n += copy(w.out[w.n:], p)
}
