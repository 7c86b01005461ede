package broken

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

var errText = violation{1007, "text that is not UTF-8"}

// forgiven are the byte sequences that a fault takes for a code point, each byte with its lowest and highest value.
var forgiven = map[*Fault][][][2]byte{
	UTF8Surrogates:   {{{0xED, 0xED}, {0xA0, 0xBF}, {0x80, 0xBF}}},
	UTF8Overlong:     {{{0xE0, 0xE0}, {0x80, 0x9F}, {0x80, 0xBF}}, {{0xF0, 0xF0}, {0x80, 0x8F}, {0x80, 0xBF}, {0x80, 0xBF}}},
	UTF8C0:           {{{0xC0, 0xC0}, {0x80, 0x80}}},
	UTF8Beyond:       {{{0xF4, 0xF4}, {0x90, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}}, {{0xF5, 0xF7}, {0x80, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}}},
	UTF8Continuation: {{{0x80, 0xBF}}},
}

// lenient are the faults that look at the whole message or at nothing, never at a piece.
var lenient = []*Fault{UTF8Unchecked, UTF8Replaces, UTF8AtMessageEnd, UTF8AtFrameEnd, UTF8PerFragment, UTF8Surrogates,
	UTF8Overlong, UTF8C0, UTF8Beyond, UTF8Continuation}

// isText reports whether what comes has to be UTF-8, as it stands there.
func (p *peer) isText(m *message) bool {
	return m.opcode == opText && !m.compressed || p.fault == UTF8ChecksBinary
}

// checkPiece refuses text as soon as its bytes cannot become UTF-8 any more.
func (p *peer) checkPiece(b []byte) error {
	m := &p.message
	if !p.isText(m) || slices.Contains(lenient, p.fault) || p.fault == UTF8FirstFrameOnly && m.fragments > 1 {
		return nil
	}
	return p.checkBytes(m, b)
}

func (p *peer) checkBytes(m *message, b []byte) error {
	rest := append(m.unfinished, b...)
	for len(rest) > 0 && utf8.FullRune(rest) {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			return p.textViolation()
		}
		rest = rest[n:]
	}
	m.unfinished = bytes.Clone(rest)
	return nil
}

func (p *peer) textViolation() error {
	if p.fault == UTF8Code1002 {
		return violation{1002, errText.rule}
	}
	return errText
}

// checkFrame is for faults that look at whole frames.
func (p *peer) checkFrame() error {
	m := &p.message
	if !p.isText(m) || p.fault != UTF8AtFrameEnd && p.fault != UTF8PerFragment {
		return nil
	}
	if err := p.checkBytes(m, m.frame); err != nil {
		return err
	}
	if p.fault == UTF8PerFragment && len(m.unfinished) > 0 {
		return errText
	}
	return nil
}

// checkMessage checks what only a whole message shows, and gives what is echoed.
func (p *peer) checkMessage(m message) ([]byte, error) {
	if m.opcode != opText && p.fault != UTF8ChecksBinary {
		return m.data, nil
	}
	b := m.data
	switch p.fault {
	case UTF8Unchecked, UTF8Replaces:
		if p.fault == UTF8Replaces {
			b = bytes.ToValidUTF8(b, []byte("\uFFFD"))
		}
		return b, nil
	case UTF8Unfinished:
		return b, nil
	case UTF8FirstFrameOnly:
		if m.fragments > 1 {
			return b, nil
		}
	case CompressedUTF8:
		if m.compressed {
			return b, nil
		}
	case UTF8Noncharacters:
		if bytes.Contains(b, []byte("\uFFFE")) || bytes.Contains(b, []byte("\uFFFF")) {
			return nil, errText
		}
	case UTF8BOM:
		b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	case UTF8Zero:
		b, _, _ = bytes.Cut(b, []byte{0})
	}
	if !utf8.Valid(p.forgive(m.data)) {
		return nil, p.textViolation()
	}
	return b, nil
}

// forgive puts a letter in the place of each sequence that the fault takes.
func (p *peer) forgive(b []byte) []byte {
	patterns := forgiven[p.fault]
	if patterns == nil {
		return b
	}
	var out []byte
	for len(b) > 0 {
		if utf8.FullRune(b) {
			if r, n := utf8.DecodeRune(b); r != utf8.RuneError || n > 1 {
				out, b = append(out, b[:n]...), b[n:]
				continue
			}
		}
		n := 1
		c := b[0]
		for _, pattern := range patterns {
			if matches(pattern, b) {
				n, c = len(pattern), 'x'
			}
		}
		out, b = append(out, c), b[n:]
	}
	return out
}

func matches(pattern [][2]byte, b []byte) bool {
	if len(b) < len(pattern) {
		return false
	}
	for i, limits := range pattern {
		if b[i] < limits[0] || b[i] > limits[1] {
			return false
		}
	}
	return true
}
