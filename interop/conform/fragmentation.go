package conform

import (
	"fmt"
	"strings"
)

// fragmentation: messages in several frames (RFC 6455 §5.4).
func fragmentation(bool) (cases []Case) {
	for _, kind := range []byte{opText, opBinary} {
		for _, n := range []int{2, 3, 4, 16, 100, 1000} {
			for _, chop := range []int{0, 1, 5} {
				id, how := "", "in one segment, or few"
				if chop > 0 {
					id, how = fmt.Sprintf(".chops.%d", chop), fmt.Sprintf("%d bytes at a time", chop)
				}
				cases = append(cases, fragmented(fmt.Sprintf("fragment.%s.%d%s", opName(kind), n, id),
					fmt.Sprintf("a %s message in %d fragments of 7 bytes, %s", opName(kind), n, how),
					chop, split(kind, sample(kind, 7*n), 7)))
			}
		}
		for _, n := range []int{2, 3, 4} {
			for which := range 1 << n {
				cases = append(cases, emptyFragments(kind, n, which))
			}
		}
		for _, size := range []int{125, 126, 65535, 65536} {
			cases = append(cases, fragmented(fmt.Sprintf("fragment.%s.size.%d", opName(kind), size),
				fmt.Sprintf("a %s message in three fragments of %d bytes", opName(kind), size), 0,
				split(kind, sample(kind, 3*size), size)))
		}
	}
	cases = append(cases, fragmented("fragment.bytes", "a binary message of 4,096 bytes in as many fragments", 0, split(opBinary, sample(opBinary, 4096), 1)))
	cases = append(cases, Case{
		ID: "fragment.two", Section: "RFC 6455 §5.4", Sends: "two messages in fragments and one in a single frame, all at once", Allows: "the three echoes",
		run: func(p *Peer) {
			p.send(text("o").unfinished(), continuation("ne"), text("two"), binaryFrame([]byte("th")).unfinished(), continuation("r").unfinished(), continuation("ee"))
			p.wants(opText, []byte("one"))
			p.wants(opText, []byte("two"))
			p.wants(opBinary, []byte("three"))
			p.close()
		},
	})
	cases = append(cases, controlBetween()...)
	cases = append(cases, brokenOrder()...)
	return append(cases, fragmentedControl()...)
}

// fragmented is a case with one message.
func fragmented(id, sends string, chop int, frames []frame) Case {
	return Case{ID: id, Section: "RFC 6455 §5.4", Sends: sends, Allows: "the echo", run: func(p *Peer) {
		p.chopped(chop)
		p.send(frames...)
		var whole []byte
		for _, f := range frames {
			whole = append(whole, f.payload...)
		}
		p.wants(frames[0].op, whole)
		p.close()
	}}
}

// emptyFragments: of n fragments those whose bit is set in which are empty.
func emptyFragments(kind byte, n, which int) Case {
	var pattern strings.Builder
	var frames []frame
	for i := range n {
		f := frame{op: opContinuation, payload: []byte("data"), more: i < n-1}
		if i == 0 {
			f.op = kind
		}
		if which>>i&1 == 1 {
			f.payload = nil
			pattern.WriteByte('e')
		} else {
			pattern.WriteByte('d')
		}
		frames = append(frames, f)
	}
	return fragmented(fmt.Sprintf("fragment.%s.empty.%s", opName(kind), &pattern),
		fmt.Sprintf("a %s message in %d fragments, d with data and e empty: %s", opName(kind), n, &pattern), 0, frames)
}

// controlBetween: Pings and Pongs between fragments.
func controlBetween() (cases []Case) {
	for _, n := range []int{2, 3, 5} {
		for _, chop := range []int{0, 1} {
			for _, control := range []frame{ping("between"), ping(""), pong("between"), pong("")} {
				id := fmt.Sprintf("fragment.control.%s.%d.%d", opName(control.op), len(control.payload), n)
				if chop > 0 {
					id += ".chops.1"
				}
				cases = append(cases, Case{
					ID: id, Section: "RFC 6455 §5.4",
					Sends:  fmt.Sprintf("a text message in %d fragments, with a %s frame of %d bytes in each gap", n, opName(control.op), len(control.payload)),
					Allows: "the echo, and Pongs to the Pings",
					run: func(p *Peer) {
						p.chopped(chop)
						message := sampleText(9 * n)
						var frames []frame
						for i, f := range split(opText, message, 9) {
							if i > 0 {
								frames = append(frames, control)
							}
							frames = append(frames, f)
						}
						p.send(frames...)
						if control.op == opPing {
							p.wantsPong(string(control.payload))
						}
						p.wants(opText, message)
						p.close()
					},
				})
			}
		}
	}
	return cases
}

