package server

import (
	"bytes"
	"testing"

	"example.com/tandem/shared"
)

func TestSection5_4_TrainsAreFragments(t *testing.T) {
	text := shared.Header{Opcode: shared.OpcodeText, RSV1: true}
	last := shared.Header{Opcode: shared.OpcodeContinuation, Fin: true}
	for _, x := range []struct {
		name             string
		first            shared.Header
		payload, further string
		wire             string
	}{
		{"alone", last, "abc", "", "80 03 61 62 63"},
		{"not the last", text, "abc", "", "41 03 61 62 63"},
		{"two", text, "abc", "def", "41 03 61 62 63 | 80 03 64 65 66"},
		{"the last one shorter", text, "abc", "defg", "41 03 61 62 63 | 00 03 64 65 66 | 80 01 67"},
	} {
		train := new(trainMemory).couple(x.first, []byte(x.payload), []byte(x.further))
		if got := bytes.Join(train.pieces, nil); !bytes.Equal(got, frames(x.wire, false)) || train.total != len(got) {
			t.Errorf("%s: % x, total %d", x.name, got, train.total)
		}
	}
	long := new(trainMemory).couple(text, make([]byte, 3), make([]byte, 3*trainFrames))
	if got := bytes.Join(long.pieces, nil); len(got) != trainFrames*5 || got[len(got)-5] != 0 {
		t.Errorf("a train that is too short for the message: % x", got)
	}
}

// FuzzTrain has the kernel take any part of a train: with what is left of the frames that are sent, these are whole.
func FuzzTrain(f *testing.F) {
	f.Add(10, 35, 0)
	f.Add(10, 35, 12)
	f.Add(10, 35, 13)
	f.Add(10, 35, 50)
	f.Add(200, 0, 100)
	f.Add(126, 126*trainFrames, 500)
	f.Fuzz(func(t *testing.T, size, further, n int) {
		if size <= 0 || size > 1<<17 || further < 0 || further > 1<<21 {
			return
		}
		message := make([]byte, size+further)
		for i := range message {
			message[i] = byte(i + i>>8)
		}
		train := new(trainMemory).couple(shared.Header{Opcode: shared.OpcodeBinary, Fin: further == 0}, message[:size], message[size:])
		if n < 0 || n > train.total {
			return
		}
		wire := train.appendLeft(bytes.Clone(bytes.Join(train.pieces, nil)[:n]), n)
		if left := train.left(n); left != len(wire)-n || left > train.frame || n > 0 && left == train.frame {
			t.Errorf("%d bytes are left, not %d", len(wire)-n, left)
		}
		var payload []byte
		frames := 0
		for ; len(wire) > 0; frames++ {
			h, m, err := shared.ParseHeader(wire)
			if m == 0 || err != nil || m+int(h.Length) > len(wire) {
				t.Fatalf("frame %d: % .14x, %v", frames, wire, err)
			}
			payload = append(payload, wire[m:m+int(h.Length)]...)
			if first := h.Opcode == shared.OpcodeBinary; first != (frames == 0) || h.Fin != (len(payload) == len(message)) {
				t.Errorf("frame %d: %+v", frames, h)
			}
			wire = wire[m+int(h.Length):]
		}
		if frames != train.begun(n) || !bytes.HasPrefix(message, payload) || len(payload) != min(frames*size, len(message)) {
			t.Errorf("%d frames, %d of them sent, with %d bytes", frames, train.begun(n), len(payload))
		}
	})
}
