package conform

import (
	"fmt"
	"time"
)

// lengths are those around which the three forms of a length and common buffers change.
var lengths = []int{0, 1, 2, 3, 16, 64, 123, 124, 125, 126, 127, 128, 129, 255, 256, 257, 1023, 1024, 1025, 4095, 4096,
	4097, 16384, 32768, 65521, 65534, 65535, 65536, 65537, 131072}

// framing: lengths, chops and segments (RFC 6455 §5.2).
func framing(bool) (cases []Case) {
	add := func(c Case) {
		c.Section = "RFC 6455 §5.2"
		cases = append(cases, c)
	}
	for _, kind := range []byte{opText, opBinary} {
		name := opName(kind)
		for _, n := range lengths {
			add(Case{
				ID:    fmt.Sprintf("frame.%s.%d", name, n),
				Sends: fmt.Sprintf("a %s message of %d bytes in one frame", name, n), Allows: "the echo",
				run: func(p *Peer) { p.echoes(frame{op: kind, payload: sample(kind, n)}) },
			})
		}
		for _, chop := range []int{1, 2, 7, 997} {
			for _, n := range lengths {
				if n == 0 || n < chop || n > 4500*chop {
					continue
				}
				add(Case{
					ID:    fmt.Sprintf("frame.%s.%d.chops.%d", name, n, chop),
					Sends: fmt.Sprintf("a %s message of %d bytes in one frame, %d bytes at a time", name, n, chop), Allows: "the echo",
					run: func(p *Peer) {
						p.chopped(chop)
						p.echoes(frame{op: kind, payload: sample(kind, n)})
					},
				})
			}
		}
	}
	for _, n := range []int{2, 10, 100, 1000} {
		for _, chop := range []int{0, 3} {
			id, how := "", "in one segment, or few"
			if chop > 0 {
				id, how = fmt.Sprintf(".chops.%d", chop), fmt.Sprintf("%d bytes at a time", chop)
			}
			add(Case{
				ID:    fmt.Sprintf("frame.segment.%d%s", n, id),
				Sends: fmt.Sprintf("%d messages of 0 to 99 bytes, text and binary, %s", n, how), Allows: "the echoes in the same order",
				run: func(p *Peer) {
					p.chopped(chop)
					var all []frame
					for i := range n {
						op := opText + byte(i&1)
						all = append(all, frame{op: op, payload: sample(op, i%100)})
					}
					p.echoes(all...)
				},
			})
		}
	}
	for _, n := range []int{5, 126, 65536} {
		cases = append(cases, splitHeaders(n)...)
	}
	return append(cases, wrongLengths()...)
}

// splitHeaders: a message of n bytes whose header comes in two segments, split at each byte.
func splitHeaders(n int) (cases []Case) {
	whole := len(frame{op: opBinary, payload: make([]byte, n)}.append(nil, false)) - n // as a server has it
	for at := 1; at <= whole+4; at++ {
		c := Case{
			ID: fmt.Sprintf("frame.split.%d.at%d", n, at), Section: "RFC 6455 §5.2",
			Sends: fmt.Sprintf("a message of %d bytes: %d bytes of its header, then, after 5 ms, the rest", n, at), Allows: "the echo",
			run: func(p *Peer) {
				f := frame{op: opBinary, payload: sample(opBinary, n)}
				b := f.append(nil, p.masked)
				p.sendRaw(b[:at])
				time.Sleep(5 * time.Millisecond)
				p.sendRaw(b[at:])
				p.wants(f.op, f.payload)
				p.close()
			},
		}
		if at > whole {
			c.only = Server // the masking key
		}
		cases = append(cases, c)
	}
	return cases
}

// A claim is a length that a header claims.
type claim struct {
	name   string
	length uint64
}

// wrongLengths: lengths that are not in their shortest form, and those that no message has.
func wrongLengths() (cases []Case) {
	for _, test := range []struct{ form, n int }{{2, 0}, {2, 1}, {2, 125}, {8, 0}, {8, 1}, {8, 125}, {8, 126}, {8, 65535}} {
		for _, op := range []byte{opText, opBinary, opPing, opPong} {
			if op >= opPing && test.n > 125 {
				continue
			}
			cases = append(cases, Case{
				ID: fmt.Sprintf("frame.length.%s.%d.in%d", opName(op), test.n, test.form), Section: "RFC 6455 §5.2",
				Sends:  fmt.Sprintf("a %s frame whose length %d stands in %d bytes", opName(op), test.n, test.form),
				Allows: "1002: the shortest form has to be used",
				run: func(p *Peer) {
					p.send(frame{op: op, payload: sample(opText, test.n), length: test.form})
					p.fails(1002)
				},
			})
		}
	}
	for _, c := range []claim{{"2^63", 1 << 63}, {"2^63+1", 1<<63 + 1}, {"2^64-1", 1<<64 - 1}} {
		cases = append(cases, Case{
			ID: "frame.length.topbit." + c.name, Section: "RFC 6455 §5.2",
			Sends: "a header that claims a length of " + c.name, Allows: "1002: the top bit must be 0; tolerated: 1009",
			run: func(p *Peer) {
				p.send(frame{op: opBinary, claim: c.length, payload: []byte("data")})
				p.fails(1002, 1009)
			},
		})
	}
	for _, c := range []claim{{"2^40", 1 << 40}, {"2^62", 1 << 62}, {"2^63-1", 1<<63 - 1}} {
		cases = append(cases, Case{
			ID: "frame.length.huge." + c.name, Section: "RFC 6455 §10.4",
			Sends:  "a header that claims a length of " + c.name + ", and 4 bytes",
			Allows: "1009; tolerated: another code, and to wait for the rest",
			run: func(p *Peer) {
				p.send(frame{op: opBinary, claim: c.length, payload: []byte("data")})
				if !p.failsSoon(1009, 1002, 1008, 1003, 1011) {
					p.tolerate("waits for %s bytes (RFC 6455 §10.4)", c.name)
				}
			},
		})
	}
	return cases
}
