package conform

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"
)

// deflateParams: the negotiation of permessage-deflate (RFC 7692 §5, §7.1).
func deflateParams(bool) (cases []Case) {
	for _, p := range combinations() {
		cases = append(cases, combination(p, Server), combination(p, Client))
	}
	cases = append(cases, severalOffers()...)
	cases = append(cases, badOffers()...)
	return append(cases, badAnswers()...)
}

// combinations are all that the four parameters can say. An offer can also have client_max_window_bits without a
// value.
func combinations() (all []parameters) {
	for flags := range 4 {
		for _, server := range []int{0, 8, 9, 10, 11, 12, 13, 14, 15} {
			for _, client := range []int{0, anyBits, 8, 9, 10, 11, 12, 13, 14, 15} {
				all = append(all, parameters{flags&1 != 0, flags&2 != 0, server, client})
			}
		}
	}
	return all
}

// combination is a case that negotiates parameters, and then sees that both ends keep to what was agreed on.
func combination(p parameters, tested Role) Case {
	_, line := p.oblige(p)
	name := "plain"
	if p != (parameters{}) {
		name = strings.ReplaceAll(strings.NewReplacer(extensionName+"; ", "", "_context_takeover", "", "_max_window_bits", "", "=", "", " ", "").Replace(line), ";", ".")
	}
	if p.clientBits == anyBits {
		line += "; client_max_window_bits"
		name = strings.TrimPrefix(strings.TrimPrefix(name, "plain")+".clientany", ".")
	}
	c := Case{
		ID: "deflate.offer." + name, only: Server, Section: "RFC 7692 §7.1", deflate: &negotiation{offer: line},
		Sends:  "the offer " + line + ", and messages that repeat themselves at all distances",
		Allows: "to decline it; or an answer that keeps to the offer, and echoes that keep to the answer",
	}
	if tested == Client {
		c.ID, c.only = "deflate.answer."+name, Client
		c.Sends, c.Allows = "the answer "+line+", where the offer allows it, and messages that repeat themselves at all distances", "echoes that keep to the answer"
		c.deflate = &negotiation{answer: line}
		if p.clientBits == anyBits {
			c.ID += ".invalid"
			c.own, c.deflate, c.Allows = true, nil, "to fail the handshake: in an answer client_max_window_bits has a value"
			c.run = func(p *Peer) { p.refuses(line) }
			return c
		}
	}
	c.run = func(p *Peer) {
		message := farAndNear()
		for range 2 {
			p.sendCompressed(opText, message, len(message))
			p.wants(opText, message)
		}
		p.close()
	}
	return c
}

// farAndNear is the message of combinations, made once.
var farAndNear = sync.OnceValue(func() []byte { return repeating(48 << 10) })

// repeating returns n bytes in which there is something to refer to at many distances up to 32 KiB, and little else.
func repeating(n int) []byte {
	random := sample(opBinary, n)
	b := make([]byte, 0, n+64)
	for i := 0; len(b) < n; i++ {
		distance := []int{40, 250, 300, 500, 700, 1000, 1500, 2000, 3000, 4000, 6000, 8000, 12000, 16000, 24000, 32000, 32700}[i%17]
		if i%3 == 0 || distance > len(b) {
			for _, c := range random[len(b)/2 : len(b)/2+32] {
				b = append(b, 'a'+c%26)
			}
			continue
		}
		from := len(b) - distance
		b = append(b, b[from:min(from+48, len(b))]...)
	}
	return b[:n]
}

// sendCompressed sends a message compressed as was agreed on, in fragments of n bytes.
func (p *Peer) sendCompressed(op byte, payload []byte, n int) {
	frames := split(op, p.sender.message(payload), n)
	frames[0].rsv = rsv1
	p.send(frames...)
}

