package conform

import (
	"bytes"
	"fmt"
	"strings"
)

// pings: Ping and Pong (RFC 6455 §5.5.2, §5.5.3).
func pings(bool) (cases []Case) {
	add := func(id, sends, allows string, run func(*Peer)) {
		cases = append(cases, Case{ID: "ping." + id, Section: "RFC 6455 §5.5.2", Sends: sends, Allows: allows, run: run})
	}
	for _, n := range []int{0, 1, 2, 4, 7, 16, 64, 123, 124, 125} {
		payload := string(sample(opBinary, n))
		add(fmt.Sprintf("size.%d", n), fmt.Sprintf("a Ping of %d bytes that are not text", n), "the Pong with the same bytes", func(p *Peer) {
			p.send(ping(payload))
			p.wantsPong(payload)
			p.close()
		})
		for _, chop := range []int{1, 2, 7} {
			add(fmt.Sprintf("size.%d.chops.%d", n, chop), fmt.Sprintf("a Ping of %d bytes, %d at a time", n, chop), "the Pong with the same bytes", func(p *Peer) {
				p.chopped(chop)
				p.send(ping(payload))
				p.wantsPong(payload)
				p.close()
			})
		}
	}
	add("size.each", "a Ping of each size from 0 to 125, each after the Pong to the one before", "all the Pongs", func(p *Peer) {
		for n := range 126 {
			payload := string(sample(opBinary, n))
			p.send(ping(payload))
			p.wantsPong(payload)
		}
		p.close()
	})
	for _, n := range []int{126, 127, 65535, 65536} {
		for _, op := range []byte{opPing, opPong} {
			add(fmt.Sprintf("long.%s.%d", opName(op), n), fmt.Sprintf("a %s frame of %d bytes", opName(op), n), "1002: 125 is the limit (§5.5)", func(p *Peer) {
				p.send(frame{op: op, payload: sample(opText, n)})
				p.fails(1002)
			})
		}
	}
	add("long.claim", "the header of a Ping that claims 126 bytes, and nothing more", "1002; tolerated: to wait for the payload", func(p *Peer) {
		p.send(frame{op: opPing, claim: 126})
		if !p.failsSoon(1002) {
			p.tolerate("waits for the payload of a Ping that is too long")
		}
	})
	for _, chop := range []int{0, 1, 7} {
		id, how := "", "in one segment"
		if chop > 0 {
			id, how = fmt.Sprintf(".chops.%d", chop), fmt.Sprintf("%d bytes at a time", chop)
		}
		add("ten"+id, "ten Pings "+how, "Pongs in the same order; of those that wait only the last is needed (§5.5.3)", func(p *Peer) { manyPings(p, 10, chop) })
	}
	add("thousand", "a thousand Pings in one segment, or few", "Pongs in the same order, the last one among them", func(p *Peer) { manyPings(p, 1000, 0) })
	cases = append(cases, pongs()...)
	return append(cases, pingsAmidData()...)
}

// manyPings sends n Pings at once. The Pongs have to be in their order, and the last one has to come.
func manyPings(p *Peer, n, chop int) {
	p.chopped(chop)
	var frames []frame
	for i := range n {
		frames = append(frames, ping(fmt.Sprint("ping ", i)))
	}
	p.send(frames...)
	next := 0
	for next < n {
		e, _ := p.event(forever)
		if e.ended || e.op != opPong {
			p.fatal("answers %d Pings with something else than Pongs", n)
		}
		i := next
		for i < n && !bytes.Equal(frames[i].payload, e.payload) {
			i++
		}
		if i == n {
			p.fatal("sends a Pong out of order: %q", e.payload)
		}
		next = i + 1
	}
	p.close()
}

