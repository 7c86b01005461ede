package main

import (
	"bytes"
	"errors"
	"testing"

	"example.com/tandem/shared"
)

// answers is what an echo server sends back for n frames from the first on, in fragments of at most fragment bytes.
func answers(s *script, n, fragment int) []byte {
	var b []byte
	for i := range n {
		op, rest := shared.OpcodeBinary, s.payload(i)
		for {
			size := min(fragment, len(rest))
			b = shared.AppendHeader(b, shared.Header{Fin: size == len(rest), Opcode: op, Length: int64(size)})
			b = append(b, rest[:size]...)
			if rest = rest[size:]; len(rest) == 0 {
				break
			}
			op = shared.OpcodeContinuation
		}
	}
	return b
}

func TestScriptFramesDecodeToItsPayloads(t *testing.T) {
	for _, size := range []int{0, 16, 125, 126, 70000} {
		s := newScript(size, 16)
		b := s.run(s.count-1, 16)
		for i := range 16 {
			h, n, err := shared.ParseHeader(b)
			if err != nil || n == 0 || !h.Fin || !h.Masked || h.Opcode != shared.OpcodeBinary || h.Length != int64(size) {
				t.Fatalf("size %d: header %+v, %d, %v", size, h, n, err)
			}
			payload := bytes.Clone(b[n : n+size])
			shared.Mask(payload, h.MaskingKey, 0)
			if !bytes.Equal(payload, s.payload(s.count-1+i)) {
				t.Fatalf("size %d: frame %d has another payload", size, i)
			}
			b = b[n+size:]
		}
		if len(b) != 0 {
			t.Fatalf("size %d: %d bytes too many", size, len(b))
		}
	}
}

func TestDialogueCountsWholeMessages(t *testing.T) {
	for _, size := range []int{0, 1, 16, 125, 126, 70000} {
		for _, fragment := range []int{size + 1, max(1, size/3)} {
			s := newScript(size, 1)
			b := answers(s, 70, fragment)
			for _, piece := range []int{1, 2, 3, 7, 1000, len(b)} {
				d := newDialogue(s, 0)
				completed := 0
				for rest := b; len(rest) > 0; {
					n := min(piece, len(rest))
					got, err := d.hear(rest[:n])
					if err != nil {
						t.Fatalf("size %d, pieces of %d: %v", size, piece, err)
					}
					completed += got
					rest = rest[n:]
				}
				if completed != 70 || d.answered != 70 {
					t.Errorf("size %d, fragments of %d, pieces of %d: %d messages, want 70", size, fragment, piece, completed)
				}
			}
		}
	}
}

func TestDialogueFindsEveryWrongByte(t *testing.T) {
	s := newScript(16, 1)
	good := answers(s, 3, 16)
	for i := range good {
		for _, flip := range []byte{1, 0x80} {
			b := bytes.Clone(good)
			b[i] ^= flip
			d := newDialogue(s, 0)
			completed, err := d.hear(b)
			if err == nil && completed == 3 { // without FIN the last message is not complete
				t.Errorf("byte %d changed by %#x: not found", i, flip)
			}
		}
	}
}

func TestDialogueRefuses(t *testing.T) {
	s := newScript(4, 1)
	for _, test := range []struct {
		name   string
		answer []byte
		want   error
	}{
		{"the second message first", append([]byte{0x82, 4}, s.payload(1)...), errWrongPayload},
		{"too long", append([]byte{0x82, 5, 0}, s.payload(0)...), errWrongFrame},
		{"too short", append([]byte{0x82, 3}, s.payload(0)[:3]...), errWrongFrame},
		{"text", append([]byte{0x81, 4}, s.payload(0)...), errWrongFrame},
		{"close", []byte{0x88, 0}, errWrongFrame},
	} {
		if _, err := newDialogue(s, 0).hear(test.answer); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	var v *shared.Violation
	if _, err := newDialogue(s, 0).hear([]byte{0x82, 0x84, 0, 0, 0, 0}); !errors.As(err, &v) {
		t.Errorf("masked: %v, want a violation", err)
	}
}
