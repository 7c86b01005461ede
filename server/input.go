package server

import (
	"sync/atomic"

	"example.com/tandem/shared"
)

// input holds bytes that were received and not yet parsed. It belongs to whoever holds the reader's role.
type input struct {
	buf  *[]byte // pooled; nil while nothing is held
	r, w int32   // the held bytes are buf[r:w]

	reads  atomic.Uint32 // how often something was received: the heartbeat's proof of life
	budget int32         // what a reader that glances may still do before others have their turn
	latest int32         // how long the latest frame was, up to longest: the next may be as long
	glance bool          // the reader does not wait
	brief  bool          // a buffer is held only while there is something to read, and may be large
	lends  bool          // the application uses a message only until it asks for the next, which can be where it lies
	lent   bool          // and has one: what it may lie in is not to be touched
}

// held returns the bytes received and not yet taken.
func (in *input) held() []byte {
	if in.buf == nil {
		return nil
	}
	return (*in.buf)[in.r:in.w]
}

func (in *input) len() int { return int(in.w - in.r) }

// take removes the first n held bytes; they stay valid until the next read.
func (in *input) take(n int) []byte {
	b := (*in.buf)[in.r : int(in.r)+n]
	in.r += int32(n)
	return b
}

// keep holds a copy of b, in a buffer of its own.
func (in *input) keep(b []byte) {
	in.buf, in.r, in.w = nil, 0, int32(len(b))
	if len(b) > 0 {
		in.buf = getBuffer(len(b) + 1) // there is always some room
		copy(*in.buf, b)
	}
}

// read waits for bytes of t and puts them into b or, when b is nil, behind those that are held. It reads once. What it reads
// beyond b is held, too, and not counted.
func (in *input) read(t *transport, b []byte) (n int, err error) {
	switch {
	case in.glance && in.budget <= 0:
		in.release()
		return 0, errNothing
	case in.glance:
		in.budget -= look
		n, err = t.descriptor.glance(in, b)
	case t.descriptor != nil:
		n, err = t.descriptor.read(in, b)
	case t.attempt != nil:
		n, err = t.readRaw(in, b)
	case b != nil:
		n, err = t.Read(b)
	default:
		n, err = t.Read(in.space())
	}
	if n > 0 && t.descriptor == nil { // which has counted it
		in.reads.Add(1)
	}
	if b == nil {
		in.w += int32(n)
	}
	return n, err
}

// space returns the room behind the held bytes. There is always some: a reader that wants more holds less than a
// whole control frame, or less than a message that fits.
func (in *input) space() []byte {
	if size := in.wanted(); in.len() == 0 {
		if in.buf != nil && len(*in.buf) < size {
			in.drop()
		}
		if in.buf == nil {
			in.buf = getBuffer(size)
		}
		in.r, in.w = 0, 0
	}
	if in.r > 0 && len(*in.buf)-int(in.w) < smallBuffer/2 {
		in.w = int32(copy(*in.buf, in.held()))
		in.r = 0
	}
	space := (*in.buf)[in.w:]
	if in.latest > largeBuffer && !in.lends { // the rest goes straight into the buffer of its message
		return space[:min(len(space), smallBuffer)]
	}
	return space[:min(len(space), longCall)]
}

// wanted is how large a new buffer is to be.
func (in *input) wanted() int {
	switch {
	case in.brief && in.lends:
		return max(largeBuffer, int(in.latest)+shared.MaxHeaderLen)
	case in.brief:
		return largeBuffer
	}
	return smallBuffer
}

// fits reports whether the buffer can hold n bytes, the held ones among them.
func (in *input) fits(n int64) bool { return in.buf != nil && n <= int64(len(*in.buf)) }

// release gives the buffer back if it holds nothing, and a large one that holds little: the reader is about to wait.
func (in *input) release() {
	switch n := in.len(); {
	case in.buf == nil:
	case n == 0:
		in.drop()
	case len(*in.buf) > largeBuffer && n < len(*in.buf)/8:
		before := in.buf
		in.keep(in.held())
		putBuffer(before)
	}
}

// drop gives the buffer back with whatever it holds.
func (in *input) drop() {
	if in.buf != nil && !in.lent {
		putBuffer(in.buf)
	}
	in.buf, in.r, in.w = nil, 0, 0
}