// pongs: those that nobody asked for.
func pongs() (cases []Case) {
	for _, test := range []struct {
		name   string
		frames []frame
	}{
		{"empty", []frame{pong("")}},
		{"payload", []frame{pong("unasked")}},
		{"binary", []frame{pong("\x00\xFF\xFE\xFD")}},
		{"125", []frame{pong(strings.Repeat("p", 125))}},
		{"ten", []frame{pong("0"), pong("1"), pong("2"), pong("3"), pong("4"), pong("5"), pong("6"), pong("7"), pong("8"), pong("9")}},
		{"thenping", []frame{pong("unasked"), ping("asked")}},
		{"aroundping", []frame{pong("before"), ping("asked"), pong("after")}},
		{"same", []frame{ping("asked"), pong("asked"), ping("asked")}},
	} {
		cases = append(cases, Case{
			ID: "ping.unsolicited." + test.name, Section: "RFC 6455 §5.5.3",
			Sends: "Pongs that nobody asked for, some with Pings, then a text message", Allows: "the echo, Pongs to the Pings, and nothing else",
			run: func(p *Peer) {
				p.send(test.frames...)
				p.send(text("still there"))
				for _, f := range test.frames {
					if f.op == opPing {
						p.wantsPong("asked")
						break
					}
				}
				p.wants(opText, []byte("still there"))
				p.close()
			},
		})
	}
	return cases
}

// pingsAmidData: control frames may come between the fragments of a message (RFC 6455 §5.4), and data must not keep
// them waiting.
func pingsAmidData() (cases []Case) {
	add := func(id, sends, allows string, run func(*Peer)) {
		cases = append(cases, Case{ID: "ping.amid." + id, Section: "RFC 6455 §5.4", Sends: sends, Allows: allows, run: run})
	}
	for _, kind := range []byte{opText, opBinary} {
		add("fragments."+opName(kind), "a fragment, a Ping and, after the Pong, the last fragment", "the Pong before the message is whole; tolerated: after it; the echo",
			func(p *Peer) {
				first := frame{op: kind, payload: []byte("first, "), more: true}
				p.send(first, ping("between"))
				early := p.pongSoon("between")
				p.send(continuation("last"))
				if !early {
					p.tolerate("keeps a Pong until the message around the Ping is whole (RFC 6455 §5.5.2)")
					p.wantsPong("between")
				}
				p.wants(kind, []byte("first, last"))
				p.close()
			})
	}
	add("longfragments", "four fragments of 64 KiB, a Ping between them, all at once", "three Pongs, or the last of them; the echo", func(p *Peer) {
		payload := sample(opBinary, 4<<16)
		var frames []frame
		for i, f := range split(opBinary, payload, 1<<16) {
			if i > 0 {
				frames = append(frames, ping(fmt.Sprint("gap ", i)))
			}
			frames = append(frames, f)
		}
		p.send(frames...)
		p.wantsPong("gap 3")
		p.wants(opBinary, payload)
		p.close()
	})
	add("messages", "a Ping before, between and after two messages, all at once", "both echoes in order, and the last Pong", func(p *Peer) {
		p.send(ping("before"), text("one"), ping("between"), text("two"), ping("after"))
		p.wants(opText, []byte("one"))
		p.wants(opText, []byte("two"))
		p.wantsPong("after")
		p.close()
	})
	add("flood", "2,000 Pings of 125 bytes, a message of 1 KiB after each tenth", "all the echoes in order, and the last Pong", func(p *Peer) {
		var frames []frame
		var messages [][]byte
		for i := range 2000 {
			frames = append(frames, ping(fmt.Sprintf("%0125d", i)))
			if i%10 == 9 {
				messages = append(messages, sample(opBinary, 1024+i))
				frames = append(frames, binaryFrame(messages[len(messages)-1]))
			}
		}
		p.send(append(frames, ping("last"))...)
		for _, m := range messages {
			p.wants(opBinary, m)
		}
		p.wantsPong("last")
		p.close()
	})
	add("large", "a Ping directly behind the header and 1,000 bytes of a message of 1 MiB: it is data, not a Ping", "the echo, and no Pong", func(p *Peer) {
		payload := sample(opBinary, 1<<20)
		copy(payload[1000:], "\x89\x04ping")
		p.echoes(binaryFrame(payload))
	})
	return cases
}
