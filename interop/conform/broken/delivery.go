package broken

import "bytes"

// deliver gives a whole message to the application, which echoes it.
func (p *peer) deliver(m message) error {
	if m.compressed {
		data, err := p.deflate.inflate(m.data)
		if err != nil {
			return err
		}
		m.data = data
	}
	data, err := p.checkMessage(m)
	if err != nil {
		return err
	}
	n := len(data)
	switch {
	case p.fault == DropsEmpty && n == 0:
		return nil
	case p.fault == ReservedDropsBefore && p.beforeReserved(), p.fault == DropsBeforeClose && p.before(opClose):
		return nil
	case p.fault == DropsLastByte && n >= 1<<16:
		data = data[:n-1]
	case p.fault == CorruptsAt4M && n >= 4<<20:
		data = data[1:]
	case p.fault == FlipsBit && n > 60000:
		data[n/2] ^= 1
	case p.fault == StripsHighBit && m.opcode == opBinary:
		for i := range data {
			data[i] &= 0x7F
		}
	case p.fault == GarblesLongText && m.opcode == opText && n > 125:
		data = bytes.ToValidUTF8(bytes.Map(func(r rune) rune { return r & 0x7F }, data), nil)
	case p.fault == CutsAt64K:
		data = data[:n&0xFFFF]
	case p.fault == TextAsBinary:
		m.opcode = opBinary
	case p.fault == BinaryAsText, p.fault == AlwaysText && m.fragments > 1:
		m.opcode = opText
	case p.fault == Reorders && p.held == nil && p.in.Buffered() > 0, p.fault == Merges && p.held == nil && p.in.Buffered() > 0:
		p.held = &echoed{m.opcode, data}
		return nil
	case p.fault == Merges && p.held != nil:
		data, p.held = append(p.held.data, data...), nil
	case p.fault == EchoesTwice:
		if err := p.send(m.opcode, data); err != nil {
			return err
		}
	case p.fault == SendsLongPing:
		if err := p.writeFrame(true, 0, opPing, make([]byte, 126)); err != nil {
			return err
		}
	}
	if err := p.send(m.opcode, data); err != nil {
		return err
	}
	if held := p.held; held != nil {
		p.held = nil
		if err := p.send(held.opcode, held.data); err != nil {
			return err
		}
	}
	for _, payload := range p.pongs {
		if err := p.writeFrame(true, 0, opPong, payload); err != nil {
			return err
		}
	}
	p.pongs = nil
	if p.closing {
		return p.answerClose(1000, nil)
	}
	return nil
}

type echoed struct {
	opcode byte
	data   []byte
}

// send sends a message.
func (p *peer) send(opcode byte, data []byte) error {
	var rsv byte
	if p.deflate != nil {
		data, rsv = p.deflate.compress(data), rsv1
	}
	middle := len(data) / 2
	switch {
	case p.fault == SendsReserved:
		opcode = 3
	case p.fault == EchoWithoutFin && len(data) > 1000:
		return p.writeFrame(false, rsv, opcode, data)
	case p.fault == EchoNewFragments && middle > 0:
		if err := p.writeFrame(false, rsv, opcode, data[:middle]); err != nil {
			return err
		}
		return p.writeFrame(true, rsv, opcode, data[middle:])
	case p.fault == SendsRSV1Throughout && middle > 0:
		if err := p.writeFrame(false, rsv, opcode, data[:middle]); err != nil {
			return err
		}
		return p.writeFrame(true, rsv, opContinuation, data[middle:])
	}
	return p.writeFrame(true, rsv, opcode, data)
}

// before reports whether a frame of that opcode is here already.
func (p *peer) before(opcode byte) bool {
	b, _ := p.in.Peek(min(p.in.Buffered(), 1))
	return len(b) == 1 && b[0]&0xF == opcode
}

func (p *peer) beforeReserved() bool {
	b, _ := p.in.Peek(min(p.in.Buffered(), 1))
	return len(b) == 1 && reserved(b[0]&0xF)
}
