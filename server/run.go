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
	buffer *[]byte                // what whoever receives takes from; nil when nothing is left
	next   int32                  // where in it the frame of the next message begins
	last   int32                  // and that of the last one
	offer  atomic.Uint64          // an offered
	behind atomic.Pointer[[]byte] // the buffer of what is offered
}

// An offered is a run between two calls of Next, which takes a message by putting what is then left in its place. The lowest bits
// say that there is one, and that somebody waits for its end; last and next are above them, and then its turn, which tells it from
// an earlier one.
type offered uint64

const (
	offersAny     = 1 << 0
	offersAwaited = 1 << 1
	offsetBits    = 24 // a run's buffer is shorter
	lastAt        = 2
	nextAt        = lastAt + offsetBits
	turnAt        = nextAt + offsetBits
)

func (o offered) any() bool     { return o&offersAny != 0 }
func (o offered) awaited() bool { return o&offersAwaited != 0 }
func (o offered) last() int32   { return int32(o >> lastAt & (1<<offsetBits - 1)) }
func (o offered) next() int32   { return int32(o >> nextAt & (1<<offsetBits - 1)) }

// runBytes is how long a run becomes before no more is added to it: what was unmasked should still be in the processor's
// cache when its turn comes.
const runBytes = largeBuffer

// enter takes the run from where Next has found it. Conn.mu is held.
func (r *run) enter() {
	if o, buffer := r.withdraw(); o.any() {
		r.buffer, r.next, r.last = buffer, o.next(), o.last()
	}
}

// leave puts what is left of the run where Next finds it. Conn.mu is held.
func (r *run) leave() {
	if r.any() {
		r.behind.Store(r.buffer)
		r.buffer = nil
		turn := r.offer.Load()>>turnAt + 1
		r.offer.Store(turn<<turnAt | uint64(r.next)<<nextAt | uint64(r.last)<<lastAt | offersAny)
	}
}

// withdraw has Next find nothing any more, and returns what it would have found. Conn.mu is held.
func (r *run) withdraw() (o offered, buffer *[]byte) {
	for o = r.offered(); o.any() && !r.offer.CompareAndSwap(uint64(o), uint64(o&^offersAny)); o = r.offered() {
	}
	if buffer = r.behind.Load(); buffer != nil {
		r.behind.Store(nil)
	}
	return o, buffer
}

// await reports whether Next would find something, and has whoever takes the last of it tell. Conn.mu is held.
func (r *run) await() bool {
	for {
		o := r.offered()
		if !o.any() || o.awaited() || r.offer.CompareAndSwap(uint64(o), uint64(o|offersAwaited)) {
			return o.any()
		}
	}
}

func (r *run) offered() offered { return offered(r.offer.Load()) }

// any reports whether there is a message, which whoever receives may ask.
func (r *run) any() bool { return r.buffer != nil }

// isLast reports whether it is the last one.
func (r *run) isLast() bool { return r.next == r.last }

// take removes the first message. There is one.
func (r *run) take() shared.Message {
	b := (*r.buffer)[r.next:]
	if r.isLast() {
		r.buffer = nil
	}
	op, _, start, end := shared.PeekMessage(b)
	if end == 0 {
		op, _, start, end = peekLongMessage(b)
	}
	r.next += int32(end)
	return shared.Message{Opcode: op, Payload: b[start:end:end]}
}

// takeOffered is take for Next, of a run that nobody has entered. The last message it leaves where somebody waits for that to be
// taken.
func (r *run) takeOffered() (m shared.Message, ok bool) {
	o, buffer := r.offered(), r.behind.Load()
	if !o.any() || buffer == nil || int(o.next()) > len(*buffer) {
		return m, false
	}
	b := (*buffer)[o.next():]
	op, _, start, end := shared.PeekMessage(b) // which may be nonsense, if another receives at the same time, as it must not
	if end == 0 {
		op, _, start, end = peekLongMessage(b)
	}
	left := o + offered(end)<<nextAt
	if o.next() == o.last() {
		if left = o &^ offersAny; o.awaited() {
			return m, false
		}
	}
	m = shared.Message{Opcode: op, Payload: b[start:end:end]}
	return m, r.offer.CompareAndSwap(uint64(o), uint64(left))
}

// peekLongMessage is shared.PeekMessage for messages of any length. The two are not one function, since the compiler puts the first
// where it is called.
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
	if in.front || in.stream != nil || in.sequence.InMessage() || c.out.tracer != nil || c.closing() {
		return
	}
	var all shared.Unmasked
	held, limit := in.held(), int(min(c.out.limits.Message, longest))
	for all.Count < fair && all.End < min(len(held), runBytes) {
		var more shared.Unmasked
		if in.sequence.Masked {
			more = shared.UnmaskMessages(held[all.End:], fair-all.Count, limit)
		}
		if more.Count == 0 {
			if more = c.openMessage(held[all.End:]); more.Count == 0 {
				break
			}
		}
		all.Last = all.End + more.Last
		all.End += more.End
		all.Count += more.Count
		all.Size += more.Size
	}
	if all.Count == 0 {
		return
	}
	c.run.buffer, c.run.next, c.run.last = in.buf, in.r, in.r+int32(all.Last)
	in.take(all.End)
	var last shared.Header
	last.Parse(held[all.Last:])
	in.latest = int32(min(last.Length, longest))
	in.fresh.messages += uint64(all.Count)
	in.fresh.bytes += uint64(all.Size)
	if !in.gathering && (all.Count > 1 || in.len() > 0 && in.holdsFrame()) {
		c.gather()
	}
	if c.attendance != nil && in.len() == 0 {
		c.attendance.memory, in.buf = in.buf, nil
	}
}

// openMessage unmasks and checks the message that b begins with, if it may be received in a run. Text that is not UTF-8 it leaves as
// it was, for whoever comes upon it when the messages before it have been received.
func (c *Conn) openMessage(b []byte) (u shared.Unmasked) {
	op, masked, start, end := peekLongMessage(b)
	payload := b[start:end]
	if end == 0 || masked != c.in.sequence.Masked || int64(len(payload)) > c.out.limits.Message {
		return u
	}
	var key [4]byte
	if masked {
		key = [4]byte(b[start-len(key) : start])
	}
	var text *shared.UTF8
	if op == shared.OpcodeText {
		text = new(shared.UTF8)
	}
	if _, valid := unmask(payload, masked, key, 0, text); !valid || text != nil && !text.Complete() {
		unmask(payload, masked, key, 0, nil) // back
		return u
	}
	return shared.Unmasked{Count: 1, End: end, Size: len(payload)}
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
	r.buffer = nil
}
