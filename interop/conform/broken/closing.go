package broken

import (
	"encoding/binary"
	"io"
	"net"
	"time"
	"unicode/utf8"
)

const (
	linger     = 2 * time.Second // for the other end to close TCP
	maxDiscard = 4 << 20         // bytes thrown away meanwhile
)

// closeFrame answers a Close (RFC 6455 §5.5.1).
func (p *peer) closeFrame(payload []byte) error {
	code := 0
	switch {
	case len(payload) >= 2:
		code = int(binary.BigEndian.Uint16(payload))
		if !p.takesCode(code) {
			return violation{1002, "a code that may not be sent"}
		}
		if !utf8.Valid(payload[2:]) && p.fault != ReasonUnchecked {
			return violation{1007, "a reason that is not UTF-8"}
		}
	case len(payload) == 1 && p.fault != TakesOneByteClose:
		return violation{1002, "a Close of one byte"}
	}
	var echo []byte
	if code != 0 {
		echo = payload[:2]
	}
	if p.fault == CloseInsideIgnored && p.message.begun {
		p.closing = true
		return nil
	}
	return p.answerClose(code, echo)
}

// takesCode reports whether a code may stand in a Close frame (RFC 6455 §7.4).
func (p *peer) takesCode(code int) bool {
	switch {
	case code == 1004, code == 1005, code == 1006, code == 1015:
		return p.fault == TakesReservedCodes
	case code < 1000:
		return p.fault == TakesLowCodes
	case code >= 5000:
		return p.fault == TakesHighCodes
	case code > 1015 && code < 3000:
		return p.fault == TakesUnassigned
	case code >= 1012 && code <= 1014:
		return p.fault != RefusesNewCodes
	case code >= 3000:
		return p.fault != RefusesPrivateCodes
	}
	return true
}

func (p *peer) answerClose(code int, echo []byte) error {
	switch {
	case p.fault == CloseUnanswered:
		return errClosed
	case p.fault == CloseIgnored:
		return nil
	case p.fault == CloseOtherCode:
		echo = []byte{0x03, 0xE8}
	case p.fault == CloseEmptyAnswer:
		echo = nil
	case p.fault == Close1005 && code == 0:
		echo = []byte{0x03, 0xED}
	case p.fault == CloseSwapped && code != 0:
		echo = []byte{echo[1], echo[0]}
	case p.fault == SendsShortClose:
		echo = []byte{0x03}
	}
	if err := p.writeFrame(true, 0, opClose, echo); err != nil {
		return err
	}
	switch p.fault {
	case ClosesTwice:
		p.writeFrame(true, 0, opClose, echo)
	case SendsAfterOwnClose:
		p.writeFrame(true, 0, opText, []byte("one more thing"))
	case EchoesAfterClose, PongAfterClose:
		p.afterClose()
	}
	return errClosed
}

// afterClose goes on for a while where an honest peer discards.
func (p *peer) afterClose() {
	p.conn.SetReadDeadline(time.Now().Add(linger / 4))
	for {
		h, err := p.readHeader()
		if err != nil {
			return
		}
		var payload []byte
		err = p.readPayload(h, func(b []byte) error {
			payload = append(payload, b...)
			return nil
		})
		switch {
		case err != nil:
			return
		case h.opcode == opPing && p.fault == PongAfterClose:
			p.writeFrame(true, 0, opPong, payload)
		case !h.control() && p.fault == EchoesAfterClose:
			p.writeFrame(true, 0, h.opcode, payload)
		}
	}
}

// fail tells the other end what it did, and ends the connection (RFC 6455 §7.1.7).
func (p *peer) fail(v violation) {
	switch p.fault {
	case SilentViolation:
		p.halfClose()
		return
	case Violation1000:
		v.code = 1000
	}
	payload := binary.BigEndian.AppendUint16(nil, uint16(v.code))
	if p.writeFrame(true, 0, opClose, append(payload, v.rule...)) != nil {
		return
	}
	if p.fault == ResetsViolation {
		p.conn.(*net.TCPConn).SetLinger(0)
		return
	}
	p.halfClose()
}

// leave ends the connection after both Close frames: a server closes at once, a client waits for the server (RFC
// 6455 §7.1.1).
func (p *peer) leave() {
	switch {
	case p.fault == KeepsOpen:
		<-p.done
	case p.fault == ResetsAfterClose:
		p.conn.(*net.TCPConn).SetLinger(0)
	case p.client && p.fault != CloseUnanswered:
		p.discard()
	default:
		p.halfClose()
	}
}

// halfClose says that nothing more comes, and reads on: TCP that is closed with input unread is reset, and takes what
// was sent with it.
func (p *peer) halfClose() {
	p.conn.(*net.TCPConn).CloseWrite()
	p.discard()
}

func (p *peer) discard() {
	p.conn.SetReadDeadline(time.Now().Add(linger))
	io.CopyN(io.Discard, p.conn, maxDiscard)
}
