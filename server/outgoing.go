package server

import (
	"context"
	"sync"

	"example.com/tandem/shared"
)

// outgoing holds the frames that wait to be sent, and decides who writes them. Whoever adds a frame while nobody
// writes hands it to the kernel at once, without waiting, a long one from where it lies; what the kernel does not take,
// what is added meanwhile, and all that a Trace is shown, goes to a goroutine that lives until it is written. No lock is
// held across a system call.
type outgoing struct {
	// The order matters: what every frame needs lies close together, since to fetch it from memory is a good part of what
	// a message to one of 10,000 connections costs.

	conn   *Conn // whose transport it is, and who is told, without the lock, when a write fails
	limits *Limits
	tracer *tracer // nil without a Trace; of what is received, too

	mu       sync.Mutex
	err      *closedError // why nothing more can be sent
	client   bool
	givenUp  bool // Broadcast has found the connection too slow and closes it
	writing  bool // somebody is in a write
	draining bool // the goroutine is there or about to be
	gather   bool // frames wait for more: the reader has whole frames in its buffer
	expected bool // it was put down to be looked at, in case they wait for long
	closed   bool // a Close frame is among the frames: none may follow
	turn     turn
	deflater *deflater // nil if compression was not negotiated
	data     *[]byte   // whole frames in order; nil when there are none
	batch    *[]byte   // what is being written; nil when nothing is
	inHand   int       // bytes of a sender's own memory that are being written, behind the batch
	queue    *queue    // what waits for the turn; nil: nothing
	changed  signal    // room, or the end
	written  int       // bytes of the batch that the kernel has
	controls *controls // nil when no control frame waits
	sent     counts
	drain    func() // o.writeAll, made once: the goroutine that writes allocates nothing; nil before there is one
}

// waiting is how many bytes of data frames are held.
func (o *outgoing) waiting() int {
	n := 0
	if o.data != nil {
		n += len(*o.data)
	}
	if o.batch != nil {
		n += len(*o.batch)
	}
	return n + o.inHand
}

func (o *outgoing) empty() bool {
	return o.data == nil && o.batch == nil && o.inHand == 0 && o.controls == nil
}

// fits reports whether n more bytes of frames are within the bound.
func (o *outgoing) fits(n int) bool { return o.waiting()+n <= o.limits.Outgoing }

// refusal is why a frame cannot be added now, or nil.
func (o *outgoing) refusal() error {
	switch {
	case o.err != nil:
		return o.err
	case o.closed:
		return errClosing
	}
	return nil
}

// room waits until n more bytes of frames are within the bound. o.mu is held.
func (o *outgoing) room(ctx context.Context, doing string, n int) error {
	for {
		if err := o.refusal(); err != nil {
			return err
		}
		if o.fits(n) {
			return nil
		}
		o.flush() // what was gathered need not be waited for
		if o.fits(n) || o.refusal() != nil {
			continue
		}
		if err := o.wait(ctx, doing); err != nil {
			return err
		}
	}
}

// wait releases o.mu until something has changed.
func (o *outgoing) wait(ctx context.Context, doing string) error {
	if !o.changed.wait(ctx, &o.mu) {
		return o.refusalOr(ctx, doing)
	}
	return nil
}

// refusalOr is the error of a sender whose context has ended: often that is the connection's own, and its end the
// better answer.
func (o *outgoing) refusalOr(ctx context.Context, doing string) error {
	if err := o.refusal(); err != nil {
		return err
	}
	return contextError(doing, ctx)
}

// put sends a frame: from where it lies, with what follows it, or else by putting it behind those that wait. It returns
// how many bytes of what follows it were sent too. o.mu is held, but not across a system call.
func (o *outgoing) put(f *sending) (further int) {
	further, direct := o.direct(f)
	if further == len(f.further) && (f.header.Fin || further > 0) {
		o.count(f.size)
	}
	switch {
	case direct:
		return further
	case f.ready.total > 0 && !o.client:
		o.reserve(f.ready.total)
		*o.data = f.ready.appendLeft(*o.data, 0)
	default:
		o.add(&f.header, f.payload)
	}
	o.kick()
	return 0
}

