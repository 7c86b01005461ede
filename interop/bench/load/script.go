package main

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"

	"example.com/tandem/shared"
)

// A script is what the connections send and what they hear, built once: masked frames, and the frames of an echo, round
// and round, each connection from another place on.
type script struct {
	opcode   shared.Opcode
	size     int // of a payload
	payloads [][]byte
	frames   tape
	answers  tape // as they are where nothing is compressed

	deflated [][]byte // compressed answers that were inflated and found right, the last for each payload; nil: no compression
}

// newScript makes frames that are compressed if deflate is set.
func newScript(content string, size int, deflate bool) (*script, error) {
	s := &script{size: size}
	var err error
	s.opcode, s.payloads, err = contents(content, max(3, min(61, (1<<20)/max(size, 1))), size)
	if err != nil {
		return nil, err
	}
	if deflate {
		s.deflated = make([][]byte, len(s.payloads))
	}
	random := rand.NewChaCha8([32]byte{1})
	for _, p := range s.payloads {
		s.answers.add(shared.Header{Fin: true, Opcode: s.opcode}, p)
		h := shared.Header{Fin: true, RSV1: deflate, Opcode: s.opcode, Masked: true}
		random.Read(h.MaskingKey[:])
		if deflate {
			p = compress(p)
		}
		s.frames.add(h, p)
	}
	s.answers.close()
	s.frames.close()
	return s, nil
}

func (s *script) payload(i int) []byte { return s.payloads[i%len(s.payloads)] }

// inflates reports whether a compressed payload is that of message i. What was right once is right again: a server that
// answers with the same bytes each time costs the load a comparison, as one does that does not compress.
func (s *script) inflates(i int, deflated []byte) bool {
	i %= len(s.payloads)
	if s.deflated[i] != nil && bytes.Equal(deflated, s.deflated[i]) {
		return true
	}
	tail := []byte{0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff} // RFC 7692 §7.2.2, and an end for package flate
	r := flate.NewReader(io.MultiReader(bytes.NewReader(deflated), bytes.NewReader(tail)))
	b, err := io.ReadAll(io.LimitReader(r, int64(s.size)+1))
	if err != nil || !bytes.Equal(b, s.payloads[i]) {
		return false
	}
	s.deflated[i] = bytes.Clone(deflated)
	return true
}

// compress returns the payload of a compressed frame that refers to no other (RFC 7692 §7.2.1).
func compress(p []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		panic(err) // there is such a level
	}
	w.Write(p)
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}

// A tape is frames in one piece of memory, to be played round and round.
type tape struct {
	starts []int  // of each frame, and of the end
	bytes  []byte // after the end the beginning stands again, so that frames across it still lie in one piece
}

// lap is how much of the beginning stands again at the end.
const lap = 64 << 10

func (t *tape) add(h shared.Header, payload []byte) {
	if len(t.starts) == 0 {
		t.starts = []int{0}
	}
	h.Length = int64(len(payload))
	t.bytes = shared.AppendHeader(t.bytes, h)
	start := len(t.bytes)
	t.bytes = append(t.bytes, payload...)
	if h.Masked {
		shared.Mask(t.bytes[start:], h.MaskingKey, 0)
	}
	t.starts = append(t.starts, len(t.bytes))
}

// close is called once after the last frame.
func (t *tape) close() { t.bytes = append(t.bytes, t.bytes[:min(len(t.bytes), lap)]...) }

// play returns bytes of n frames, from the offset in frame i on: as many as lie in one piece.
func (t *tape) play(i, offset, n int) []byte {
	count := len(t.starts) - 1
	i %= count
	end := t.starts[min(i+n, count)]
	if again := i + n - count; again > 0 {
		end = min(len(t.bytes), end+t.starts[min(again, count)])
	}
	return t.bytes[t.starts[i]+offset : end]
}

// frame returns the length of frame i.
func (t *tape) frame(i int) int {
	i %= len(t.starts) - 1
	return t.starts[i+1] - t.starts[i]
}
