package conform

import (
	"fmt"
)

// A sequence is some bytes that are, or are not, UTF-8.
type sequence struct {
	name  string
	bytes string
	at    int // of an invalid one: how many bytes it takes to see that nothing can complete it; 0: only the end shows it
}

// validSequences: each code point at which the encoding or Unicode changes something, and texts.
func validSequences() (all []sequence) {
	for _, r := range []rune{0, 0x7F, 0x80, 0xFF, 0x100, 0x7FF, 0x800, 0xFFF, 0x1000, 0xCFFF, 0xD000, 0xD7FF, 0xE000, 0xFDD0, 0xFDEF,
		0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x1FFFE, 0x1FFFF, 0x3FFFF, 0x40000, 0xBFFFF, 0xC0000, 0xFFFFF, 0x100000, 0x10FFFE, 0x10FFFF} {
		all = append(all, sequence{name: fmt.Sprintf("%04x", r), bytes: string(r)})
	}
	return append(all,
		sequence{name: "greek", bytes: "κόσμε"},
		sequence{name: "russian", bytes: "Съешь же ещё этих мягких французских булок"},
		sequence{name: "japanese", bytes: "いろはにほへとちりぬるを"},
		sequence{name: "emoji", bytes: "👩‍👩‍👧‍👦 🏳️‍🌈"},
		sequence{name: "mixed", bytes: "a\u00e9\u20ac\U0001d11e\x00z"})
}

// invalidSequences: what is not UTF-8 (RFC 3629 §3, §4), with the first byte at which it shows.
func invalidSequences() (all []sequence) {
	add := func(at int, bytes string) {
		all = append(all, sequence{name: fmt.Sprintf("%x", bytes), bytes: bytes, at: at})
	}
	for _, lone := range []string{"\x80", "\xBF", "\xC0", "\xC1", "\xF5", "\xF6", "\xF7", "\xF8", "\xFB", "\xFC", "\xFD", "\xFE", "\xFF",
		"\x80\xBF", "\x80\xBF\x80", "\xFE\xFE\xFF\xFF"} {
		add(1, lone)
	}
	for _, overlong := range []string{"\xC0\x80", "\xC0\xAF", "\xC1\xBF", "\xF8\x88\x80\x80\x80", "\xFC\x84\x80\x80\x80\x80", "\xF8\x80\x80\x80\xAF",
		"\xFC\x80\x80\x80\x80\xAF", "\xFB\xBF\xBF\xBF\xBF", "\xFD\xBF\xBF\xBF\xBF\xBF", "\xF5\x80\x80\x80", "\xF7\xBF\xBF\xBF"} {
		add(1, overlong)
	}
	for _, second := range []string{"\xE0\x80\xAF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\xAF", "\xF0\x8F\xBF\xBF", "\xF0\x80\x80\x80",
		"\xED\xA0\x80", "\xED\xAD\xBF", "\xED\xAE\x80", "\xED\xAF\xBF", "\xED\xB0\x80", "\xED\xBE\x80", "\xED\xBF\xBF",
		"\xED\xA0\x80\xED\xB0\x80", "\xED\xAF\xBF\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF4\xBF\xBF\xBF",
		"\xC2 ", "\xDF ", "\xE1 ", "\xEF ", "\xF1 ", "\xF4 ", "\xC2\xC2", "\xC2\xE1", "\xE1\xFF", "\xF1\xC0", "\xCF\xFF"} {
		add(2, second)
	}
	for _, third := range []string{"\xE1\x80 ", "\xE2\x82\xC0", "\xEF\xBF ", "\xF0\x90 ", "\xF1\x80\xFF", "\xF4\x8F "} {
		add(3, third)
	}
	for _, fourth := range []string{"\xF0\x90\x8D ", "\xF1\x80\x80\xC0", "\xF4\x8F\xBF\xFF"} {
		add(4, fourth)
	}
	for _, cut := range []string{"\xC2", "\xDF", "\xE0", "\xE0\xA0", "\xE1", "\xE1\x80", "\xED\x9F", "\xEF\xBF", "\xF0", "\xF0\x90", "\xF0\x90\x80", "\xF1\x80",
		"\xF1\x80\x80", "\xF4", "\xF4\x8F", "\xF4\x8F\xBF"} {
		add(0, cut)
	}
	return all
}

// utf8s: text is UTF-8, and fails as soon as it cannot be (RFC 6455 §5.6, §8.1).
func utf8s(bool) (cases []Case) {
	for _, s := range validSequences() {
		cases = append(cases, validText(s)...)
	}
	for _, s := range invalidSequences() {
		cases = append(cases, invalidText(s)...)
		if s.at > 0 {
			cases = append(cases, failFast(s)...)
		}
	}
	return append(cases, notText()...)
}

const surroundings = "κόσμε"

// shapes are how a text reaches the peer.
var shapes = []struct {
	name, words string
	send        func(p *Peer, payload []byte)
}{
	{"whole", "in one frame", func(p *Peer, b []byte) { p.send(frame{op: opText, payload: b}) }},
	{"chops", "in one frame, a byte at a time", func(p *Peer, b []byte) {
		p.chopped(1)
		p.send(frame{op: opText, payload: b})
	}},
	{"fragments", "each byte in a fragment", func(p *Peer, b []byte) { p.send(split(opText, b, 1)...) }},
	{"amid", "each byte in a fragment, with a Pong behind it", func(p *Peer, b []byte) {
		var frames []frame
		for _, f := range split(opText, b, 1) {
			frames = append(frames, f, pong(""))
		}
		p.send(frames[:len(frames)-1]...)
	}},
}

