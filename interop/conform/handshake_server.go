package conform

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// handshakeServer is the opening handshake of servers (RFC 6455 §4.2).
func handshakeServer(bool) (cases []Case) {
	for _, r := range requests {
		cases = append(cases, Case{
			ID: "handshake.request." + r.id, Section: r.section, Sends: "a request " + describeEdit(r.edit), Allows: r.allows,
			run: func(p *Peer) { p.asks(r.edit, r.outcome) },
		})
	}
	for _, v := range versions {
		change := with("Sec-WebSocket-Version", v.values...)
		cases = append(cases, Case{
			ID: "handshake.request.version." + v.id, Section: "RFC 6455 §4.2.2, §4.4", Sends: "a request " + describeEdit(change),
			Allows: "no connection opens, and for another version than 13 the answer lists it in Sec-WebSocket-Version; another status than 426 is tolerated",
			run:    func(p *Peer) { p.asksVersion(change, v.values) },
		})
	}
	for _, n := range []int{1, 2, 7, 32} {
		cases = append(cases, Case{
			ID: fmt.Sprintf("handshake.request.chopped.%d", n), Section: "RFC 6455 §4.2", Sends: fmt.Sprintf("a request, %d bytes at a time", n), Allows: mustOpen.allows,
			run: func(p *Peer) {
				key := newKey()
				p.sendHeadIn(joinLines(p.target.request(key)), n)
				p.judges(p.receiveHead(), key, nil, mustOpen)
			},
		})
	}
	for _, id := range []string{"empty-line-before", "bare-lf", "paused"} {
		cases = append(cases, Case{
			ID: "handshake.request.ends." + id, Section: "RFC 9112 §2.2", Allows: mayOpen.allows,
			Sends: map[string]string{
				"empty-line-before": "an empty line before a good request", "bare-lf": "a request whose lines end with LF alone",
				"paused": "a request with a pause of 200 ms in the middle",
			}[id],
			run: func(p *Peer) {
				key := newKey()
				b := joinLines(p.target.request(key))
				switch id {
				case "empty-line-before":
					b = append([]byte("\r\n"), b...)
				case "bare-lf":
					b = []byte(strings.ReplaceAll(string(b), "\r\n", "\n"))
				case "paused":
					p.sendHead(b[:60])
					time.Sleep(200 * time.Millisecond)
					b = b[60:]
				}
				p.sendHead(b)
				p.judges(p.receiveHead(), key, nil, mayOpen)
			},
		})
	}
	cases = append(cases, earlyFrames()...)
	cases = append(cases, bodies()...)
	cases = append(cases, afterRefusals()...)
	for i := range cases {
		cases[i].only, cases[i].own = Server, true
	}
	return cases
}

// describeEdit says what an edit does to a request.
func describeEdit(e edit) string {
	return describeChange(target{host: "host", path: "/"}.request("KEY"), e)
}

// asks sends a request and judges what comes of it.
func (p *Peer) asks(e edit, o outcome) {
	lines := e(p.target.request(newKey()))
	p.sendHead(joinLines(lines))
	h, ok := p.answered(o)
	if !ok {
		return
	}
	sent := parsed(lines)
	key, _ := sent.one("Sec-WebSocket-Key")
	p.judges(h, key, lines, o)
}

// answered waits for an answer. A server that hangs up without one keeps RFC 9112, which lets it, but not RFC 6455
// §4.2.1, which wants an HTTP response.
func (p *Peer) answered(o outcome) (head, bool) {
	h, err := readHead(p.reader)
	p.log.addHead(false, h.line, h.raw)
	if err == nil {
		return h, true
	}
	p.end = endOf(err)
	if len(h.raw) > 0 {
		p.fatal("answers with what is no header: %v", err)
	}
	switch p.end {
	case EndTimeout:
		p.fatal("does not answer the opening handshake")
	case EndCut:
		p.end = EndFIN
	}
	p.fatal("hangs up without an answer (%s, RFC 6455 §4.2.1)", p.end)
	return h, false
}

// parsed reads the lines of a head that the suite made.
func parsed(lines []string) (h head) {
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		h.fields = append(h.fields, field{strings.TrimRight(name, " "), strings.Trim(value, " \t")})
	}
	return h
}

