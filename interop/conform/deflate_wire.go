package conform

import (
	"bytes"
	"fmt"
	"slices"
)

// deflateWire: the bytes of compressed messages (RFC 7692 §6, §7.2).
func deflateWire(bool) (cases []Case) {
	cases = append(cases, vectors()...)
	cases = append(cases, marks()...)
	cases = append(cases, notDeflate()...)
	cases = append(cases, distances()...)
	return append(cases, bombs()...)
}

// deflateCase is a case with permessage-deflate as plain as can be.
func deflateCase(id, section, sends, allows string, run func(*Peer)) Case {
	return Case{ID: "deflate." + id, Section: section, Sends: sends, Allows: allows, deflate: plainDeflate, run: run}
}

// vectors: the examples of RFC 7692 §7.2.3 and their like.
func vectors() (cases []Case) {
	for _, v := range []struct {
		name, section, what string
		messages            []string // compressed
		echo                string   // of each
	}{
		{"hello", "7.2.3.1", "a block with fixed codes", []string{"\xF2\x48\xCD\xC9\xC9\x07\x00"}, "Hello"},
		{"takeover", "7.2.3.2", "a message that refers to the one before", []string{"\xF2\x48\xCD\xC9\xC9\x07\x00", "\xF2\x00\x11\x00\x00"}, "Hello"},
		{"stored", "7.2.3.3", "a block that is not compressed", []string{"\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00"}, "Hello"},
		{"final", "7.2.3.4", "a block with BFINAL", []string{"\xF3\x48\xCD\xC9\xC9\x07\x00\x00"}, "Hello"},
		{"two", "7.2.3.5", "two blocks", []string{"\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00"}, "Hello"},
		{"empty", "7.2.3.6", "an empty message", []string{"\x00"}, ""},
		{"empty.fixed", "7.2.3.6", "an empty message, as a block with fixed codes", []string{"\x02\x00"}, ""},
		{"empty.final", "7.2.3.4", "an empty message, as a block with BFINAL", []string{"\x03\x00\x00"}, ""},
		{"final.behind", "7.2.3.4", "a block behind one with BFINAL", []string{"\xF3\x48\x05\x00\xCA\xC9\xC9\x07\x00"}, "Hello"},
		{"final.twice", "7.2.3.4", "two blocks with BFINAL", []string{"\xF3\x48\x05\x00\xCB\xC9\xC9\x07\x00\x00"}, "Hello"},
		{"final.stored", "7.2.3.4", "a block with BFINAL that is not compressed", []string{"\x01\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00"}, "Hello"},
		{"final.takeover", "7.2.3.4", "a message that refers to one with BFINAL", []string{"\xF3\x48\xCD\xC9\xC9\x07\x00\x00", "\xF2\x00\x11\x00\x00"}, "Hello"},
		{"tail", "7.2.1", "a message whose 00 00 ff ff were not taken off", []string{"\xF2\x48\xCD\xC9\xC9\x07\x00\x00\x00\xFF\xFF\x00"}, "Hello"},
		{"again", "7.2.2", "a message three times", []string{"\xF2\x48\xCD\xC9\xC9\x07\x00", "\xF2\x48\xCD\xC9\xC9\x07\x00", "\xF2\x48\xCD\xC9\xC9\x07\x00"}, "Hello"},
	} {
		for _, n := range []int{1 << 10, 1, 3} {
			id, how := v.name, ""
			if n < 1<<10 {
				id, how = fmt.Sprintf("%s.by.%d", v.name, n), fmt.Sprintf(", in fragments of %d", n)
			}
			cases = append(cases, deflateCase("vector."+id, "RFC 7692 §"+v.section, fmt.Sprintf("%s: %x%s", v.what, v.messages, how), "the echoes", func(p *Peer) {
				if len(v.messages) > 1 && !p.sender.takeover {
					p.lacks("no context is kept")
				}
				for _, m := range v.messages {
					frames := split(opText, []byte(m), n)
					frames[0].rsv = rsv1
					p.send(frames...)
					p.wants(opText, []byte(v.echo))
				}
				p.close()
			}))
		}
	}
	return cases
}

const hello = "\xF2\x48\xCD\xC9\xC9\x07\x00"