func validText(s sequence) (cases []Case) {
	for _, shape := range shapes {
		cases = append(cases, Case{
			ID: "utf8.valid." + s.name + "." + shape.name, Section: "RFC 6455 §5.6",
			Sends: fmt.Sprintf("the text %x alone and between others, %s", s.bytes, shape.words), Allows: "the echoes",
			run: func(p *Peer) {
				for _, payload := range []string{s.bytes, surroundings + s.bytes + surroundings} {
					shape.send(p, []byte(payload))
					p.wants(opText, []byte(payload))
				}
				p.close()
			},
		})
	}
	return cases
}

func invalidText(s sequence) (cases []Case) {
	for _, shape := range shapes {
		for _, place := range []struct{ name, before, after string }{{"", "", ""}, {".behind", surroundings, ""}, {".between", surroundings, "edited"}} {
			payload := []byte(place.before + s.bytes + place.after)
			cases = append(cases, Case{
				ID: "utf8.invalid." + s.name + "." + shape.name + place.name, Section: "RFC 6455 §8.1",
				Sends: fmt.Sprintf("the text %x, %s", payload, shape.words), Allows: "1007, and no echo; tolerated: 1002, 1003",
				run: func(p *Peer) {
					shape.send(p, payload)
					p.fails(1007, 1002, 1003)
				},
			})
		}
	}
	return cases
}

// failFast: the bytes that show a text to be invalid, and nothing more. That it need not be complete is a lenient
// reading of the RFC, so the peer gets the rest when it waits for it.
func failFast(s sequence) []Case {
	shown, rest := []byte(surroundings+s.bytes[:s.at]), []byte(s.bytes[s.at:]+"edited")
	const allows = "1007 before the rest comes; tolerated: after it"
	return []Case{
		{
			ID: "utf8.fast." + s.name + ".fragment", Section: "RFC 6455 §8.1", Allows: allows,
			Sends: fmt.Sprintf("a fragment with the text %x, and the last fragment only if nothing happens", shown),
			run: func(p *Peer) {
				p.send(frame{op: opText, payload: shown, more: true})
				if !p.failsSoon(1007, 1002, 1003) {
					p.tolerate("notices invalid text only when the message is whole")
					p.send(frame{op: opContinuation, payload: rest})
					p.fails(1007, 1002, 1003)
				}
			},
		},
		{
			ID: "utf8.fast." + s.name + ".frame", Section: "RFC 6455 §8.1", Allows: allows,
			Sends: fmt.Sprintf("the header of a longer frame and the text %x, and the rest only if nothing happens", shown),
			run: func(p *Peer) {
				b := frame{op: opText, payload: append(shown[:len(shown):len(shown)], rest...)}.append(nil, p.masked)
				p.sendRaw(b[:len(b)-len(rest)])
				if !p.failsSoon(1007, 1002, 1003) {
					p.tolerate("notices invalid text only when the frame is whole")
					p.sendRaw(b[len(b)-len(rest):])
					p.fails(1007, 1002, 1003)
				}
			},
		},
	}
}

// notText: what is never checked, and what one message must not leave behind for the next.
func notText() (cases []Case) {
	for _, shape := range []struct {
		name string
		size int
	}{{"whole", 1 << 20}, {"fragments", 1}} {
		cases = append(cases, Case{
			ID: "utf8.binary." + shape.name, Section: "RFC 6455 §5.6",
			Sends: "binary messages with everything that is not UTF-8", Allows: "the echoes",
			run: func(p *Peer) {
				for _, s := range invalidSequences() {
					p.send(split(opBinary, []byte(s.bytes), shape.size)...)
					p.wants(opBinary, []byte(s.bytes))
				}
				p.close()
			},
		})
	}
	cases = append(cases, Case{
		ID: "utf8.control", Section: "RFC 6455 §5.5", Sends: "a text message split inside a code point, and there a Ping whose payload is not UTF-8",
		Allows: "the Pong and the echo",
		run: func(p *Peer) {
			p.send(text("\xF0\x90").unfinished(), ping("\xFF\x8D"), continuation("\x8D\x88"))
			p.wantsPong("\xFF\x8D")
			p.wants(opText, []byte("𐍈"))
			p.close()
		},
	}, Case{
		ID: "utf8.next", Section: "RFC 6455 §5.6", Sends: "a text message that ends inside a code point, and one that goes on with it, all at once",
		Allows: "1007, and no echo",
		run: func(p *Peer) {
			p.send(text("\xF0\x90"), text("\x8D\x88"))
			p.fails(1007, 1002, 1003)
		},
	}, Case{
		ID: "utf8.long", Section: "RFC 6455 §5.6", Sends: "64 KiB of code points of each length, in fragments of 1 to 9 bytes", Allows: "the echo",
		run: func(p *Peer) {
			payload := sampleText(64 << 10)
			var frames []frame
			for i, rest := 0, payload; len(rest) > 0; i++ {
				n := min(len(rest), 1+i%9)
				f := frame{op: opContinuation, payload: rest[:n], more: n < len(rest)}
				if i == 0 {
					f.op = opText
				}
				frames, rest = append(frames, f), rest[n:]
			}
			p.send(frames...)
			p.wants(opText, payload)
			p.close()
		},
	})
	for n := 1; n < 128; n++ {
		cases = append(cases, Case{
			ID: fmt.Sprintf("utf8.position.%d", n), Section: "RFC 6455 §8.1",
			Sends: fmt.Sprintf("text with one invalid byte at %d, behind and before ASCII", n), Allows: "1007, and no echo; tolerated: 1002, 1003",
			run: func(p *Peer) {
				b := make([]byte, n+64)
				for i := range b {
					b[i] = 'a' + byte(i%26)
				}
				b[n] = 0xFF
				p.send(frame{op: opText, payload: b})
				p.fails(1007, 1002, 1003)
			},
		})
	}
	return cases
}
