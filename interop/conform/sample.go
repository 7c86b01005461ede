package conform

import (
	"encoding/binary"
	"strconv"
	"unicode/utf8"
)

// sample returns a payload of n bytes that is valid in a message of that kind, and in which no two places look alike.
func sample(kind byte, n int) []byte {
	if kind == opText {
		return sampleText(n)
	}
	b := make([]byte, n+8)
	x := uint64(n + 1)
	for i := 0; i < n; i += 8 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		binary.LittleEndian.PutUint64(b[i:], x)
	}
	return b[:n:n]
}

// sampleText returns n bytes of text with code points of each length.
func sampleText(n int) []byte {
	b := make([]byte, 0, n+32)
	for i := 0; len(b) < n; i++ {
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, " κόσμε € 𐍈 "...)
	}
	whole := n
	for !utf8.Valid(b[:whole]) {
		whole--
	}
	for i := whole; i < n; i++ {
		b[i] = '.'
	}
	return b[:n:n]
}

// split parts a payload into fragments of n bytes.
func split(op byte, payload []byte, n int) []frame {
	var frames []frame
	for len(payload) > n {
		frames = append(frames, frame{op: op, payload: payload[:n], more: true})
		op, payload = opContinuation, payload[n:]
	}
	return append(frames, frame{op: op, payload: payload})
}
