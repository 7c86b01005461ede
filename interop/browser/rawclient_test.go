package browser

import (
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// A rawClient is a WebSocket client that knows nothing of WebSocket: it sends bytes, and records what comes.
type rawClient struct {
	net.Conn
	t        *testing.T
	request  string
	response string
}

// dialRaw opens a connection to a site with the given request, line by line.
func dialRaw(t *testing.T, s *site, lines ...string) *rawClient {
	t.Helper()
	nc, err := net.Dial("tcp", s.address)
	must(t, err)
	if s.secure {
		nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true})
	}
	t.Cleanup(func() { nc.Close() })
	must(t, nc.SetDeadline(time.Now().Add(patience)))
	c := &rawClient{Conn: nc, t: t, request: strings.Join(lines, "\r\n") + "\r\n\r\n"}
	_, err = io.WriteString(c, c.request)
	must(t, err)
	for !strings.HasSuffix(c.response, "\r\n\r\n") {
		c.response += string(c.receive(1))
	}
	return c
}

func (c *rawClient) send(frame string) {
	c.t.Helper()
	_, err := c.Write(unhex(c.t, frame))
	must(c.t, err)
}

func (c *rawClient) receive(n int) []byte {
	c.t.Helper()
	b := make([]byte, n)
	_, err := io.ReadFull(c, b)
	must(c.t, err)
	return b
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	must(t, err)
	return b
}

// spaced is hexadecimal as the page writes it.
func spaced(b []byte) string {
	return strings.TrimSuffix(strings.ReplaceAll(fmt.Sprintf("% x", b), "  ", " "), " ")
}

// upgrade is a right opening handshake for a path.
func upgrade(path string) []string {
	return []string{"GET " + path + " HTTP/1.1", "host: localhost", "UPGRADE: websocket", "Connection: keep-alive, Upgrade",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"}
}
