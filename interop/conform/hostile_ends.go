package conform

import (
	"context"
	"net"
	"strings"
	"time"
)

// hostileEnds are connections whose suite's end is gone, or behaves as if it were.
func hostileEnds() (cases []Case) {
	for _, stage := range []struct {
		id, what string
		frame    frame
		bytes    int // of the frame; 0: all
	}{
		{"at-once", "nothing", frame{}, -1}, {"header", "the first byte of a frame", text("half"), 1}, {"length", "half a length", frame{op: opBinary, payload: make([]byte, 300)}, 3},
		{"payload", "half a frame", text(strings.Repeat("half ", 20)), 30}, {"fragment", "the first fragment of a message", text("half").unfinished(), 0},
		{"ping", "a Ping", ping("p"), 0}, {"message", "a message", text("whole"), 0},
	} {
		for _, way := range []string{"fin", "reset"} {
			if way == "reset" && stage.id == "at-once" {
				continue
			}
			cases = append(cases, Case{
				ID: "hostile." + way + "." + stage.id, Section: "RFC 6455 §7.1.5", Sends: stage.what + ", and a " + strings.ToUpper(way),
				Allows: "the end of the connection",
				run: func(p *Peer) {
					b := stage.frame.append(nil, p.wire.masked)
					switch {
					case stage.bytes < 0:
						b = nil
					case stage.bytes > 0:
						b = b[:stage.bytes]
					}
					if stage.frame.op == opPing {
						p.pinged = append(p.pinged, stage.frame.payload)
					}
					p.sendRaw(b)
					if way == "reset" {
						if tcp, ok := p.conn.(*net.TCPConn); ok {
							tcp.SetLinger(0)
						}
						p.conn.Close()
						p.stillServes()
						return
					}
					p.closeWrite()
					p.goes(2 * p.patience)
				},
			})
		}
	}
	cases = append(cases, Case{
		ID: "hostile.close-unanswered", Section: "RFC 6455 §7.1.1", Sends: "a reserved opcode, and no answer to the Close frame that follows",
		Allows: "the end of the connection within 10 s", limit: 15 * time.Second,
		run: func(p *Peer) {
			p.send(frame{op: 0x3})
			if e := p.untilClose(); e.ended {
				p.droppedInstead(1002)
				return
			}
			p.goes(10 * time.Second)
		},
	}, Case{
		ID: "hostile.close-talks-on", Section: "RFC 6455 §7.1.7", Sends: "a reserved opcode, and 8 MiB of messages behind it",
		Allows: "1002, no echo, and the end of the connection within 10 s", limit: 15 * time.Second,
		run: func(p *Peer) {
			p.send(frame{op: 0x3})
			p.endlessly(repeated(text(strings.Repeat("x", 8<<10)), 8, p.wire.masked), 128, "goes on reading", 1002)
		},
	})
	return cases
}

// goes waits for the end of the connection.
func (p *Peer) goes(d time.Duration) {
	for deadline := time.Now().Add(d); ; {
		e, ok := p.event(time.Until(deadline))
		if !ok || e.ended && p.end == EndTimeout {
			p.end = EndTimeout
			p.fatal("keeps the connection open")
		}
		if e.ended {
			return
		}
	}
}

// stillServes shows that a server bears no grudge: the next client is served.
func (p *Peer) stillServes() {
	if p.tested != Server {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), caseLimit)
	defer cancel()
	conn, err := p.target.dial(ctx)
	if err != nil {
		p.fatal("does not take another connection: %v", err)
	}
	conn.SetDeadline(time.Now().Add(caseLimit))
	another := &Peer{tested: Server, target: p.target, conn: conn, reader: bufferedReader(conn), log: p.log, patience: p.patience}
	another.play(&Case{run: (*Peer).works})
	if another.wire != nil {
		another.wire.close()
	} else {
		conn.Close()
	}
	if len(another.failed) > 0 {
		p.fatal("does not serve another connection: it %s", strings.Join(another.failed, "; "))
	}
}

