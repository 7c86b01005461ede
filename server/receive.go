package server

import (
	"context"

	"example.com/tandem/shared"
)

// growth is how much memory a message gets for the bytes that have come: what a header claims is not believed.
const growth = 4

// Receive waits for the next message. Its payload is the caller's. A message in fragments comes whole.
//
// When ctx ends first, the error matches ctx's and nothing is lost: the next call goes on where this one stopped. Once
// the connection has ended, the error is io.EOF itself if a closing handshake with a normal status code (1000, 1001,
// or none) ended it, whoever began; any other end gives an error that matches shared.ErrClosed, net.ErrClosed and
// *shared.EndError. A message that was not received to its end never gives io.EOF, but io.ErrUnexpectedEOF among the
// errors it matches. After Close was called nothing more is delivered.
//
// One goroutine receives at a time; another gets ErrConcurrentReceive. Receive discards what is left of a message whose
// reader (NextReader) was not read to its end.
func (c *Conn) Receive(ctx context.Context) (shared.Message, error) {
	if err := c.takeRole(ctx, "Receive"); err != nil {
		return shared.Message{}, err
	}
	defer c.giveRole()
	payload, err := c.receive(ctx, nil)
	if err != nil {
		c.in.suspend(payload)
		return shared.Message{}, err
	}
	c.in.message = nil // where Next has begun it, it lies in there
	if payload == nil {
		payload = []byte{}
	}
	return shared.Message{Opcode: c.in.opcode, Payload: payload}, nil
}

// ReceiveAppend is Receive with the payload appended to b, as append does: a buffer with room enough makes it free of
// allocation. When it fails, b comes back as long as it was; what had arrived of a message is kept by the connection.
func (c *Conn) ReceiveAppend(ctx context.Context, b []byte) (shared.Opcode, []byte, error) {
	if err := c.takeRole(ctx, "ReceiveAppend"); err != nil {
		return 0, b, err
	}
	defer c.giveRole()
	into := b
	if c.in.partial != nil {
		into = nil // it goes on in the connection's own memory: however often it is interrupted, it is copied once
	}
	payload, err := c.receive(ctx, into)
	switch {
	case err == nil && into == nil:
		return c.in.opcode, append(b, payload...), nil
	case err == nil:
		return c.in.opcode, payload, nil
	case into == nil:
		c.in.suspend(payload)
	default:
		c.in.suspend(append([]byte(nil), payload[len(b):]...))
	}
	return 0, b, err
}

// receive appends the next message's payload to b, and on an error as much of it as there is. A message that was
// interrupted before is continued when b is nil.
func (c *Conn) receive(ctx context.Context, b []byte) ([]byte, error) {
	in := &c.in
	c.putBack()
	if in.stream != nil {
		if err := c.abandonStream(ctx, "Receive"); err != nil {
			return b, err
		}
	}
	before := len(b)
	if b == nil {
		b = in.resume()
	}
	for {
		if !in.front {
			if in.len() == 0 { // as readFrame would: but this is where most connections wait, on a stack of 2 KiB if it is shallow
				if _, err := c.await(ctx, "Receive", nil); err != nil {
					return b, err
				}
			}
			if err := c.readFrame(ctx, "Receive"); err != nil {
				return b, err
			}
			continue
		}
		var last bool
		var err error
		if len(b) == 0 && in.canLend() {
			b, last, err = c.receiveInPlace(ctx)
		} else {
			b, last, err = c.receiveFrame(ctx, b)
		}
		if err != nil {
			return b, err
		}
		if last && !c.closing() {
			return b, nil
		} else if last {
			b = b[:before:before] // what is behind may lie in the input's buffer, which goes on
		}
	}
}

// receiveFrame appends what the frame in front has of the message or, if it is compressed, some of that.
func (c *Conn) receiveFrame(ctx context.Context, b []byte) (_ []byte, last bool, err error) {
	in := &c.in
	if in.deflated {
		chunk, last, err := c.readInflated(ctx, "Receive")
		return append(in.grow(b, len(chunk)), chunk...), last, err
	}
	for in.left > 0 {
		if room := int64(cap(b) - len(b)); room < min(in.left, smallBuffer) {
			for in.len() == 0 {
				if _, err := c.await(ctx, "Receive", nil); err != nil {
					return b, false, err
				}
			}
			b = in.grow(b, int(min(in.left, int64(max(growth*in.len(), (growth-1)*len(b))))))
		}
		n, err := c.readPayload(ctx, "Receive", b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err != nil {
			return b, false, err
		}
	}
	last, err = c.endFrame()
	return b, last, err
}
