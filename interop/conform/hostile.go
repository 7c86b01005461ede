package conform

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// hostiles: what has broken others. A peer may refuse most of this, and need not limit all of it, but it has to keep
// its manners and serve everybody else.
func hostiles(full bool) (cases []Case) {
	cases = append(cases, hostileLengths()...)
	cases = append(cases, hostileMessages()...)
	cases = append(cases, hostileFloods()...)
	cases = append(cases, hostileEnds()...)
	for seed := range uint64(16) {
		cases = append(cases, Case{
			ID: fmt.Sprintf("hostile.random.%d", seed), Section: "RFC 6455 §5.2", Sends: "4,096 bytes that a generator made up",
			Allows: "the connection fails, or the peer waits for more",
			run: func(p *Peer) {
				b := make([]byte, 0, 4096)
				for r := rand.New(rand.NewPCG(seed, 6455)); len(b) < cap(b); {
					b = binary.LittleEndian.AppendUint64(b, r.Uint64())
				}
				p.sendRaw(b)
				for {
					if e, ok := p.event(p.patience / 4); !ok || e.ended || e.op == opClose {
						break
					}
				}
				p.stillServes()
			},
		})
	}
	return append(cases, hostileHeads()...)
}

// hostileLengths claim payloads that never come.
func hostileLengths() (cases []Case) {
	for _, length := range []uint64{1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1 << 34, 1 << 53, 1 << 62, 1<<63 - 1} {
		for _, how := range []string{"", ".chopped", ".continued"} {
			cases = append(cases, Case{
				ID: fmt.Sprintf("hostile.length.%x%s", length, how), Section: "RFC 6455 §5.2, §10.4",
				Sends: fmt.Sprintf("a header that claims %d bytes%s, and one of them", length,
					map[string]string{"": "", ".chopped": ", byte by byte", ".continued": ", behind a first fragment of one byte"}[how]),
				Allows: "1009; tolerated: another code, or to wait for the rest",
				run: func(p *Peer) {
					f := frame{op: opBinary, payload: []byte{1}, claim: length}
					if how == ".continued" {
						p.send(binaryFrame([]byte{0}).unfinished())
						f.op = opContinuation
					}
					if how == ".chopped" {
						p.chopped(1)
					}
					p.send(f)
					p.failsOrTakes(fmt.Sprintf("waits for %d bytes", length), 1009, 1002, 1008)
					p.stillServes()
				},
			})
		}
	}
	for _, length := range []uint64{1 << 63, 1<<63 + 5, 1<<64 - 1} {
		for _, op := range []byte{opText, opBinary, opPing, opClose} {
			cases = append(cases, Case{
				ID: fmt.Sprintf("hostile.length.%x.%s", length, opName(op)), Section: "RFC 6455 §5.2",
				Sends: fmt.Sprintf("a %s header whose length, %d, has the top bit set, byte by byte", opName(op), length), Allows: "1002; tolerated: 1009",
				run: func(p *Peer) {
					p.chopped(1)
					p.send(frame{op: op, payload: []byte{3, 0xE8}, claim: length})
					p.fails(1002, 1009)
					p.stillServes()
				},
			})
		}
	}
	return append(cases, Case{
		ID: "hostile.length.top-bit-alone", Section: "RFC 6455 §5.2",
		Sends: "a binary message of 65,541 bytes whose length has the top bit set as well", Allows: "1002; tolerated: 1009",
		run: func(p *Peer) {
			payload := sample(opBinary, 65_541)
			p.send(frame{op: opBinary, payload: payload, claim: 1<<63 | uint64(len(payload))})
			p.fails(1002, 1009)
		},
	})
}

// failsOrTakes is for what a peer may limit and need not: it fails the connection, or, tolerated, takes what comes.
func (p *Peer) failsOrTakes(takes string, code int, others ...int) {
	e, ok := p.event(p.patience)
	for ok && !e.ended && e.op == opPong {
		e, ok = p.event(p.patience)
	}
	switch {
	case !ok:
		p.tolerate("%s", takes)
	case e.ended:
		p.droppedInstead(code)
	case e.op != opClose:
		p.fatal("sends a message that nobody expects, of %d bytes", len(e.payload))
	default:
		p.judgeCode(e, code, others)
		p.answerClose(e)
		p.leavesAnyhow()
	}
}

// leavesAnyhow waits for the end of TCP, and does not mind a reset: the peer had much to throw away.
func (p *Peer) leavesAnyhow() {
	p.closeWrite()
	for {
		e, ok := p.event(8 * time.Second)
		if !ok {
			p.end = EndTimeout
			p.fatal("does not close TCP after it failed the connection")
		}
		if e.ended {
			return
		}
	}
}

// pour writes b over and over, n times, and stops at the peer's Close frame or the end, which it returns. A write that
// fails only stops it: what the peer said before is still to be read.
func (p *Peer) pour(b []byte, n int) (closed *event) {
	p.log.add(true, fmt.Sprintf("%d times these bytes", n), b, n*len(b))
	for range n {
		if _, err := p.conn.Write(b); err != nil {
			return nil
		}
		for p.pending() {
			if e, _ := p.event(0); e.ended || e.op == opClose {
				return &e
			} else if e.op != opPong {
				p.fatal("sends a message that nobody expects, of %d bytes", len(e.payload))
			}
		}
	}
	return nil
}

// pending reports whether something that the peer sent waits to be looked at.
func (p *Peer) pending() bool {
	p.wire.mu.Lock()
	defer p.wire.mu.Unlock()
	return len(p.wire.events) > 0
}