// brokenOrder: continuation frames that continue nothing, and messages inside others.
func brokenOrder() (cases []Case) {
	add := func(id, sends string, echoes []frame, frames ...frame) {
		for _, chop := range []int{0, 1} {
			id, sends := id, sends
			if chop > 0 {
				id, sends = id+".chops.1", sends+", a byte at a time"
			}
			cases = append(cases, Case{ID: "fragment." + id, Section: "RFC 6455 §5.4", Sends: sends, Allows: "1002, after the echoes of whole messages",
				run: func(p *Peer) {
					p.chopped(chop)
					p.send(frames...)
					p.failsAfter(echoes, 1002)
				}})
		}
	}
	whole := []frame{text("whole")}
	for _, c := range []struct {
		name string
		f    frame
	}{
		{"last", continuation("data")}, {"more", continuation("data").unfinished()},
		{"last.empty", continuation("")}, {"more.empty", continuation("").unfinished()},
	} {
		add("nothing."+c.name+".first", "a continuation frame with nothing to continue", nil, c.f)
		add("nothing."+c.name+".after", "a whole message, then a continuation frame", whole, text("whole"), c.f)
		add("nothing."+c.name+".afterfragments", "a message in two fragments, then another continuation frame", whole, text("who").unfinished(), continuation("le"), c.f)
		add("nothing."+c.name+".afterping", "a Ping, then a continuation frame", nil, ping(""), c.f)
		add("nothing."+c.name+".before", "a continuation frame with nothing to continue, then a message", nil, c.f, text("behind"))
	}
	for _, outer := range []byte{opText, opBinary} {
		for _, inner := range []byte{opText, opBinary} {
			for _, shape := range []string{"last", "more", "last.empty", "more.empty"} {
				f := frame{op: inner, payload: []byte("inner"), more: strings.HasPrefix(shape, "more")}
				if strings.HasSuffix(shape, "empty") {
					f.payload = nil
				}
				add(fmt.Sprintf("inside.%s.%s.%s", opName(outer), opName(inner), shape),
					fmt.Sprintf("a %s message that begins before a %s message has ended", opName(inner), opName(outer)), nil,
					frame{op: outer, payload: []byte("outer"), more: true}, f)
			}
		}
		add("inside."+opName(outer)+".later", "three fragments, then a new message in place of the last one", nil,
			frame{op: outer, payload: []byte("a"), more: true}, continuation("b").unfinished(), continuation("c").unfinished(), text("new"))
		add("inside."+opName(outer)+".afterping", "a fragment, a Ping, then a new message", nil,
			frame{op: outer, payload: []byte("a"), more: true}, ping("between"), text("new"))
	}
	return cases
}

// fragmentedControl: control frames must not be fragmented (RFC 6455 §5.5).
func fragmentedControl() (cases []Case) {
	for _, op := range []byte{opPing, opPong, opClose} {
		for _, payload := range []string{"", "\x03\xE8data"} {
			f := frame{op: op, payload: []byte(payload), more: true}
			name := fmt.Sprintf("fragment.controls.%s.%d", opName(op), len(payload))
			cases = append(cases, violations(name, fmt.Sprintf("a %s frame of %d bytes without FIN", opName(op), len(payload)), f)...)
			cases = append(cases, Case{
				ID: name + ".whole", Section: "RFC 6455 §5.5",
				Sends: fmt.Sprintf("a %s frame of %d bytes without FIN, and a continuation frame", opName(op), len(payload)), Allows: "1002",
				run: func(p *Peer) {
					p.send(f, continuation("rest"))
					p.fails(1002)
				},
			})
		}
	}
	return cases
}
