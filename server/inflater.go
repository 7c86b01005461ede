package server

import (
	"context"

	"example.com/tandem/shared"
)

// An inflater undoes the peer's compression (RFC 7692 §7.2.2). It belongs to whoever holds the reader's role.
type inflater struct {
	bits     int  // the peer looks back at most 1<<bits bytes
	takeover bool // and also into earlier messages

	window []byte     // of earlier messages, what the peer may refer to
	run    *inflation // of the message in front; nil before its first byte is wanted
	size   int64      // of that message, as far as it was inflated
}

// begin starts on the message in front, all of whose bytes are at hand if whole is set.
func (f *inflater) begin(whole bool) {
	f.run, f.size = newInflation(f.window, f.bits, whole), 0
}

// end keeps what the peer may refer to, and lets go of the rest.
func (f *inflater) end() {
	if f.takeover {
		f.window = f.run.appendWindow(f.window[:0])
	}
	f.drop()
}

// drop gives up the message in front.
func (f *inflater) drop() {
	if f != nil && f.run != nil {
		f.run.stop()
		f.run = nil
	}
}

// readInflated gives the next bytes of the compressed message in front, checked in a text message. They are valid until
// the next call. After the last ones, last is set. After a context's error it can be called again.
func (c *Conn) readInflated(ctx context.Context, op string) (b []byte, last bool, err error) {
	in := &c.in
	f := in.inflater
	for {
		switch {
		case !in.front:
			if err := c.readFrame(ctx, op); err != nil {
				return nil, false, err
			}
			continue
		case f.run == nil:
			f.begin(in.header.Fin && in.left <= int64(in.len()))
		case !f.run.hungry:
		case in.left == 0 && !in.header.Fin:
			c.endFrame()
			continue
		default:
			piece, err := c.takePayload(ctx, op)
			if err != nil {
				return nil, false, err
			}
			f.run.feed(piece, in.left == 0 && in.header.Fin)
		}
		if f.run.hungry {
			continue
		}
		b, done, err := f.run.step()
		switch {
		case err != nil:
			return nil, false, c.fail(&shared.Violation{Code: shared.StatusInvalidPayload, Section: "RFC 7692 §7.2.2",
				Rule: "a compressed message does not inflate: " + err.Error()})
		case done:
			f.end()
			_, err := c.endFrame()
			return nil, true, err
		case len(b) == 0:
			continue
		}
		if f.size += int64(len(b)); f.size > c.out.limits.Message {
			return nil, false, c.failTooBig()
		}
		if in.opcode == shared.OpcodeText && !in.text.Write(b) {
			return nil, false, c.failText()
		}
		return b, false, nil
	}
}

// takePayload takes what is held of the frame in front, unmasked; if that is nothing, it waits for more.
func (c *Conn) takePayload(ctx context.Context, op string) ([]byte, error) {
	in := &c.in
	if in.left == 0 {
		return nil, nil
	}
	for in.len() == 0 {
		if _, err := c.await(ctx, op, nil); err != nil {
			return nil, err
		}
	}
	b := in.take(int(min(in.left, int64(in.len()))))
	return b, c.arrived(b)
}