// severalOffers: a server takes one of several, in the client's order of preference.
func severalOffers() (cases []Case) {
	for _, test := range []struct{ name, offer string }{
		{"nospace", "permessage-deflate; server_max_window_bits=9,permessage-deflate; client_max_window_bits,permessage-deflate"},
		{"narrowing", "permessage-deflate; client_max_window_bits, permessage-deflate; server_no_context_takeover, permessage-deflate"},
		{"fallback", "permessage-deflate; server_no_context_takeover; server_max_window_bits=9, permessage-deflate; server_no_context_takeover, permessage-deflate"},
		{"amidothers", "x-unknown; a=1; b, permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"},
		{"afterbad", "permessage-deflate; x-unknown, permessage-deflate; server_max_window_bits=16, permessage-deflate"},
		{"quoted", `permessage-deflate; server_max_window_bits="15"; client_max_window_bits="15"`},
		{"blanks", "permessage-deflate ;  client_max_window_bits = 15 ;\tserver_no_context_takeover"},
		{"twice", "permessage-deflate, permessage-deflate"},
	} {
		cases = append(cases, Case{
			ID: "deflate.offers." + test.name, only: Server, Section: "RFC 7692 §5", deflate: &negotiation{offer: test.offer},
			Sends: "the offers " + test.offer, Allows: "to decline them, or to take one; echoes that keep to the answer",
			run: func(p *Peer) {
				for range 2 {
					p.sendCompressed(opText, bytes.Repeat([]byte("compressed "), 100), 1<<20)
					p.wants(opText, bytes.Repeat([]byte("compressed "), 100))
				}
				p.close()
			},
		})
	}
	return cases
}

// badParameters are those that make an offer, and an answer, invalid.
var badParameters = []struct{ name, list string }{
	{"unknown", "x_unknown"}, {"unknown.value", "x_unknown=1"},
	{"servertakeover.value", "server_no_context_takeover=1"}, {"servertakeover.true", "server_no_context_takeover=true"},
	{"clienttakeover.value", "client_no_context_takeover=1"}, {"clienttakeover.empty", `client_no_context_takeover=""`},
	{"server.none", "server_max_window_bits"}, {"server.0", "server_max_window_bits=0"}, {"server.7", "server_max_window_bits=7"},
	{"server.16", "server_max_window_bits=16"}, {"server.08", "server_max_window_bits=08"}, {"server.015", "server_max_window_bits=015"},
	{"server.99999", "server_max_window_bits=99999"}, {"server.2^64+8", "server_max_window_bits=18446744073709551624"},
	{"server.minus", "server_max_window_bits=-9"}, {"server.plus", "server_max_window_bits=+9"}, {"server.float", "server_max_window_bits=9.0"},
	{"server.empty", "server_max_window_bits="}, {"server.quotedempty", `server_max_window_bits=""`}, {"server.word", "server_max_window_bits=ten"},
	{"client.0", "client_max_window_bits=0"}, {"client.7", "client_max_window_bits=7"}, {"client.16", "client_max_window_bits=16"},
	{"client.08", "client_max_window_bits=08"}, {"client.99999", "client_max_window_bits=99999"}, {"client.minus", "client_max_window_bits=-9"},
	{"client.empty", "client_max_window_bits="}, {"client.quotedempty", `client_max_window_bits=""`},
	{"repeated.servertakeover", "server_no_context_takeover; server_no_context_takeover"},
	{"repeated.clienttakeover", "client_no_context_takeover; client_no_context_takeover"},
	{"repeated.server", "server_max_window_bits=10; server_max_window_bits=10"},
	{"repeated.server.other", "server_max_window_bits=10; server_max_window_bits=12"},
	{"repeated.client", "client_max_window_bits; client_max_window_bits"},
	{"repeated.client.other", "client_max_window_bits; client_max_window_bits=10"},
	{"nameless", ""}, {"nameless.value", "=1"},
}

