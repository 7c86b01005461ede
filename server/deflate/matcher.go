package deflate

import (
	"encoding/binary"
	"math/bits"
)

// Bounds of a match, in bytes. RFC 1951 §3.2.5.
const (
	minMatch = 3
	maxMatch = 258
)

const (
	hashed     = 4  // how many bytes the table knows together: no shorter match is found
	candidates = 4  // how many places an entry of the table holds
	nice       = 32 // a match of that length is taken without a look for a longer one
)

// A matcher finds where the bytes of a message have been before. It keeps a copy of the latest bytes, and a table that
// holds for each hash of four bytes the last four places where it was seen: their positions modulo 64 Ki, the latest in
// the lowest 16 bits.
//
// The table only hints. A place counts if it lies within the window and within the history, and the bytes there are the
// same. So nothing in the table has to be corrected when the history slides, when a message is undone, or when everything
// is forgotten; nor does it matter that positions come round again.
type matcher struct {
	history []byte // the window and the bytes at hand; its capacity never changes
	table   []uint64
	base    uint16 // the position of history[0]
	shift   uint8  // from a hash of 32 bits to an index of table
	window  int
	room    int // how many bytes there is always room for behind the window
}

// A table for more places than maxTableBits gives takes more memory than it saves bytes.
const (
	maxTableBits = 11
	maxRoom      = 1 << MaxWindowBits / 4
)

func newMatcher(windowBits int) matcher {
	window := 1 << windowBits
	room := max(256, window/4)
	tableBits := min(windowBits-2, maxTableBits) // as many places as the window has, or fewer
	return matcher{
		history: make([]byte, 0, window+room),
		table:   make([]uint64, 1<<tableBits),
		shift:   uint8(32 - tableBits),
		window:  window,
		room:    room,
	}
}

// slide makes room for n more bytes, at most m.room, and returns by how many bytes it has moved the history.
func (m *matcher) slide(n int) int {
	if len(m.history)+n <= cap(m.history) {
		return 0
	}
	by := len(m.history) - m.window
	m.history = m.history[:copy(m.history, m.history[by:])]
	m.base += uint16(by)
	return by
}

// truncate forgets the history behind its first n bytes.
func (m *matcher) truncate(n int) {
	if n == 0 {
		m.base += uint16(len(m.history)) // all that the table holds is then outside of the history: found out at once
	}
	m.history = m.history[:min(n, len(m.history))]
}

// find appends piece to the history, for which there has to be room, and adds to b the matches in it.
func (m *matcher) find(b *block, piece []byte) {
	i := len(m.history)
	m.history = append(m.history, piece...)
	s := search{m.history, m.table, m.base, m.shift & 31, m.window}
	last := len(s.history) - hashed
	literals := i - b.literals // where the literals before the next match begin, though they may have left the history
	for i <= last {
		length, distance := s.longest(i, s.insert(i), hashed-1)
		if distance == 0 {
			i += 1 + (i-literals)>>6 // hurry where there is nothing to be found
			continue
		}
		inserted := i
		for length < nice && i < last {
			inserted = i + 1
			l, d := s.longest(inserted, s.insert(inserted), length)
			if d == 0 {
				break
			}
			i, length, distance = inserted, l, d // one more literal and a longer match are better
		}
		b.add(i-literals, length, distance)
		i += length
		literals = i
		for end := min(i, last+1); inserted+1 < end; {
			inserted++
			s.insert(inserted)
		}
	}
	b.literals = len(s.history) - literals
}

// A search is the part of a matcher that find uses while it looks at a piece.
type search struct {
	history []byte
	table   []uint64
	base    uint16
	shift   uint8
	window  int
}

// insert returns the places where the bytes at i were last seen, and adds i to them.
func (s *search) insert(i int) (places uint64) {
	const multiplier = 0x9E3779B1 // near 2^32 divided by the golden ratio: scatters well
	at := &s.table[binary.LittleEndian.Uint32(s.history[i:])*multiplier>>s.shift]
	places = *at
	*at = places<<16 | uint64(s.base+uint16(i))
	return places
}

// longest returns the longest match for the bytes at i, among the places, that is longer than some length; of two as long
// the nearer. If there is none, distance is 0.
func (s *search) longest(i int, places uint64, than int) (length, distance int) {
	limit := uint16(min(i, s.window))
	position := s.base + uint16(i)
	ahead := s.history[i:min(len(s.history), i+maxMatch)]
	if position-uint16(places)-1 >= limit || len(ahead) <= than {
		return 0, 0
	}
	length = than
	for range candidates {
		d := position - uint16(places)
		places >>= 16
		if d-1 >= limit {
			break // and so are those before it
		}
		behind := s.history[i-int(d):]
		if binary.LittleEndian.Uint32(behind[length-3:]) != binary.LittleEndian.Uint32(ahead[length-3:]) {
			continue // it cannot be longer
		}
		if n := commonPrefix(behind, ahead); n > length {
			length, distance = n, int(d)
			if n == len(ahead) {
				break
			}
		}
	}
	return length, distance
}

// commonPrefix returns how many bytes at the beginning of a and b are the same; a is at least as long as b.
func commonPrefix(a, b []byte) int {
	n := 0
	for len(b)-n >= 8 {
		if d := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); d != 0 {
			return n + bits.TrailingZeros64(d)>>3
		}
		n += 8
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
