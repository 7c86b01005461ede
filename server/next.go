package server

import (
	"context"

	"example.com/tandem/shared"
)

// Next is Receive without memory of the caller's own: the payload is valid until the next call of Next, or of another
// method that receives. Until then it may be modified, sent and read by other goroutines; what is to stay has to be copied.
// For a message of up to 4 MiB nothing is allocated, and a connection that waits for one holds no buffer.
// (A call that finds its message at hand is over at once, and keeps no other receiver out.)
func (c *Conn) Next(ctx context.Context) (shared.Message, error) {
	if ctx != nil && !c.deaf() && ctx.Err() == nil {
		if m, ok := c.run.takeOffered(); ok {
			return m, nil
		}
	}
	if err := c.takeRole(ctx, "Next"); err != nil {
		return shared.Message{}, err
	}
	defer c.giveRole()
	return c.lend(ctx)
}

// lend receives a message, which is the application's until it asks for the next. Whoever calls it has the run.
func (c *Conn) lend(ctx context.Context) (shared.Message, error) {
	in := &c.in
	in.lends = true
	if !c.run.any() {
		if in.len() == 0 && !in.front && in.stream == nil { // here most connections wait, on a stack of 2 KiB if it is shallow
			if _, err := c.await(ctx, "Receive", nil); err != nil {
				return shared.Message{}, err
			}
		}
		c.makeRun()
	}
	if c.run.any() {
		in.lent = in.buf != nil
		return c.run.take(), nil
	}
	payload, err := c.receive(ctx, nil)
	if err != nil {
		if len(payload) > 0 {
			in.suspend(payload)
		}
		return shared.Message{}, err
	}
	if in.lent = true; payload == nil {
		payload = []byte{}
	}
	return shared.Message{Opcode: in.opcode, Payload: payload}, nil
}

// canLend reports whether the frame in front is a message that can stay where it is. Text has to be there as a whole: what is
// not UTF-8 ends the connection when it arrives, not with the last byte of the frame.
func (in *incoming) canLend() bool {
	return in.lends && !in.deflated && in.left > 0 && in.header.Fin && in.header.Opcode != shared.OpcodeContinuation &&
		(in.opcode == shared.OpcodeBinary || int64(in.len()) >= in.left) && in.fits(in.left)
}

// receiveInPlace is receiveFrame of a message that stays in the input's buffer.
func (c *Conn) receiveInPlace(ctx context.Context) (b []byte, last bool, err error) {
	in := &c.in
	for int64(in.len()) < in.left {
		if _, err := c.await(ctx, "Receive", nil); err != nil {
			return nil, false, err
		}
		if !in.fits(in.left) { // the buffer was changed for a smaller one while nothing came
			return c.receiveFrame(ctx, nil)
		}
	}
	b = in.take(int(in.left))
	if err := c.arrived(b); err != nil {
		return nil, false, err
	}
	last, err = c.endFrame()
	return b[:len(b):len(b)], last, err
}

// reclaim takes back what was lent, when the application asks for the next message.
func (in *incoming) reclaim() {
	in.lent = false
	if in.message != nil && in.partial == nil {
		putBuffer(in.message)
		in.message = nil
	}
}

// leave leaves what was lent to the application, when somebody else reads meanwhile.
func (in *incoming) leave() {
	if in.lent {
		in.keep(in.held())
		in.message, in.lent = nil, false
	}
}
