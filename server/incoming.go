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

	// The data frame whose header has been taken and whose end has not been reached.
	front  bool
	header shared.Header
	left   int64 // bytes of its payload not yet taken
	pos    int   // and how many were: where the masking key goes on

	// The message that the frame belongs to.
	opcode   shared.Opcode
	deflated bool  // its payload is compressed (RFC 7692 §6)
	size     int64 // its payload, as far as headers have announced it or, compressed, as it was inflated
	wire     int64 // what headers have announced
	empty    int   // empty fragments so far
	text     shared.UTF8
	inflater *inflater // nil if compression was not negotiated
	blind    bool      // what is compressed is discarded as it is

	partial   []byte // of a message whose receiver was interrupted
	pooled    bool   // messages are put together in pooled memory:
	message   *[]byte
	stream    *messageReader
	count     counts
	gathering bool
}

// readFrame reads until one frame's header is there. A control frame it deals with, whole; a data frame it leaves in
// front. After a context's error it can be called again.
func (c *Conn) readFrame(ctx context.Context, op string) error {
	in := &c.in
	for {
		h, n, err := shared.ParseHeader(in.held())
		if c.tracer != nil && (n > 0 || err != nil) {
			c.tracer.begin(h, n, in.held())
		}
		if err == nil && n > 0 {
			if err = in.sequence.Step(h); err == nil && !h.Opcode.IsControl() {
				in.take(n)
				return c.beginFrame(h)
			}
		}
		if err != nil {
			if c.tracer != nil && n > 0 {
				c.tracer.payload(in.held()[n : n+int(min(h.Length, int64(in.len()-n)))])
			}
			return c.fail(err)
		}
		if n > 0 && in.len() >= n+int(h.Length) {
			in.take(n)
			payload := in.take(int(h.Length))
			if c.tracer != nil {
				c.tracer.control(payload)
			}
			if h.Masked {
				shared.Mask(payload, h.MaskingKey, 0)
			}
			return c.control(h.Opcode, payload)
		}
		if _, err := c.await(ctx, op, nil); err != nil {
			return err
		}
	}
}

// beginFrame puts a data frame in front, if the limits allow it.
func (c *Conn) beginFrame(h shared.Header) error {
	in := &c.in
	if h.Opcode != shared.OpcodeContinuation {
		in.opcode, in.deflated = h.Opcode, h.RSV1
		if in.blind && h.RSV1 {
			in.opcode, in.deflated = shared.OpcodeBinary, false
		}
		in.size, in.wire, in.empty = 0, 0, 0
		in.text.Reset()
	}
	limit := c.limits.Message
	if in.deflated { // what cannot be made shorter may have become a little longer
		limit += min(limit/64+smallBuffer, math.MaxInt64-limit)
	}
	if h.Length > limit-in.wire {
		return c.failTooBig()
	}
	if h.Length == 0 && !h.Fin {
		if in.empty++; in.empty > maxEmptyFragments {
			return c.fail(&shared.Violation{Code: shared.StatusPolicyViolation, Section: "RFC 6455 §10.4",
				Rule: "more than " + strconv.Itoa(maxEmptyFragments) + " empty fragments in a message"})
		}
	}
	if in.wire += h.Length; !in.deflated {
		in.size = in.wire
	}
	in.front, in.header, in.left, in.pos = true, h, h.Length, 0
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
		in.r += n
	} else {
		var err error
		if n, err = c.await(ctx, op, b); err != nil {
			return 0, err
		}
	}
	b = b[:n]
	if c.tracer != nil {
		c.tracer.payload(b)
	}
	if in.header.Masked {
		in.pos = shared.Mask(b, in.header.MaskingKey, in.pos)
	}
	in.left -= int64(n)
	if in.opcode == shared.OpcodeText && !in.deflated && !in.text.Write(b) {
		return 0, c.failText()
	}
	return n, nil
}

// endFrame leaves a data frame that was read to its end, and reports whether it ended the message.
func (c *Conn) endFrame() (last bool, err error) {
	in := &c.in
	in.front = false
	if !in.header.Fin {
		c.showFrame(nil)
		return false, nil
	}
	return true, c.endMessage()
}

// endMessage counts a message that was read to its end.
func (c *Conn) endMessage() error {
	in := &c.in
	if in.opcode == shared.OpcodeText && !in.text.Complete() {
		return c.failText()
	}
	if c.tracer != nil {
		c.tracer.end(nil)
		c.tracer.receivedMessage(in)
	}
	in.count.messages++
	in.count.bytes += uint64(in.size)
	if in.holdsFrame() {
		c.setGathering(true) // until the reader is about to wait
	}
	return nil
}

func (c *Conn) failTooBig() error {
	return c.fail(&shared.Violation{Code: shared.StatusMessageTooBig, Section: "RFC 6455 §10.4",
		Rule: "message longer than " + strconv.FormatInt(c.limits.Message, 10) + " bytes"})
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

// drop gives up all that is held: nobody receives any more.
func (in *incoming) drop() {
	in.input.drop()
	in.inflater.drop()
	in.partial, in.stream = nil, nil
	if in.message != nil {
		putBuffer(in.message)
		in.message = nil
	}
}

// grow returns b with room for n bytes more.
func (in *incoming) grow(b []byte, n int) []byte {
	if !in.pooled {
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
	h, n, _ := shared.ParseHeader(in.held())
	return n > 0 && h.Length <= int64(in.len()-n)
}

// setGathering tells the outgoing bytes whether more frames are at hand to be answered, so that replies leave together.
func (c *Conn) setGathering(on bool) {
	if c.in.gathering != on {
		c.in.gathering = on
		c.out.setGather(on)
	}
}

// settle sends what was gathered: the reader is about to wait.
func (c *Conn) settle() { c.setGathering(false) }
