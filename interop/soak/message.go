package main

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"example.com/tandem/shared"
)

// What messages are made of: a message is a piece of one of these, and which piece follows from its number, so that
// whoever receives it knows all of it beforehand.
var (
	noise = func() []byte {
		b := make([]byte, 1<<20)
		rand.NewChaCha8([32]byte{1}).Read(b)
		return b
	}()
	prose = func() []byte {
		var b bytes.Buffer
		words := strings.Fields("the der la и 和 wheel Größe naïve 😀 ticker price {\"bid\":1.0834,\"ask\":1.0836} μῆνιν")
		for r := rand.New(rand.NewPCG(1, 2)); b.Len() < 1<<20; {
			b.WriteString(words[r.IntN(len(words))])
			b.WriteByte(' ')
		}
		return b.Bytes()
	}()
)

const longest = 300 << 10

// message is the one with this number of those that one side of a connection sends.
func (p plan) message(side side, number int) shared.Message {
	r := p.random(uint64(side)<<32 | uint64(number)<<1 | 1)
	n := 0
	switch k := r.IntN(100); {
	case k < 4:
	case k < 50:
		n = 1 + r.IntN(130)
	case k < 80:
		n = r.IntN(4 << 10)
	case k < 96:
		n = r.IntN(66 << 10)
	default:
		n = r.IntN(longest + 1)
	}
	if r.IntN(2) == 0 {
		at := r.IntN(len(noise) - n)
		return shared.Message{Opcode: shared.OpcodeBinary, Payload: noise[at : at+n]}
	}
	at := r.IntN(len(prose) - n - utf8.UTFMax)
	return shared.Message{Opcode: shared.OpcodeText, Payload: wholeText(prose[at : at+n+utf8.UTFMax])}
}

// wholeText is the longest text in b whose beginning and end are not inside a code point, without its last few bytes.
func wholeText(b []byte) []byte {
	from, to := 0, len(b)-utf8.UTFMax
	for from < to && !utf8.RuneStart(b[from]) {
		from++
	}
	for to > from && !utf8.RuneStart(b[to]) {
		to--
	}
	return b[from:to]
}
