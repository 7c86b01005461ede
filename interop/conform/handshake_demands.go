package conform

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A demand is what the request of a client has to be like; problem is "" if it is.
type demand struct {
	id      string
	section string
	what    string
	problem func(*Peer) string
}

var demands = []demand{
	{"line", "RFC 6455 §4.1", "the method GET, HTTP/1.1 and a target without a fragment", func(p *Peer) string {
		words := strings.Split(p.head.line, " ")
		if len(words) != 3 || words[0] != "GET" || words[2] != "HTTP/1.1" || strings.Contains(words[1], "#") {
			return fmt.Sprintf("asks with the request line %q", p.head.line)
		}
		if u, err := url.ParseRequestURI(words[1]); err != nil || u.User != nil {
			return fmt.Sprintf("asks for the target %q", words[1])
		}
		return ""
	}},
	{"lines", "RFC 9112 §5", "header lines without control characters whose names are tokens", func(p *Peer) string {
		if problem := lineProblem(p.head); problem != "" {
			return "sends " + problem
		}
		return ""
	}},
	{"host", "RFC 6455 §4.1", "Host once, with the port unless it is the scheme's own", func(p *Peer) string {
		host, once := p.head.one("Host")
		_, port, _ := net.SplitHostPort(p.conn.LocalAddr().String())
		if name, given, err := net.SplitHostPort(host); !once || port != "80" && port != "443" && (err != nil || given != port || name == "") {
			return fmt.Sprintf("sends Host: %q to port %s", p.head.all("Host"), port)
		}
		return ""
	}},
	{"upgrade", "RFC 6455 §4.1", "Upgrade that lists websocket", func(p *Peer) string {
		if !p.head.has("Upgrade", "websocket") {
			return fmt.Sprintf("sends Upgrade: %q", p.head.all("Upgrade"))
		}
		return ""
	}},
	{"connection", "RFC 6455 §4.1", "Connection that lists Upgrade", func(p *Peer) string {
		if !p.head.has("Connection", "Upgrade") {
			return fmt.Sprintf("sends Connection: %q", p.head.all("Connection"))
		}
		return ""
	}},
	{"version", "RFC 6455 §4.1, §11.3.5", "Sec-WebSocket-Version: 13, once", func(p *Peer) string {
		if version, once := p.head.one("Sec-WebSocket-Version"); !once || version != "13" {
			return fmt.Sprintf("sends Sec-WebSocket-Version: %q", p.head.all("Sec-WebSocket-Version"))
		}
		return ""
	}},
	{"key", "RFC 6455 §4.1, §11.3.1", "Sec-WebSocket-Key: 16 bytes in base64, once", func(p *Peer) string {
		key, once := p.head.one("Sec-WebSocket-Key")
		nonce, err := base64.StdEncoding.Strict().DecodeString(key)
		if !once || err != nil || len(nonce) != 16 {
			return fmt.Sprintf("sends Sec-WebSocket-Key: %q", p.head.all("Sec-WebSocket-Key"))
		}
		return ""
	}},
	{"key-random", "RFC 6455 §4.1", "a key that does not look chosen: no byte stands in it more than 6 times", func(p *Peer) string {
		key, _ := p.head.one("Sec-WebSocket-Key")
		nonce, _ := base64.StdEncoding.DecodeString(key)
		for _, b := range nonce {
			if bytes.Count(nonce, []byte{b}) > 6 {
				return fmt.Sprintf("sends the key %q", key)
			}
		}
		return ""
	}},
	{"key-fresh", "RFC 6455 §4.1", "another key than on earlier connections", func(p *Peer) string { return "" }}, // every case looks at that
	{"accept", "RFC 6455 §11.3.3", "no Sec-WebSocket-Accept, which is for servers", func(p *Peer) string {
		if p.head.all("Sec-WebSocket-Accept") != nil {
			return "sends Sec-WebSocket-Accept"
		}
		return ""
	}},
	{"body", "RFC 6455 §4.1", "no body", func(p *Peer) string {
		if length := p.head.all("Content-Length"); p.head.all("Transfer-Encoding") != nil || length != nil && !slices.Equal(length, []string{"0"}) {
			return fmt.Sprintf("announces a body: Content-Length %q, Transfer-Encoding %q", length, p.head.all("Transfer-Encoding"))
		}
		return ""
	}},
	{"subprotocols", "RFC 6455 §4.1", "subprotocols, if any, that are unique tokens", func(p *Peer) string {
		values := p.head.all("Sec-WebSocket-Protocol")
		list, ok := tokens(values)
		slices.Sort(list)
		if values != nil && (!ok || len(slices.Compact(list)) != len(list)) {
			return fmt.Sprintf("offers the subprotocols %q", values)
		}
		return ""
	}},
	{"extensions", "RFC 6455 §9.1", "extensions, if any, in their grammar", func(p *Peer) string {
		for _, value := range p.head.all("Sec-WebSocket-Extensions") {
			for element := range strings.SplitSeq(value, ",") {
				for part := range strings.SplitSeq(element, ";") {
					name, given, has := strings.Cut(strings.Trim(part, " \t"), "=")
					if !isToken(name) || has && !isToken(strings.Trim(given, `"`)) {
						return fmt.Sprintf("offers the extensions %q", value)
					}
				}
			}
		}
		return ""
	}},
	{"waits", "RFC 6455 §4.1", "nothing more until the answer has come", func(p *Peer) string {
		p.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		defer p.conn.SetDeadline(time.Now().Add(caseLimit))
		b, err := p.reader.Peek(1)
		if err == nil {
			return fmt.Sprintf("sends %#x before it has an answer", b)
		}
		if endOf(err) != EndTimeout {
			return "does not wait for the answer"
		}
		return ""
	}},
}
