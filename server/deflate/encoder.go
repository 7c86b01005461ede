// Package deflate compresses short messages (RFC 1951), as permessage-deflate needs it (RFC 7692): little memory for
// each connection, any window from 256 bytes to 32 KiB, a sync flush at the end of each message.
package deflate

import "slices"

// Tail is how everything that [Encoder.Append] appends ends: the last four bytes of a sync flush. A sender of
// permessage-deflate takes it off at the end of each message, the recipient puts it back. RFC 7692 §7.2.1.
const Tail = "\x00\x00\xff\xff"

// MinWindowBits and MaxWindowBits bound the base-2 logarithm of a window's size in bytes. RFC 7692 §7.1.2.1.
const (
	MinWindowBits = 8
	MaxWindowBits = 15
)

// An Encoder compresses the messages of one connection, in order: what it writes for one may refer back to those before.
// One goroutine at a time may use it.
//
// It holds memory for the window and a quarter more, and for a table twice as large as the window but no larger than
// 16 KiB: in all 13.5 KB with 12 window bits, 1.7 KB with 9, 57 KB with 15. What else Append needs, 70 KB, it takes from a
// pool and gives back before it returns.
type Encoder struct {
	matcher matcher
	last    int // where in the history the last Append begins
}

// NewEncoder returns an Encoder whose output refers back at most 1<<windowBits bytes: a window of that size is enough to
// inflate it. windowBits below 8 count as 8, those above 15 as 15.
func NewEncoder(windowBits int) *Encoder {
	return &Encoder{matcher: newMatcher(min(max(windowBits, MinWindowBits), MaxWindowBits))}
}

// Append appends p in compressed form to dst and returns the extended slice. What it appends ends with a sync flush,
// hence with [Tail], so that all of p can be inflated from it; for an empty p it is 00 and the Tail. Nothing of p is kept
// but a copy of its end, to which later calls may refer. Append allocates only if dst lacks room for [Bound](len(p))
// more bytes.
func (e *Encoder) Append(dst, p []byte) []byte {
	dst = slices.Grow(dst, Bound(len(p)))
	w := bitWriter{out: dst[len(dst):cap(dst)]}
	b := blocks.Get().(*block)
	e.last = len(e.matcher.history)
	for from, to := 0, 0; to < len(p); {
		piece := p[to:min(len(p), from+maxStored)]
		piece = piece[:min(len(piece), e.matcher.room)]
		e.last = max(0, e.last-e.matcher.slide(len(piece)))
		e.matcher.find(b, piece)
		to += len(piece)
		if to == len(p) || to-from == maxStored || b.full() {
			b.write(&w, p[from:to])
			b.clear()
			from = to
		}
	}
	blocks.Put(b)
	w.writeStored(nil) // a sync flush
	return dst[:len(dst)+w.n]
}

// Bound returns how much room, in bytes, [Encoder.Append] needs to append n bytes compressed. What it appends is shorter:
// data in which there is nothing to compress grows by 5 bytes for each 64 KiB begun, and 5 for the sync flush.
func Bound(n int) int {
	return n + (n/minBlock+2)*(storedOverhead+1) + wordLen // a block may begin within a byte: hence one more
}

// Undo takes the last Append back: nothing that follows refers to what it was given. That is for a message that goes out
// uncompressed after all, which leaves the peer's window as it is. A second Undo does nothing.
func (e *Encoder) Undo() { e.matcher.truncate(e.last) }

// Reset forgets all messages: nothing that follows refers to them. RFC 7692 §7.1.1.1.
func (e *Encoder) Reset() { e.matcher.truncate(0) }
