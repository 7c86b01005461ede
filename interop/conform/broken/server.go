package broken

import (
	"bufio"
	"net"
	"strings"
	"sync"
)

// An Echo is an echo server with one fault, on a port of its own.
type Echo struct {
	listener net.Listener
	fault    *Fault
	done     chan struct{}
	wg       sync.WaitGroup
}

// Listen starts a server on 127.0.0.1; a nil fault makes it honest.
func Listen(fault *Fault) (*Echo, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &Echo{listener: listener, fault: fault, done: make(chan struct{})}
	e.wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			e.wg.Go(func() { e.serve(conn) })
		}
	})
	return e, nil
}

// URL is the server's address, with the scheme ws.
func (e *Echo) URL() string { return "ws://" + e.listener.Addr().String() + "/" }

// Close stops the server and ends its connections. It returns when no goroutine is left.
func (e *Echo) Close() {
	close(e.done)
	e.listener.Close()
	e.wg.Wait()
}

func (e *Echo) serve(conn net.Conn) {
	p := &peer{conn: conn, in: bufio.NewReader(conn), fault: e.fault, done: e.done}
	finished := make(chan struct{})
	defer close(finished)
	e.wg.Go(func() {
		select {
		case <-e.done:
		case <-finished:
		}
		conn.Close()
	})
	for {
		request, err := p.readHead()
		r := &refusal{400, ""}
		if err == nil {
			r = p.examine(request)
		}
		switch {
		case err == errTooLong:
			r = &refusal{431, ""}
		case err != nil && err != errMalformed:
			return
		}
		if r == nil {
			if p.accept(request) == nil {
				p.echo()
			}
			if p.died {
				e.listener.Close()
			}
			return
		}
		p.refuse(*r)
		if p.fault != ServesAfterRefusal {
			return
		}
	}
}

// A refusal is an answer that does not accept.
type refusal struct {
	status int
	line   string // of the header, beside the usual ones
}

// examine checks a request (RFC 6455 §4.2.1); nil is acceptable.
func (p *peer) examine(r head) *refusal {
	start := strings.Split(r.start, " ")
	keys, versions, hosts := r.values("Sec-WebSocket-Key"), r.values("Sec-WebSocket-Version"), r.values("Host")
	_, subprotocols := r.tokens("Sec-WebSocket-Protocol")
	_, extensions := parseExtensions(r.values("Sec-WebSocket-Extensions"))
	length := strings.Join(r.values("Content-Length"), ",")
	tell := "Sec-WebSocket-Version: 13"
	if p.fault == VersionUntold {
		tell = ""
	}
	f := p.fault
	switch {
	case len(start) != 3 || !strings.HasPrefix(start[2], "HTTP/"):
		return &refusal{400, ""}
	case start[2] != "HTTP/1.1" && f != TakesHTTP10:
		return &refusal{505, ""}
	case start[0] != "GET" && f != TakesPost:
		return &refusal{405, "Allow: GET"}
	case len(hosts) == 0 && f != TakesNoHost, len(hosts) > 1 && f != TakesHostTwice:
		return &refusal{400, ""}
	case strings.ContainsAny(strings.Join(hosts, ""), " \t/?#@"):
		return &refusal{400, ""}
	case !r.lists("Upgrade", "websocket") && f != TakesNoUpgrade:
		return &refusal{426, "Upgrade: websocket"}
	case !r.lists("Connection", "Upgrade") && f != TakesNoConnection:
		return &refusal{400, ""}
	case len(versions) == 0 && f != TakesNoVersion, len(versions) > 1 && f != TakesVersionTwice,
		len(versions) == 1 && versions[0] != "13" && !(f == TakesVersion12 && versions[0] == "12"):
		return &refusal{426, tell}
	case len(keys) == 0 && f != TakesNoKey, len(keys) > 1 && f != TakesKeyTwice,
		len(keys) == 1 && !isKey(keys[0]) && f != TakesAnyKey:
		return &refusal{400, ""}
	case (length != "" && length != "0" || len(r.values("Transfer-Encoding")) > 0) && f != TakesBody:
		return &refusal{400, ""}
	case !subprotocols && f != TakesBadSubprotocols, !extensions && f != TakesBadExtensions:
		return &refusal{400, ""}
	case f == RefusesUnknownHeaders && len(r.fields) > 8:
		return &refusal{400, ""}
	}
	if f == RefusesBadOffer {
		offers, _ := parseExtensions(r.values("Sec-WebSocket-Extensions"))
		for _, offer := range offers {
			if _, _, ok := offer.read(false, nil); !ok {
				return &refusal{400, ""}
			}
		}
	}
	return nil
}

