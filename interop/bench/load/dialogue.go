package main

import (
	"bytes"
	"errors"

	"example.com/tandem/shared"
)

// A dialogue is one connection's progress in a script.
type dialogue struct {
	script *script

	asked  int    // frames that were to be sent, ever
	sent   int    // of them, those that the system has taken whole
	offset int    // bytes that it has taken of the next
	pongs  []byte // frames that go before the next

	answered int // messages received whole
	matched  int // bytes received of an answer that is, so far, what was expected
	reply    reply
}

func newDialogue(s *script, start int) *dialogue {
	d := &dialogue{script: s, asked: start, sent: start, answered: start}
	d.reply.sequence.RSV1 = s.deflated != nil
	return d
}

// waiting returns what is to be sent, as much as lies in one piece.
func (d *dialogue) waiting() []byte {
	if len(d.pongs) > 0 && d.offset == 0 {
		return d.pongs
	}
	if d.sent == d.asked {
		return nil
	}
	return d.script.frames.play(d.sent, d.offset, d.asked-d.sent)
}

// took notes that the system has taken n bytes of what was waiting.
func (d *dialogue) took(n int) {
	if len(d.pongs) > 0 && d.offset == 0 {
		d.pongs = d.pongs[n:]
		return
	}
	for d.offset += n; d.sent < d.asked && d.offset >= d.script.frames.frame(d.sent); d.sent++ {
		d.offset -= d.script.frames.frame(d.sent)
	}
}

var (
	errWrongFrame   = errors.New("the answer has a frame that an echo has not")
	errWrongPayload = errors.New("the answer has other bytes than the question")
)

// hear checks bytes of the answer, every one, and returns how many messages they completed. A server may compress if that
// was agreed on, answer in fragments, and ask whether this end is still there.
func (d *dialogue) hear(b []byte) (completed int, err error) {
	for len(b) > 0 {
		var n int
		if d.reply.open() || d.matched == 0 && b[0] != d.script.answers.play(d.answered, 0, 1)[0] {
			var done bool
			if n, done, err = d.reply.hear(d.script, d.answered, b); done {
				d.answered++
				completed++
			}
			d.pongs, d.reply.pongs = append(d.pongs, d.reply.pongs...), nil
		} else {
			var done int
			n, done, err = d.match(b)
			completed += done
		}
		if err != nil {
			return completed, err
		}
		b = b[n:]
	}
	return completed, nil
}

// match compares with whole frames as they are expected, many at once.
func (d *dialogue) match(b []byte) (n, completed int, err error) {
	frame := d.script.answers.frame(0) // all have the same length, at least 2 bytes
	want := d.script.answers.play(d.answered, d.matched, len(b)/frame+2)
	n = min(len(b), len(want))
	if !bytes.Equal(b[:n], want[:n]) { // perhaps what comes behind the first one is in another form
		n = min(n, frame-d.matched)
		if !bytes.Equal(b[:n], want[:n]) {
			return 0, 0, d.difference(b[:n], want[:n])
		}
	}
	completed = (d.matched + n) / frame
	d.matched = (d.matched + n) % frame
	d.answered += completed
	return n, completed, nil
}

// difference says in which part of the answer the first wrong byte is.
func (d *dialogue) difference(b, want []byte) error {
	for i := range b {
		if b[i] != want[i] && d.matched+i < d.script.answers.frame(0)-d.script.size {
			return errWrongFrame
		}
	}
	return errWrongPayload
}

// A reply is an answer in fragments or compressed, or a Ping, as far as it was received.
type reply struct {
	begun    bool
	control  bool // the frame is a control frame
	ping     []byte
	pongs    []byte // that answer Pings
	deflated bool
	payload  []byte // received of a compressed message
	matched  int    // bytes received of one that is not, all of them right
	left     int    // bytes of the frame to come
	fin      bool
	head     []byte // a frame's header, as far as it was received
	sequence shared.Sequence
}

// hear takes bytes up to the end of the answer to message i, and reports whether this is the end.
func (r *reply) hear(s *script, i int, b []byte) (n int, done bool, err error) {
	for {
		if r.left == 0 && len(b) > n {
			took, whole, err := r.header(s, b[n:])
			if n += took; err != nil || !whole {
				return n, false, err
			}
		}
		some := min(r.left, len(b)-n)
		if err := r.take(s, i, b[n:n+some]); err != nil {
			return n, false, err
		}
		n, r.left = n+some, r.left-some
		switch {
		case r.left > 0 || len(r.head) > 0:
			return n, false, nil
		case r.control:
			r.pong()
			if !r.begun {
				return n, false, nil
			}
		case r.fin:
			err := r.end(s, i)
			return n, err == nil, err
		case n == len(b):
			return n, false, nil
		}
	}
}

// take keeps bytes of a frame's payload, or compares them with those of message i.
func (r *reply) take(s *script, i int, b []byte) error {
	switch {
	case r.control:
		r.ping = append(r.ping, b...)
	case r.deflated:
		r.payload = append(r.payload, b...)
	default:
		if !bytes.HasPrefix(s.payload(i)[r.matched:], b) {
			return errWrongPayload
		}
		r.matched += len(b)
	}
	return nil
}

// open reports whether the next bytes are the reply's.
func (r *reply) open() bool { return r.begun || r.control || len(r.head) > 0 }

// header takes a header off b, or keeps what there is of one.
func (r *reply) header(s *script, b []byte) (n int, whole bool, err error) {
	before := len(r.head)
	r.head = append(r.head, b[:min(len(b), shared.MaxHeaderLen-before)]...)
	h, n, err := shared.ParseHeader(r.head)
	if err != nil || n == 0 {
		return len(r.head) - before, false, err
	}
	r.head = r.head[:0]
	first := !r.sequence.InMessage()
	if err := r.sequence.Step(&h); err != nil {
		return n - before, false, err
	}
	longest := s.size
	if r.deflated || h.RSV1 {
		longest += s.size/1000 + 64 // what does not compress becomes longer by this much at most
	}
	if h.Opcode == shared.OpcodePing {
		r.control, r.left = true, int(h.Length)
		return n - before, true, nil
	}
	if first && h.Opcode != s.opcode || h.Opcode.IsControl() || h.Length > int64(longest-len(r.payload)-r.matched) {
		return n - before, false, errWrongFrame
	}
	r.begun = true
	r.deflated = r.deflated || h.RSV1
	r.left, r.fin = int(h.Length), h.Fin
	return n - before, true, nil
}

// pong answers the Ping that has been received.
func (r *reply) pong() {
	h := shared.Header{Fin: true, Opcode: shared.OpcodePong, Masked: true, Length: int64(len(r.ping))} // a key of 0 will do
	r.pongs = append(shared.AppendHeader(r.pongs, h), r.ping...)
	r.control, r.ping = false, r.ping[:0]
}

func (r *reply) end(s *script, i int) error {
	right := r.matched == s.size
	if r.deflated {
		right = s.inflates(i, r.payload)
	}
	r.begun, r.deflated, r.fin, r.payload, r.matched = false, false, false, r.payload[:0], 0
	if !right {
		return errWrongPayload
	}
	return nil
}
