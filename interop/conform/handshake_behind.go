package conform

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// earlyFrames are frames right behind the request: a client has to wait, but one that does not must not be
// misunderstood.
func earlyFrames() (cases []Case) {
	for id, n := range map[string]int{"one": 1, "two": 2, "fifty": 50} {
		cases = append(cases, Case{
			ID: "handshake.request.early." + id, Section: "RFC 6455 §4.1",
			Sends:  fmt.Sprintf("a good request with %d frames in the same segment", n),
			Allows: "the echoes of all of them, or the end of the connection; to drop some is a failure",
			run: func(p *Peer) {
				key := newKey()
				b := joinLines(p.target.request(key))
				for i := range n {
					b = text(fmt.Sprint("early ", i)).append(b, true)
				}
				p.sendHead(b)
				h, _ := p.answered(mayOpen)
				if p.status(h) != 101 {
					p.tolerate("refuses a request with frames behind it: %q", h.line)
					return
				}
				p.begin(p.judgeSwitch(h, key, head{}))
				p.send(text("late"))
				for i := range n {
					p.wants(opText, []byte(fmt.Sprint("early ", i)))
				}
				p.wants(opText, []byte("late"))
				p.close()
			},
		})
	}
	slices.SortFunc(cases, func(a, b Case) int { return strings.Compare(a.ID, b.ID) })
	return append(cases, Case{
		ID: "handshake.request.early.half", Section: "RFC 6455 §4.1",
		Sends:  "a good request with the first half of a frame in the same segment, and the rest behind the answer",
		Allows: "the echo, or the end of the connection",
		run: func(p *Peer) {
			key := newKey()
			f := text("half and half").append(nil, true)
			p.sendHead(append(joinLines(p.target.request(key)), f[:9]...))
			h, _ := p.answered(mayOpen)
			if p.status(h) != 101 {
				p.tolerate("refuses a request with frames behind it: %q", h.line)
				return
			}
			p.begin(p.judgeSwitch(h, key, head{}))
			p.sendRaw(f[9:])
			p.wants(opText, []byte("half and half"))
			p.close()
		},
	})
}

// bodies are requests with a body: its bytes must never be taken for frames.
func bodies() (cases []Case) {
	smuggled := text("smuggled").append(nil, true)
	chunked := fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled)
	for _, b := range []struct {
		id, header string
		body       []byte
	}{
		{"length", fmt.Sprint("Content-Length: ", len(smuggled)), smuggled},
		{"chunked", "Transfer-Encoding: chunked", chunked},
		{"chunked-case", "transfer-encoding: Chunked", chunked},
	} {
		cases = append(cases, Case{
			ID: "handshake.request.body." + b.id, Section: "RFC 6455 §4.1, RFC 9112 §6", Sends: "a request with a body (" + b.header + ") that looks like a frame",
			Allows: "a refusal, or a connection on which the body is not taken for a frame",
			run: func(p *Peer) {
				key := newKey()
				lines := append(p.target.request(key), b.header)
				p.sendHead(append(joinLines(lines), b.body...))
				h, _ := p.answered(mayOpen)
				if p.status(h) != 101 {
					return
				}
				p.begin(p.judgeSwitch(h, key, head{}))
				p.works()
			},
		})
	}
	return cases
}

// afterRefusals look at what becomes of a connection that was refused. A proxy may believe that it is a tunnel, and
// what a client sends through it must not be served as requests.
func afterRefusals() (cases []Case) {
	for _, r := range []struct {
		id   string
		edit edit
	}{
		{"method", first("POST $ HTTP/1.1")}, {"version", with("Sec-WebSocket-Version", "12")}, {"key", with("Sec-WebSocket-Key", "no key")},
		{"subprotocol", with("Sec-WebSocket-Protocol", "a b")}, {"upgrade", with("Upgrade", "h2c")},
	} {
		cases = append(cases, Case{
			ID: "handshake.request.refused." + r.id, Section: "RFC 9110 §7.8", Sends: "a request " + describeEdit(r.edit) + ", and a good one right behind it",
			Allows: "one refusal, and the end of the connection; to leave it open, or to serve what follows, is tolerated",
			run: func(p *Peer) {
				lines := r.edit(p.target.request(newKey()))
				if r.id == "method" {
					lines = append(lines, "Content-Length: 0")
				}
				p.sendHead(append(joinLines(lines), joinLines(p.target.request(newKey()))...))
				h, _ := p.answered(mustRefuse)
				if p.status(h) == 101 {
					mustRefuse.opened(p)
				}
				p.conn.SetReadDeadline(time.Now().Add(p.patience))
				rest, err := io.ReadAll(p.reader)
				p.log.add(false, "behind the refusal", rest, len(rest))
				p.end = endOf(err)
				if err == nil {
					p.end = EndFIN
				}
				switch {
				case strings.Contains(string(rest), "HTTP/1.1 101"):
					p.tolerate("serves the next request on a connection that it refused")
				case p.end == EndTimeout:
					p.tolerate("leaves a connection open that it refused")
				case p.end != EndFIN && !errors.Is(err, io.EOF):
					p.tolerate("ends a connection that it refused with %s", p.end)
				}
			},
		})
	}
	return cases
}
