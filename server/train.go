package server

import (
	"sync"

	"example.com/tandem/shared"
)

// trainFrames is how many frames go into one train: a message of 1 MiB with the default limits, and a little more.
const trainFrames = 17

// A train is frames of one message that are offered to the kernel together, from where they lie. The kernel may take
// any part of it. The first frame is sent in any case, and then those that the kernel has begun; the others are not. All
// frames are equally long but the last, which may be shorter.
type train struct {
	pieces [][]byte // headers and payloads in turn, or a whole frame
	frame  int      // length of a frame
	total  int
}

// begun is how many frames are sent when the kernel has taken n bytes.
func (t train) begun(n int) int {
	if t.total == 0 {
		return 0
	}
	return max(1, (n+t.frame-1)/t.frame)
}

// left is how many bytes of those frames the kernel has not taken.
func (t train) left(n int) int { return min(t.begun(n)*t.frame, t.total) - n }

// appendLeft appends them to b.
func (t train) appendLeft(b []byte, n int) []byte {
	left := t.left(n)
	for _, piece := range t.pieces {
		skipped := min(n, len(piece))
		taken := piece[skipped:]
		taken = taken[:min(left, len(taken))]
		b = append(b, taken...)
		n, left = n-skipped, left-len(taken)
	}
	return b
}

// A trainMemory is what a train is made of.
type trainMemory struct {
	headers [trainFrames * shared.MaxHeaderLen]byte
	pieces  [2 * trainFrames][]byte
}

var trains = sync.Pool{New: func() any { return new(trainMemory) }}

func (m *trainMemory) free() {
	clear(m.pieces[:])
	trains.Put(m)
}

// couple makes a train of a frame and of those in which its message goes on to its end (RFC 6455 §5.4). further may be
// empty.
func (m *trainMemory) couple(h shared.Header, payload, further []byte) train {
	t := train{pieces: m.pieces[:0]}
	size := len(payload)
	for headers := m.headers[:0]; ; {
		start := len(headers)
		h.Length = int64(len(payload))
		headers = shared.AppendHeader(headers, h)
		t.pieces = append(t.pieces, headers[start:], payload)
		if t.total += len(headers) - start + len(payload); t.frame == 0 {
			t.frame = t.total
		}
		if len(further) == 0 || len(t.pieces) == len(m.pieces) {
			return t
		}
		payload, further = further[:min(size, len(further))], further[min(size, len(further)):]
		h = shared.Header{Fin: len(further) == 0, Opcode: shared.OpcodeContinuation}
	}
}
