package conform

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// An answer is a case of one answer to a client that is odd or wrong in one place. $ in a value of the edit stands for
// the right Sec-WebSocket-Accept.
type answer struct {
	id      string
	section string
	edit    edit
	outcome
}

var answers = []answer{
	{"plain", "RFC 6455 §4.1", plus(), mustOpen},
	{"reason.empty", "RFC 9112 §4", first("HTTP/1.1 101 "), mustOpen},
	{"reason.other", "RFC 9112 §4", first("HTTP/1.1 101 Come in"), mustOpen},
	{"reason.latin1", "RFC 9112 §4", first("HTTP/1.1 101 \xE9"), mayOpen},
	{"reason.blank-missing", "RFC 9112 §4", first("HTTP/1.1 101"), mayOpen},
	{"line.http-1.0", "RFC 6455 §4.1", first("HTTP/1.0 101 Switching Protocols"), shouldRefuse},
	{"line.http-2", "RFC 6455 §4.1", first("HTTP/2 101 Switching Protocols"), mustRefuse},
	{"line.http-lower", "RFC 9112 §2.3", first("http/1.1 101 Switching Protocols"), shouldRefuse},
	{"line.other", "RFC 9112 §4", first("ICY 101 Switching Protocols"), mustRefuse},
	{"line.status-long", "RFC 9112 §4", first("HTTP/1.1 1010 Switching Protocols"), mustRefuse},
	{"line.status-zero", "RFC 9112 §4", first("HTTP/1.1 0101 Switching Protocols"), shouldRefuse},
	{"line.status-letters", "RFC 9112 §4", first("HTTP/1.1 1O1 Switching Protocols"), mustRefuse},
	{"line.status-missing", "RFC 9112 §4", first("HTTP/1.1 Switching Protocols"), mustRefuse},
	{"line.empty", "RFC 9112 §4", first(""), mustRefuse},
	{"line.request", "RFC 9112 §4", first("GET / HTTP/1.1"), mustRefuse},

	{"upgrade.mixed-case", "RFC 6455 §4.1", with("Upgrade", "WebSocket"), mustOpen},
	{"upgrade.upper", "RFC 6455 §4.1", with("Upgrade", "WEBSOCKET"), mustOpen},
	{"upgrade.missing", "RFC 6455 §4.1", with("Upgrade"), mustRefuse},
	{"upgrade.empty", "RFC 6455 §4.1", with("Upgrade", ""), mustRefuse},
	{"upgrade.other", "RFC 6455 §4.1", with("Upgrade", "h2c"), mustRefuse},
	{"upgrade.longer", "RFC 6455 §4.1", with("Upgrade", "websockets"), mustRefuse},
	{"upgrade.kelvin", "RFC 6455 §4.1", with("Upgrade", "websoc\u212Aet"), mustRefuse},
	{"upgrade.list", "RFC 6455 §4.1", with("Upgrade", "websocket, h2c"), shouldRefuse},
	{"connection.lower", "RFC 6455 §4.1", with("Connection", "upgrade"), mustOpen},
	{"connection.list", "RFC 6455 §4.1", with("Connection", "keep-alive, Upgrade"), mustOpen},
	{"connection.two-lines", "RFC 9110 §5.3", with("Connection", "keep-alive", "Upgrade"), mustOpen},
	{"connection.missing", "RFC 6455 §4.1", with("Connection"), mustRefuse},
	{"connection.empty", "RFC 6455 §4.1", with("Connection", ""), mustRefuse},
	{"connection.close", "RFC 6455 §4.1", with("Connection", "close"), mustRefuse},
	{"connection.longer", "RFC 6455 §4.1", with("Connection", "Upgraded"), mustRefuse},
	{"connection.blank-for-comma", "RFC 6455 §4.1", with("Connection", "keep-alive Upgrade"), mustRefuse},

	{"accept.blanks-around", "RFC 6455 §4.1", with("Sec-WebSocket-Accept", " \t $ \t"), mustOpen},
	{"accept.missing", "RFC 6455 §4.1", with("Sec-WebSocket-Accept"), mustRefuse},
	{"accept.empty", "RFC 6455 §4.1", with("Sec-WebSocket-Accept", ""), mustRefuse},
	{"accept.other", "RFC 6455 §4.1", with("Sec-WebSocket-Accept", acceptKey(sampleKey)), mustRefuse},
	{"accept.other-case", "RFC 6455 §4.1", with("Sec-WebSocket-Accept", "other$"), mustRefuse},
	{"accept.unpadded", "RFC 6455 §4.1", with("Sec-WebSocket-Accept", "short$"), mustRefuse},
	{"accept.key", "RFC 6455 §4.1", with("Sec-WebSocket-Accept", "key$"), mustRefuse},
	{"accept.behind", "RFC 6455 §4.1", with("Sec-WebSocket-Accept", "$x"), mustRefuse},
	{"accept.quoted", "RFC 6455 §4.1", with("Sec-WebSocket-Accept", `"$"`), mustRefuse},
	{"accept.list", "RFC 6455 §11.3.3", with("Sec-WebSocket-Accept", "$, $"), mustRefuse},
	{"accept.twice", "RFC 6455 §11.3.3", with("Sec-WebSocket-Accept", "$", "$"), shouldRefuse},
	{"accept.two", "RFC 6455 §11.3.3", with("Sec-WebSocket-Accept", "$", acceptKey(sampleKey)), mustRefuse},
	{"accept.two-wrong-first", "RFC 6455 §11.3.3", with("Sec-WebSocket-Accept", acceptKey(sampleKey), "$"), mustRefuse},
	{"accept.nul", "RFC 9110 §5.5", with("Sec-WebSocket-Accept", "$\x00"), mustRefuse},
	{"accept.folded", "RFC 9112 §5.2", all(with("Sec-WebSocket-Accept"), plus("Sec-WebSocket-Accept: $", " x")), mustRefuse},

	{"subprotocol.unasked", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", "conform.nobody-asked"), mustRefuse},
	{"subprotocol.empty", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", ""), shouldRefuse},
	{"subprotocol.two", "RFC 6455 §11.3.4", with("Sec-WebSocket-Protocol", "conform.a", "conform.b"), mustRefuse},
	{"extension.unasked", "RFC 6455 §4.1", with("Sec-WebSocket-Extensions", "x-unasked"), mustRefuse},
	{"extension.unasked-parameters", "RFC 6455 §4.1", with("Sec-WebSocket-Extensions", "x-unasked; a=b"), mustRefuse},
	{"extension.empty", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", ""), shouldRefuse},
	{"extension.malformed", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", ";"), mustRefuse},
	{"extension.malformed-value", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-unasked; a="), mustRefuse},

	{"names.lower", "RFC 9110 §5.1", each(func(n, v string) string { return strings.ToLower(n) + ": " + v }), mustOpen},
	{"names.upper", "RFC 9110 §5.1", each(func(n, v string) string { return strings.ToUpper(n) + ": " + v }), mustOpen},
	{"blanks.none", "RFC 9112 §5", each(func(n, v string) string { return n + ":" + v }), mustOpen},
	{"blanks.many", "RFC 9112 §5", each(func(n, v string) string { return n + ":\t  " + v + " \t" }), mustOpen},
	{"order.backwards", "RFC 9110 §5.3", backwards, mustOpen},
	{"unknown.header", "RFC 9110 §5.1", plus("Server: x", "Set-Cookie: a=b", "Date: Sat, 01 Jan 2000 00:00:00 GMT"), mustOpen},
	{"unknown.websocket-header", "RFC 6455 §4.1", plus("Sec-WebSocket-Unknown: 1", "Sec-WebSocket-Version: 13"), mustOpen},
	{"unknown.empty", "RFC 9110 §5.5", plus("X-Empty:"), mustOpen},
	{"unknown.latin1", "RFC 9110 §5.5", plus("X-Latin: \xE9t\xE9"), mayOpen},
	{"unknown.long", "RFC 9110 §5.4", plus("X-Long: " + strings.Repeat("b", 4000)), mustOpen},
	{"unknown.100", "RFC 9110 §5.4", many(100), mustOpen},

	{"lines.colon-missing", "RFC 9112 §5", plus("X-No-Colon"), shouldRefuse},
	{"lines.blank-before-colon", "RFC 9112 §5.1", plus("X-Blank : x"), shouldRefuse},
	{"lines.name-empty", "RFC 9112 §5", plus(": x"), shouldRefuse},
	{"lines.name-blank", "RFC 9112 §5", plus("X Y: x"), shouldRefuse},
	{"lines.name-control", "RFC 9110 §5.1", plus("X-\x01: x"), shouldRefuse},
	{"lines.value-nul", "RFC 9110 §5.5", plus("X-Nul: a\x00b"), mayOpen},
	{"lines.value-cr", "RFC 9110 §5.5", plus("X-CR: a\rb"), mayOpen},
	{"lines.folded", "RFC 9112 §5.2", plus("X-Folded: a", " b"), mustOpen},
	{"lines.folded-first", "RFC 9112 §2.2", func(lines []string) []string { return slices.Insert(lines, 1, " folded: x") }, mayOpen},

	{"length.zero", "RFC 9110 §8.6", plus("Content-Length: 0"), mayOpen},
	{"length.20", "RFC 9110 §8.6", plus("Content-Length: 20"), mayOpen},
	{"length.chunked", "RFC 9112 §6.1", plus("Transfer-Encoding: chunked"), mayOpen},
}

// statuses that are not 101: the client may follow a redirect or ask again, on a new connection, but it may send no
// frame on this one.
var statuses = []string{
	"200 OK", "201 Created", "204 No Content", "206 Partial Content", "300 Multiple Choices", "301 Moved Permanently", "302 Found",
	"304 Not Modified", "307 Temporary Redirect", "308 Permanent Redirect", "400 Bad Request", "401 Unauthorized", "403 Forbidden",
	"404 Not Found", "407 Proxy Authentication Required", "426 Upgrade Required", "429 Too Many Requests", "500 Internal Server Error",
	"502 Bad Gateway", "503 Service Unavailable", "111 Unknown", "199 Unknown", "599 Unknown", "999 Unknown",
}

// wholeAnswers are answers that are special as a whole.
func wholeAnswers() (cases []Case) {
	add := func(id, section, sends, allows string, run func(*Peer)) {
		cases = append(cases, Case{ID: "handshake.answer." + id, Section: section, Sends: sends, Allows: allows, run: run})
	}
	for _, n := range []int{1, 2, 7, 32} {
		add(fmt.Sprintf("chopped.%d", n), "RFC 6455 §4.1", fmt.Sprintf("a good answer, %d bytes at a time", n), mustOpen.allows, func(p *Peer) {
			p.sendHeadIn(p.fill(p.good()), n)
			p.decides(mustOpen)
		})
	}
	for id, before := range map[string]string{"continue": "HTTP/1.1 100 Continue\r\n\r\n", "hints": "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", "empty-line": "\r\n"} {
		outcome := mustOpen // interim answers are HTTP's affair, and a client has to read them
		if id == "empty-line" {
			outcome = mayOpen
		}
		add("interim."+id, "RFC 9110 §15.2", fmt.Sprintf("%q before a good answer", before), outcome.allows, func(p *Peer) {
			p.sendHead(append([]byte(before), p.fill(p.good())...))
			p.decides(outcome)
		})
	}
	add("ends.bare-lf", "RFC 9112 §2.2", "an answer whose lines end with LF alone, and a FIN if nothing follows", mayOpen.allows, func(p *Peer) {
		p.sendHead([]byte(strings.ReplaceAll(string(p.fill(p.good())), "\r\n", "\n")))
		p.conn.SetReadDeadline(time.Now().Add(p.patience / 4))
		if _, err := p.reader.Peek(1); err != nil && endOf(err) == EndTimeout {
			p.conn.(interface{ CloseWrite() error }).CloseWrite()
			p.givesUp()
			return
		}
		p.conn.SetDeadline(time.Now().Add(caseLimit))
		p.decides(mayOpen)
	})
	for _, n := range []int{1, 2, 5, 50} {
		add(fmt.Sprintf("early.%d", n), "RFC 6455 §4.1", fmt.Sprintf("a good answer with %d frames in the same segment", n), "the echo of each", func(p *Peer) {
			b := p.fill(p.good())
			for i := range n {
				b = text(fmt.Sprint("early ", i)).append(b, false)
			}
			p.sendHead(b)
			p.begin(nil)
			for i := range n {
				p.wants(opText, []byte(fmt.Sprint("early ", i)))
			}
			p.works()
		})
	}
	add("early.half", "RFC 6455 §4.1", "a good answer with half a frame in the same segment, and the rest later", "the echo", func(p *Peer) {
		f := text("half and half").append(nil, false)
		p.sendHead(append(p.fill(p.good()), f[:5]...))
		time.Sleep(20 * time.Millisecond)
		p.begin(nil)
		p.sendRaw(f[5:])
		p.wants(opText, []byte("half and half"))
		p.works()
	})
	for _, length := range []string{"length.skips", "length.skips-chunked"} {
		line := map[string]string{"length.skips": "Content-Length: 9", "length.skips-chunked": "Transfer-Encoding: chunked"}[length]
		add(length, "RFC 9110 §8.6, RFC 9112 §6.3", "an answer with "+line+" and a frame in the same segment", "the echo, or the end of the connection; to take the frame for a body is a failure", func(p *Peer) {
			p.sendHead(text("no body").append(p.fill(append(p.good(), line)), false))
			if _, err := p.reader.Peek(1); err != nil && endOf(err) != EndTimeout {
				p.end = endOf(err)
				return
			}
			p.begin(nil)
			p.wants(opText, []byte("no body"))
			p.works()
		})
	}
	good := string(fill(sampleKey, goodAnswer()))
	for id, n := range map[string]int{"nothing": 0, "line": 12, "status-line": 34, "accept": strings.Index(good, "Accept:") + 15, "last-line": len(good) - 4, "last-byte": len(good) - 1} {
		add("cut."+id, "RFC 9112 §8", fmt.Sprintf("the first %d bytes of a good answer, and a FIN", n), "no frame, and the end of the connection", func(p *Peer) {
			p.sendHead(p.fill(p.good())[:n])
			p.conn.(interface{ CloseWrite() error }).CloseWrite()
			p.givesUp()
		})
	}
	for id, garbage := range map[string]string{"ssh": "SSH-2.0-conform\r\n", "tls": "\x15\x03\x01\x00\x02\x02\x28", "frame": "\x81\x02hi\x88\x00", "zeros": strings.Repeat("\x00", 4096), "html": "<!doctype html><p>It works</p>\r\n\r\n"} {
		add("garbage."+id, "RFC 6455 §4.1", fmt.Sprintf("%.24q in place of an answer, and a FIN", garbage), "no frame, and the end of the connection", func(p *Peer) {
			p.fresh()
			p.sendHead([]byte(garbage))
			p.conn.(interface{ CloseWrite() error }).CloseWrite()
			p.givesUp()
		})
	}
	for id, piece := range map[string]string{"lines": "X-Endless: and on it goes\r\n", "line": "and on it goes ", "status-line": "HTTP/1.1 101 Switching", "folded": "\r\n and on it goes"} {
		add("endless."+id, "RFC 6455 §10.4", fmt.Sprintf("the beginning of an answer, and then %q for 16 MiB", piece), "the end of the connection before that; tolerated: after half of it", func(p *Peer) {
			b := p.fill(p.good())
			b = b[:len(b)-2]
			switch id {
			case "line", "folded":
				b = append(b, "X-Endless: "...)
			case "status-line":
				b = nil
			}
			p.sendHead(append(b, strings.Repeat(piece, (64<<10)/len(piece))...))
			p.endless([]byte(strings.Repeat(piece, (64<<10)/len(piece))), 8<<20, 16<<20)
		})
	}
	slices.SortStableFunc(cases, func(a, b Case) int { return strings.Compare(a.ID, b.ID) })
	return cases
}

// endless writes b again and again until the peer hangs up: it should have after so many bytes, and must have at the limit.
func (p *Peer) endless(b []byte, should, limit int) {
	for n := 0; n < limit; n += len(b) {
		p.conn.SetWriteDeadline(time.Now().Add(2 * p.patience))
		_, err := p.conn.Write(b)
		if err != nil && endOf(err) == EndTimeout {
			p.fatal("neither reads a header without end nor closes the connection")
		}
		if err != nil {
			p.end = EndReset
			if n > should {
				p.tolerate("takes more than %d bytes of header", should)
			}
			return
		}
	}
	p.conn.SetReadDeadline(time.Now().Add(p.patience))
	_, err := p.reader.Peek(1)
	if p.end = endOf(err); p.end == EndTimeout || err == nil && !errors.Is(err, io.EOF) {
		p.fatal("takes %d bytes of header and waits for more", limit)
	}
}
