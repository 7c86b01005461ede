package server

import (
	"bytes"
	"context"
	"sync"

	"example.com/tandem/server/deflate"
	"example.com/tandem/shared"
)

// A Prepared is a message that goes to many connections: it is checked once, and compressed once for all of them that
// agreed on compression without context takeover, or once for each size of their windows. With context takeover
// a message depends on those before it, and each connection compresses its own. Any number of goroutines may use it.
type Prepared struct {
	message  shared.Message
	deflated [deflate.MaxWindowBits + 1]func() []byte
}

// Prepare makes a message ready for SendPrepared. The payload must not be modified afterwards. A message that Send would
// refuse is a *shared.MessageError.
func Prepare(m shared.Message) (*Prepared, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	p := &Prepared{message: m}
	for bits := deflate.MinWindowBits; bits <= deflate.MaxWindowBits; bits++ {
		p.deflated[bits] = sync.OnceValue(func() []byte { return deflateAlone(m.Payload, bits) })
	}
	return p, nil
}

// deflateAlone compresses a message that refers to no other; it is nil if that does not make it shorter.
func deflateAlone(payload []byte, bits int) []byte {
	e := getEncoder(bits)
	defer encoders[bits].Put(e)
	b := getBuffer(deflate.Bound(len(payload)))
	defer putBuffer(b)
	*b = e.Append((*b)[:0], payload)
	short := bytes.TrimSuffix(*b, []byte(deflate.Tail))
	if len(short) >= len(payload) {
		return nil
	}
	return bytes.Clone(short)
}

// SendPrepared is Send for a message that was prepared.
func (c *Conn) SendPrepared(ctx context.Context, p *Prepared) error {
	d, m := c.out.deflater, p.message
	s := sending{header: shared.Header{Opcode: m.Opcode}, payload: m.Payload, size: len(m.Payload)}
	switch {
	case !d.wants(s.size):
	case d.takeover:
		s.header.RSV1, s.compress = true, true
	default:
		if short := p.deflated[d.bits](); short != nil {
			s.header.RSV1, s.payload = true, short
		}
	}
	return c.send(ctx, s)
}
