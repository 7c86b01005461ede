package main

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"example.com/tandem/interop/conform"
)

func TestPlain(t *testing.T) {
	wire := []conform.Line{
		line("GET /runCase?case=7&agent=a HTTP/1.1", false, "GET /runCase?case=7&agent=a HTTP/1.1\r\nHost: 127.0.0.1:7\r\nUser-Agent: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUpgrade: \xE9\r\n\r\n"),
		line("HTTP/1.1 101 Switching Protocols", true, "HTTP/1.1 101 Switching Protocols\r\nDate: now\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x89\x00"),
		line("text", true, "\x81\x02hi"),
		line("text", false, "\x81\x8537fa213d"[:2]+"\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), // RFC 6455 §5.7
		{What: "end"},
		line("binary", false, "\x82\x20"+strings.Repeat("b", 32)),
	}
	for _, test := range []struct {
		name        string
		sent, heads bool
		want        []string
	}{
		{"sent", true, true, []string{`HTTP/1.1 101 Switching Protocols ⏎ Sec-WebSocket-Accept: <accept> ⏎⏎ 8900`, "text 81026869"}},
		{"received", false, true, []string{`GET / HTTP/1.1 ⏎ Sec-WebSocket-Key: <key> ⏎ Upgrade: \xe9`, "text 81850000000048656c6c6f", "binary 8220" + strings.Repeat("62", 22) + "…, 34 bytes"}},
		{"no heads", true, false, []string{"text 81026869"}},
	} {
		if got := plain(wire, test.sent, test.heads); !slices.Equal(got, test.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", test.name, got, test.want)
		}
	}
	if got := plain(slices.Repeat(wire[2:3], maxLines+3), true, false); len(got) != maxLines+1 || got[maxLines] != "3 more" {
		t.Errorf("of many lines: %q", got)
	}
}

func line(what string, sent bool, b string) conform.Line {
	return conform.Line{What: what, Sent: sent, Hex: hex.EncodeToString([]byte(b)), Len: len(b)}
}

func TestUnmask(t *testing.T) {
	for _, test := range []struct{ name, masked, want string }{
		{"not masked", "810548656c6c6f", "810548656c6c6f"},
		{"RFC 6455 §5.7", "818537fa213d7f9f4d5158", "81850000000048656c6c6f"},
		{"two", "818101000000608181020000006281", "8181000000006181810000000060" + "81"},
		{"cut payload", "818537fa213d7f9f", "8185000000004865"},
		{"cut key", "818537fa", "81850000"},
		{"cut length", "81fe00", "81fe00"},
		{"16 bits", "82fe007e01010101ff", "82fe007e00000000fe"},
		{"64 bits", "82ff000000000001000001010101fe", "82ff000000000001000000000000ff"},
		{"63 bits", "82ff7fffffffffffffff01010101fe", "82ff7fffffffffffffff00000000ff"},
		{"top bit", "82ffffffffffffffffff01010101fe", "82ffffffffffffffffff00000000ff"},
	} {
		b, err := hex.DecodeString(test.masked)
		if err != nil {
			t.Fatal(err)
		}
		unmask(b)
		if got := hex.EncodeToString(b); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
