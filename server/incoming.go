package server

import (
	"context"
	"math"
	"slices"
	"strconv"

	"example.com/tandem/shared"
)

// incoming is what has arrived: bytes not yet parsed, the data frame in front, and the message it belongs to. It can
// be left at any byte and taken up again. It belongs to whoever holds the reader's role.
type incoming struct {
	input
	sequence shared.Sequence

	front     bool // a data frame: its header has been taken, and its end has not been reached
	deflated  bool // the payload of its message is compressed (RFC 7692 §6)
	blind     bool // what is compressed is discarded as it is
	gathering bool
	key       uint8         // which byte of the masking key is next
	expired   uint8         // reads in a row that ended at a deadline which is not ours
	empty     uint16        // empty fragments of the message so far
	opcode    shared.Opcode // of the message
	text      shared.UTF8
	header    shared.Header // of the frame in front, or else the latest
	left      int64         // bytes of its payload not yet taken
	fresh     counts        // what has come since the role was taken
	wire      int64         // of the message, as far as headers have announced it
	inflater  *inflater     // nil if compression was not negotiated
	partial   *[]byte       // of a message whose receiver was interrupted
	message   *[]byte       // pooled memory that the message lies in which is being received, or was lent
	stream    *messageReader
}

// readFrame reads until one frame's header is there. A control frame it deals with, whole; a data frame it leaves in
// front. After a context's error it can be called again.
func (c *Conn) readFrame(ctx context.Context, op string) error {
	in := &c.in
	for {
		if in.glance && in.budget <= 0 {
			return errNothing
		}
		n, err := c.parseHeader()
		switch {
		case err != nil:
			return err
		case n > 0 && !in.header.Opcode.IsControl():
			in.take(n)
			return c.beginFrame()
		case n > 0 && in.len() >= n+int(in.header.Length):
			in.take(n)
			return c.controlFrame()
		}
		if _, err := c.await(ctx, op, nil); err != nil {
			return err
		}
	}
}

// parseHeader looks at the next header, and returns its length, or 0 if it is not all there. (It is apart from readFrame
// because a connection that waits does so inside of that, and holds its stack.)
func (c *Conn) parseHeader() (n int, err error) {
	in := &c.in
	if n, err = in.header.Parse(in.held()); err != nil {
		in.header = shared.Header{} // there is none, and the frame before must not be shown in its place
	}
	if c.out.tracer != nil && (n > 0 || err != nil) {
		c.out.tracer.begin(in.header, n, in.held())
	}
	if err == nil && n > 0 {
		err = in.sequence.Step(&in.header)
	}
	if err == nil {
		return n, nil
	}
	if c.out.tracer != nil && n > 0 {
		c.out.tracer.payload(in.held()[n : n+int(min(in.header.Length, int64(in.len()-n)))])
	}
	return 0, c.fail(err)
}

// controlFrame deals with a control frame, whose header was taken and whose payload is at hand.
func (c *Conn) controlFrame() error {
	in := &c.in
	payload := in.take(int(in.header.Length))
	in.budget--
	c.gatherReplies()
	if c.out.tracer != nil {
		c.out.tracer.control(payload)
	}
	if in.header.Masked {
		shared.Mask(payload, in.header.MaskingKey, 0)
	}
	return c.control(in.header.Opcode, payload)
}

// beginFrame puts the data frame in front whose header was taken, if the limits allow it.
func (c *Conn) beginFrame() error {
	in := &c.in
	h := &in.header
	if h.Opcode != shared.OpcodeContinuation {
		in.opcode, in.deflated = h.Opcode, h.RSV1
		if in.blind && h.RSV1 {
			in.opcode, in.deflated = shared.OpcodeBinary, false
		}
		in.wire, in.empty = 0, 0
		in.text.Reset()
	}
	limit := c.out.limits.Message
	if in.deflated || in.blind { // what cannot be made shorter may have become a little longer
		limit += min(limit/64+smallBuffer, math.MaxInt64-limit)
	}
	if h.Length > limit-in.wire {
		return c.failTooBig()
	}
	if h.Length == 0 && !h.Fin {
		if in.empty++; in.empty > maxEmptyFragments {
			return c.failTooManyEmpty()
		}
	}
	in.wire += h.Length
	in.front, in.left, in.key = true, h.Length, 0
	in.latest = int32(min(h.Length, longest))
	return nil
}

// readPayload moves the next bytes of the frame in front into b, unmasked and, in a text message, checked. Long
// payloads go from the network straight into b.
func (c *Conn) readPayload(ctx context.Context, op string, b []byte) (int, error) {
	in := &c.in
	if int64(len(b)) > in.left {
		b = b[:in.left]
	}
	if in.len() == 0 && len(b) < smallBuffer {
		if _, err := c.await(ctx, op, nil); err != nil {
			return 0, err
		}
	}
	n := copy(b, in.held())
	if n > 0 {
		in.r += int32(n)
	} else {
		var err error
		if n, err = c.await(ctx, op, b); err != nil {
			return 0, err
		}
	}
	if err := c.arrived(b[:n]); err != nil {
		return 0, err
	}
	return n, nil
}

