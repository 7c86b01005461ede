package conform

import (
	"fmt"
	"strings"
	"time"
)

// closings: the closing handshake (RFC 6455 §5.5.1, §7).
func closings(bool) (cases []Case) {
	cases = append(cases, closeCodes()...)
	cases = append(cases, closePayloads()...)
	cases = append(cases, closeAmidData()...)
	return append(cases, closeTCP()...)
}

// closeCodes: each kind of status code (RFC 6455 §7.4).
func closeCodes() (cases []Case) {
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000, 4999} {
		later := code >= 1012 && code <= 1014 // registered after RFC 6455
		allows := "the same code; tolerated: another one, but not 1002"
		if later {
			allows = "the same code; tolerated: another one"
		}
		for _, reason := range []string{"", "a reason: причина"} {
			id, sends := fmt.Sprintf("close.code.%d", code), fmt.Sprintf("a Close frame with %d", code)
			if reason != "" {
				id, sends = id+".reason", sends+" and a reason"
			}
			cases = append(cases, Case{
				ID: id, Section: "RFC 6455 §7.4", Sends: sends, Allows: allows,
				run: func(p *Peer) {
					p.send(closeFrame(code, reason))
					if later {
						p.closesOr1002(code)
						return
					}
					p.closes(code)
				},
			})
		}
	}
	for _, code := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999} {
		for _, reason := range []string{"", "reason"} {
			id := fmt.Sprintf("close.code.%d.invalid", code)
			if reason != "" {
				id += ".reason"
			}
			cases = append(cases, Case{
				ID: id, Section: "RFC 6455 §7.4.2", Sends: fmt.Sprintf("a Close frame with the code %d, which nobody may send", code), Allows: "1002",
				run: func(p *Peer) {
					p.send(closeFrame(code, reason))
					p.fails(1002)
				},
			})
		}
	}
	for _, code := range []int{5000, 9999, 65535} {
		cases = append(cases, Case{
			ID: fmt.Sprintf("close.code.%d.undefined", code), Section: "RFC 6455 §7.4.2",
			Sends: fmt.Sprintf("a Close frame with the code %d, of which the RFC says nothing", code), Allows: "1002; tolerated: 1000 or no code in the answer",
			run: func(p *Peer) {
				p.send(closeFrame(code, ""))
				p.fails(1002, 1000, noCode)
			},
		})
	}
	return cases
}

// closesOr1002 is closes for a code that not every peer knows.
func (p *Peer) closesOr1002(code int) {
	e := p.untilClose()
	if e.ended {
		p.fatal("does not answer a Close frame (%s)", p.end)
	}
	if e.code != code {
		p.tolerate("answers a Close frame with another code (%s)", describeClose(e))
	}
	p.leaves()
}

// closePayloads: what a Close frame may hold (RFC 6455 §5.5.1).
func closePayloads() (cases []Case) {
	add := func(id, sends, allows string, run func(*Peer)) {
		cases = append(cases, Case{ID: "close.payload." + id, Section: "RFC 6455 §5.5.1", Sends: sends, Allows: allows, run: run})
	}
	add("empty", "a Close frame with no payload", "a Close frame; tolerated: with another code than 1000 or none", func(p *Peer) {
		p.send(rawClose(""))
		e := p.untilClose()
		if e.ended {
			p.fatal("does not answer a Close frame (%s)", p.end)
		}
		if e.code != noCode && e.code != 1000 {
			p.tolerate("answers a Close frame without a code with %s", describeClose(e))
		}
		p.leaves()
	})
	for _, b := range []string{"\x00", "\x03", "\xFF"} {
		add(fmt.Sprintf("byte.%x", b), fmt.Sprintf("a Close frame with the one byte %x", b), "1002", func(p *Peer) {
			p.send(rawClose(b))
			p.fails(1002)
		})
	}
	for _, n := range []int{1, 2, 62, 122, 123} {
		for _, chop := range []int{0, 1} {
			id := fmt.Sprintf("reason.%d", n)
			if chop > 0 {
				id += ".chops"
			}
			add(id, fmt.Sprintf("a Close frame with 1000 and a reason of %d bytes", n), "the same code", func(p *Peer) {
				p.chopped(chop)
				p.send(closeFrame(1000, string(sampleText(n))))
				p.closes(1000)
			})
		}
	}
	for _, n := range []int{126, 127, 65536} {
		add(fmt.Sprintf("long.%d", n), fmt.Sprintf("a Close frame with a payload of %d bytes", n), "1002", func(p *Peer) {
			p.send(closeFrame(1000, strings.Repeat("r", n-2)))
			p.fails(1002)
		})
	}
	for _, s := range invalidSequences() {
		add("invalid."+s.name, fmt.Sprintf("a Close frame with 1000 and the reason %x", s.bytes), "1007: it is not UTF-8; tolerated: 1002", func(p *Peer) {
			p.send(closeFrame(1000, s.bytes))
			p.fails(1007, 1002)
		})
	}
	return cases
}

