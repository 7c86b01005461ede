package server

import (
	"errors"
	"io"
	"time"
)

// kick sees to it that what waits leaves: at once, or, while replies gather, soon. o.mu is held.
func (o *outgoing) kick() {
	switch {
	case !o.conn.t.tries() || !o.gathers(o.waiting()):
		o.flush()
	case !o.expected:
		o.expect()
	}
}

// gathers reports whether frames wait for more, while so many bytes do.
func (o *outgoing) gathers(waiting int) bool { return o.gather && waiting < o.limits.Outgoing/2 }

// flush hands the kernel what it takes without waiting. The rest, and everything on a transport that can't be tried,
// goes to the goroutine. o.mu is held, but not across the system call.
func (o *outgoing) flush() {
	if o.writing || o.empty() {
		return
	}
	if !o.conn.t.tries() || o.batch != nil || o.tracer != nil { // a Trace may take its time, and Broadcast has others to serve
		o.startDrain()
		return
	}
	o.writing = true
	b := o.nextBatch()
	o.mu.Unlock()
	n, err := o.conn.t.try(b)
	o.mu.Lock()
	o.wrote(n, err)
	if !o.empty() {
		o.startDrain()
	}
}

// handOver hands the kernel what it takes, without waiting, of what waits and of a train behind it. What it leaves of the
// frames that are sent is copied; it returns how many these are. o.mu is held, but not across the system call.
func (o *outgoing) handOver(t train) (frames int) {
	o.writing, o.inHand = true, t.frame
	b := o.nextBatch()
	o.mu.Unlock()
	n, err := o.conn.t.tryTrain(b, t.pieces)
	o.mu.Lock()
	o.inHand = 0
	taken := max(n-len(b), 0)
	n -= taken
	if left := t.left(taken); left > 0 && err == nil {
		kept := getBuffer(len(b) - n + left)
		*kept = t.appendLeft(append((*kept)[:0], b[n:]...), taken)
		if o.batch != nil {
			putBuffer(o.batch)
		}
		o.batch, o.written, n = kept, 0, 0
	}
	o.wrote(n, err)
	if !o.empty() {
		o.startDrain()
	}
	return t.begun(taken)
}

// directSize is how long a payload has to be to cost less where it lies than in a copy.
const directSize = 32 << 10

// direct hands the kernel a frame from where it lies, if nothing is in its way, and with it those that follow it in the
// message, as far as the kernel takes them at once. It returns how many bytes of their payloads are sent. A client masks,
// and a Trace is shown frames, in a copy.
func (o *outgoing) direct(f *sending) (further int, ok bool) {
	if o.client || o.tracer != nil || !o.conn.t.tries() || o.writing || o.batch != nil ||
		o.gathers(o.waiting()+len(f.payload)) {
		return 0, false
	}
	switch size := len(f.payload); {
	case f.ready.total > 0:
		o.handOver(f.ready)
	case size < directSize:
		return 0, false
	default:
		m := trains.Get().(*trainMemory)
		defer m.free()
		frames := o.handOver(m.couple(f.header, f.payload, f.further))
		further = min((frames-1)*size, len(f.further))
	}
	return further, true
}

func (o *outgoing) startDrain() {
	if !o.draining {
		o.draining = true
		if o.drain == nil {
			o.drain = o.writeAll
		}
		go o.drain()
	}
}

// writeAll is the goroutine that writes until nothing waits.
func (o *outgoing) writeAll() {
	o.mu.Lock()
	limited := false
	for !o.writing && !o.empty() {
		o.writing = true
		fresh := o.batch == nil
		b := o.nextBatch()
		o.mu.Unlock()
		if fresh && o.tracer != nil {
			o.tracer.flush(b)
		}
		o.conn.t.SetWriteDeadline(time.Now().Add(o.limits.Write))
		limited = true
		n, err := o.conn.t.Write(b)
		o.mu.Lock()
		o.wrote(n, err)
	}
	o.draining = false
	if limited && o.err == nil { // after the end it may be that of tls.Conn.Close
		o.conn.t.SetWriteDeadline(time.Time{}) // flush would find it expired, and so would TLS when it answers the peer
	}
	o.mu.Unlock()
}

// nextBatch returns the bytes to write next: what is left of the last batch, else control frames and then data. It is nil
// when there are none.
func (o *outgoing) nextBatch() []byte {
	if o.batch != nil {
		return (*o.batch)[o.written:]
	}
	if o.controls != nil {
		o.lead()
	}
	if o.tracer != nil {
		o.tracer.take()
	}
	if o.data == nil {
		return nil
	}
	o.batch, o.data = o.data, nil
	return *o.batch
}

// wrote records what came of a write of the batch.
func (o *outgoing) wrote(n int, err error) {
	o.writing = false
	o.written += n
	if o.batch != nil && (o.written == len(*o.batch) || err != nil) {
		putBuffer(o.batch)
		o.batch, o.written = nil, 0
	}
	if err != nil {
		o.discard()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // io.EOF is what a normal end gives
		}
		if o.err == nil {
			o.err = &closedError{cause: err}
			go o.conn.writeFailed(err)
		}
	}
	o.changed.wake()
}

// setGather starts or ends the gathering of replies.
func (o *outgoing) setGather(on bool) {
	o.mu.Lock()
	o.gather = on && o.err == nil && !o.closed
	if !on {
		o.flush()
	}
	o.mu.Unlock()
}
