package conform

import (
	"fmt"
	"slices"
	"strings"
)

// A request is a case of one request to a server that is odd or wrong in one place.
type request struct {
	id      string
	section string
	edit    edit
	outcome
}

// sampleKey is a key, and one that RFC 6455 §1.3 gives the answer to.
const sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="

// requests are edits that change nothing that counts, and those that do: what a server has to read in a request
// (RFC 6455 §4.2.1).
var requests = []request{
	{"plain", "RFC 6455 §4.2.2", plus(), mustOpen},
	{"key.sample", "RFC 6455 §1.3", with("Sec-WebSocket-Key", sampleKey), mustOpen},
	{"key.zero", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="), mustOpen},
	{"key.ones", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", "/////////////////////w=="), mustOpen},
	{"key.plus", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", "++++++++++++++++++++++++"[:21]+"g=="), mustOpen},
	{"key.blanks-around", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", "  \t"+sampleKey+" \t "), mustOpen},
	{"key.loose-bits", "RFC 4648 §3.5", with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAB=="), mayOpen},
	{"key.missing", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key"), mustRefuse},
	{"key.empty", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", ""), mustRefuse},
	{"key.15-bytes", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA"), mustRefuse},
	{"key.17-bytes", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAA="), mustRefuse},
	{"key.32-bytes", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), mustRefuse},
	{"key.no-base64", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", "this is no base64 at all"), mustRefuse},
	{"key.unpadded", "RFC 4648 §3.2", with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA"), mustRefuse},
	{"key.url-alphabet", "RFC 4648 §5", with("Sec-WebSocket-Key", "_-_-_-_-_-_-_-_-_-_-_w=="), mustRefuse},
	{"key.blank-inside", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", "AAAAAAAAAAA AAAAAAAAAAA=="), mustRefuse},
	{"key.behind", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", sampleKey+"AA=="), mustRefuse},
	{"key.quoted", "RFC 6455 §4.2.1", with("Sec-WebSocket-Key", `"`+sampleKey+`"`), mustRefuse},
	{"key.list", "RFC 6455 §11.3.1", with("Sec-WebSocket-Key", sampleKey+", "+sampleKey), mustRefuse},
	{"key.twice", "RFC 6455 §11.3.1", with("Sec-WebSocket-Key", sampleKey, "AAAAAAAAAAAAAAAAAAAAAA=="), mustRefuse},
	{"key.twice-same", "RFC 6455 §11.3.1", with("Sec-WebSocket-Key", sampleKey, sampleKey), mustRefuse},

	{"names.lower", "RFC 9110 §5.1", each(func(n, v string) string { return strings.ToLower(n) + ": " + v }), mustOpen},
	{"names.upper", "RFC 9110 §5.1", each(func(n, v string) string { return strings.ToUpper(n) + ": " + v }), mustOpen},
	{"names.odd", "RFC 9110 §5.1", each(func(n, v string) string { return strings.ToLower(n[:1]) + strings.ToUpper(n[1:]) + ": " + v }), mustOpen},
	{"blanks.none", "RFC 9112 §5", each(func(n, v string) string { return n + ":" + v }), mustOpen},
	{"blanks.many", "RFC 9112 §5", each(func(n, v string) string { return n + ":\t  " + v + " \t" }), mustOpen},
	{"order.backwards", "RFC 6455 §4.2.1", backwards, mustOpen},
	{"unknown.header", "RFC 6455 §4.2.1", plus("X-Unknown: what is this?", "Cookie: a=b", "Accept-Language: eo"), mustOpen},
	{"unknown.websocket-header", "RFC 6455 §4.2.1", plus("Sec-WebSocket-Unknown: 1", "Sec-WebSocket-Accept: "+sampleKey), mustOpen},
	{"unknown.empty", "RFC 9110 §5.5", plus("X-Empty:"), mustOpen},
	{"unknown.latin1", "RFC 9110 §5.5", plus("X-Latin: \xE9t\xE9"), mayOpen},
	{"unknown.long", "RFC 9110 §5.4", plus("Cookie: a=" + strings.Repeat("b", 4000)), shouldOpen},
	{"unknown.50", "RFC 9110 §5.4", many(50), mustOpen},
	{"unknown.300", "RFC 9110 §5.4", many(300), shouldOpen},
	{"target.query", "RFC 6455 §3", inTarget(func(s string) string { return s + mark(s) + "a=b&c=%20%00;d" }), shouldOpen},
	{"target.absolute", "RFC 9112 §3.2.2", absolute, shouldOpen},
	{"target.long", "RFC 9112 §3", inTarget(func(s string) string { return s + mark(s) + strings.Repeat("a", 2000) }), shouldOpen},
	{"target.blank", "RFC 9112 §3.2", inTarget(func(s string) string { return s + mark(s) + "a b" }), mustRefuse},
	{"target.missing", "RFC 9112 §3", first("GET HTTP/1.1"), mustRefuse},

	{"method.post", "RFC 6455 §4.2.1", first("POST $ HTTP/1.1"), mustRefuse},
	{"method.put", "RFC 6455 §4.2.1", first("PUT $ HTTP/1.1"), mustRefuse},
	{"method.head", "RFC 6455 §4.2.1", first("HEAD $ HTTP/1.1"), mustRefuse},
	{"method.options", "RFC 6455 §4.2.1", first("OPTIONS $ HTTP/1.1"), mustRefuse},
	{"method.delete", "RFC 6455 §4.2.1", first("DELETE $ HTTP/1.1"), mustRefuse},
	{"method.lower", "RFC 9110 §9.1", first("get $ HTTP/1.1"), mustRefuse},
	{"method.unknown", "RFC 6455 §4.2.1", first("GETS $ HTTP/1.1"), mustRefuse},
	{"http.1.0", "RFC 6455 §4.2.1", first("GET $ HTTP/1.0"), mustRefuse},
	{"http.0.9", "RFC 6455 §4.2.1", first("GET $"), mustRefuse},
	{"http.1.2", "RFC 9110 §2.5", first("GET $ HTTP/1.2"), mayOpen},
	{"http.2.0", "RFC 6455 §4.2.1", first("GET $ HTTP/2.0"), mayOpen},
	{"http.lower", "RFC 9112 §2.3", first("GET $ http/1.1"), mustRefuse},
	{"http.1.10", "RFC 9112 §2.3", first("GET $ HTTP/1.10"), mustRefuse},
	{"http.other", "RFC 9112 §2.3", first("GET $ WS/1.1"), mustRefuse},

	{"host.missing", "RFC 9112 §3.2", with("Host"), mustRefuse},
	{"host.twice", "RFC 9112 §3.2", func(lines []string) []string { return append(lines, lines[1]) }, mustRefuse},
	{"host.two", "RFC 9112 §3.2", plus("Host: other.example"), mustRefuse},
	{"host.malformed", "RFC 9112 §3.2", with("Host", "a b/c"), mustRefuse},

	{"upgrade.mixed-case", "RFC 6455 §4.2.1", with("Upgrade", "WebSocket"), mustOpen},
	{"upgrade.upper", "RFC 6455 §4.2.1", with("Upgrade", "WEBSOCKET"), mustOpen},
	{"upgrade.list", "RFC 9110 §7.8", with("Upgrade", "foo/2, websocket"), mustOpen},
	{"upgrade.list-first", "RFC 9110 §7.8", with("Upgrade", "websocket,foo"), mustOpen},
	{"upgrade.two-lines", "RFC 9110 §5.3", with("Upgrade", "foo", "websocket"), mustOpen},
	{"upgrade.missing", "RFC 6455 §4.2.1", with("Upgrade"), mustRefuse},
	{"upgrade.empty", "RFC 6455 §4.2.1", with("Upgrade", ""), mustRefuse},
	{"upgrade.other", "RFC 6455 §4.2.1", with("Upgrade", "h2c"), mustRefuse},
	{"upgrade.longer", "RFC 6455 §4.2.1", with("Upgrade", "websockets"), mustRefuse},
	{"upgrade.shorter", "RFC 6455 §4.2.1", with("Upgrade", "websocke"), mustRefuse},
	{"upgrade.versioned", "RFC 6455 §4.2.1", with("Upgrade", "websocket/13"), mustRefuse},
	{"upgrade.blank-inside", "RFC 6455 §4.2.1", with("Upgrade", "web socket"), mustRefuse},
	{"upgrade.kelvin", "RFC 6455 §4.2.1", with("Upgrade", "websoc\u212Aet"), mustRefuse},
	{"upgrade.long-s", "RFC 6455 §4.2.1", with("Upgrade", "web\u017Focket"), mustRefuse},

	{"connection.lower", "RFC 6455 §4.2.1", with("Connection", "upgrade"), mustOpen},
	{"connection.upper", "RFC 6455 §4.2.1", with("Connection", "UPGRADE"), mustOpen},
	{"connection.list", "RFC 6455 §4.2.1", with("Connection", "keep-alive, Upgrade"), mustOpen},
	{"connection.list-first", "RFC 6455 §4.2.1", with("Connection", "Upgrade, keep-alive"), mustOpen},
	{"connection.list-tight", "RFC 6455 §4.2.1", with("Connection", "keep-alive,Upgrade"), mustOpen},
	{"connection.list-blanks", "RFC 9110 §5.6.1", with("Connection", "keep-alive \t,\t Upgrade\t , x"), mustOpen},
	{"connection.list-empties", "RFC 9110 §5.6.1", with("Connection", ", ,Upgrade,,"), mustOpen},
	{"connection.two-lines", "RFC 9110 §5.3", with("Connection", "keep-alive", "Upgrade"), mustOpen},
	{"connection.two-lines-first", "RFC 9110 §5.3", with("Connection", "Upgrade", "keep-alive"), mustOpen},
	{"connection.missing", "RFC 6455 §4.2.1", with("Connection"), mustRefuse},
	{"connection.empty", "RFC 6455 §4.2.1", with("Connection", ""), mustRefuse},
	{"connection.keep-alive", "RFC 6455 §4.2.1", with("Connection", "keep-alive"), mustRefuse},
	{"connection.longer", "RFC 6455 §4.2.1", with("Connection", "Upgraded"), mustRefuse},
	{"connection.hyphen", "RFC 6455 §4.2.1", with("Connection", "not-Upgrade"), mustRefuse},
	{"connection.blank-for-comma", "RFC 6455 §4.2.1", with("Connection", "keep-alive Upgrade"), mustRefuse},
	{"connection.semicolon", "RFC 6455 §4.2.1", with("Connection", "keep-alive; Upgrade"), mustRefuse},
	{"connection.quoted", "RFC 6455 §4.2.1", with("Connection", `"Upgrade"`), mustRefuse},

	{"lines.colon-missing", "RFC 9112 §5", plus("X-No-Colon"), mustRefuse},
	{"lines.blank-before-colon", "RFC 9112 §5.1", plus("X-Blank : x"), mustRefuse},
	{"lines.blank-in-websocket", "RFC 9112 §5.1", with("Upgrade ", "websocket"), mustRefuse},
	{"lines.name-empty", "RFC 9112 §5", plus(": x"), mustRefuse},
	{"lines.name-blank", "RFC 9112 §5", plus("X Y: x"), mustRefuse},
	{"lines.name-latin1", "RFC 9110 §5.1", plus("X-\xE9: x"), mustRefuse},
	{"lines.name-nul", "RFC 9110 §5.1", plus("X-\x00: x"), mustRefuse},
	{"lines.value-nul", "RFC 9110 §5.5", plus("X-Nul: a\x00b"), mustRefuse},
	{"lines.value-cr", "RFC 9110 §5.5", plus("X-CR: a\rb"), mustRefuse},
	{"lines.value-control", "RFC 9110 §5.5", plus("X-Control: a\x01b"), mayOpen},
	{"lines.folded", "RFC 9112 §5.2", plus("X-Folded: a", " b"), mayOpen},
	{"lines.folded-first", "RFC 9112 §2.2", func(lines []string) []string { return slices.Insert(lines, 1, " folded: x") }, mustRefuse},

	{"subprotocol.one", "RFC 6455 §4.2.2", with("Sec-WebSocket-Protocol", "conform.example"), mustOpen},
	{"subprotocol.several", "RFC 6455 §4.2.2", with("Sec-WebSocket-Protocol", "chat, superchat,conform.example"), mustOpen},
	{"subprotocol.two-lines", "RFC 6455 §11.3.4", with("Sec-WebSocket-Protocol", "chat", "superchat, conform.example"), mustOpen},
	{"subprotocol.all-marks", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", "a!#$%&'*+-.^_`|~z"), mustOpen},
	{"subprotocol.empties", "RFC 9110 §5.6.1", with("Sec-WebSocket-Protocol", ", chat,, superchat ,"), mustOpen},
	{"subprotocol.long", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", strings.Repeat("c", 2000)), shouldOpen},
	{"subprotocol.100", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", hundred()), shouldOpen},
	{"subprotocol.empty", "RFC 6455 §11.3.4", with("Sec-WebSocket-Protocol", ""), mustRefuse},
	{"subprotocol.commas", "RFC 6455 §11.3.4", with("Sec-WebSocket-Protocol", ", ,"), mustRefuse},
	{"subprotocol.blank", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", "chat superchat"), mustRefuse},
	{"subprotocol.semicolon", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", "chat;superchat"), mustRefuse},
	{"subprotocol.slash", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", "chat/2"), mustRefuse},
	{"subprotocol.quoted", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", `"chat"`), mustRefuse},
	{"subprotocol.latin1", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", "ch\xE4t"), mustRefuse},
	{"subprotocol.utf8", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", "chät"), mustRefuse},
	{"subprotocol.twice", "RFC 6455 §4.1", with("Sec-WebSocket-Protocol", "chat, chat"), shouldRefuse},

	{"extension.unknown", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-unknown"), mustOpen},
	{"extension.parameters", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-unknown; a; b=c ;d = e"), mustOpen},
	{"extension.quoted", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", `x-unknown; a="b"; c="d\e"`), mustOpen},
	{"extension.several", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-a, x-b; c,x-d"), mustOpen},
	{"extension.two-lines", "RFC 6455 §11.3.2", with("Sec-WebSocket-Extensions", "x-a", "x-b; c"), mustOpen},
	{"extension.empties", "RFC 9110 §5.6.1", with("Sec-WebSocket-Extensions", ", x-a,,"), mustOpen},
	{"extension.deflate-frame", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-webkit-deflate-frame"), shouldOpen},
	{"extension.100", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", hundred()), shouldOpen},
	{"extension.empty", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", ""), mustRefuse},
	{"extension.comma", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", ","), mustRefuse},
	{"extension.semicolon", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", ";"), mustRefuse},
	{"extension.parameter-empty", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-a;"), mustRefuse},
	{"extension.parameter-nameless", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-a; =b"), mustRefuse},
	{"extension.value-missing", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-a; b="), mustRefuse},
	{"extension.value-twice", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-a; b==c"), mustRefuse},
	{"extension.value-blank", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-a; b=c d"), mustRefuse},
	{"extension.quote-open", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", `x-a; b="c`), mustRefuse},
	{"extension.quote-blank", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", `x-a; b="c d"`), mustRefuse},
	{"extension.quote-empty", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", `x-a; b=""`), mustRefuse},
	{"extension.slash", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x/a"), mustRefuse},
	{"extension.blank", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-a x-b"), mustRefuse},
	{"extension.latin1", "RFC 6455 §9.1", with("Sec-WebSocket-Extensions", "x-\xE9"), mustRefuse},

	{"length.zero", "RFC 9112 §6", plus("Content-Length: 0"), mayOpen},
	{"length.malformed", "RFC 9112 §6.3", plus("Content-Length: x"), mustRefuse},
	{"length.negative", "RFC 9112 §6.3", plus("Content-Length: -1"), mustRefuse},
	{"length.two", "RFC 9112 §6.3", plus("Content-Length: 1", "Content-Length: 2"), mustRefuse},
	{"length.unknown-coding", "RFC 9112 §6.1", plus("Transfer-Encoding: x-conform"), mustRefuse},
}

// versions that are not 13 (RFC 6455 §4.2.2): the answer has to say which one is.
var versions = []struct {
	id     string
	values []string
}{
	{"missing", nil}, {"empty", []string{""}}, {"0", []string{"0"}}, {"7", []string{"7"}}, {"8", []string{"8"}},
	{"12", []string{"12"}}, {"14", []string{"14"}}, {"255", []string{"255"}}, {"269", []string{"269"}}, {"013", []string{"013"}},
	{"plus", []string{"+13"}}, {"hex", []string{"0x0D"}}, {"decimal", []string{"13.0"}}, {"letters", []string{"13a"}},
	{"list", []string{"13, 8"}}, {"list-same", []string{"13, 13"}}, {"twice", []string{"13", "13"}}, {"two", []string{"8", "13"}},
	{"two-first", []string{"13", "8"}},
}

func inTarget(change func(string) string) edit {
	return func(lines []string) []string {
		words := strings.Split(lines[0], " ")
		return append([]string{words[0] + " " + change(words[1]) + " " + words[2]}, lines[1:]...)
	}
}

func mark(target string) string {
	if strings.Contains(target, "?") {
		return "&"
	}
	return "?"
}

func absolute(lines []string) []string {
	_, host, _ := strings.Cut(lines[1], ": ")
	return inTarget(func(s string) string { return "http://" + host + s })(lines)
}

func hundred() string {
	names := make([]string, 100)
	for i := range names {
		names[i] = fmt.Sprintf("x-%d", i)
	}
	return strings.Join(names, ", ")
}
