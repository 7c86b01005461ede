package broken

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"time"
)

const (
	maxMessage = 16 << 20        // bytes in a message, compressed or not
	maxEmpty   = 1024            // empty fragments in a message
	linger     = 2 * time.Second // for the other end to close TCP
	maxDiscard = 4 << 20         // bytes thrown away meanwhile
)

// A peer is one end of a connection, from its first byte to its last.
type peer struct {
	conn    net.Conn
	in      *bufio.Reader
	client  bool
	fault   *Fault
	done    <-chan struct{} // closed when the connection has to go
	deflate *deflate        // nil when it was not agreed on
	message message         // that is coming in
	pongs   [][]byte        // of faults that answer late
	held    *echoed         // of faults that need two messages
	closing bool            // of a fault that puts its Close off
	frames  uint32          // sent with a masking key
	died    bool            // by a fault, and the server with it
}

// A message is what has come of it.
type message struct {
	begun, compressed       bool
	opcode                  byte
	fragments, empties      int
	data, frame, unfinished []byte // unfinished: the text that ends inside a code point
}

type echoed struct {
	opcode byte
	data   []byte
}

// errClosed is the end after both Close frames.
var errClosed = errors.New("closed")

// errHangUp ends the connection at once, by a fault.
var errHangUp = errors.New("hung up")

// echo sends back what comes, until the connection ends, and ends it.
func (p *peer) echo() {
	var err error
	for err == nil {
		err = p.next()
	}
	var v violation
	switch {
	case errors.As(err, &v):
		p.fail(v)
	case err == errClosed:
		p.leave()
	case err == io.ErrUnexpectedEOF && p.fault == NeverGivesUp:
		<-p.done
	}
	p.conn.Close()
}

// next deals with one frame.
func (p *peer) next() error {
	h, err := p.readHeader()
	if err != nil {
		return err
	}
	if p.fault == ProcessesOn && p.judge(&h) != nil {
		p.writeFrame(true, 0, opClose, []byte{0x03, 0xEA})
		return p.readPayload(h, func([]byte) error { return nil })
	}
	if p.skips(h.opcode) {
		return p.readPayload(h, func([]byte) error { return nil })
	}
	if !h.control() {
		return p.data(h)
	}
	var payload []byte
	err = p.readPayload(h, func(b []byte) error {
		payload = append(payload, b...)
		return nil
	})
	if err != nil {
		return err
	}
	switch h.opcode {
	case opPing:
		return p.ping(payload)
	case opPong:
		return p.pong(payload)
	}
	return p.closeFrame(payload)
}

func (p *peer) ping(payload []byte) error {
	switch p.fault {
	case NoPong:
		return nil
	case EmptyPong:
		payload = nil
	case WrongPong:
		if n := len(payload); n > 0 {
			payload[n-1] ^= 1
		}
	case TruncatedPong:
		payload = payload[:min(len(payload), 124)]
	case StringPong:
		payload, _, _ = bytes.Cut(payload, []byte{0})
	case EchoesPing:
		return p.writeFrame(true, 0, opPing, payload)
	case PingDropsFragments:
		p.message.data = nil
	case PongAfterData:
		p.pongs = append(p.pongs, payload)
		return nil
	case PongAfterMessage:
		if p.message.begun {
			p.pongs = append(p.pongs, payload)
			return nil
		}
	case TakesLongPing:
		payload = payload[:min(len(payload), 125)]
	}
	return p.writeFrame(true, 0, opPong, payload)
}

func (p *peer) pong(payload []byte) error {
	switch p.fault {
	case AnswersPong:
		return p.writeFrame(true, 0, opPong, payload)
	case FailsOnPong:
		return violation{1002, "a Pong for nothing"}
	}
	return nil
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