// hostileHeads are opening handshakes that cost more than they should.
func hostileHeads() (cases []Case) {
	for _, h := range []struct {
		id, what string
		edit     edit
	}{
		{"5000-headers", "5,000 header lines", many(5000)},
		{"long-header", "a header line of 60,000 bytes", plus("X-Long: " + strings.Repeat("x", 60_000))},
		{"long-name", "a header name of 60,000 bytes", plus(strings.Repeat("x", 60_000) + ": x")},
		{"spaces.connection", "Connection with 32,000 blanks between two tokens", with("Connection", "Upgrade"+strings.Repeat(" ", 32_000)+"x")},
		{"spaces.subprotocol", "Sec-WebSocket-Protocol with 32,000 blanks between two tokens", with("Sec-WebSocket-Protocol", "a"+strings.Repeat(" ", 32_000)+"b")},
		{"spaces.extension", "Sec-WebSocket-Extensions with 32,000 blanks between two tokens", with("Sec-WebSocket-Extensions", "a"+strings.Repeat(" ", 32_000)+"b")},
		{"commas", "Sec-WebSocket-Extensions of 32,000 commas", with("Sec-WebSocket-Extensions", strings.Repeat(",", 32_000)+"a")},
		{"semicolons", "Sec-WebSocket-Extensions with 16,000 parameters", with("Sec-WebSocket-Extensions", "a"+strings.Repeat("; b", 16_000))},
		{"quote", "a quoted string of 60,000 bytes that does not end", with("Sec-WebSocket-Extensions", `a; b="`+strings.Repeat("c", 60_000))},
		{"backslashes", "a quoted string of 30,000 quoted pairs that does not end", with("Sec-WebSocket-Extensions", `a; b="`+strings.Repeat(`\c`, 30_000))},
	} {
		cases = append(cases, Case{
			ID: "hostile.request." + h.id, Section: "RFC 6455 §10.4, RFC 9110 §5.4", Sends: "a request with " + h.what, only: Server, own: true,
			Allows: "an answer, whichever, in good time; tolerated: the end of the connection without one",
			run: func(p *Peer) {
				key := newKey()
				p.sendHead(joinLines(h.edit(p.target.request(key))))
				p.conn.SetReadDeadline(time.Now().Add(p.patience))
				answer, err := readHead(p.reader)
				p.log.addHead(false, answer.line, answer.raw)
				p.conn.SetDeadline(time.Now().Add(caseLimit))
				p.end = ""
				if err != nil {
					p.end = endOf(err)
				}
				switch {
				case p.end == EndTimeout:
					p.fatal("does not answer in %v", p.patience)
				case err != nil && len(answer.raw) > 0:
					p.fatal("answers with what is no header: %v", err)
				case err != nil:
					p.tolerate("hangs up without an answer (%s)", p.end)
				case p.status(answer) == 101:
					p.begin(p.judgeSwitch(answer, key, head{}))
					p.works()
				}
				p.stillServes()
			},
		}, Case{
			ID: "hostile.answer." + h.id, Section: "RFC 6455 §10.4, RFC 9110 §5.4", Sends: "an answer with " + h.what, only: Client, own: true,
			Allows: "the connection works, or ends, in good time",
			run:    func(p *Peer) { p.answers(h.edit(p.good()), mayOpen) },
		})
	}
	return append(cases, Case{
		ID: "hostile.request.endless", Section: "RFC 6455 §10.4", Sends: "a request whose header does not end for 16 MiB", only: Server, own: true,
		Allows: "an error or the end of the connection before that", limit: 15 * time.Second,
		run: func(p *Peer) {
			b := joinLines(p.target.request(newKey()))
			p.sendHead(b[:len(b)-2])
			p.endless([]byte(strings.Repeat("X-Endless: and on it goes\r\n", 2000)), 16<<20, 16<<20)
			p.stillServes()
		},
	}, Case{
		ID: "hostile.request.dropped", Section: "RFC 6455 §4.2", Sends: "100 connections that are reset in the middle of the request, and a good one", only: Server,
		Allows: "the good one works",
		run: func(p *Peer) {
			ctx, cancel := context.WithTimeout(context.Background(), caseLimit)
			defer cancel()
			for i := range 100 {
				conn, err := p.target.dial(ctx)
				if err != nil {
					p.fatal("does not take a connection: %v", err)
				}
				b := joinLines(p.target.request(newKey()))
				conn.Write(b[:len(b)*i/100])
				if tcp, ok := conn.(*net.TCPConn); ok {
					tcp.SetLinger(0)
				}
				conn.Close()
			}
			p.works()
		},
	})
}
