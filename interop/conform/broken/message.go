package broken

const (
	maxMessage = 16 << 20 // bytes in a message, compressed or not
	maxEmpty   = 1024     // empty fragments in a message
)

// A message is what has come of it.
type message struct {
	begun, compressed       bool
	opcode                  byte
	fragments, empties      int
	data, frame, unfinished []byte // unfinished: the text that ends inside a code point
}

// data takes a frame of a message in, and echoes the message when it is complete.
func (p *peer) data(h header) error {
	m := &p.message
	if h.opcode != opContinuation || !m.begun {
		*m = message{begun: true, opcode: h.opcode, compressed: p.deflate != nil && (h.rsv&rsv1 != 0 || p.fault == InflatesAll)}
		if h.opcode == opContinuation {
			m.opcode = opText
		}
	}
	m.fragments++
	if h.length == 0 && !h.fin {
		m.empties++
	}
	if err := p.limit(h); err != nil {
		return err
	}
	m.frame = nil
	err := p.readPayload(h, func(b []byte) error {
		if p.fault == DropsThirdFragment && m.fragments == 3 {
			return nil
		}
		m.frame = append(m.frame, b...)
		return p.checkPiece(b)
	})
	if err != nil {
		return err
	}
	m.data = append(m.data, m.frame...)
	if err := p.checkFrame(); err != nil {
		return err
	}
	switch {
	case p.fault == EchoesFragments && !h.fin:
		data := m.data
		m.data = nil
		return p.send(m.opcode, data)
	case p.fault == EmptyLastLost && h.fin && h.length == 0 && m.fragments > 1:
		return nil
	case p.fault == EmptyEnds && h.length == 0:
		h.fin = true
	}
	if !h.fin {
		return nil
	}
	complete := *m
	*m = message{}
	return p.deliver(complete)
}

// limit refuses a frame for its size, by its header alone.
func (p *peer) limit(h header) error {
	m := &p.message
	code := 1009
	if p.fault == Limit1009As1002 {
		code = 1002
	}
	size := uint64(len(m.data)) + h.length
	switch {
	case p.fault == BelievesLength:
		return nil
	case p.fault == DiesOf63Bits && h.length > 1<<40:
		p.died = true
		return errHangUp
	case p.fault == Limit64K && size >= 64<<10, p.fault == Limit1M && size > 1<<20,
		p.fault == HundredFragments && m.fragments == 100:
		return violation{1009, "too long"}
	case p.fault == EndlessMessage && h.length > 0 && h.length <= maxMessage:
		if size > maxMessage {
			m.data = nil // the memory is beside the point
		}
		return nil
	case h.length > maxMessage || size > maxMessage:
		return violation{code, "too long"}
	case m.empties > maxEmpty && p.fault != EndlessEmpties:
		return violation{1008, "too many empty fragments"}
	}
	return nil
}
