package conform

import (
	"fmt"
	"slices"
)

// close makes the suite begin the closing handshake, sees it done with that code, and everything over and done with.
func (p *Peer) close() {
	p.chop = 0
	p.send(closeFrame(1000, ""))
	p.closes(1000)
}

// closes waits for the answer to a Close frame that the suite has sent, which has to have that code, and for the end.
// Another code is tolerated, but not 1002: the suite has broken no rule.
// Messages that were waited for have come by now: any other is one too many.
func (p *Peer) closes(code int) {
	e := p.untilClose()
	if e.ended {
		p.fatal("does not answer a Close frame (%s)", p.end)
	}
	if e.code == 1002 && code != 1002 {
		p.fatal("answers a valid Close frame with %s (RFC 6455 §7.4)", describeClose(e))
	}
	if e.code != code && code != noCode {
		p.tolerate("answers a Close frame with another code (%s, RFC 6455 §5.5.1)", describeClose(e))
	}
	p.leaves()
}

// untilClose waits for a Close frame or the end. Whatever else comes is one message too many.
func (p *Peer) untilClose() event {
	for {
		if len(p.messages) > 0 {
			p.fatal("sends a message that nobody expects, of %d bytes", len(p.messages[0].payload))
		}
		e, _ := p.event(forever)
		switch {
		case e.ended, e.op == opClose:
			return e
		case e.op == opPong:
			p.pongs = append(p.pongs, e.payload)
		default:
			p.messages = append(p.messages, e)
		}
	}
}

// fails waits for the peer to fail the connection with a Close frame that has this code, or, tolerated, one of the
// others (RFC 6455 §7.1.7). A message now would show that it goes on as if nothing had happened.
func (p *Peer) fails(code int, others ...int) {
	e := p.untilClose()
	if e.ended {
		p.droppedInstead(code)
		return
	}
	p.judgeCode(e, code, others)
	p.answerClose(e)
	p.leaves()
}

// failsSoon is fails for a peer that may see only later that something is wrong: it reports false when there is no
// answer yet after the suite's patience.
func (p *Peer) failsSoon(code int, others ...int) bool {
	e, ok := p.event(p.patience)
	switch {
	case !ok:
		return false
	case e.ended:
		p.droppedInstead(code)
	case e.op == opClose:
		p.judgeCode(e, code, others)
		p.answerClose(e)
		p.leaves()
	default:
		p.fatal("sends a %s frame in place of failing the connection", opName(e.op))
	}
	return true
}

func (p *Peer) judgeCode(e event, code int, others []int) {
	switch {
	case e.code == code:
	case slices.Contains(others, e.code):
		p.tolerate("fails the connection with %s in place of %d", describeClose(e), code)
	default:
		p.fatal("fails the connection with %s in place of %d", describeClose(e), code)
	}
}

// droppedInstead judges the end of a connection that has to be failed: the Close frame is only a SHOULD.
func (p *Peer) droppedInstead(code int) {
	if p.end == EndTimeout {
		p.fatal("does not fail the connection: no Close frame with %d, and the connection stays open", code)
	}
	p.tolerate("fails the connection without a Close frame (%s, RFC 6455 §7.1.7)", p.end)
}

// failsAfter is fails for what is sent at once behind messages that are in order: their echoes come first. A peer that
// drops them is tolerated.
func (p *Peer) failsAfter(echoes []frame, code int, others ...int) {
	for i, f := range echoes {
		e, _ := p.event(forever)
		for !e.ended && e.op == opPong {
			p.pongs = append(p.pongs, e.payload)
			e, _ = p.event(forever)
		}
		if e.ended {
			p.droppedInstead(code)
			return
		}
		if e.op == opClose {
			p.tolerate("echoes only %d of the %d messages that came before the violation", i, len(echoes))
			p.judgeCode(e, code, others)
			p.answerClose(e)
			p.leaves()
			return
		}
		p.matches(e, f.op, f.payload)
	}
	p.fails(code, others...)
}

// answerClose echoes the peer's Close frame.
func (p *Peer) answerClose(e event) {
	p.chop = 0
	if e.code == noCode {
		p.wire.send(rawClose(""))
		return
	}
	p.wire.send(closeFrame(e.code, ""))
}

// leaves waits for the end of TCP after both Close frames: a server closes it at once, and a client after the suite
// (RFC 6455 §7.1.1).
func (p *Peer) leaves() {
	if p.tested == Client {
		p.closeWrite()
	}
	for {
		e, ok := p.event(2 * p.patience)
		if !ok {
			p.end = EndTimeout
			p.fatal("does not close TCP after the closing handshake (RFC 6455 §7.1.1)")
		}
		if e.ended {
			break
		}
	}
	switch p.end {
	case EndFIN:
	case EndReset:
		p.tolerate("resets TCP after the closing handshake (RFC 6455 §7.1.1)")
	case EndTimeout:
		p.fatal("does not close TCP after the closing handshake (RFC 6455 §7.1.1)")
	default:
		p.fatal("ends TCP with %s after the closing handshake", p.end)
	}
}

func describeClose(e event) string {
	if e.code == noCode {
		return "no code"
	}
	if len(e.payload) > 2 {
		return fmt.Sprintf("%d %q", e.code, e.payload[2:])
	}
	return fmt.Sprint(e.code)
}
