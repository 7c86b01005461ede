package main

import (
	"regexp"
	"slices"

	"example.com/tandem/interop/conform"
)

// A finding is one reason for differences, in words. It is found by the ID of the case and by what the suite says of
// the reference there.
type finding struct {
	title   string // what the reference does
	section string
	says    string // what the RFC says of it
	id      *regexp.Regexp
	problem *regexp.Regexp
	timing  bool // whether a case shows it is a matter of time: the next run may have others
}

func on(id, problem, title, section, says string) finding {
	return finding{title: title, section: section, says: says, id: regexp.MustCompile(id), problem: regexp.MustCompile(problem)}
}

func sometimes(f finding) finding {
	f.timing = true
	return f
}

// findings are in the order of the page. The first that fits is the one.
var findings = []finding{
	on(`^utf8\.`, ``, "Takes text that is not UTF-8, and sends it back",
		"RFC 6455 §8.1", "An endpoint that finds that text is not UTF-8 has to fail the connection; the code is 1007 (§7.4.1)."),
	on(`^deflate\.(utf8|invalid)`, `UTF-8`, "Takes compressed text that is not UTF-8, and sends it back",
		"RFC 6455 §8.1, RFC 7692 §6.2", "The rule is for the message as the application gets it: inflated."),
	on(`^close\.payload\.invalid`, ``, "Takes a reason that is not UTF-8, and sends it back",
		"RFC 6455 §5.5.1, §8.1", "The reason in a Close frame is text in UTF-8."),
	on(`^mask\.masked`, `sends a message|not valid UTF-8|stays open|in place of`, "Takes masked frames as a client",
		"RFC 6455 §5.1", "A client must close a connection on which it detects a masked frame; the code may be 1002."),
	on(`^frame\.length\..*\.in[28]`, `sends a message|stays open|in place of`, "Takes lengths that are not in their shortest form",
		"RFC 6455 §5.2", "The length has to be encoded in the least number of bytes, both in 7+16 and in 7+64 bits."),
	on(`^handshake\..*\.(kelvin|long-s)$`, ``, "Takes letters beyond ASCII for those of websocket",
		"RFC 6455 §4.1, §4.2.1", "The value is compared as ASCII without regard to case: U+212A is no k, and U+017F no s."),
	on(`^handshake\.request\.(subprotocol|refused\.subprotocol)`, `goes along`, "Goes along with a malformed Sec-WebSocket-Protocol",
		"RFC 6455 §4.2.1, §11.3.4", "A request that breaks the grammar of a header has to be answered with an error such as 400. Twice is allowed, but nothing beyond tokens is."),
	on(`^handshake\.request\.extension`, `goes along`, "Goes along with a malformed Sec-WebSocket-Extensions",
		"RFC 6455 §9.1", "A header that does not keep to the grammar must fail the connection."),
	on(`^handshake\.request\.version\.tw`, `goes along`, "Goes along with two lines of Sec-WebSocket-Version",
		"RFC 6455 §11.3.5", "A request has this header once at most."),
	on(`^handshake\.request\.version`, `in place of 426`, "Refuses another version with 400",
		"RFC 6455 §4.2.2, §4.4", "The answer to a version that is not known is an error such as 426, with the versions that are."),
	on(`^handshake\.request\.refused`, `serves the next`, "Serves on a connection after it refused the handshake",
		"RFC 6455 §4.2.1", "The server must stop processing the client's handshake. Another request may follow in HTTP, but what is behind a refused handshake may also be frames."),
	on(`^handshake\.answer\.accept\.tw`, `goes along|sends`, "Takes two lines of Sec-WebSocket-Accept",
		"RFC 6455 §11.3.3", "An answer has this header once at most."),
	on(`^handshake\.answer\.lines|^handshake\.answer\.line\.`, `goes along`, "Takes answers that are not quite HTTP/1.1",
		"RFC 6455 §4.1, RFC 9112 §5", "The answer is to HTTP/1.1 or later, and a header's name is a token with the colon right behind it."),
	on(`^handshake\.answer\.(upgrade|subprotocol|extension)`, `goes along`, "Takes empty or additional values in an answer",
		"RFC 6455 §4.1, §4.2.2", "Upgrade has the one value websocket, and the other headers have what was chosen, or are not there."),
	on(`^(handshake|hostile|deflate)\.`, `gives up the connection only`, "Waits 3 s before it gives up a failed handshake",
		"RFC 6455 §4.1, §7.1.7", "A client that is not answered as it should be must fail the connection. No time is given; the reference reads up to 1 KiB for its error first."),
	on(`\.endless`, `of header`, "Reads 10 MiB of an answer's header",
		"RFC 6455 §10.4", "Limits are the implementation's own."),
	on(`^deflate\.(offer|params|distance)`, `answers server_max_window_bits`, "Accepts an offer with server_max_window_bits=15, and leaves it out of the answer",
		"RFC 7692 §7.1.2.1", "A server accepts an offer with this parameter by including it in the answer, with the same or a smaller value."),
	on(`^deflate\.badoffer`, `accepts`, "Accepts offers with a client_max_window_bits that is not 8 to 15",
		"RFC 7692 §7.1, §7.1.2.2", "A server must decline an offer with a value that is not valid."),
	on(`^deflate\.badanswer`, `accepts`, "Accepts answers with repeated parameters or with any server_max_window_bits",
		"RFC 7692 §7.1, §7.1.2.1", "A client must fail the connection when a parameter is there twice or has a value that is not valid."),
	on(`^deflate\.`, `declines|does not allow|offer allows`, "Does not have the window's size",
		"RFC 7692 §5, §7.1.2", "Any offer may be declined, and a client need not offer client_max_window_bits: nothing is wrong, but memory cannot be bounded."),
	on(`^deflate\.vector\..*final`, ``, "Ends with a block that has BFINAL set",
		"RFC 7692 §7.2.3.4", "A compressed message may have such a block, and others behind it; the context goes on."),
	on(`^deflate\.invalid\.cut`, `sends a message`, "Takes compressed data that stop in the middle for a message",
		"RFC 7692 §6.2", "The data of a message are whole DEFLATE blocks, less the four bytes at the end. Nothing less can be inflated."),
	on(`^deflate\.invalid\.nothing`, ``, "Takes a compressed message of no bytes for an empty one",
		"RFC 7692 §7.2.3.6", "An empty message is at least one byte, 00: with the four bytes behind it, an empty block."),
	on(`^(deflate\.invalid|mask\.unmasked|frame\.length|hostile)`, `without a Close frame`, "Drops the connection at a violation",
		"RFC 6455 §5.1, §7.1.7", "An endpoint should send a Close frame with a fitting code first; for unmasked frames it may."),
	on(`^(hostile|frame)\.`, `^waits for`, "Waits for frames that are longer than its limit",
		"RFC 6455 §7.4.1, §10.4", "The limit is the implementation's own, and 1009 the code. The header says enough to send it at once."),
	on(`^hostile\.fragments\.empty`, ``, "Takes empty fragments without end",
		"RFC 6455 §10.4", "Limits are the implementation's own; a message that never grows keeps the reader busy."),
	on(`^close\.tcp\.client`, ``, "Closes TCP as a client before the server does",
		"RFC 6455 §7.1.1", "The server closes first, so that it and not the client holds TIME_WAIT; a client should wait for it."),
	sometimes(on(``, `^resets TCP`, "Resets TCP behind its Close frame",
		"RFC 6455 §7.1.1", "The end should be clean: with what is unread behind a Close frame, a reset can destroy that frame before the peer has read it. Which cases show it is a matter of time.")),
	on(`^(handshake\.request\.body|hostile\.(request|answer)|deflate\.badoffer)`, `^$`, "Passes, and goes along with odd handshakes, which tandem refuses",
		"RFC 6455 §4.2.1", "A request that breaks the grammar has to be refused; one with a body or with an uncommonly long header may be."),
	sometimes(on(``, `^$`, "Passes, in another way",
		"RFC 6455 §7.1.7", "After a failure TCP may end with FIN or a reset, and random bytes may be answered with a Close frame or the end alone.")),
}

// find returns the finding behind a difference, or nil.
func find(id string, theirs conform.Result) *finding {
	i := slices.IndexFunc(findings, func(f finding) bool { return f.id.MatchString(id) && f.problem.MatchString(theirs.Problem) })
	if i < 0 {
		return nil
	}
	return &findings[i]
}

// place is where a finding stands on the page.
func place(title string) int {
	return slices.IndexFunc(findings, func(f finding) bool { return f.title == title })
}
