package server

import (
	"context"
	"io"
	"sync/atomic"

	"example.com/tandem/shared"
)

// NextReader waits for the next message and returns its opcode, OpcodeText or OpcodeBinary, and a reader of its
// payload, for messages that should not be held whole. The reader gives io.EOF at the end of the message and only
// there. Its reads wait within ctx; after ctx has ended, the message can be discarded but not read on.
//
// The next call of Receive, ReceiveAppend or NextReader discards what was not read, and the old reader then gives
// ErrAbandoned. The limit on messages holds for streams too. Text is checked as it arrives: bytes that were read are
// valid as far as they go, and a message that turns out not to be UTF-8 ends the connection with 1007. Errors are
// those of Receive.
func (c *Conn) NextReader(ctx context.Context) (shared.Opcode, io.Reader, error) {
	if err := c.takeRole(ctx, "NextReader"); err != nil {
		return 0, nil, err
	}
	defer c.giveRole()
	in := &c.in
	c.putBack()
	if in.stream != nil {
		if err := c.abandonStream(ctx, "NextReader"); err != nil {
			return 0, nil, err
		}
	}
	for {
		switch {
		case c.closing():
			if err := c.discard(ctx, "NextReader"); err != nil {
				return 0, nil, err
			}
			continue
		case !in.front && in.partial == nil:
			if err := c.readFrame(ctx, "NextReader"); err != nil {
				return 0, nil, err
			}
			continue
		}
		break // a message that Receive began and did not finish is read from its beginning
	}
	in.stream = &messageReader{c: c, ctx: ctx, begun: in.resume()}
	in.message = nil
	return in.opcode, in.stream, nil
}

// A messageReader reads the message in front.
type messageReader struct {
	c     *Conn
	ctx   context.Context
	begun []byte // what an interrupted Receive had of the message, or what was inflated and not yet read
	done  atomic.Bool
}

func (r *messageReader) Read(p []byte) (int, error) {
	if r.done.Load() {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	c := r.c
	if err := c.takeRole(r.ctx, "Read"); err != nil {
		return 0, r.unexpected(err)
	}
	defer c.giveRole()
	n, err := 0, error(nil)
	if !c.closing() {
		if r.done.Load() { // another has read to the end meanwhile
			return 0, io.EOF
		}
		if c.in.stream != r {
			return 0, ErrAbandoned
		}
		n, err = r.read(p)
	}
	for err == nil && c.closing() { // nothing more is delivered
		n, err = 0, c.discard(r.ctx, "Read")
	}
	return n, r.unexpected(err)
}

// read reads on in the message: the end of a frame is not the end of it.
func (r *messageReader) read(p []byte) (int, error) {
	if len(r.begun) > 0 {
		n := copy(p, r.begun)
		r.begun = r.begun[n:]
		return n, nil
	}
	c := r.c
	for {
		if !c.in.front {
			if err := c.readFrame(r.ctx, "Read"); err != nil {
				return 0, err
			}
			continue
		}
		n, last, err := r.readFrame(p)
		if last && err == nil {
			c.in.stream = nil
			r.done.Store(true)
			return 0, io.EOF
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// readFrame reads on in the frame in front.
func (r *messageReader) readFrame(p []byte) (n int, last bool, err error) {
	c := r.c
	switch {
	case c.in.deflated:
		var chunk []byte
		chunk, last, err = c.readInflated(r.ctx, "Read")
		n = copy(p, chunk)
		r.begun = chunk[n:]
	case c.in.left > 0:
		n, err = c.readPayload(r.ctx, "Read", p)
	default:
		last, err = c.endFrame()
	}
	return n, last, err
}

// unexpected replaces the io.EOF of a connection that ended normally: this message did not end.
func (r *messageReader) unexpected(err error) error {
	if err == io.EOF && !r.done.Load() {
		end := *r.c.End()
		end.Err = io.ErrUnexpectedEOF
		return &closedError{end: &end}
	}
	return err
}

// abandoned stands for the reader of a message that is being discarded.
var abandoned = new(messageReader)

// abandonStream discards what is left of a message whose reader was given up.
func (c *Conn) abandonStream(ctx context.Context, op string) error {
	for c.in.stream != nil {
		c.in.stream = abandoned
		if last, err := c.discardFrame(ctx, op); err != nil {
			return err
		} else if last {
			c.in.stream = nil
		}
	}
	return nil
}
