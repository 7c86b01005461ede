package conform

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestHead(t *testing.T) {
	const raw = "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade \r\nX-Empty:\r\nX: 1\r\nx:2\r\n\r\n"
	r := bufio.NewReaderSize(strings.NewReader(raw+"\x81\x00"), 16)
	h, err := readHead(r)
	if err != nil || string(h.raw) != raw || h.line != "HTTP/1.1 101 Switching Protocols" || len(h.fields) != 5 {
		t.Fatalf("%+v, %v", h, err)
	}
	if rest, _ := io.ReadAll(r); string(rest) != "\x81\x00" {
		t.Errorf("behind the head is %x", rest)
	}
	if !h.has("Upgrade", "websocket") || !h.has("connection", "upgrade") || h.has("Connection", "keep") {
		t.Error("lists are not read as lists")
	}
	if _, ok := h.one("X"); ok || !slices.Equal(h.all("X"), []string{"1", "2"}) {
		t.Errorf("X is %q", h.all("X"))
	}
	if v, ok := h.one("X-Empty"); !ok || v != "" {
		t.Errorf("X-Empty is %q, %t", v, ok)
	}
	for name, bad := range map[string]string{
		"cut":      "GET / HTTP/1.1\r\nHost: a\r\n",
		"bare":     "GET / HTTP/1.1\nHost: a\n\n",
		"folded":   "GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n",
		"no colon": "GET / HTTP/1.1\r\nHost\r\n\r\n",
		"endless":  "GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", maxHead),
	} {
		if h, err := readHead(bufio.NewReader(strings.NewReader(bad))); err == nil || len(h.raw) > 2*maxHead {
			t.Errorf("%s: %d bytes, %v", name, len(h.raw), err)
		}
	}
}

func TestSection1_3_AcceptKey(t *testing.T) {
	if got := acceptKey("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Error(got)
	}
}
