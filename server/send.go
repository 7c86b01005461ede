package server

import (
	"context"
	"errors"

	"example.com/tandem/shared"
)

// Send sends a message. It returns nil once the whole message is with the kernel or within the bounded bytes that wait
// for it (Limits.Outgoing); ctx governs the wait for room among them, and nothing else. The payload is copied where
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
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.refusal(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return contextError("Send", ctx)
	}
	if o.turn.taken || !o.fits(shared.MaxHeaderLen+len(m.Payload)) {
		if err := c.sendInTurn(ctx, m); err != nil {
			return err
		}
	} else {
		o.add(shared.Header{Fin: true, Opcode: m.Opcode}, m.Payload)
		o.kick()
	}
	o.sent.messages++
	o.sent.bytes += uint64(len(m.Payload))
	return nil
}

// sendInTurn sends a message that has to wait for others or for room, in fragments if it is long. c.out.mu is held.
func (c *Conn) sendInTurn(ctx context.Context, m shared.Message) error {
	o := &c.out
	if err := o.turn.take(ctx, o); err != nil {
		return err
	}
	defer o.turn.pass()
	if shared.MaxHeaderLen+len(m.Payload) <= o.limits.Outgoing {
		return o.fragment(ctx, "Send", shared.Header{Fin: true, Opcode: m.Opcode}, m.Payload)
	}
	h := shared.Header{Opcode: m.Opcode}
	for rest := m.Payload; !h.Fin; h.Opcode = shared.OpcodeContinuation {
		n := min(len(rest), o.fragmentSize())
		h.Fin = n == len(rest)
		if err := o.fragment(ctx, "Send", h, rest[:n]); err != nil {
			if h.Opcode == shared.OpcodeContinuation {
				c.cut(err)
			}
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// fragment adds a frame when there is room for it.
func (o *outgoing) fragment(ctx context.Context, op string, h shared.Header, payload []byte) error {
	if err := o.room(ctx, op, shared.MaxHeaderLen+len(payload)); err != nil {
		return err
	}
	o.add(h, payload)
	o.kick()
	return nil
}

// fragmentSize is the length of the fragments that long messages are sent in: two fit into the outgoing bytes, so that
// one is made while the other is written, and control frames get in between (RFC 6455 §5.4).
func (o *outgoing) fragmentSize() int { return o.limits.Outgoing/2 - shared.MaxHeaderLen }

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
