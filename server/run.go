package server

import (
	"sync/atomic"

	"example.com/tandem/shared"
)

// A run is messages that have arrived together, each in one frame: they lie behind each other in the input's buffer, unmasked
// and checked, and are lent from there. Whoever holds the reader's role makes it. From then on it is the receiver's, who takes
// one message after the other without the role and without a lock, which cost more than all else that a small message
// needs. To others a run is what a data frame in front is: while there is one nobody reads, unless Close was called.
type run struct {
	buffer  atomic.Pointer[[]byte] // the input's; nil when nothing is left
	next    int32                  // where the frame of the next message begins
	last    int32                  // and that of the last one
	offer   atomic.Uint64          // an offered, while nobody receives; 0: there is none
	turn    uint16                 // counts offers
	awaited atomic.Bool            // somebody may wait for an attendance to take the last message
}

// An offered is a run between two calls of Next, which takes a message by putting what is then left in its place. Its turn, in
// the uppermost bits, tells it from an earlier one; next, last and a bit that is set are below it.
type offered uint64

const offsetBits = 24 // a run's buffer is shorter

func (r *run) offered() offered {
	return offered(r.turn)<<(2*offsetBits+1) | offered(r.next)<<(offsetBits+1) | offered(r.last)<<1 | 1
}

func (o offered) next() int32 { return int32(o >> (offsetBits + 1) & (1<<offsetBits - 1)) }
func (o offered) last() int32 { return int32(o >> 1 & (1<<offsetBits - 1)) }

// runBytes is how long a run becomes before no more is added to it: what was unmasked should still be in the processor's
// cache when its turn comes.
const runBytes = largeBuffer

// enter takes the run from where Next has found it. Conn.mu is held.
func (r *run) enter() {
	if o := offered(r.offer.Swap(0)); o != 0 {
		r.next, r.last = o.next(), o.last()
	}
}

// leave puts what is left of the run where Next finds it. Conn.mu is held.
func (r *run) leave() {
	if r.buffer.Load() != nil {
		r.turn++
		r.offer.Store(uint64(r.offered()))
	}
}

// any reports whether there is a message in a run that was entered, or that an attendance has.
func (r *run) any() bool { return r.buffer.Load() != nil }

// isLast reports whether it is one.
func (r *run) isLast() bool { return r.next == r.last }

// drop gives the run up.
func (r *run) drop() {
	if r.any() {
		r.buffer.Store(nil)
	}
}

// take removes the first message. There is one.
func (r *run) take() shared.Message {
	b := (*r.buffer.Load())[r.next:]
	if r.isLast() {
		r.drop()
	}
	op, _, start, end := shared.PeekMessage(b)
	if end == 0 {
		op, _, start, end = peekLongMessage(b)
	}
	r.next += int32(end)
	return shared.Message{Opcode: op, Payload: b[start:end:end]}
}

// takeOffered is take for Next, of a run that nobody has entered and that has two messages at least: with the last one
// others may read again, and have to be told.
func (r *run) takeOffered() (m shared.Message, ok bool) {
	o, buffer := offered(r.offer.Load()), r.buffer.Load()
	if o == 0 || buffer == nil || o.next() == o.last() || int(o.next()) > len(*buffer) {
		return m, false
	}
	b := (*buffer)[o.next():]
	op, _, start, end := shared.PeekMessage(b) // which may be nonsense, if another receives at the same time, as it must not
	if end == 0 {
		op, _, start, end = peekLongMessage(b)
	}
	m = shared.Message{Opcode: op, Payload: b[start:end:end]}
	return m, r.offer.CompareAndSwap(uint64(o), uint64(o)+uint64(end)<<(offsetBits+1))
}

// peekLongMessage is shared.PeekMessage of what that has not recognized, but may be a message.
func peekLongMessage(b []byte) (op shared.Opcode, masked bool, start, end int) {
	var h shared.Header
	if start, _ = h.Parse(b); start == 0 || !h.IsMessage() || h.Length > int64(len(b)-start) {
		return 0, false, 0, 0
	}
	return h.Opcode, h.Masked, start, start + int(h.Length)
}

// makeRun makes a run of the whole messages in front, if there are any. What else is there it leaves as it is.
func (c *Conn) makeRun() {
	in := &c.in
	if in.front || in.stream != nil || in.sequence.InMessage() || c.out.tracer != nil || c.closing.Load() {
		return
	}
	held, limit := in.held(), c.out.limits.Message
	end, last, count, size := 0, 0, 0, 0
	for count < fair && end < runBytes {
		b := held[end:]
		op, masked, start, stop := shared.PeekMessage(b)
		if stop == 0 {
			op, masked, start, stop = peekLongMessage(b)
		}
		payload := b[start:stop]
		if stop == 0 || masked != in.sequence.Masked || int64(len(payload)) > limit {
			break
		}
		if op == shared.OpcodeText {
			if !openText(payload, masked, b[:start]) {
				break
			}
		} else if masked {
			shared.Mask(payload, maskingKey(b[:start]), 0)
		}
		last, end = end, end+stop
		count++
		size += len(payload)
		in.latest = int32(min(len(payload), longest))
	}
	if count == 0 {
		return
	}
	c.run.buffer.Store(in.buf)
	c.run.next, c.run.last = in.r, in.r+int32(last)
	in.take(end)
	in.fresh.messages += uint64(count)
	in.fresh.bytes += uint64(size)
	if !in.gathering && (count > 1 || in.holdsFrame()) {
		c.gather()
	}
}

// maskingKey is the end of a header.
func maskingKey(header []byte) [4]byte { return [4]byte(header[len(header)-4:]) }

// openText unmasks text and checks it. What is not UTF-8 it leaves as it was, for whoever comes upon it when the messages
// before it have been received.
func openText(payload []byte, masked bool, header []byte) (valid bool) {
	var text shared.UTF8
	if !masked {
		return text.Write(payload) && text.Complete()
	}
	key := maskingKey(header)
	if _, valid = text.WriteMasked(payload, key, 0); valid && text.Complete() {
		return true
	}
	shared.Mask(payload, key, 0)
	return false
}

// runPending reports whether messages wait for the receiver. c.mu is held.
func (c *Conn) runPending() bool {
	return c.attendance != nil && c.run.any() || c.run.offer.Load() != 0
}

// tellOfRun has those look that wait for the run to end: the attendance has taken the last message.
func (c *Conn) tellOfRun() {
	c.mu.Lock()
	c.run.awaited.Store(false)
	c.changed.wake()
	c.mu.Unlock()
}

// putBack makes bytes that were received and not yet parsed of what is left of the run: another method than Next is to
// receive it.
func (c *Conn) putBack() {
	in, r := &c.in, &c.run
	if !r.any() {
		return
	}
	var h shared.Header
	for at := r.next; at <= r.last; at += int32(h.Length) {
		n, _ := h.Parse((*in.buf)[at:])
		at += int32(n)
		if h.Masked {
			shared.Mask((*in.buf)[at:at+int32(h.Length)], h.MaskingKey, 0)
		}
		in.fresh.messages--
		in.fresh.bytes -= uint64(h.Length)
	}
	in.r = r.next
	r.drop()
}
