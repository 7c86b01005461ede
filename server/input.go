package server

import "sync/atomic"

// input holds bytes that were received and not yet parsed. It belongs to whoever holds the reader's role.
type input struct {
	buf  *[]byte // pooled; nil while nothing is held
	r, w int     // the held bytes are buf[r:w]

	reads atomic.Uint32 // how often something was received: the heartbeat's proof of life

	glance bool // the reader does not wait
	budget int  // what a reader that glances may still do before others have their turn
	brief  bool // a buffer is held only while there is something to read, and may be large
	long   bool // the latest frame was long: the next may be, and goes into the buffer of its message
}

// held returns the bytes received and not yet taken.
func (in *input) held() []byte {
	if in.buf == nil {
		return nil
	}
	return (*in.buf)[in.r:in.w]
}

func (in *input) len() int { return in.w - in.r }

// take removes the first n held bytes; they stay valid until the next read.
func (in *input) take(n int) []byte {
	b := (*in.buf)[in.r : in.r+n]
	in.r += n
	return b
}

// preload holds bytes that arrived with the opening handshake.
func (in *input) preload(b []byte) {
	if len(b) == 0 {
		return
	}
	in.buf = getBuffer(len(b))
	in.r, in.w = 0, copy(*in.buf, b)
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
	if b == nil {
		in.w += n
	}
	return n, err
}

// space returns the room behind the held bytes. There is always some: a reader that wants more holds less than a
// whole control frame.
func (in *input) space() []byte {
	if in.buf == nil {
		size := smallBuffer
		if in.brief {
			size = largeBuffer
		}
		in.buf = getBuffer(size)
	}
	if in.len() == 0 {
		in.r, in.w = 0, 0
	}
	if in.r > 0 && len(*in.buf)-in.w < smallBuffer/2 {
		in.w = copy(*in.buf, (*in.buf)[in.r:in.w])
		in.r = 0
	}
	space := (*in.buf)[in.w:]
	if in.long {
		return space[:min(len(space), smallBuffer)]
	}
	return space
}

// release gives the buffer back if it holds nothing.
func (in *input) release() {
	if in.buf != nil && in.len() == 0 {
		in.drop()
	}
}

// drop gives the buffer back with whatever it holds.
func (in *input) drop() {
	if in.buf != nil {
		putBuffer(in.buf)
	}
	in.buf, in.r, in.w = nil, 0, 0
}