// marks: where RSV1 may stand, and what may come between compressed messages (RFC 7692 §6).
func marks() (cases []Case) {
	add := func(id, sends, allows string, run func(*Peer)) {
		cases = append(cases, deflateCase("mark."+id, "RFC 7692 §6", sends, allows, run))
	}
	for _, f := range []frame{ping("data"), pong("data"), closeFrame(1000, "")} {
		f.rsv = rsv1
		add(opName(f.op), "a "+opName(f.op)+" frame with RSV1", "1002", func(p *Peer) {
			p.send(f)
			p.fails(1002)
		})
	}
	for _, whole := range []bool{true, false} {
		for _, last := range []bool{true, false} {
			first := frame{op: opBinary, payload: []byte(hello[:3]), more: true}
			name := "plain"
			if whole {
				first.rsv, name = rsv1, "compressed"
			}
			c := frame{op: opContinuation, payload: []byte(hello[3:]), rsv: rsv1, more: !last}
			if !last {
				name += ".more"
			}
			add("continuation."+name, "a continuation frame with RSV1 in a message", "1002", func(p *Peer) {
				p.send(first, c)
				p.fails(1002)
			})
		}
	}
	for _, bits := range []byte{rsv2, rsv3, rsv1 | rsv2, rsv1 | rsv3, rsv2 | rsv3, rsv1 | rsv2 | rsv3} {
		add(fmt.Sprintf("rsv%d", bits>>4), rsvName(bits)+" on a text frame", "1002: only RSV1 has a meaning", func(p *Peer) {
			p.send(frame{op: opText, rsv: bits, payload: []byte(hello)})
			p.fails(1002)
		})
	}
	for _, op := range []byte{3, 7, 0xB, 0xF} {
		add(fmt.Sprintf("reserved.%x", op), fmt.Sprintf("a frame with RSV1 and opcode 0x%X", op), "1002", func(p *Peer) {
			p.send(frame{op: op, rsv: rsv1, payload: []byte(hello)})
			p.fails(1002)
		})
	}
	add("uncompressed", "messages that are not compressed, in turns with some that are", "the echoes", func(p *Peer) {
		for i := range 10 {
			message := sampleText(100 * i)
			p.send(text("not compressed"), frame{op: opText, payload: []byte("in frag"), more: true}, continuation("ments"))
			p.sendCompressed(opText, message, 1<<20)
			p.wants(opText, []byte("not compressed"))
			p.wants(opText, []byte("in fragments"))
			p.wants(opText, message)
		}
		p.close()
	})
	add("control", "a compressed message with a Ping behind each byte", "the last Pong, and the echo", func(p *Peer) {
		var frames []frame
		for i, f := range split(opText, []byte(hello), 1) {
			if i == 0 {
				f.rsv = rsv1
			}
			frames = append(frames, f, ping(fmt.Sprint(i)))
		}
		p.send(frames...)
		p.wantsPong("6")
		p.wants(opText, []byte("Hello"))
		p.close()
	})
	add("emptyfragments", "a compressed message with empty fragments before, between and behind", "the echo", func(p *Peer) {
		p.send(frame{op: opText, rsv: rsv1, more: true}, continuation(hello[:4]).unfinished(), continuation("").unfinished(), continuation(hello[4:]).unfinished(), continuation(""))
		p.wants(opText, []byte("Hello"))
		p.close()
	})
	add("unmarked", "a message that is DEFLATE, but has no RSV1", "the echo of those bytes", func(p *Peer) {
		p.echoes(binaryFrame([]byte(hello)))
	})
	return cases
}

