package shared

import "unicode/utf8"

// A UTF8 validates text that arrives in pieces, cut anywhere: inside a code
// point as well. The zero value is ready. It belongs to one goroutine at a
// time. RFC 6455 §5.6 and §8.1.
type UTF8 struct {
	open   uint8 // bytes that the code point begun still lacks
	lo, hi byte  // what its next byte may be, while open > 0
	failed bool
}

// Write takes the next piece of the text. It returns false as soon as the
// bytes seen can no longer be continued to valid UTF-8, and from then on:
// surrogates, overlong forms and code points above U+10FFFF are found at the
// first byte that shows them.
func (v *UTF8) Write(p []byte) bool {
	if v.failed {
		return false
	}
	for v.open > 0 && len(p) > 0 {
		if !v.step(p[0]) {
			return false
		}
		p = p[1:]
	}
	whole := len(p) - openTail(p)
	if !utf8.Valid(p[:whole]) {
		v.failed = true
		return false
	}
	for _, c := range p[whole:] {
		if !v.step(c) {
			return false
		}
	}
	return true
}

// Complete reports whether the bytes seen are valid UTF-8 as they stand: none
// was refused, and no code point is left open.
func (v *UTF8) Complete() bool { return v.open == 0 && !v.failed }

// Reset makes v ready for another text.
func (v *UTF8) Reset() { *v = UTF8{} }

// openTail returns how many bytes at the end of p begin a code point that goes
// on behind p: 0 to 3. It looks only at where the lead byte stands; whether
// the bytes are right is for others to judge.
func openTail(p []byte) int {
	for n := 1; n <= 3 && n <= len(p); n++ {
		switch c := p[len(p)-n]; {
		case c < 0x80:
			return 0
		case c >= 0xF0 && n < 4, c >= 0xE0 && n < 3, c >= 0xC0 && n < 2:
			return n
		case c >= 0xC0:
			return 0
		}
	}
	return 0
}

// step takes one byte. The ranges are those of RFC 3629 §4: the second byte
// rules out overlong forms, surrogates and what lies above U+10FFFF.
func (v *UTF8) step(c byte) bool {
	if v.open > 0 {
		if c < v.lo || v.hi < c {
			v.failed = true
			return false
		}
		v.open, v.lo, v.hi = v.open-1, 0x80, 0xBF
		return true
	}
	v.lo, v.hi = 0x80, 0xBF
	switch {
	case c < 0x80:
	case 0xC2 <= c && c <= 0xDF:
		v.open = 1
	case 0xE0 <= c && c <= 0xEF:
		v.open = 2
		switch c {
		case 0xE0:
			v.lo = 0xA0
		case 0xED:
			v.hi = 0x9F
		}
	case 0xF0 <= c && c <= 0xF4:
		v.open = 3
		switch c {
		case 0xF0:
			v.lo = 0x90
		case 0xF4:
			v.hi = 0x8F
		}
	default:
		v.failed = true
		return false
	}
	return true
}
