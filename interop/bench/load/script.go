package main

import (
	"bytes"
	"errors"
	"math/rand/v2"

	"example.com/tandem/shared"
)

// A script is what the connections send, built once: masked frames, round and round, each connection from another
// place on.
type script struct {
	size     int    // of a payload
	count    int    // of different frames
	frame    int    // length of a frame
	frames   []byte // the first ones stand again at the end, so that each run of frames lies in one piece
	payloads []byte
}

func newScript(size, inFlight int) *script {
	s := &script{size: size, count: max(3, min(61, (1<<20)/max(size, 1)))}
	random := rand.NewChaCha8([32]byte{})
	s.payloads = make([]byte, s.count*size)
	random.Read(s.payloads)
	for i := range s.count + inFlight {
		h := shared.Header{Fin: true, Opcode: shared.OpcodeBinary, Masked: true, Length: int64(size)}
		random.Read(h.MaskingKey[:])
		s.frames = shared.AppendHeader(s.frames, h)
		start := len(s.frames)
		s.frames = append(s.frames, s.payload(i)...)
		shared.Mask(s.frames[start:], h.MaskingKey, 0)
		s.frame = h.Len() + size
	}
	return s
}

func (s *script) payload(i int) []byte {
	i %= s.count
	return s.payloads[i*s.size : (i+1)*s.size]
}

// run returns n frames from the i-th on.
func (s *script) run(i, n int) []byte {
	i %= s.count
	return s.frames[i*s.frame : (i+n)*s.frame]
}

// A dialogue is one connection's progress in the script.
type dialogue struct {
	script *script
	asked  int    // frames handed out
	out    []byte // of them, what the system has not taken

	answered int // messages received whole
	at       int // bytes received of the one that is under way
	left     int // bytes of its frame to come
	fin      bool
	sequence shared.Sequence
	head     []byte // a frame's header, so far
}

func newDialogue(s *script, start int) *dialogue {
	return &dialogue{script: s, asked: start, answered: start}
}

// ask puts n more frames out to be sent.
func (d *dialogue) ask(n int) {
	next := d.script.run(d.asked, n)
	d.asked += n
	if len(d.out) == 0 {
		d.out = next
	} else {
		d.out = append(d.out[:len(d.out):len(d.out)], next...) // the script stays as it is
	}
}

var (
	errWrongFrame   = errors.New("the answer has a frame that an echo has not")
	errWrongPayload = errors.New("the answer has other bytes than the question")
)

// hear checks bytes of the answer, every one, and returns how many messages they completed.
func (d *dialogue) hear(b []byte) (completed int, err error) {
	for {
		if d.left > 0 {
			n := min(d.left, len(b))
			if !bytes.Equal(b[:n], d.script.payload(d.answered)[d.at:d.at+n]) {
				return completed, errWrongPayload
			}
			b, d.at, d.left = b[n:], d.at+n, d.left-n
			if d.left > 0 {
				return completed, nil
			}
			completed += d.endFrame()
		}
		if len(b) == 0 {
			return completed, nil
		}
		if b, err = d.begin(b); err != nil {
			return completed, err
		}
		if len(d.head) == 0 && d.left == 0 { // an empty frame
			completed += d.endFrame()
		}
	}
}

func (d *dialogue) endFrame() (completed int) {
	if !d.fin {
		return 0
	}
	d.answered++
	d.at = 0
	return 1
}

// begin takes a header off b, or keeps what there is of one. A server may answer in fragments.
func (d *dialogue) begin(b []byte) ([]byte, error) {
	before := len(d.head)
	source := b
	if before > 0 {
		d.head = append(d.head, b[:min(len(b), shared.MaxHeaderLen-before)]...)
		source = d.head
	}
	h, n, err := shared.ParseHeader(source)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		if before == 0 {
			d.head = append(d.head, b...)
		}
		return nil, nil
	}
	d.head = d.head[:0]
	if err := d.sequence.Step(h); err != nil {
		return nil, err
	}
	rest := int64(d.script.size - d.at)
	if h.Opcode != shared.OpcodeBinary && h.Opcode != shared.OpcodeContinuation || h.Length > rest || h.Fin && h.Length < rest {
		return nil, errWrongFrame
	}
	d.left, d.fin = int(h.Length), h.Fin
	return b[n-before:], nil
}
