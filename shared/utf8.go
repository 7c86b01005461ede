package shared

// A UTF8 validates text that arrives in pieces, cut anywhere: inside a code
// point as well. The zero value is ready. It belongs to one goroutine at a
// time. RFC 6455 §5.6 and §8.1.
type UTF8 struct {
	state uint8 // with boundary XORed in, so that the zero value is a boundary
}

// Write takes the next piece of the text. It returns false if the bytes seen
// can no longer be continued to valid UTF-8, and from then on: surrogates,
// overlong forms and code points above U+10FFFF are found at the first byte
// that shows them.
func (v *UTF8) Write(p []byte) bool {
	s, i := uint64(v.state^boundary), 0
	for i <= len(p)-16 {
		q := p[i : i+16 : i+16]
		if i += 16; (word(q)|word(q[8:]))&notASCII != 0 || s&63 != boundary {
			s = step16(s, (*[16]byte)(q))
		} else if i <= len(p)-blockSize {
			i += asciiBlocks(p[i : i+(len(p)-i)&^(blockSize-1)])
		}
	}

	// Fewer than 16 bytes are left: ASCII shows in two words that may overlap, and begin before them.
	if last := len(p) - 8; last < 0 || s&63 != boundary || (word(p[min(i, last):])|word(p[last:]))&notASCII != 0 {
		for _, c := range p[i:] {
			s = steps[c] >> (s & 63)
		}
	}
	v.state = uint8(s&63 ^ boundary)
	return s&63 != refused
}

// WriteMasked is [Mask], then Write of what came out, with one look at what is
// ASCII. next is what Mask returns, valid what Write does.
func (v *UTF8) WriteMasked(p []byte, key [4]byte, pos int) (next int, valid bool) {
	const near = 8 << 10 // what was unmasked is at hand for the second look
	next, valid = pos+len(p), v.state != refused^boundary
	for len(p) > 0 {
		piece := p[:min(len(p), near)]
		if !mask(piece, twice(key, pos)) || v.state != 0 {
			valid = v.Write(piece)
		}
		pos += len(piece)
		p = p[len(piece):]
	}
	return next, valid
}

// Complete reports whether the bytes seen are valid UTF-8 as they stand: none
// was refused, and no code point is left open.
func (v *UTF8) Complete() bool { return v.state == 0 }

// Reset makes v ready for another text.
func (v *UTF8) Reset() { *v = UTF8{} }

// validUTF8 is utf8.Valid, in less time.
func validUTF8(p []byte) bool {
	var v UTF8
	return v.Write(p) && v.Complete()
}

// step16 takes 16 bytes. It stands apart from Write, where the compiler would
// load each byte twice: alone and for the words.
func step16(s uint64, p *[16]byte) uint64 {
	s = steps[p[0]] >> (s & 63)
	s = steps[p[1]] >> (s & 63)
	s = steps[p[2]] >> (s & 63)
	s = steps[p[3]] >> (s & 63)
	s = steps[p[4]] >> (s & 63)
	s = steps[p[5]] >> (s & 63)
	s = steps[p[6]] >> (s & 63)
	s = steps[p[7]] >> (s & 63)
	s = steps[p[8]] >> (s & 63)
	s = steps[p[9]] >> (s & 63)
	s = steps[p[10]] >> (s & 63)
	s = steps[p[11]] >> (s & 63)
	s = steps[p[12]] >> (s & 63)
	s = steps[p[13]] >> (s & 63)
	s = steps[p[14]] >> (s & 63)
	return steps[p[15]] >> (s & 63)
}

// A byte takes the text from one state to the next without a branch: steps has
// a row of bits for each byte, and a state is the place in the row where the
// state that follows it stands, in 6 bits. What is above them in the result of
// the shift is left over from the row.
//
// The states say what may come next. RFC 3629 §4.
const (
	refused  = 6 * iota // nothing any more
	boundary            // the first byte of a code point
	one                 // its last byte
	two                 // its last two
	three               // its last three
	afterE0             // its last two, which must not make it overlong
	afterED             // its last two, which must not make it a surrogate
	afterF0             // its last three, which must not make it overlong
	afterF4             // its last three, which must not take it above U+10FFFF
)

// The rows: next<<state for each state in which the byte may come. All others
// lead to refused, which is 0.
const (
	as = boundary << boundary // ASCII
	l2 = one << boundary      // leads, of code points of two bytes to four
	l3 = two << boundary
	l4 = three << boundary
	e0 = afterE0 << boundary
	ed = afterED << boundary
	f0 = afterF0 << boundary
	f4 = afterF4 << boundary
	t  = boundary<<one | one<<two | two<<three // tails
	t8 = t | one<<afterED | two<<afterF4
	t9 = t | one<<afterED | two<<afterF0
	ta = t | one<<afterE0 | two<<afterF0
	xx = 0
)

var steps = [256]uint64{
	as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, // 00
	as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, // 10
	as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, // 20
	as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, // 30
	as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, // 40
	as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, // 50
	as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, // 60
	as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, as, // 70
	t8, t8, t8, t8, t8, t8, t8, t8, t8, t8, t8, t8, t8, t8, t8, t8, // 80
	t9, t9, t9, t9, t9, t9, t9, t9, t9, t9, t9, t9, t9, t9, t9, t9, // 90
	ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, // A0
	ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, ta, // B0
	xx, xx, l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, // C0
	l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, l2, // D0
	e0, l3, l3, l3, l3, l3, l3, l3, l3, l3, l3, l3, l3, ed, l3, l3, // E0
	f0, l4, l4, l4, f4, xx, xx, xx, xx, xx, xx, xx, xx, xx, xx, xx, // F0
}
