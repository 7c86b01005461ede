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
	buffer *[]byte // the input's; nil when nothing is left
	next   int32   // where the frame of the next message begins
	last   int32   // and that of the last one
	guard  atomic.Uint32
}

// What a run's guard says. It changes with Conn.mu held, except from free to taken and back.
const (
	noRun uint32 = iota
	free         // nobody receives: Next may take it for as long as it takes to have a message of it
	taken        // by a receiver
	kept         // by an attendance, which is the only receiver
)

// runBytes is how long a run becomes before no more is added to it: what was unmasked should still be in the processor's
// cache when its turn comes.
const runBytes = largeBuffer

// enter takes the run for a receiver. It reports false if another has it.
func (r *run) enter() bool { return r.guard.Load() == noRun || r.guard.CompareAndSwap(free, taken) }

// leave leaves what there is of it in a state.
func (r *run) leave(state uint32) {
	if r.buffer == nil {
		state = noRun
	}
	if r.guard.Load() != state {
		r.guard.Store(state)
	}
}

// pending reports whether messages wait for the receiver.
func (r *run) pending() bool { return r.guard.Load() != noRun }

// drop gives it up.
func (r *run) drop() { r.buffer = nil }

// isLast reports whether it has one message.
func (r *run) isLast() bool { return r.next == r.last }

// take removes the first message. There is one.
func (r *run) take() shared.Message {
	b := (*r.buffer)[r.next:]
	op, _, start, end := shared.PeekMessage(b)
	if end == 0 {
		var h shared.Header
		start, _ = h.Parse(b)
		op, end = h.Opcode, start+int(h.Length)
	}
	if r.isLast() {
		r.buffer = nil
	}
	r.next += int32(end)
	return shared.Message{Opcode: op, Payload: b[start:end:end]}
}

// makeRun makes a run of the whole messages in front, if there are any. What else is there it leaves as it is.
func (c *Conn) makeRun() {
	in := &c.in
	if in.front || in.stream != nil || in.partial != nil || c.out.tracer != nil || c.closing.Load() {
		return
	}
	held := in.held()
	end, last, count := 0, 0, 0
	size := uint64(0)
	for count < fair && end < runBytes {
		payload, n := in.open(held[end:], c.out.limits.Message)
		if n == 0 {
			break
		}
		last, end = end, end+n
		in.latest = int32(min(len(payload), longest))
		size += uint64(len(payload))
		count++
	}
	if count == 0 {
		return
	}
	c.run.buffer, c.run.next, c.run.last = in.buf, in.r, in.r+int32(last)
	in.take(end)
	in.fresh.messages += uint64(count)
	in.fresh.bytes += size
	if !in.gathering && (count > 1 || in.holdsFrame()) {
		c.gather()
	}
}

// open unmasks and checks the message that b begins with, if it is a message by itself and all of it is there, and returns
// its payload and the length of its frame, or 0. Text that is not UTF-8 it leaves as it was, for whoever comes upon it when
// the messages before it have been received.
func (in *incoming) open(b []byte, limit int64) (payload []byte, n int) {
	op, masked, start, end := shared.PeekMessage(b)
	if end == 0 {
		var h shared.Header
		if start, _ = h.Parse(b); start == 0 || !h.IsMessage() || h.Length > int64(len(b)-start) {
			return nil, 0
		}
		op, masked, end = h.Opcode, h.Masked, start+int(h.Length)
	}
	if masked != in.sequence.Masked || in.sequence.InMessage() || int64(end-start) > limit {
		return nil, 0
	}
	payload = b[start:end]
	var key [4]byte
	if masked {
		key = [4]byte(b[start-4:])
	}
	if op == shared.OpcodeBinary {
		unmask(payload, masked, key, 0, nil)
		return payload, end
	}
	var text shared.UTF8
	if _, valid := unmask(payload, masked, key, 0, &text); !valid || !text.Complete() {
		unmask(payload, masked, key, 0, nil)
		return nil, 0
	}
	return payload, end
}

// endRun lets others read again: the attendance is about to take the last message.
func (c *Conn) endRun() {
	c.mu.Lock()
	c.run.guard.Store(noRun)
	c.changed.wake()
	c.mu.Unlock()
}

// putBack makes bytes that were received and not yet parsed of what is left of the run: another method than Next is to
// receive it.
func (c *Conn) putBack() {
	in, r := &c.in, &c.run
	if r.buffer != nil && r.buffer == in.buf { // else Close was called, and somebody has read on: nothing more is delivered
		var h shared.Header
		for at := r.next; at <= r.last; at += int32(h.Length) {
			n, _ := h.Parse((*r.buffer)[at:])
			at += int32(n)
			if h.Masked {
				shared.Mask((*r.buffer)[at:at+int32(h.Length)], h.MaskingKey, 0)
			}
			in.fresh.messages--
			in.fresh.bytes -= uint64(h.Length)
		}
		in.r = r.next
	}
	r.drop()
}
