package broken

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
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
