package server

import (
	"context"
	"errors"

	"example.com/tandem/server/deflate"
	"example.com/tandem/shared"
)

// Send sends a message. It returns nil once the whole message is with the kernel or within the bounded bytes that wait
// for it (Limits.Outgoing), where the end of the connection may still overtake it; ctx governs the wait for room among
// them, and nothing else. The payload is copied where
// needed and never modified, and belongs to the caller again when Send returns. Messages leave in the order in which
// Send accepted them. It may be called from any number of goroutines.
//
// A message whose frame is longer than Limits.Outgoing goes out in fragments, as room comes up. Only such a message can
// be cut by ctx, and that ends the connection; in every other case nothing was sent when Send returns an error.
//
// Text that is not UTF-8 and an opcode other than OpcodeText and OpcodeBinary are refused with a
// *shared.MessageError. Once the connection is closing or has ended, the error matches shared.ErrClosed and
// net.ErrClosed, and in the latter case *shared.EndError.
func (c *Conn) Send(ctx context.Context, m shared.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	if ctx == nil {
		return ErrNilContext
	}
	if ctx.Err() == nil && c.sendShort(m) {
		return nil
	}
	return c.sendAny(ctx, m)
}

// sendShort sends a message that is short, and not to be compressed, and has to wait for nothing; another it leaves alone.
// It is sendAny on a shallow stack: a goroutine that waits for messages and answers them keeps its 2 KiB.
func (c *Conn) sendShort(m shared.Message) (sent bool) {
	o := &c.out
	size := len(m.Payload)
	if size >= directSize || o.deflater.wants(size) {
		return false
	}
	o.mu.Lock()
	waiting := o.waiting()
	if sent = o.err == nil && !o.closed && o.turn == turnFree && waiting+frameRoom(size, false) <= o.limits.Outgoing; sent {
		if o.client {
			o.add(&shared.Header{Fin: true, Opcode: m.Opcode}, m.Payload)
		} else {
			o.reserve(frameRoom(size, false))
			*o.data = shared.AppendMessage(*o.data, m.Opcode, m.Payload)
		}
		o.count(size)
		if !o.expected || !o.gathers(waiting+size) { // else kick would do nothing
			o.kick()
		}
	}
	o.mu.Unlock() // not deferred: that is a good part of what a small message costs
	return sent
}

func (c *Conn) sendAny(ctx context.Context, m shared.Message) error {
	compress := c.out.deflater.wants(len(m.Payload))
	return c.send(ctx, &sending{header: shared.Header{RSV1: compress, Opcode: m.Opcode}, payload: m.Payload, compress: compress,
		size: len(m.Payload)})
}

// A sending is a message on its way out, or a fragment of one.
type sending struct {
	header   shared.Header // of its first frame
	payload  []byte
	further  []byte // of a fragment: where the message goes on, to its end
	ready    train  // the frame as a server sends it, where that was made before
	compress bool   // the payload is still to be compressed
	size     int    // of the message, before it was compressed
}

func (c *Conn) send(ctx context.Context, s *sending) error {
	if ctx == nil {
		return ErrNilContext
	}
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.refusal(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return contextError("Send", ctx)
	}
	if o.turn != turnFree || s.compress || !o.fits(frameRoom(len(s.payload), false)) {
		return c.sendInTurn(ctx, s)
	}
	s.header.Fin = true
	o.put(s)
	return nil
}

// sendInTurn sends a message that has to wait for others or for room, or is to be compressed, in fragments if it is
// long. c.out.mu is held.
func (c *Conn) sendInTurn(ctx context.Context, s *sending) error {
	o := &c.out
	if err := o.takeTurn(ctx); err != nil {
		return err
	}
	defer o.passTurn()
	most := len(s.payload)
	if frameRoom(most, s.compress) > o.limits.Outgoing {
		most = o.fragmentSize(s.compress)
		s.ready = train{}
	}
	for f, rest := *s, s.payload; ; f.header.RSV1, f.header.Opcode = false, shared.OpcodeContinuation {
		n := min(len(rest), most)
		f.payload, rest = rest[:n], rest[n:]
		f.header.Fin = len(rest) == 0
		if !f.compress { // what follows is not compressed yet
			f.further = rest
		}
		further, err := o.fragment(ctx, "Send", &f)
		if err != nil {
			if f.header.Opcode == shared.OpcodeContinuation {
				c.cut(err)
			}
			return err
		}
		if rest = rest[further:]; len(rest) == 0 {
			return nil
		}
	}
}

// fragment sends a frame when there is room for it, and with it what the kernel takes at once of further ones: it returns
// how many bytes of them. Whoever calls it has the turn.
func (o *outgoing) fragment(ctx context.Context, op string, f *sending) (further int, err error) {
	if err := o.room(ctx, op, frameRoom(len(f.payload), f.compress)); err != nil {
		return 0, err
	}
	if f.compress {
		o.mu.Unlock() // it takes its time, and the room stays: nobody else has the turn
		shorter := o.deflater.deflate(&f.header, f.payload)
		o.mu.Lock()
		if shorter != nil {
			defer putBuffer(shorter)
			f.payload = *shorter
		}
		if err := o.refusal(); err != nil {
			return 0, err
		}
	}
	return o.put(f), nil
}

// frameRoom is the most that a frame takes whose payload has n bytes, before it is compressed if it is to be.
func frameRoom(n int, compress bool) int {
	if compress {
		n = deflate.Bound(n)
	}
	return shared.MaxHeaderLen + n
}

// fragmentSize is the length of the fragments that long messages are sent in: two fit into the outgoing bytes, so that
// one is made while the other is written, and control frames get in between (RFC 6455 §5.4).
func (o *outgoing) fragmentSize(compress bool) int {
	half := o.limits.Outgoing / 2
	return 2*half - frameRoom(half, compress)
}

// cut ends the connection because a message could not be sent to its end. c.out.mu is held when it is called.
func (c *Conn) cut(err error) {
	var canceled *ContextError
	if !errors.As(err, &canceled) {
		return // it has ended or is about to
	}
	c.out.mu.Unlock()
	defer c.out.mu.Lock()
	c.finish(abrupt, shared.EndError{By: shared.PartyLocal, Layer: shared.LayerContext, Code: shared.StatusAbnormalClosure,
		Err: &cutError{err}})
}

// cutError says that a context ended in the middle of sending a message.
type cutError struct{ err error }

func (e *cutError) Error() string { return "a message was cut in the middle: " + e.err.Error() }
func (e *cutError) Unwrap() error { return e.err }
