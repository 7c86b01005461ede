package conform

import "fmt"

// reserved: bits and opcodes without a meaning (RFC 6455 §5.2).
func reserved(bool) (cases []Case) {
	for n := byte(1); n < 8; n++ {
		bits := n << 4
		for _, op := range []byte{opText, opBinary, opPing, opPong, opClose} {
			f := frame{op: op, rsv: bits, payload: []byte("data")}
			if op == opClose {
				f.payload = []byte("\x03\xE8")
			}
			cases = append(cases, violations(fmt.Sprintf("reserved.rsv.%d.%s", n, opName(op)), rsvName(bits)+" on a "+opName(op)+" frame", f)...)
			if op < opClose {
				f.payload = nil
				cases = append(cases, violation(fmt.Sprintf("reserved.rsv.%d.%s.empty", n, opName(op)), rsvName(bits)+" on an empty "+opName(op)+" frame", f))
			}
		}
		cases = append(cases, Case{
			ID: fmt.Sprintf("reserved.rsv.%d.continuation", n), Section: "RFC 6455 §5.2",
			Sends: "a fragment, then a continuation frame with " + rsvName(bits), Allows: "1002",
			run: func(p *Peer) {
				p.send(text("first, ").unfinished(), continuation("last").withRSV(bits))
				p.fails(1002)
			},
		})
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF} {
		name := fmt.Sprintf("reserved.opcode.%x", op)
		cases = append(cases, violations(name, fmt.Sprintf("a frame with opcode 0x%X and 4 bytes", op), frame{op: op, payload: []byte("data")})...)
		cases = append(cases,
			violation(name+".empty", fmt.Sprintf("an empty frame with opcode 0x%X", op), frame{op: op}),
			violation(name+".126", fmt.Sprintf("a frame with opcode 0x%X and 126 bytes", op), frame{op: op, payload: sample(opText, 126)}),
			violation(name+".more", fmt.Sprintf("a frame with opcode 0x%X and without FIN", op), frame{op: op, payload: []byte("data"), more: true}))
	}
	return cases
}

func rsvName(bits byte) string {
	return fmt.Sprintf("RSV1 to RSV3 = %03b", bits>>4)
}

// violation is a case with one frame that breaks the protocol, alone on a new connection.
func violation(id, what string, f frame) Case {
	return Case{ID: id, Section: "RFC 6455 §5.2", Sends: what, Allows: "1002", run: func(p *Peer) {
		p.send(f)
		p.fails(1002)
	}}
}

// violations are cases with a frame that breaks the protocol, in each place where it can stand.
func violations(id, what string, f frame) []Case {
	inPlace := func(place, sends, allows string, run func(*Peer)) Case {
		return Case{ID: id + place, Section: "RFC 6455 §5.2", Sends: sends, Allows: allows, run: run}
	}
	return []Case{
		violation(id, what, f),
		inPlace(".chops", what+", a byte, or a hundredth, at a time", "1002", func(p *Peer) {
			p.chopped(max(1, len(f.payload)/100))
			p.send(f)
			p.fails(1002)
		}),
		inPlace(".after", "a text message and, after its echo, "+what, "1002", func(p *Peer) {
			p.send(text("before"))
			p.wants(opText, []byte("before"))
			p.send(f)
			p.fails(1002)
		}),
		inPlace(".between", "a text message, "+what+", a text message and a Ping, all at once",
			"the first echo, 1002, and nothing else; tolerated: no echo", func(p *Peer) {
				p.send(text("before"), f, text("behind"), ping("behind"))
				p.failsAfter([]frame{text("before")}, 1002)
				p.noPong("behind")
			}),
		inPlace(".inside", "a fragment, "+what+", and the last fragment, all at once", "1002, and no echo", func(p *Peer) {
			p.send(text("first, ").unfinished(), f, continuation("last"))
			p.fails(1002)
		}),
	}
}
