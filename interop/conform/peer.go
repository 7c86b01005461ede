package conform

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"slices"
	"time"
)

// A Peer is the tested peer as a case sees it: what is sent to it, and what has to come back. What it does wrong ends
// the case there.
type Peer struct {
	*wire
	tested   Role
	patience time.Duration
	target   target        // of a tested server
	head     head          // the tested client's request
	conn     net.Conn      // for cases that have the opening handshake to themselves
	reader   *bufio.Reader // from conn, until frames are read
	log      *transcript
	deflate  *negotiation
	sender   *deflater  // what compresses the suite's messages, once agreed
	answer   parameters // that were agreed on

	messages []event // that came while something else was waited for
	pongs    [][]byte
	pinged   [][]byte // payloads of the suite's Pings
	last     *event   // the Close frame or the end, once it was seen

	tolerated     []string
	failed        []string
	unimplemented string
	closeCode     int // of the peer's Close frame; 0: none came
	end           End
}

// stop ends a case early. Only fatal and lacks panic with it, and only the runner recovers it.
type stop struct{}

// fatal records a failure and ends the case.
func (p *Peer) fatal(format string, args ...any) {
	p.failed = append(p.failed, fmt.Sprintf(format, args...))
	panic(stop{})
}

// tolerate records something that is allowed, but that a strict peer does better.
func (p *Peer) tolerate(format string, args ...any) {
	p.tolerated = append(p.tolerated, fmt.Sprintf(format, args...))
}

// lacks ends the case because the peer need not have what it is about, and has not.
func (p *Peer) lacks(what string) {
	p.unimplemented = what
	if p.tested == Client && p.wire == nil {
		p.dismiss()
	}
	panic(stop{})
}

// send sends frames, one behind the other.
func (p *Peer) send(frames ...frame) {
	for _, f := range frames {
		if f.op == opPing {
			p.pinged = append(p.pinged, f.payload)
		}
	}
	p.wire.send(frames...)
}

// echoes sends messages of one frame each, one behind the other, waits for the echoes, and closes.
func (p *Peer) echoes(messages ...frame) {
	p.send(messages...)
	for _, m := range messages {
		p.wants(m.op, m.payload)
	}
	p.close()
}

// chopped lets what is sent from now on leave n bytes at a time; 0: as a whole.
func (p *Peer) chopped(n int) { p.chop = n }

// event waits for the next thing that the peer sends and that is not a Ping, which is answered here. The end of the
// connection, and its being silent for the time d, are events too.
func (p *Peer) event(d time.Duration) (event, bool) {
	if p.last != nil && p.last.ended {
		return *p.last, true
	}
	for {
		e, ok := p.next(d)
		switch {
		case !ok:
			return e, false
		case e.ended:
			p.last, p.end = &e, endOf(e.err)
			if p.end == EndBreach || p.end == EndError {
				p.fatal("%v", e.err)
			}
			return e, true
		case e.op == opPing:
			p.wire.send(pong(string(e.payload)))
			continue
		case e.op == opPong && p.last != nil:
			p.tolerate("sends a Pong after its Close frame")
			continue
		case e.op == opPong:
			if !slices.ContainsFunc(p.pinged, func(sent []byte) bool { return bytes.Equal(sent, e.payload) }) && len(e.payload) > 0 {
				p.tolerate("sends a Pong that answers no Ping (RFC 6455 §5.5.3)")
			}
		case e.op == opClose:
			p.last, p.closeCode = &e, e.code
		}
		return e, true
	}
}

// forever is longer than any case: the connection's deadline comes first.
const forever = time.Hour

// wants waits for an echo of the message. The peer may fragment it as it likes.
func (p *Peer) wants(op byte, payload []byte) {
	p.matches(p.message(), op, payload)
}

// message waits for the next message.
func (p *Peer) message() event {
	if len(p.messages) > 0 {
		e := p.messages[0]
		p.messages = p.messages[1:]
		return e
	}
	for {
		e, _ := p.event(forever)
		switch {
		case e.ended:
			p.fatal("sends no echo: the connection ends (%s)", p.end)
		case e.op == opClose:
			p.fatal("sends no echo, but a Close frame (%s)", describeClose(e))
		case e.op == opPong:
			p.pongs = append(p.pongs, e.payload)
		default:
			return e
		}
	}
}

func (p *Peer) matches(e event, op byte, payload []byte) {
	if e.op != op {
		p.fatal("echoes a %s message as %s", opName(op), opName(e.op))
	}
	if !bytes.Equal(e.payload, payload) {
		p.fatal("echoes other bytes than were sent: %d where %d were expected, the first difference at %d",
			len(e.payload), len(payload), difference(e.payload, payload))
	}
}

func difference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// wantsPong waits for a Pong with that payload. Messages that come first are kept for wants; Pongs of earlier Pings
// are passed over, as only the latest has to be answered (RFC 6455 §5.5.3).
func (p *Peer) wantsPong(payload string) {
	want := []byte(payload)
	for len(p.pongs) > 0 {
		got := p.pongs[0]
		p.pongs = p.pongs[1:]
		if bytes.Equal(got, want) {
			return
		}
	}
	for {
		e, _ := p.event(forever)
		switch {
		case e.ended:
			p.fatal("sends no Pong: the connection ends (%s)", p.end)
		case e.op == opClose:
			p.fatal("sends no Pong, but a Close frame (%s)", describeClose(e))
		case e.op != opPong:
			p.messages = append(p.messages, e)
		case bytes.Equal(e.payload, want):
			return
		}
	}
}

// pongSoon reports whether that Pong comes within the suite's patience.
func (p *Peer) pongSoon(payload string) bool {
	e, ok := p.event(p.patience)
	if !ok {
		return false
	}
	if e.ended || e.op != opPong || string(e.payload) != payload {
		p.fatal("answers a Ping with something else than its Pong")
	}
	return true
}

// noPong makes a Pong with that payload, which came behind a violation, a failure (RFC 6455 §7.1.7).
func (p *Peer) noPong(payload string) {
	if slices.ContainsFunc(p.pongs, func(got []byte) bool { return string(got) == payload }) {
		p.fatal("goes on after a violation: it answers the Ping behind it (RFC 6455 §7.1.7)")
	}
}