// judges takes an answer apart. lines are those of the request, nil for a plain one.
func (p *Peer) judges(h head, key string, lines []string, o outcome) {
	if problem := lineProblem(h); problem != "" {
		p.fatal("answers with %s (RFC 9112)", problem)
	}
	status := p.status(h)
	switch {
	case status == 101:
		o.opened(p)
		var asked head
		if lines != nil {
			asked = parsed(lines)
		}
		p.begin(p.judgeSwitch(h, key, asked))
		p.works()
	case status >= 400 && status <= 599:
		o.refused(p, fmt.Sprintf("refuses a good request with %q", h.line))
	default:
		if o.refuse == Pass {
			o.refuse = Tolerated // a page at the same address may have something to say
		}
		o.refused(p, fmt.Sprintf("answers with %q, neither 101 nor an error", h.line))
	}
}

// status reads the status line (RFC 9112 §4).
func (p *Peer) status(h head) int {
	var minor, status int
	if n, _ := fmt.Sscanf(h.line, "HTTP/1.%1d %3d ", &minor, &status); n != 2 || len(h.line) < 13 || h.line[12] != ' ' {
		p.fatal("answers with the status line %q (RFC 9112 §4)", h.line)
	}
	if status == 101 && minor != 1 {
		p.fatal("switches protocols in HTTP/1.%d", minor)
	}
	return status
}

// judgeSwitch judges an answer that accepts, to the letter (RFC 6455 §4.2.2).
func (p *Peer) judgeSwitch(h head, key string, asked head) *inflater {
	upgrade, once := h.one("Upgrade")
	switch {
	case !once || !strings.EqualFold(upgrade, "websocket") || !isToken(upgrade):
		p.fatal("switches protocols with Upgrade: %q", h.all("Upgrade"))
	case !h.has("Connection", "Upgrade"):
		p.fatal("switches protocols with Connection: %q", h.all("Connection"))
	case !slices.Equal(h.all("Sec-WebSocket-Accept"), []string{acceptKey(key)}):
		p.fatal("answers the key %q with Sec-WebSocket-Accept: %q", key, h.all("Sec-WebSocket-Accept"))
	}
	for _, name := range []string{"Content-Length", "Transfer-Encoding"} {
		if h.all(name) != nil {
			p.fatal("sends %s with the status 101 (RFC 9110 §8.6, RFC 9112 §6.1)", name)
		}
	}
	if h.all("Sec-WebSocket-Version") != nil {
		p.tolerate("sends Sec-WebSocket-Version though nothing is wrong with the version (RFC 6455 §4.2.2)")
	}
	if chosen := h.all("Sec-WebSocket-Protocol"); chosen != nil {
		offered, _ := tokens(asked.all("Sec-WebSocket-Protocol"))
		if len(chosen) > 1 || !slices.Contains(offered, chosen[0]) {
			p.fatal("chooses the subprotocol %q of %q (RFC 6455 §4.2.2)", chosen, offered)
		}
	}
	if h.all("Sec-WebSocket-Extensions") != nil {
		p.fatal("answers with an extension that was not offered, or is its own invention: %q (RFC 6455 §9.1)", h.all("Sec-WebSocket-Extensions"))
	}
	return nil
}

// asksVersion asks for another version than 13.
func (p *Peer) asksVersion(e edit, values []string) {
	p.sendHead(joinLines(e(p.target.request(newKey()))))
	h, _ := p.answered(mustRefuse)
	status := p.status(h)
	switch {
	case status == 101:
		p.fatal("goes along with Sec-WebSocket-Version: %q", values)
	case status < 400:
		p.tolerate("answers with %q, which is no error", h.line)
	case len(values) == 1 && !isVersionList(h.all("Sec-WebSocket-Version")):
		p.fatal("refuses a version without saying in Sec-WebSocket-Version which one it understands (RFC 6455 §4.4)")
	case len(values) == 1 && status != 426 && strings.TrimLeft(values[0], "0123456789") == "" && values[0] != "":
		p.tolerate("refuses a version with %q in place of 426 (RFC 6455 §4.2.2)", h.line)
	}
}

// isVersionList reports whether the lists hold 13.
func isVersionList(values []string) bool {
	list, ok := tokens(values)
	return ok && slices.Contains(list, "13")
}
