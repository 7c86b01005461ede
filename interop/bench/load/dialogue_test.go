package main

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"example.com/tandem/shared"
)

// answers is what an echo server sends back for n messages, in fragments of at most fragment bytes.
func answers(s *script, n, fragment int, deflate bool) []byte {
	var b []byte
	for i := range n {
		op, rest, first := s.opcode, s.payload(i), true
		if deflate {
			rest = compress(rest)
		}
		for first || len(rest) > 0 {
			size := min(fragment, len(rest))
			b = shared.AppendHeader(b, shared.Header{Fin: size == len(rest), RSV1: deflate && first, Opcode: op, Length: int64(size)})
			b = append(b, rest[:size]...)
			rest, op, first = rest[size:], shared.OpcodeContinuation, false
		}
	}
	return b
}

func TestDialogueCountsWholeMessages(t *testing.T) {
	for _, deflate := range []bool{false, true} {
		for _, size := range []int{0, 1, 16, 125, 126, 70000} {
			for _, fragment := range []int{size + 100, max(1, size/3)} {
				s := testScript(t, "ascii", size, deflate)
				b := answers(s, 70, fragment, deflate)
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
						t.Errorf("size %d, fragments of %d, pieces of %d, deflate %t: %d messages, want 70", size, fragment, piece, deflate, completed)
					}
				}
			}
		}
	}
}

func TestDialogueTakesFragmentsAndWholeFramesInTurn(t *testing.T) {
	s := testScript(t, "binary", 16, false)
	whole, parts := answers(s, 4, 16, false), answers(s, 4, 5, false)
	b := append(bytes.Clone(whole[:2*18]), parts[len(parts)/2:]...)
	if completed, err := newDialogue(s, 0).hear(b); completed != 4 || err != nil {
		t.Errorf("%d messages, %v", completed, err)
	}
}

func TestDialogueFindsEveryWrongByte(t *testing.T) {
	for _, test := range []struct {
		name     string
		size     int
		fragment int
		deflate  bool
	}{{"whole", 16, 16, false}, {"in fragments", 16, 7, false}, {"compressed", 300, 1000, true}} {
		s := testScript(t, "ascii", test.size, test.deflate)
		good := answers(s, 3, test.fragment, test.deflate)
		for i := range good {
			for _, flip := range []byte{1, 0x80} {
				b := bytes.Clone(good)
				b[i] ^= flip
				d := newDialogue(s, 0)
				completed, err := d.hear(b)
				if err == nil && completed == 3 && !(test.deflate && bytes.Equal(unpacked(b), unpacked(good))) {
					t.Errorf("%s: byte %d changed by %#x: not found", test.name, i, flip)
				}
			}
		}
	}
}

// unpacked inflates compressed answers. Some bits mean nothing: those that pad, and the one that ends the last block.
func unpacked(b []byte) (all []byte) {
	for len(b) > 0 {
		h, n, err := shared.ParseHeader(b)
		if err != nil || n == 0 || int64(len(b)-n) < h.Length {
			return nil
		}
		tail := strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff")
		p, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(b[n:n+int(h.Length)]), tail)))
		if err != nil {
			return nil
		}
		all, b = append(all, p...), b[n+int(h.Length):]
	}
	return all
}

// What was inflated once must not make another answer right.
func TestDialogueComparesWhatItKnows(t *testing.T) {
	s := testScript(t, "ascii", 300, true)
	good := answers(s, 1, 1000, true)
	if _, err := newDialogue(s, 0).hear(good); err != nil || s.deflated[0] == nil {
		t.Fatal(err)
	}
	bad := bytes.Clone(good)
	bad[len(bad)/2] ^= 1
	if _, err := newDialogue(s, 0).hear(bad); !errors.Is(err, errWrongPayload) {
		t.Errorf("%v, want %v", err, errWrongPayload)
	}
	if n, err := newDialogue(s, 1).hear(good); n == 1 || err == nil {
		t.Error("the answer to message 0 is taken for that to message 1")
	}
}

// A Ping may come before an answer, between its fragments and after it, and is answered before the next frame leaves.
func TestDialogueAnswersPings(t *testing.T) {
	s := testScript(t, "binary", 16, false)
	ping := []byte{0x89, 2, 'h', 'i'}
	whole, parts := answers(s, 1, 16, false), answers(s, 2, 7, false)
	b := slices.Concat(ping, whole, ping, parts[len(parts)/2:][:9], ping, parts[len(parts)/2:][9:], []byte{0x89, 0})
	pong := []byte{0x8a, 0x82, 0, 0, 0, 0, 'h', 'i'}
	want := slices.Concat(pong, pong, pong, []byte{0x8a, 0x80, 0, 0, 0, 0})
	for _, piece := range []int{1, 2, 5, len(b)} {
		d := newDialogue(s, 0)
		completed := 0
		for rest := b; len(rest) > 0; {
			n, err := d.hear(rest[:min(piece, len(rest))])
			if err != nil {
				t.Fatalf("pieces of %d: %v", piece, err)
			}
			completed += n
			rest = rest[min(piece, len(rest)):]
		}
		d.asked = d.sent + 1
		var sent []byte
		for len(d.waiting()) > 0 {
			sent = append(sent, d.waiting()[0])
			d.took(1)
		}
		if completed != 2 || !bytes.HasPrefix(sent, want) || len(sent) != len(want)+16+6 {
			t.Errorf("pieces of %d: %d messages, sent % x", piece, completed, sent)
		}
	}
}

func TestDialogueRefuses(t *testing.T) {
	s := testScript(t, "binary", 4, false)
	for _, test := range []struct {
		name   string
		answer []byte
		want   error
	}{
		{"the second message first", append([]byte{0x82, 4}, s.payload(1)...), errWrongPayload},
		{"too long", append([]byte{0x82, 5, 0}, s.payload(0)...), errWrongFrame},
		{"too short", append([]byte{0x82, 3}, s.payload(0)[:3]...), errWrongFrame},
		{"masked", []byte{0x82, 0x84, 0, 0, 0, 0}, errWrongFrame},
		{"text", append([]byte{0x81, 4}, s.payload(0)...), errWrongFrame},
		{"close", []byte{0x88, 0}, errWrongFrame},
		{"fragments that are too short", []byte{0x02, 1, s.payload(0)[0], 0x80, 1, s.payload(0)[1]}, errWrongPayload},
		{"a fragment that is too long", []byte{0x02, 126, 1, 0}, errWrongFrame},
	} {
		if _, err := newDialogue(s, 0).hear(test.answer); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	var v *shared.Violation
	if _, err := newDialogue(s, 0).hear(append([]byte{0xc2, 4}, s.payload(0)...)); !errors.As(err, &v) {
		t.Errorf("compressed, where that was not agreed on: %v, want a violation", err)
	}
}

func TestDialogueSendsWhatIsAsked(t *testing.T) {
	s := testScript(t, "binary", 16, false)
	d := newDialogue(s, 0)
	for _, n := range []int{5, 61, 3} {
		d.asked += n
		for len(d.waiting()) > 0 {
			d.took(min(7, len(d.waiting())))
		}
	}
	if d.sent != 69 || d.offset != 0 {
		t.Errorf("%d frames and %d bytes were taken, want 69", d.sent, d.offset)
	}
}
