package broken

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// errAnswer is the end of a client that did not like the server's answer.
var errAnswer = errors.New("broken: the server's answer is not acceptable")

// late is how long a client keeps a connection that it should give up, if that is its fault.
const late = 1400 * time.Millisecond

// Dial connects to a ws address as a client with one fault, nil for an honest one, and echoes what comes until the
// connection ends, or ctx does. It offers permessage-deflate. The error tells why no connection came about.
func Dial(ctx context.Context, address string, fault *Fault) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	p := &peer{conn: conn, in: bufio.NewReader(conn), client: true, fault: fault, done: ctx.Done()}
	if err := p.open(u); err != nil {
		switch fault {
		case ClosesRefused:
			p.writeFrame(true, 0, opClose, []byte{0x03, 0xEA})
		case KeepsRefused:
			<-p.done
		case GivesUpLate, DeclinesLate:
			select {
			case <-time.After(late):
			case <-p.done:
			}
		}
		return err
	}
	p.echo()
	return nil
}

// open performs the opening handshake (RFC 6455 §4.1).
func (p *peer) open(u *url.URL) error {
	nonce := make([]byte, 16)
	rand.Read(nonce)
	switch p.fault {
	case SameKey:
		nonce = []byte("the same as ever")
	case ShortKey:
		nonce = nonce[:15]
	}
	key := base64.StdEncoding.EncodeToString(nonce)
	start, host := "GET "+u.RequestURI()+" HTTP/1.1", "Host: "+u.Host
	upgrade, connection := "Upgrade: websocket", "Connection: Upgrade"
	version, extra := "Sec-WebSocket-Version: 13", ""
	extensions := "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
	switch p.fault {
	case KeyTwice:
		extra = "Sec-WebSocket-Key: " + key
	case Version12:
		version = "Sec-WebSocket-Version: 12"
	case VersionTwice:
		extra = version
	case NoHost:
		host = ""
	case HostWithoutPort:
		host = "Host: " + u.Hostname()
	case AsksByPost:
		start = "POST " + u.RequestURI() + " HTTP/1.1"
	case AsksHTTP10:
		start = "GET " + u.RequestURI() + " HTTP/1.0"
	case AsksNoUpgrade:
		upgrade = ""
	case AsksNoConnection:
		connection = ""
	case OffersMalformed:
		extensions = "Sec-WebSocket-Extensions:"
	}
	err := writeHead(p.conn, "\r\n", start, host, upgrade, connection, "Sec-WebSocket-Key: "+key, version, extra, extensions)
	if err != nil {
		return err
	}
	if p.fault == DoesNotWait {
		p.writeFrame(true, 0, opPong, nil)
	}
	answer, err := p.readHead()
	for err == nil && answer.interim() {
		answer, err = p.readHead()
	}
	if err != nil {
		return err
	}
	if p.fault == DropsBehindAnswer {
		p.in.Discard(p.in.Buffered())
	}
	if p.fault == SkipsBody && len(answer.values("Content-Length")) > 0 {
		p.in.Discard(p.in.Buffered())
	}
	if !p.verify(answer, acceptKey(key)) {
		return errAnswer
	}
	return nil
}

// verify reports whether the server agreed to what it was asked, and to nothing else.
func (p *peer) verify(a head, want string) bool {
	f := p.fault
	version, status, _ := strings.Cut(a.start, " ")
	status, _, _ = strings.Cut(status, " ")
	accept, upgrade := a.values("Sec-WebSocket-Accept"), a.values("Upgrade")
	extensions, ok := parseExtensions(a.values("Sec-WebSocket-Extensions"))
	switch {
	case version != "HTTP/1.1" && !(f == TakesHTTP10Answer && version == "HTTP/1.0"):
		return false
	case status != "101" && !(f == Takes200 && status == "200") && f != TakesAnyStatus:
		return false
	case (len(upgrade) != 1 || !a.lists("Upgrade", "websocket") || !isToken(upgrade[0])) && f != NeedsNoUpgrade:
		return false
	case !a.lists("Connection", "Upgrade") && f != NeedsNoConnection:
		return false
	case len(a.values("Sec-WebSocket-Protocol")) > 0 && f != TakesSubprotocol:
		return false
	case !ok && f != TakesExtension:
		return false
	}
	switch {
	case len(accept) == 0:
		ok = f == NeedsNoAccept
	case len(accept) > 1:
		ok = f == TakesAcceptTwice && len(slices.Compact(accept)) == 1 && accept[0] == want
	default:
		ok = accept[0] == want || f == BelievesAccept || f == AcceptAnyCase && strings.EqualFold(accept[0], want)
	}
	if !ok {
		return false
	}
	for i, e := range extensions {
		if i > 0 || e.name != "permessage-deflate" {
			if f != TakesExtension {
				return false
			}
			continue
		}
		agreed, _, ok := e.read(true, f)
		if !ok {
			return false
		}
		p.deflate = newDeflate(agreed, true, f)
	}
	return true
}

// interim reports whether another answer follows (RFC 9110 §15.2).
func (h head) interim() bool {
	_, status, _ := strings.Cut(h.start, " ")
	status, _, _ = strings.Cut(status, " ")
	n, err := strconv.Atoi(status)
	return err == nil && len(status) == 3 && n < 200 && n != 101
}