// hostileMessages have no end, or are many times what they look like.
func hostileMessages() (cases []Case) {
	empties := func(p *Peer) []byte { return repeated(frame{op: opContinuation, more: true}, 1000, p.wire.masked) }
	add := func(id, sends, allows string, run func(*Peer)) {
		cases = append(cases, Case{ID: "hostile." + id, Section: "RFC 6455 §10.4", Sends: sends, Allows: allows, limit: longLimit, run: run})
	}
	for _, op := range []byte{opText, opBinary} {
		add("fragments.one-byte."+opName(op), "a "+opName(op)+" message in 131,072 fragments of one byte", "the echo; tolerated: 1008 or 1009", func(p *Peer) {
			b := frame{op: op, payload: []byte("x"), more: true}.append(nil, p.wire.masked)
			b = append(b, repeated(frame{op: opContinuation, payload: []byte("x"), more: true}, 131_070, p.wire.masked)...)
			p.sendRaw(continuation("x").append(b, p.wire.masked))
			e, _ := p.event(forever)
			if e.op == opClose && !e.ended {
				p.tolerate("refuses 131,072 fragments")
				p.judgeCode(e, 1009, []int{1008})
				p.answerClose(e)
				p.leavesAnyhow()
				return
			}
			p.messages = append(p.messages, e)
			p.wants(op, []byte(strings.Repeat("x", 131_072)))
			p.close()
		})
	}
	add("fragments.empty", "a text message of 1,000,000 empty fragments that does not end", "the connection fails; tolerated: it does not", func(p *Peer) {
		p.send(frame{op: opText, more: true})
		p.endlessly(empties(p), 1000, "takes 1,000,000 empty fragments of a message", 1008, 1009, 1002)
	})
	for _, size := range []int{1 << 10, 64 << 10} {
		add(fmt.Sprintf("fragments.endless.%d", size), fmt.Sprintf("a message in fragments of %d bytes that does not end for 128 MiB", size),
			"1009; tolerated: to take it", func(p *Peer) {
				p.send(binaryFrame(nil).unfinished())
				b := repeated(frame{op: opContinuation, payload: make([]byte, size), more: true}, (64<<10)/size, p.wire.masked)
				p.endlessly(b, 2048, "takes 128 MiB of one message", 1009, 1008, 1002)
			})
	}
	add("length.flowing", "a header that claims 16 GiB, and 128 MiB of them", "1009; tolerated: to take it", func(p *Peer) {
		p.send(frame{op: opBinary, payload: []byte{1}, claim: 16 << 30})
		p.endlessly(make([]byte, 64<<10), 2048, "takes 128 MiB of one frame", 1009, 1008, 1002)
	})
	return cases
}

// repeated is a frame n times, with one masking key.
func repeated(f frame, n int, masked bool) []byte {
	return []byte(strings.Repeat(string(f.append(nil, masked)), n))
}

// endlessly pours, and judges how the peer puts an end to it.
func (p *Peer) endlessly(b []byte, n int, takes string, code int, others ...int) {
	switch e := p.pour(b, n); {
	case e == nil:
		p.failsOrTakes(takes, code, others...)
	case e.ended:
		p.droppedInstead(code)
	default:
		p.judgeCode(*e, code, others)
		p.answerClose(*e)
		p.leavesAnyhow()
	}
	p.stillServes()
}

// hostileFloods are many small things at once, or more than the suite reads.
func hostileFloods() (cases []Case) {
	add := func(id, section, sends, allows string, run func(*Peer)) {
		cases = append(cases, Case{ID: "hostile." + id, Section: section, Sends: sends, Allows: allows, limit: longLimit, run: run})
	}
	add("flood.pong", "RFC 6455 §5.5.3", "100,000 Pongs of 125 bytes, and a message", "the echo", func(p *Peer) {
		if p.pour(repeated(pong(strings.Repeat("p", 125)), 500, p.wire.masked), 200) != nil {
			p.fatal("does not bear 100,000 Pongs")
		}
		p.works()
	})
	add("flood.ping", "RFC 6455 §5.5.2", "20,000 Pings before the first Pong is read, then one more and a message", "a Pong for the last one, and the echo", func(p *Peer) {
		p.stopReading()
		p.pinged = append(p.pinged, []byte(strings.Repeat("p", 125)))
		b := repeated(ping(strings.Repeat("p", 125)), 20_000, p.wire.masked)
		rest := p.writeUnread(b)
		p.resumeReading()
		p.conn.Write(rest)
		p.send(ping("the last one"))
		p.wantsPong("the last one")
		p.works()
	})
	add("flood.unread", "RFC 6455 §10.4", "1,024 messages of 64 KiB while the suite reads nothing", "the peer stops reading, and echoes all when it can; tolerated: it buffers them all", func(p *Peer) {
		payload := sample(opBinary, 64<<10)
		p.stopReading()
		p.send(binaryFrame(payload)) // the reader may have a read under way
		b := repeated(binaryFrame(payload), 1023, p.wire.masked)
		rest := p.writeUnread(b)
		p.resumeReading()
		go p.conn.Write(rest)
		for range 1024 {
			p.wants(opBinary, payload)
		}
		if len(rest) == 0 {
			p.tolerate("takes 64 MiB of messages whose echoes nobody reads")
		}
		p.close()
	})
	return cases
}

// writeUnread writes until all is written or nothing more goes; it returns what is left.
func (p *Peer) writeUnread(b []byte) (rest []byte) {
	p.log.add(true, "bytes, while nothing is read", b, len(b))
	p.conn.SetWriteDeadline(time.Now().Add(p.patience))
	n, _ := p.conn.Write(b)
	p.conn.SetWriteDeadline(time.Now().Add(longLimit))
	return b[n:]
}
