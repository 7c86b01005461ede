package conform

import (
	"fmt"
	"time"
)

// longLimit is for cases that move many bytes, or wait for many answers.
const longLimit = 60 * time.Second

// limits: long messages, and many short ones.
func limits(full bool) (cases []Case) {
	add := func(id, sends string, run func(*Peer)) {
		cases = append(cases, Case{ID: "limit." + id, Section: "RFC 6455 §10.4", Sends: sends,
			Allows: "the echoes; tolerated: 1009 for long ones", limit: longLimit, run: run})
	}
	for _, kind := range []byte{opText, opBinary} {
		name := opName(kind)
		for _, size := range []int{64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20} {
			add(fmt.Sprintf("whole.%s.%d", name, size), fmt.Sprintf("a %s message of %d bytes in one frame", name, size), func(p *Peer) {
				p.longMessage(kind, sample(kind, size), size)
			})
		}
		for _, by := range []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20} {
			add(fmt.Sprintf("fragments.%s.%d", name, by), fmt.Sprintf("a %s message of 4 MiB in fragments of %d bytes", name, by), func(p *Peer) {
				p.longMessage(kind, sample(kind, 4<<20), by)
			})
		}
		for _, chop := range []int{64, 128, 256, 512, 1024, 2048} {
			add(fmt.Sprintf("chops.%s.%d", name, chop), fmt.Sprintf("a %s message of 1 MiB, %d bytes at a time", name, chop), func(p *Peer) {
				p.chopped(chop)
				p.longMessage(kind, sample(kind, 1<<20), 1<<20)
			})
		}
		for _, size := range []int{0, 16, 64, 256, 1 << 10, 4 << 10, 16 << 10} {
			add(fmt.Sprintf("trips.%s.%d", name, size), fmt.Sprintf("1,000 %s messages of %d bytes, each after the echo of the one before", name, size), func(p *Peer) {
				m := frame{op: kind, payload: sample(kind, size)}
				for range 1000 {
					p.send(m)
					p.wants(kind, m.payload)
				}
				p.close()
			})
			add(fmt.Sprintf("stream.%s.%d", name, size), fmt.Sprintf("1,000 %s messages of about %d bytes without a pause", name, size), func(p *Peer) {
				var messages [][]byte
				for i := range 1000 {
					messages = append(messages, sample(kind, size+i%7))
				}
				go func() {
					for _, m := range messages {
						p.wire.send(frame{op: kind, payload: m})
					}
				}()
				for _, m := range messages {
					p.wants(kind, m)
				}
				p.close()
			})
		}
	}
	return cases
}

// longMessage sends a message in fragments and waits for its echo, or a Close frame that calls it too big.
func (p *Peer) longMessage(op byte, payload []byte, fragment int) {
	p.send(split(op, payload, fragment)...)
	e, _ := p.event(forever)
	if e.op == opClose && e.code == 1009 {
		p.tolerate("refuses a message of %d bytes", len(payload))
		p.answerClose(e)
		p.leaves()
		return
	}
	p.messages = append(p.messages, e)
	if e.ended || e.op == opClose {
		p.fatal("does not echo a message of %d bytes: %s", len(payload), describeEnd(e, p.end))
	}
	p.wants(op, payload)
	p.close()
}

func describeEnd(e event, end End) string {
	if e.ended {
		return string(end)
	}
	return describeClose(e)
}