// accept sends the answer to a good request (RFC 6455 §4.2.2).
func (p *peer) accept(r head) error {
	key := ""
	if keys := r.values("Sec-WebSocket-Key"); len(keys) > 0 {
		key = keys[0]
	}
	status, upgrade, connection := "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"
	accept, again := "Sec-WebSocket-Accept: "+acceptKey(key), ""
	subprotocol, extensions, ending := "", "", "\r\n"
	offers, _ := parseExtensions(r.values("Sec-WebSocket-Extensions"))
	answer, agreed := agree(offers, p.fault)
	if answer != "" {
		extensions = "Sec-WebSocket-Extensions: " + answer
		p.deflate = newDeflate(agreed, false, p.fault)
	}
	offered, _ := r.tokens("Sec-WebSocket-Protocol")
	switch p.fault {
	case WrongAccept:
		accept = "Sec-WebSocket-Accept: " + acceptKey("dGhlIHNhbXBsZSBub25jZQ==")
	case AcceptTwice:
		again = accept
	case AcceptMissing:
		accept = ""
	case UpgradeMissing:
		upgrade = ""
	case ConnectionMissing:
		connection = ""
	case Status200:
		status = "HTTP/1.1 200 OK"
	case AnswersHTTP10:
		status = "HTTP/1.0 101 Switching Protocols"
	case AnswersBareLF:
		ending = "\n"
	case AnswersFolded:
		connection = "Connection:\r\n Upgrade"
	case AnswersLength:
		again = "Content-Length: 0"
	case ChoosesUnoffered:
		subprotocol = "Sec-WebSocket-Protocol: nobody-asked"
	case ChoosesAll:
		if len(offered) > 0 {
			subprotocol = "Sec-WebSocket-Protocol: " + strings.Join(offered, ", ")
		}
	case ChoosesEmpty:
		subprotocol = "Sec-WebSocket-Protocol:"
	case AcceptsAnyExtension:
		if len(offers) > 0 && answer == "" {
			extensions = "Sec-WebSocket-Extensions: " + offers[0].name
		}
	case AddsExtension:
		extensions = "Sec-WebSocket-Extensions: permessage-deflate"
	}
	if p.fault == DropsEarlyFrames {
		p.in.Discard(p.in.Buffered())
	}
	return writeHead(p.conn, ending, status, upgrade, connection, accept, again, subprotocol, extensions)
}

// refuse sends an answer that does not accept, and ends the connection.
func (p *peer) refuse(r refusal) {
	if p.fault == RefusalWithoutAnswer {
		return
	}
	reasons := map[int]string{400: "Bad Request", 405: "Method Not Allowed", 426: "Upgrade Required",
		431: "Request Header Fields Too Large", 505: "HTTP Version Not Supported"}
	start := "HTTP/1.1 " + string([]byte{byte('0' + r.status/100), byte('0' + r.status/10%10), byte('0' + r.status%10)}) + " " + reasons[r.status]
	writeHead(p.conn, "\r\n", start, "Connection: close", r.line, "Content-Length: 0")
	switch p.fault {
	case RefusalKeepsOpen:
		<-p.done
	case ServesAfterRefusal:
	default:
		p.halfClose()
	}
}
