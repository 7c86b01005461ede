package conform

import (
	"slices"
	"strings"
	"testing"
)

func TestEdits(t *testing.T) {
	good := []string{"GET /x HTTP/1.1", "Host: h", "Upgrade: websocket"}
	for _, test := range []struct {
		name string
		edit edit
		want string
	}{
		{"nothing", plus(), "GET /x HTTP/1.1|Host: h|Upgrade: websocket"},
		{"added", plus("A: b"), "GET /x HTTP/1.1|Host: h|Upgrade: websocket|A: b"},
		{"replaced in its place", with("host", "i"), "GET /x HTTP/1.1|host: i|Upgrade: websocket"},
		{"twice", with("Host", "i", "j"), "GET /x HTTP/1.1|Host: i|Host: j|Upgrade: websocket"},
		{"empty", with("Host", ""), "GET /x HTTP/1.1|Host:|Upgrade: websocket"},
		{"removed", with("Host"), "GET /x HTTP/1.1|Upgrade: websocket"},
		{"new", with("A", "b"), "GET /x HTTP/1.1|Host: h|Upgrade: websocket|A: b"},
		{"first line", first("PUT $ HTTP/1.0"), "PUT /x HTTP/1.0|Host: h|Upgrade: websocket"},
		{"target", inTarget(func(s string) string { return s + mark(s) + "y" }), "GET /x?y HTTP/1.1|Host: h|Upgrade: websocket"},
		{"absolute", absolute, "GET http://h/x HTTP/1.1|Host: h|Upgrade: websocket"},
		{"each", each(func(n, v string) string { return v + ":" + n }), "GET /x HTTP/1.1|h:Host|websocket:Upgrade"},
		{"backwards", backwards, "GET /x HTTP/1.1|Upgrade: websocket|Host: h"},
		{"many", many(2), "GET /x HTTP/1.1|Host: h|Upgrade: websocket|X-0: 0|X-1: 1"},
		{"both", all(with("Host"), plus("A: b")), "GET /x HTTP/1.1|Upgrade: websocket|A: b"},
	} {
		if got := strings.Join(test.edit(slices.Clone(good)), "|"); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestDescribeChange(t *testing.T) {
	good := []string{"GET / HTTP/1.1", "Host: h", "Upgrade: websocket"}
	for want, edit := range map[string]edit{
		"as it should be":                     plus(),
		`with "A: b"`:                         plus("A: b"),
		"without host":                        with("Host"),
		`with "PUT / HTTP/1.1", without host`: all(first("PUT $ HTTP/1.1"), with("Host")),
		"whose lines stand in another order or number": backwards,
	} {
		if got := describeChange(good, edit); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A case's answer has the key's Accept where $ stands, and nowhere else.
func TestFill(t *testing.T) {
	got := string(fill(sampleKey, []string{"HTTP/1.1 101 $", "Sec-WebSocket-Accept: $x", "sec-websocket-accept:other$"}))
	want := "HTTP/1.1 101 $\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=x\r\nsec-websocket-accept:S3PplmbItXAq9KygZZHzrBk+XoO=\r\n\r\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSection5_LineProblem(t *testing.T) {
	for raw, good := range map[string]bool{
		"GET / HTTP/1.1\r\nA: b\r\n\r\n": true, "X\r\nA:\r\n\r\n": true, "X\r\nA: b\tc\r\n\r\n": true, "X\r\n\r\n": true,
		"X\r\nA: b\nC: d\r\n\r\n": false, "X\r\nA : b\r\n\r\n": false, "X\r\nA\r\n\r\n": false, "X\r\nA: \x00\r\n\r\n": false, "X\r\nA: b\r\n c\r\n\r\n": false,
	} {
		if problem := lineProblem(head{raw: []byte(raw)}); (problem == "") != good {
			t.Errorf("%q: %q", raw, problem)
		}
	}
}

func TestTokens(t *testing.T) {
	for value, want := range map[string]string{"a": "a", "a, b": "a b", "a,b\t": "a b", "": "", "a,,b": "", "a b": "", "a;b": "", "ä": ""} {
		if list, ok := tokens([]string{value}); strings.Join(list, " ") != want || ok != (want != "") {
			t.Errorf("%q: %q, %t", value, list, ok)
		}
	}
	if list, ok := tokens(nil); ok {
		t.Errorf("no header at all: %q", list)
	}
}
