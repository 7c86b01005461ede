package conform

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"strings"
)

// A target is where a tested server is.
type target struct {
	secure  bool
	address string // host:port
	host    string // for the Host field
	path    string // with the query
}

func parseTarget(address string) (t target, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return t, err
	}
	port := "80"
	switch u.Scheme {
	case "ws":
	case "wss":
		t.secure, port = true, "443"
	default:
		return t, errors.New("not a ws or wss address: " + address)
	}
	if u.Hostname() == "" {
		return t, errors.New("no host in " + address)
	}
	t.host, t.path = u.Host, u.RequestURI()
	if u.Port() != "" {
		port = u.Port()
	}
	t.address = net.JoinHostPort(u.Hostname(), port)
	return t, nil
}

// dial connects to the server. Whose certificate it has is not what the suite asks.
func (t target) dial(ctx context.Context) (net.Conn, error) {
	if !t.secure {
		return new(net.Dialer).DialContext(ctx, "tcp", t.address)
	}
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}}
	return dialer.DialContext(ctx, "tcp", t.address)
}

// request returns the lines of a plain opening handshake, each without its end (RFC 6455 §4.1).
func (t target) request(key string) []string {
	return []string{
		"GET " + t.path + " HTTP/1.1",
		"Host: " + t.host,
		"Upgrade: websocket",
		"Connection: Upgrade",
		"Sec-WebSocket-Key: " + key,
		"Sec-WebSocket-Version: 13",
	}
}

func newKey() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

// joinLines makes a head of lines.
func joinLines(lines []string) []byte {
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n")
}

// open performs a plain opening handshake, with the case's extension if it has one, and starts the reader. A peer that
// does not get that far fails the case.
func (p *Peer) open() {
	if p.tested == Server {
		p.openAsClient()
	} else {
		p.openAsServer()
	}
}

func (p *Peer) openAsClient() {
	key := newKey()
	lines := p.target.request(key)
	if p.deflate != nil {
		lines = append(lines, "Sec-WebSocket-Extensions: "+p.deflate.offer)
	}
	p.sendHead(joinLines(lines))
	h := p.receiveHead()
	accept, _ := h.one("Sec-WebSocket-Accept")
	switch {
	case !strings.HasPrefix(h.line, "HTTP/1.1 101 "):
		p.fatal("answers the opening handshake with %q", h.line)
	case !h.has("Upgrade", "websocket") || !h.has("Connection", "Upgrade"):
		p.fatal("switches protocols without Upgrade: websocket and Connection: Upgrade (RFC 6455 §4.2.2)")
	case accept != acceptKey(key):
		p.fatal("answers the key with Sec-WebSocket-Accept: %q (RFC 6455 §4.2.2)", accept)
	}
	p.begin(p.agreeAsClient(h))
}

func (p *Peer) openAsServer() {
	key, ok := p.head.one("Sec-WebSocket-Key")
	if !ok || !p.head.has("Upgrade", "websocket") || !p.head.has("Connection", "Upgrade") {
		p.fatal("sends no opening handshake (RFC 6455 §4.1)")
	}
	lines := acceptance(key)
	inflater, answer := p.agreeAsServer(p.head)
	if answer != "" {
		lines = append(lines, "Sec-WebSocket-Extensions: "+answer)
	}
	p.sendHead(joinLines(lines))
	p.begin(inflater)
}

// acceptance returns the lines of an answer that accepts a request with this key, and nothing more (RFC 6455 §4.2.2).
func acceptance(key string) []string {
	return []string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + acceptKey(key)}
}

// dismiss accepts without an extension, and closes: a client need not have what the case is about, and what drives it
// through the cases may take a failed handshake for the end of them.
func (p *Peer) dismiss() {
	key, _ := p.head.one("Sec-WebSocket-Key")
	p.sendHead(joinLines(acceptance(key)))
	p.begin(nil)
	p.wire.send(closeFrame(1000, ""))
	for {
		if e, ok := p.wire.next(p.patience); !ok || e.ended || e.op == opClose {
			return
		}
	}
}

// sendHead writes an HTTP head.
func (p *Peer) sendHead(b []byte) {
	line, _, _ := strings.Cut(string(b[:min(len(b), lineBytes)]), "\r\n")
	p.log.addHead(true, line, b)
	p.conn.Write(b)
}

// receiveHead reads the head of the server's answer; one that does not come, or is none, ends the case as a failure.
func (p *Peer) receiveHead() head {
	h, err := readHead(p.reader)
	p.log.addHead(false, h.line, h.raw)
	if err != nil {
		p.end = endOf(err)
		p.fatal("answers the opening handshake with no valid header: %v", err)
	}
	return h
}

// begin starts the reading of frames.
func (p *Peer) begin(inflater *inflater) {
	p.wire = newWire(p.conn, p.reader, p.tested, inflater, p.log)
}

func bufferedReader(conn net.Conn) *bufio.Reader { return bufio.NewReaderSize(conn, 32<<10) }