// badOffers: a server declines an offer that is not valid, and takes the connection without it.
func badOffers() (cases []Case) {
	for _, bad := range badParameters {
		offer := extensionName + "; " + bad.list
		cases = append(cases, Case{
			ID: "deflate.badoffer." + bad.name, only: Server, own: true, Section: "RFC 7692 §7.1",
			Sends: "the offer " + offer, Allows: "no extension in the answer, and the echo; or, where the header breaks the grammar, a status of 400",
			run: func(p *Peer) {
				key := newKey()
				p.sendHead(joinLines(append(p.target.request(key), "Sec-WebSocket-Extensions: "+offer)))
				h := p.receiveHead()
				if strings.HasPrefix(h.line, "HTTP/1.1 400 ") {
					if !strings.HasSuffix(bad.list, "=") && bad.list != "" && !strings.Contains(bad.list, `""`) && bad.list[0] != '=' {
						p.tolerate("refuses the connection because of an extension that it could decline")
					}
					return
				}
				if !strings.HasPrefix(h.line, "HTTP/1.1 101 ") {
					p.fatal("answers with %q", h.line)
				}
				if answered := elements(h); len(answered) > 0 {
					p.fatal("accepts %q with %q (RFC 7692 §7.1)", offer, answered)
				}
				p.begin(nil)
				p.echoes(text("without compression"))
			},
		})
	}
	return cases
}

// badAnswers: a client fails the connection when the answer is not valid, or not to its offer.
func badAnswers() (cases []Case) {
	for _, bad := range append(badParameters[:len(badParameters):len(badParameters)], []struct{ name, list string }{
		{"another", "server_no_context_takeover, permessage-deflate"},
		{"unoffered", "server_no_context_takeover, x-unknown"},
	}...) {
		answer := extensionName + "; " + bad.list
		cases = append(cases, Case{
			ID: "deflate.badanswer." + bad.name, only: Client, own: true, Section: "RFC 7692 §7.1",
			Sends: "the answer " + answer, Allows: "to fail the handshake: no frame is sent, and TCP is closed",
			run: func(p *Peer) { p.refuses(answer) },
		})
	}
	for _, answer := range []parameters{{}, {serverBits: 15}, {clientBits: 15}} {
		_, line := parameters{}.oblige(answer)
		cases = append(cases, Case{
			ID: fmt.Sprintf("deflate.badanswer.beyond.%d.%d", answer.serverBits, answer.clientBits), only: Client, own: true, Section: "RFC 7692 §7.1",
			Sends: "the answer " + line + " to offers none of which allows it", Allows: "to fail the handshake; unimplemented where an offer allows it",
			run: func(p *Peer) {
				for _, element := range elements(p.head) {
					if offer, ours, err := parseParameters(element, false); ours && err == nil && offer.allows(answer) == "" {
						p.lacks("the client's offer allows " + line)
					}
				}
				p.refuses(line)
			},
		})
	}
	return cases
}

// refuses answers the client's handshake with an extension line that it must not accept: it sends no frame, and closes
// TCP.
func (p *Peer) refuses(answer string) {
	offered := false
	for _, element := range elements(p.head) {
		_, ours, _ := parseParameters(element, false)
		offered = offered || ours
	}
	if !offered {
		p.lacks("the client does not offer " + extensionName)
	}
	key, _ := p.head.one("Sec-WebSocket-Key")
	p.sendHead(joinLines(append(acceptance(key), "Sec-WebSocket-Extensions: "+answer)))
	p.begin(&inflater{window: maxWindow, takeover: true})
	p.wire.send(text("is anybody there?"))
	begun := time.Now()
	p.conn.SetDeadline(begun.Add(caseLimit + p.long()))
	e, ok := p.event(p.long())
	switch {
	case !ok:
		p.fatal("leaves the connection open after the answer %s", answer)
	case e.ended:
		p.late(begun)
	case e.op == opClose:
		p.tolerate("fails the handshake with a Close frame (%s)", describeClose(e))
	default:
		p.fatal("accepts the answer %s and sends a %s frame", answer, opName(e.op))
	}
}