// notDeflate: compressed messages that are none.
func notDeflate() (cases []Case) {
	for _, bad := range []struct{ name, what, payload string }{
		{"type3", "a block of type 3", "\x07\x00"},
		{"garbage", "bytes that are not DEFLATE", "\xFF\xFF\xFF\xFF\xFF"},
		{"text", "text that was not compressed", "Hello, this was not compressed"},
		{"storedlength", "a stored block whose two lengths differ", "\x00\x05\x00\xFA\xFE\x48\x65\x6C\x6C\x6F\x00"},
		{"distance", "a reference behind the beginning", "\x02\x13\x00\x00"},
		{"codes", "too many codes", "\xFC\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"},
		{"cut.stored", "a stored block that ends too early", "\x00\x64\x00\x9B\xFF\x48\x65\x6C\x6C\x6F"},
		{"cut.fixed", "a block that ends too early", "\xF2\x48\xCD\xC9\xC9"},
		{"cut.dynamic", "a block with codes of its own that ends too early", "\x04\xC0\x31\x09"},
	} {
		for _, op := range []byte{opText, opBinary} {
			cases = append(cases, deflateCase("invalid."+bad.name+"."+opName(op), "RFC 7692 §7.2.2", bad.what+fmt.Sprintf(": %x", bad.payload),
				"1002 or 1007 (the RFC names none), and no echo; tolerated: 1003, 1011", func(p *Peer) {
					p.send(frame{op: op, rsv: rsv1, payload: []byte(bad.payload)})
					p.failsEither(1007, 1002, 1003, 1011)
				}))
		}
	}
	cases = append(cases, deflateCase("invalid.nothing", "RFC 7692 §7.2.3.6", "a compressed message of no bytes at all", "1002 or 1007; tolerated: an empty echo",
		func(p *Peer) {
			p.send(frame{op: opBinary, rsv: rsv1})
			e, _ := p.event(forever)
			switch {
			case e.ended:
				p.droppedInstead(1007)
			case e.op == opClose:
				if e.code != 1002 {
					p.judgeCode(e, 1007, []int{1003, 1011})
				}
				p.answerClose(e)
				p.leaves()
			default:
				p.matches(e, opBinary, nil)
				p.tolerate("takes a compressed message of no bytes for an empty one")
				p.close()
			}
		}))
	for _, s := range invalidSequences() {
		cases = append(cases, deflateCase("utf8."+s.name, "RFC 6455 §8.1", fmt.Sprintf("the text %x, compressed", s.bytes), "1007, and no echo; tolerated: 1002, 1003", func(p *Peer) {
			p.sendCompressed(opText, []byte(surroundings+s.bytes), 1<<10)
			p.fails(1007, 1002, 1003)
		}))
	}
	return cases
}

// failsEither is fails for a violation that two codes answer equally well.
func (p *Peer) failsEither(code, other int, others ...int) {
	e := p.untilClose()
	if e.ended {
		p.droppedInstead(code)
		return
	}
	if e.code != other {
		p.judgeCode(e, code, others)
	}
	p.answerClose(e)
	p.leaves()
}

// distances: references as far back as was agreed on, into the message before (RFC 7692 §7.2.2).
func distances() (cases []Case) {
	for bits := 8; bits <= 15; bits++ {
		list := fmt.Sprintf("; client_max_window_bits=%d; server_max_window_bits=%d", bits, bits)
		cases = append(cases, Case{
			ID: fmt.Sprintf("deflate.distance.%d", bits), Section: "RFC 7692 §7.1.2",
			deflate: &negotiation{offer: extensionName + list, answer: extensionName + list},
			Sends:   fmt.Sprintf("a message and, in the next, a reference as far back as a window of %d bits goes", bits), Allows: "the echoes",
			run: func(p *Peer) {
				if !p.sender.takeover {
					p.lacks("no context is kept")
				}
				n := p.sender.window
				before := sample(opBinary, n)
				p.send(frame{op: opBinary, rsv: rsv1, payload: storedBlocks(before)})
				p.wants(opBinary, before)
				p.send(frame{op: opBinary, rsv: rsv1, payload: reference(n)})
				p.wants(opBinary, slices.Concat(before, before)[:258])
				p.close()
			},
		})
	}
	return cases
}

// bombs: much data in few bytes (RFC 6455 §10.4).
func bombs() (cases []Case) {
	const inflated = 64 << 20
	for _, n := range []int{1 << 20, 1 << 10} {
		id, how := "whole", "in one frame"
		if n < 1<<20 {
			id, how = "fragments", "in fragments of 1 KiB"
		}
		c := deflateCase("bomb."+id, "RFC 6455 §10.4", "64 MiB of zeros, compressed, "+how, "1009, or the whole echo", func(p *Peer) {
			p.sendCompressed(opBinary, make([]byte, inflated), n)
			e, _ := p.event(forever)
			switch {
			case e.ended:
				p.droppedInstead(1009)
			case e.op == opClose:
				p.judgeCode(e, 1009, []int{1008})
				p.answerClose(e)
				p.leaves()
			default:
				if e.op != opBinary || len(e.payload) != inflated || len(bytes.Trim(e.payload, "\x00")) > 0 {
					p.fatal("echoes other bytes than were sent")
				}
				p.close()
			}
		})
		c.limit = longLimit
		cases = append(cases, c)
	}
	return cases
}
