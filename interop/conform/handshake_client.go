package conform

import (
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// handshakeClient is the opening handshake of clients (RFC 6455 §4.1).
func handshakeClient(bool) (cases []Case) {
	for _, d := range demands {
		cases = append(cases, Case{
			ID: "handshake.asks." + d.id, Section: d.section, Sends: "a good answer to the client's request", Allows: d.what,
			run: func(p *Peer) {
				p.fresh()
				if problem := d.problem(p); problem != "" {
					p.fatal("%s (%s)", problem, d.section)
				}
				p.answers(goodAnswer(), mustOpen)
			},
		})
	}
	for _, a := range answers {
		cases = append(cases, Case{
			ID: "handshake.answer." + a.id, Section: a.section, Sends: "an answer " + describeAnswer(a.edit), Allows: a.allows,
			run: func(p *Peer) { p.answers(a.edit(p.good()), a.outcome) },
		})
	}
	for _, status := range statuses {
		edited := first("HTTP/1.1 " + status)
		cases = append(cases, Case{
			ID: "handshake.answer.status." + status[:3], Section: "RFC 6455 §4.1", Sends: "an answer that is good but for the status " + status + ", a Ping and a FIN",
			Allows: "no frame, and the end of the connection",
			run: func(p *Peer) {
				lines := plus("Location: ws://127.0.0.1:1/", "WWW-Authenticate: Basic", "Proxy-Authenticate: Basic", "Retry-After: 9")(edited(p.good()))
				p.sendHead(ping("anybody?").append(p.fill(lines), false))
				p.conn.(interface{ CloseWrite() error }).CloseWrite()
				p.givesUp()
			},
		})
	}
	cases = append(cases, wholeAnswers()...)
	for i := range cases {
		cases[i].only, cases[i].own = Client, true
	}
	return cases
}

// describeAnswer says what an edit does to an answer.
func describeAnswer(e edit) string {
	return describeChange(goodAnswer(), e)
}

func goodAnswer() []string {
	return []string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: $"}
}

// good returns the lines of a good answer, with $ in the place of the key's.
func (p *Peer) good() []string {
	p.fresh()
	return goodAnswer()
}

// fill makes a head of the lines of an answer to the client.
func (p *Peer) fill(lines []string) []byte {
	key, _ := p.head.one("Sec-WebSocket-Key")
	return fill(key, lines)
}

// fill makes a head of the lines of an answer to that key, with what belongs in the place of $.
func fill(key string, lines []string) []byte {
	accept := acceptKey(key)
	var b strings.Builder
	for _, line := range lines {
		if strings.HasPrefix(strings.ToLower(line), "sec-websocket-accept:") {
			line = strings.NewReplacer("other$", otherCase(accept), "short$", strings.TrimRight(accept, "="), "key$", key, "$", accept).Replace(line)
		}
		b.WriteString(line + "\r\n")
	}
	return []byte(b.String() + "\r\n")
}

// otherCase changes the case of every letter.
func otherCase(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			return c ^ 0x20
		}
		return c
	}, s)
}

// answers sends an answer and judges what comes of it.
func (p *Peer) answers(lines []string, o outcome) {
	p.sendHead(p.fill(lines))
	p.decides(o)
}

// decides waits for what the client does with an answer that has been sent: a Ping shows whether it is there.
func (p *Peer) decides(o outcome) {
	p.conn.Write(ping("anybody?").append(nil, false))
	p.pinged = append(p.pinged, []byte("anybody?"))
	if o.open == Fail { // it will have to go, and no frame of it is wanted
		p.givesUp()
		return
	}
	begun := time.Now()
	p.conn.SetReadDeadline(begun.Add(p.long()))
	_, err := p.reader.Peek(1)
	p.conn.SetDeadline(time.Now().Add(caseLimit))
	if err != nil {
		p.end = endOf(err)
		if p.end == EndTimeout {
			p.fatal("neither answers a Ping nor closes the connection")
		}
		p.late(begun)
		o.refused(p, "gives up a handshake that is good")
		return
	}
	o.opened(p)
	p.begin(nil)
	p.wantsPong("anybody?")
	p.works()
}

// givesUp waits for the end of the connection, on which nothing may be sent any more.
func (p *Peer) givesUp() {
	begun := time.Now()
	p.conn.SetReadDeadline(begun.Add(p.long()))
	b, err := io.ReadAll(io.LimitReader(p.reader, 1<<16))
	p.end = endOf(err)
	if err == nil {
		p.end = EndFIN
	}
	if len(b) > 0 {
		p.log.add(false, "bytes", b, len(b))
		p.fatal("sends %d bytes, %x, after a handshake that it should have failed", len(b), b[:min(len(b), 16)])
	}
	if p.end == EndTimeout {
		p.fatal("leaves the connection open after a handshake that it should have failed")
	}
	p.late(begun)
}

// long is how long the suite waits for a client to give up a connection that it need not give up at once.
func (p *Peer) long() time.Duration { return 4 * p.patience }

// late tolerates that a client took longer to give up than a strict one does.
func (p *Peer) late(begun time.Time) {
	if time.Since(begun) > 2*p.patience {
		p.tolerate("gives up the connection only more than %v after a handshake that it should have failed", 2*p.patience)
	}
}

// seenKeys are the keys of the clients' latest requests.
var seenKeys struct {
	sync.Mutex
	list []string
}

// fresh looks for the client's key among those of earlier connections (RFC 6455 §4.1).
func (p *Peer) fresh() {
	key, _ := p.head.one("Sec-WebSocket-Key")
	seenKeys.Lock()
	defer seenKeys.Unlock()
	if slices.Contains(seenKeys.list, key) {
		p.fatal("sends the key %q again, which it has sent on another connection (RFC 6455 §4.1)", key)
	}
	seenKeys.list = append(seenKeys.list[max(0, len(seenKeys.list)-1000):], key)
}
