package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"unicode/utf8"

	"example.com/tandem/interop/bench/feed"
	"example.com/tandem/shared"
)

// contents returns n payloads of size bytes each, different from each other, and their opcode. They are the same in
// every run.
func contents(kind string, n, size int) (shared.Opcode, [][]byte, error) {
	payloads := make([][]byte, n)
	switch kind {
	case "binary":
		random := rand.NewChaCha8([32]byte{})
		for i := range payloads {
			payloads[i] = make([]byte, size)
			random.Read(payloads[i])
		}
		return shared.OpcodeBinary, payloads, nil
	case "ascii":
		cut(payloads, size, bytes.Join(feed.Chat(200), []byte(" ")))
	case "json":
		source := feed.Ticker(1000)
		if size >= 64<<10 {
			source = feed.Documents(4)
		}
		cut(payloads, size, bytes.Join(source, []byte("\n")))
	case "cyrillic":
		for i := range payloads {
			payloads[i] = cyrillic(rand.New(rand.NewPCG(6455, uint64(i))), size)
		}
	default:
		return 0, nil, fmt.Errorf("-content has to be binary, ascii, cyrillic or json, not %q", kind)
	}
	return shared.OpcodeText, payloads, nil
}

// cut takes pieces of source, round and round.
func cut(payloads [][]byte, size int, source []byte) {
	at := 0
	for i := range payloads {
		for len(payloads[i]) < size {
			n := min(size-len(payloads[i]), len(source)-at)
			payloads[i] = append(payloads[i], source[at:at+n]...)
			at = (at + n) % len(source)
		}
	}
}

// cyrillic returns words of Russian letters, two bytes each, with spaces between.
func cyrillic(r *rand.Rand, size int) []byte {
	var b []byte
	for len(b) < size {
		for range 2 + r.IntN(9) {
			b = append(b, string('а'+rune(r.IntN(32)))...)
		}
		b = append(b, ' ')
	}
	if b = b[:size]; !utf8.Valid(b) { // it ends with half a letter
		b[size-1] = ' '
	}
	return b
}