// arrived unmasks bytes of the frame in front, where they lie, and checks them in a text message.
func (c *Conn) arrived(b []byte) error {
	in := &c.in
	if c.out.tracer != nil {
		c.out.tracer.payload(b)
	}
	in.left -= int64(len(b))
	var text *shared.UTF8
	if in.opcode == shared.OpcodeText && !in.deflated {
		text = &in.text
	}
	next, valid := unmask(b, in.header.Masked, in.header.MaskingKey, int(in.key), text)
	in.key = uint8(next & 3)
	if !valid {
		return c.failText()
	}
	return nil
}

// unmask unmasks bytes of a frame, if they are masked, and checks them if they are text, which is else nil. The first has the
// offset pos; next is the one behind them.
func unmask(b []byte, masked bool, key [4]byte, pos int, text *shared.UTF8) (next int, valid bool) {
	switch {
	case masked && text != nil:
		return text.WriteMasked(b, key, pos)
	case masked:
		return shared.Mask(b, key, pos), true
	case text != nil:
		return pos + len(b), text.Write(b)
	}
	return pos + len(b), true
}

// endFrame leaves a data frame that was read to its end, and reports whether it ended the message, which is then counted.
func (c *Conn) endFrame() (last bool, err error) {
	in := &c.in
	in.front = false
	if !in.header.Fin {
		c.showFrame(nil)
		return false, nil
	}
	if in.opcode == shared.OpcodeText && !in.text.Complete() {
		return true, c.failText()
	}
	if c.out.tracer != nil {
		c.out.tracer.end(nil)
		c.out.tracer.receivedMessage(in)
	}
	in.fresh.messages++
	in.fresh.bytes += uint64(in.size())
	c.gatherReplies()
	return true, nil
}

func (c *Conn) failTooManyEmpty() error {
	return c.fail(&shared.Violation{Code: shared.StatusPolicyViolation, Section: "RFC 6455 §10.4",
		Rule: "more than " + strconv.Itoa(maxEmptyFragments) + " empty fragments in a message"})
}

func (c *Conn) failTooBig() error {
	return c.fail(&shared.Violation{Code: shared.StatusMessageTooBig, Section: "RFC 6455 §10.4",
		Rule: "message longer than " + strconv.FormatInt(c.out.limits.Message, 10) + " bytes"})
}

func (c *Conn) failText() error {
	return c.fail(&shared.Violation{Code: shared.StatusInvalidPayload, Section: "RFC 6455 §8.1", Rule: "text is not valid UTF-8"})
}

// discardFrame reads the data frame in front, or the next one, to its end and forgets it.
func (c *Conn) discardFrame(ctx context.Context, op string) (last bool, err error) {
	in := &c.in
	if in.deflated { // later messages may refer to it
		_, last, err = c.readInflated(ctx, op)
		return last, err
	}
	for !in.front {
		if err := c.readFrame(ctx, op); err != nil {
			return false, err
		}
	}
	scratch := getBuffer(smallBuffer)
	defer putBuffer(scratch)
	for in.left > 0 {
		if _, err := c.readPayload(ctx, op, *scratch); err != nil {
			return false, err
		}
	}
	return c.endFrame()
}

// size is how long the message is so far.
func (in *incoming) size() int64 {
	if in.deflated {
		return in.inflater.size
	}
	return in.wire
}

// suspend keeps what was received of a message whose receiver was interrupted, if there is any.
func (in *incoming) suspend(b []byte) {
	if in.partial = nil; b != nil {
		kept := b // in memory of its own: only who was interrupted needs that
		in.partial = &kept
	}
}

// resume gives what was kept, or nil.
func (in *incoming) resume() (b []byte) {
	if in.partial != nil {
		b, in.partial = *in.partial, nil
	}
	return b
}

// drop gives up all that is held: nobody receives any more.
func (in *incoming) drop() {
	in.input.drop()
	in.inflater.drop()
	in.partial, in.stream = nil, nil
	if in.message != nil && !in.lent {
		putBuffer(in.message)
	}
	in.message = nil
}

// grow returns b with room for n bytes more.
func (in *incoming) grow(b []byte, n int) []byte {
	if !in.lends {
		return slices.Grow(b, n)
	}
	if cap(b)-len(b) >= n {
		return b
	}
	bigger := getBuffer(max(len(b)+n, cap(b)+cap(b)/2)) // many small fragments must not copy it many times
	copy(*bigger, b)
	if in.message != nil {
		putBuffer(in.message)
	}
	in.message = bigger
	return (*bigger)[:len(b)]
}

// goBlind stops inflating, for good: nothing more is delivered.
func (in *incoming) goBlind() {
	in.inflater.drop()
	if in.blind = true; in.deflated {
		in.opcode, in.deflated = shared.OpcodeBinary, false
	}
}

// holdsFrame reports whether a whole frame is held.
func (in *incoming) holdsFrame() bool {
	var h shared.Header
	n, _ := h.Parse(in.held())
	return n > 0 && h.Length <= int64(in.len()-n)
}

// gatherReplies has replies leave together while more frames are at hand to be answered.
func (c *Conn) gatherReplies() {
	if !c.in.gathering && c.in.holdsFrame() {
		c.gather()
	}
}

func (c *Conn) gather() {
	c.in.gathering = true
	c.out.setGather(true)
}

// settle sends what was gathered: the reader is about to wait.
func (c *Conn) settle() {
	if c.in.gathering {
		c.in.gathering = false
		c.out.setGather(false)
	}
}