// closeAmidData: frames before, behind and around a Close frame.
func closeAmidData() (cases []Case) {
	add := func(id, sends, allows string, run func(*Peer)) {
		cases = append(cases, Case{ID: "close.amid." + id, Section: "RFC 6455 §5.5.1", Sends: sends, Allows: allows, run: run})
	}
	for _, behind := range []struct {
		name string
		f    frame
	}{
		{"text", text("behind")}, {"binary", binaryFrame([]byte("behind"))}, {"ping", ping("behind")}, {"pong", pong("behind")},
		{"close", closeFrame(1001, "again")}, {"fragment", text("behind").unfinished()}, {"continuation", continuation("behind")},
		{"rsv", text("behind").withRSV(rsv2)}, {"reserved", frame{op: 3}}, {"long", binaryFrame(sample(opBinary, 256<<10))},
		{"invalid", text("\xFF")},
	} {
		add("behind."+behind.name, "a Close frame and, behind it, a frame: "+behind.name, "the answer to the Close frame, and nothing to what is behind it", func(p *Peer) {
			p.send(closeFrame(1000, ""), behind.f)
			p.closes(1000)
			p.noPong("behind")
		})
	}
	add("before", "100 messages of 100 bytes, then a Close frame, all at once", "the echoes, then the answer; tolerated: fewer echoes", func(p *Peer) {
		var frames []frame
		for i := range 100 {
			frames = append(frames, frame{op: opBinary, payload: sample(opBinary, 100+i)})
		}
		p.send(append(frames[:100:100], closeFrame(1000, ""))...)
		p.closesAfter(frames, 1000)
	})
	add("before.long", "a message of 1 MiB, then a Close frame, all at once", "the echo, then the answer; tolerated: no echo", func(p *Peer) {
		m := frame{op: opBinary, payload: sample(opBinary, 1<<20)}
		p.send(m, closeFrame(1000, ""))
		p.closesAfter([]frame{m}, 1000)
	})
	add("before.ping", "a Ping, then a Close frame, at once", "the Pong, then the answer; tolerated: no Pong", func(p *Peer) {
		p.send(ping("before"), closeFrame(1000, ""))
		p.closes(1000)
		if len(p.pongs) == 0 {
			p.tolerate("does not answer a Ping that comes right before a Close frame (RFC 6455 §5.5.2)")
		}
	})
	for _, n := range []int{1, 2, 5} {
		add(fmt.Sprintf("message.%d", n), fmt.Sprintf("%d fragments of a message, then a Close frame", n), "the same code, and no echo", func(p *Peer) {
			frames := split(opText, sampleText(10*(n+1)), 10)[:n]
			p.send(append(frames, closeFrame(1000, ""))...)
			p.closes(1000)
		})
	}
	add("message.rest", "a fragment, a Close frame and the last fragment, all at once", "the same code, and no echo", func(p *Peer) {
		p.send(text("first, ").unfinished(), closeFrame(1000, ""), continuation("last"))
		p.closes(1000)
	})
	add("twice", "a Close frame and, after the answer, another one", "one answer, and the end of TCP", func(p *Peer) {
		p.send(closeFrame(1000, ""))
		if e := p.untilClose(); e.ended {
			p.fatal("does not answer a Close frame (%s)", p.end)
		}
		p.send(closeFrame(1000, ""))
		p.leaves()
	})
	return cases
}

// closesAfter is closes for a Close frame sent at once behind messages: their echoes come first. RFC 6455 does not
// demand them.
func (p *Peer) closesAfter(echoes []frame, code int) {
	for i, f := range echoes {
		e, _ := p.event(forever)
		if e.ended {
			p.fatal("does not answer a Close frame (%s)", p.end)
		}
		if e.op == opClose {
			p.tolerate("echoes only %d of %d messages that came before the Close frame", i, len(echoes))
			p.leaves()
			return
		}
		p.matches(e, f.op, f.payload)
	}
	p.closes(code)
}

// closeTCP: who ends TCP, and when (RFC 6455 §7.1.1).
func closeTCP() []Case {
	return []Case{
		{
			ID: "close.tcp.server", only: Server, Section: "RFC 6455 §7.1.1", Sends: "a Close frame, and keeps TCP open",
			Allows: "the same code, and FIN at once; tolerated: FIN later, a reset",
			run: func(p *Peer) {
				p.send(closeFrame(1000, ""))
				if e := p.untilClose(); e.ended {
					p.fatal("does not answer a Close frame (%s)", p.end)
				}
				answered := time.Now()
				p.leaves()
				if time.Since(answered) > p.patience/2 {
					p.tolerate("closes TCP only %v after the closing handshake", time.Since(answered).Round(time.Millisecond))
				}
			},
		},
		{
			ID: "close.tcp.client", only: Client, Section: "RFC 6455 §7.1.1", Sends: "a Close frame, and keeps TCP open for 200 ms after the answer",
			Allows: "the same code, and FIN only after the suite's; tolerated: before it",
			run: func(p *Peer) {
				p.send(closeFrame(1000, ""))
				if e := p.untilClose(); e.ended {
					p.fatal("does not answer a Close frame (%s)", p.end)
				}
				if e, ok := p.event(200 * time.Millisecond); ok && e.ended {
					p.tolerate("closes TCP before the server does (%s)", p.end)
					return
				}
				p.leaves()
			},
		},
		{
			ID: "close.tcp.half", Section: "RFC 6455 §7.1.1", Sends: "a Close frame and FIN behind it", Allows: "the same code, and the end of TCP",
			run: func(p *Peer) {
				p.send(text("before"), closeFrame(1000, ""))
				p.closeWrite()
				p.closesAfter([]frame{text("before")}, 1000)
			},
		},
		{
			ID: "close.tcp.none", Section: "RFC 6455 §7.1.4", Sends: "FIN without a Close frame", Allows: "the end of TCP; a Close frame may come before it",
			run: func(p *Peer) {
				p.send(text("before"))
				p.wants(opText, []byte("before"))
				p.closeWrite()
				p.untilClose()
				p.leaves()
			},
		},
		{
			ID: "close.tcp.cut", Section: "RFC 6455 §7.1.4", Sends: "half a message, then FIN", Allows: "the end of TCP, and no echo; a Close frame may come before it",
			run: func(p *Peer) {
				b := frame{op: opText, payload: []byte("half a message")}.append(nil, p.masked)
				p.sendRaw(b[:len(b)/2])
				p.closeWrite()
				p.untilClose()
				p.leaves()
			},
		},
	}
}