// add puts a data frame behind those that wait, and completes its header. The payload is copied, and masked in the copy.
// o.mu is held.
func (o *outgoing) add(h *shared.Header, payload []byte) {
	h.Length = int64(len(payload))
	o.reserve(shared.MaxHeaderLen + len(payload))
	*o.data = o.frame(*o.data, h, payload)
}

// reserve makes room for size more bytes in the memory of the data that waits.
func (o *outgoing) reserve(size int) {
	if o.data == nil || cap(*o.data)-len(*o.data) < size {
		o.grow(size)
	}
}

func (o *outgoing) grow(size int) {
	if o.data == nil {
		o.data = getBuffer(size)
		*o.data = (*o.data)[:0]
		return
	}
	bigger := getBuffer(max(len(*o.data)+size, min(2*cap(*o.data), o.limits.Outgoing)))
	*bigger = append((*bigger)[:0], *o.data...)
	putBuffer(o.data)
	o.data = bigger
}

// count counts a message whose last frame was added. o.mu is held.
func (o *outgoing) count(size int) {
	o.sent.messages++
	o.sent.bytes += uint64(size)
	if o.tracer != nil {
		o.tracer.sizes = append(o.tracer.sizes, size)
	}
}

// frame appends a frame to b.
func (o *outgoing) frame(b []byte, h *shared.Header, payload []byte) []byte {
	if o.client {
		h.Masked, h.MaskingKey = true, newMaskingKey()
	}
	b = h.Append(b)
	start := len(b)
	b = append(b, payload...)
	if h.Masked {
		shared.Mask(b[start:], h.MaskingKey, 0)
	}
	return b
}

// sendLast is sendClose, behind the message that Send is in the middle of: whoever sends that will do it. It does not
// wait for a message writer, which may never be closed. No other message is begun.
func (o *outgoing) sendLast(payload []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closesNext(): // another Close was first
	case o.turn == turnTaken:
		o.behind().last = func() { o.addClose(payload) }
		o.dismissSenders()
	default:
		o.addClose(payload)
	}
}

// sendClose puts a Close frame behind everything that waits, and reports whether it was the first. Nothing is
// accepted after it (RFC 6455 §5.5.1).
func (o *outgoing) sendClose(payload []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.addClose(payload)
}

func (o *outgoing) addClose(payload []byte) bool {
	if o.refusal() != nil {
		return false
	}
	o.add(&shared.Header{Fin: true, Opcode: shared.OpcodeClose}, payload)
	o.closed, o.gather = true, false
	o.dismissSenders()
	o.kick()
	o.changed.wake()
	return true
}

// refuse refuses all further frames with err.
func (o *outgoing) refuse(err *closedError) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err, o.gather = err, false
	o.dismissSenders()
	o.changed.wake()
}

// end drops the frames that wait if drop is set, else they still go out.
func (o *outgoing) end(drop bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if drop {
		o.discard()
	} else {
		o.kick()
	}
	o.changed.wake()
}

// discard drops what waits. A batch that is being written belongs to its writer until that returns.
func (o *outgoing) discard() {
	if o.data != nil {
		putBuffer(o.data)
		o.data = nil
	}
	o.freeControls()
	o.queue.drop()
	if !o.writing && o.batch != nil {
		putBuffer(o.batch)
		o.batch, o.written = nil, 0
	}
}

// flushed waits until everything has been written. It reports false if that can't be any more, or ctx ended first.
func (o *outgoing) flushed(ctx context.Context) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.empty() {
		if o.wait(ctx, "") != nil {
			return false
		}
	}
	return true
}

// release drops what is left when the transport has been closed.
func (o *outgoing) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.discard()
	o.changed.wake()
}
