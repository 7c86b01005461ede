package server

import (
	"bytes"
	"cmp"
	"context"
	"sync"

	"example.com/tandem/server/deflate"
	"example.com/tandem/shared"
)

// A Prepared is a message that goes to many connections: it is checked once, its frame is made once, and it is compressed
// once for all of them that agreed on compression without context takeover, or once for each size of their windows. With
// context takeover a message depends on those before it, and each connection compresses its own. Any number of goroutines
// may use it.
type Prepared struct {
	size     int // of the message, before it was compressed
	plain    readyFrame
	deflated [deflate.MaxWindowBits + 1]struct {
		once  sync.Once
		frame *readyFrame // nil if the message does not become shorter
	}
}

// A readyFrame is a frame as a server sends it, which does not mask (RFC 6455 §5.1).
type readyFrame struct {
	header  shared.Header // but for the length
	payload []byte
	whole   train
}

func newReadyFrame(h shared.Header, payload []byte) readyFrame {
	h.Fin = true
	whole := h
	whole.Length = int64(len(payload))
	n := whole.Len()
	wire := append(shared.AppendHeader(make([]byte, 0, n+len(payload)), whole), payload...)
	return readyFrame{h, wire[n:], train{[][]byte{wire}, len(wire), len(wire)}}
}

// Prepare makes a message ready for SendPrepared and Broadcast. The payload is copied. A message that Send would refuse
// is a *shared.MessageError.
func Prepare(m shared.Message) (*Prepared, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	return &Prepared{size: len(m.Payload), plain: newReadyFrame(shared.Header{Opcode: m.Opcode}, m.Payload)}, nil
}

// made reports whether p comes from Prepare.
func (p *Prepared) made() bool { return p != nil && p.plain.whole.total > 0 }

var errNotPrepared = &shared.MessageError{Problem: "it was not made by Prepare"}

// compressed is the frame for a window of 1<<bits bytes, or nil if that is not shorter.
func (p *Prepared) compressed(bits int) *readyFrame {
	d := &p.deflated[bits]
	d.once.Do(func() { d.frame = p.deflateAlone(bits) })
	return d.frame
}

// deflateAlone compresses the message so that it refers to no other.
func (p *Prepared) deflateAlone(bits int) *readyFrame {
	e := getEncoder(bits)
	defer encoders[bits].Put(e)
	b := getBuffer(deflate.Bound(p.size))
	defer putBuffer(b)
	*b = e.Append((*b)[:0], p.plain.payload)
	short := bytes.TrimSuffix(*b, []byte(deflate.Tail))
	if len(short) >= p.size {
		return nil
	}
	f := newReadyFrame(shared.Header{RSV1: true, Opcode: p.plain.header.Opcode}, short)
	return &f
}

// on is the message on its way to a connection with that deflater.
func (p *Prepared) on(d *deflater) sending {
	f := &p.plain
	compress := d.wants(p.size)
	if compress && d.takeover {
		return sending{header: shared.Header{Fin: true, RSV1: true, Opcode: f.header.Opcode}, payload: f.payload, compress: true, size: p.size}
	}
	if compress {
		f = cmp.Or(p.compressed(d.bits), f)
	}
	return sending{header: f.header, payload: f.payload, ready: f.whole, size: p.size}
}

// SendPrepared is Send for a message that was prepared. To send it to many, without waiting for any of them, is what
// Broadcast does.
func (c *Conn) SendPrepared(ctx context.Context, p *Prepared) error {
	if !p.made() {
		return errNotPrepared
	}
	s := p.on(c.out.deflater)
	return c.send(ctx, &s)
}
