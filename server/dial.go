package server

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/tandem/shared"
)

// DialOptions are what [Dial] can be told. The zero value is what most need. Dial only reads them: one value may
// serve any number of calls at once.
type DialOptions struct {
	// Limits bounds what the connection may cost; Limits.Handshake bounds the whole of Dial.
	Limits Limits

	// Subprotocols are offered to the server, the most wanted first; it chooses one or none, see
	// [Conn.Subprotocol]. They are unique tokens (RFC 6455 §4.1).
	Subprotocols []string

	// Compression is offered to the server; see [Conn.Extensions] for what came of it. nil: none is offered.
	Compression *Compression

	// Header is added to the request, as for Authorization, Cookie or Origin. Host and the handshake's own fields
	// (Connection, Upgrade, Content-Length, Transfer-Encoding, Sec-WebSocket-* and the like) are an error. To reach
	// a host at another address than its own, see NetDial.
	Header http.Header

	// NetDial makes the TCP connection to addr, "host:port", of the server or of the proxy; network is "tcp". It has
	// to return when its context ends. On Linux a *net.TCPConn or *net.UnixConn is closed after the handshake, and
	// a duplicate of its descriptor used. nil: a net.Dialer.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)

	// TLS is for wss and for https proxies. It is cloned; ServerName is the host's name unless set, and the only
	// protocol offered is http/1.1. nil: certificates are checked against the system's roots.
	TLS *tls.Config

	// Proxy chooses the proxy for a request, whose URL has the scheme http for ws and https for wss; nil is none.
	// Proxies are http or https, may have a user and password, and are asked to CONNECT for both schemes. A nil
	// function is http.ProxyFromEnvironment, which reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY the first time it is
	// called in the life of a program, and connects to localhost without a proxy.
	Proxy func(*http.Request) (*url.URL, error)

	// Trace is what the connection is traced with. nil: nothing.
	Trace *Trace

	// Registry counts and caps the connections, and closes them all on Shutdown. nil: none.
	Registry *Registry
}

// Dial opens a connection to a ws or wss address (RFC 6455 §4.1). opts may be nil.
//
// ctx and Limits.Handshake bound the whole: name lookup, TCP, proxy, TLS and the server's answer. Once Dial has
// returned, ctx has no influence on the connection.
//
// A malformed address is a [*shared.URLError], a mistake in opts an [*OptionError], each before anything is sent.
// Every other error is a [*HandshakeError]: of an answer with another status than 101 it has the status, the header and
// the first KiB of the body. Redirects are not followed: the answer's Location is in its header. If ctx or the limit
// ran out, the error matches context.DeadlineExceeded or context.Canceled. The answer's header may be 64 KiB.
func Dial(ctx context.Context, url string, opts *DialOptions) (*Conn, error) {
	if ctx == nil {
		return nil, ErrNilContext
	}
	if opts == nil {
		opts = new(DialOptions)
	}
	u, err := shared.ParseURL(url)
	if err != nil {
		return nil, err
	}
	s, err := opts.check()
	if err != nil {
		return nil, err
	}
	place, err := opts.Registry.reserve(u.Address)
	if e, full := errors.AsType[*HandshakeError](err); full {
		return nil, &HandshakeError{Problem: e.Problem} // with no status: nobody was asked
	}
	defer func() {
		if s.place == nil { // also after a panic in what opts has for it to call
			place.release()
		}
	}()
	bounded, cancel := context.WithTimeout(ctx, s.limits.Handshake)
	defer cancel()
	nc, err := opts.open(bounded, u, s)
	if err != nil {
		return nil, explain(ctx, bounded, err)
	}
	s.place = place
	return newConn(nc, s), nil
}

// check refuses what must not be sent.
func (o *DialOptions) check() (s *setup, err error) {
	s = new(setup)
	s.client = true
	if err := cmp.Or(checkSubprotocols(o.Subprotocols), checkHeader(o.Header)); err != nil {
		return s, err
	}
	if s.limits, err = o.Limits.withDefaults(); err != nil {
		return s, &OptionError{"Limits", err.Error()}
	}
	s.policy, err = o.Compression.withDefaults()
	return s, err
}

// explain gives err the end of a context as its cause, if that is what it comes from: the connection is closed at
// that moment, and all that err says is that it was.
func explain(ctx, bounded context.Context, err error) error {
	e, ok := errors.AsType[*HandshakeError](err)
	if !ok {
		e = &HandshakeError{Problem: "no valid answer from the server", Err: err}
	}
	if e.Status != 0 || bounded.Err() == nil {
		return e
	}
	problem := e.Problem
	if ctx.Err() == nil {
		problem += " within Limits.Handshake"
	}
	return &HandshakeError{Problem: problem, Err: contextError("Dial", bounded)}
}

// open connects, and performs the opening handshake on the connection. s gets what comes out of that.
func (o *DialOptions) open(ctx context.Context, u shared.URL, s *setup) (nc net.Conn, err error) {
	proxy, err := o.proxyFor(ctx, u)
	if err != nil {
		return nil, err
	}
	address := u.Address
	if proxy != nil {
		address = proxyAddress(proxy)
	}
	dial := o.NetDial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	tcp, err := dial(ctx, "tcp", address)
	if err == nil && tcp == nil {
		err = errors.New("NetDial returned neither a connection nor an error")
	}
	if err != nil {
		return nil, &HandshakeError{Problem: "no connection to " + quote(address), Err: err}
	}
	if err := tcp.SetDeadline(time.Time{}); err != nil { // NetDial may have left one
		tcp.Close()
		return nil, &HandshakeError{Problem: "deadlines do not work on the connection to " + quote(address), Err: err}
	}
	stop := context.AfterFunc(ctx, func() { tcp.Close() })
	nc, err = o.shakeHands(ctx, tcp, proxy, u, s)
	if !stop() && err == nil {
		err = ctx.Err() // and the connection is closed, or about to be
	}
	if err != nil {
		tcp.Close()
	}
	return nc, err
}

// shakeHands goes up from TCP: through the proxy, TLS, the opening handshake.
func (o *DialOptions) shakeHands(ctx context.Context, nc net.Conn, proxy *url.URL, u shared.URL, s *setup) (_ net.Conn, err error) {
	if proxy != nil {
		if nc, err = o.connectThrough(ctx, nc, proxy, u.Address); err != nil {
			return nil, err
		}
	}
	if u.Secure {
		if nc, err = o.startTLS(ctx, nc, cmp.Or(o.serverName(), u.Hostname)); err != nil {
			return nil, err
		}
	}
	key := newKey()
	request := o.request(u, key, s.policy.offer())
	if _, err = nc.Write(request); err != nil {
		return nil, &HandshakeError{Problem: "the request could not be sent", Err: err}
	}
	answer, err := readResponse(nc, &http.Request{Method: http.MethodGet})
	if err != nil {
		return nil, err
	}
	if err = answer.verify(key, o.Subprotocols, s); err != nil {
		return nil, err
	}
	s.early, s.trace = answer.behind, o.Trace
	s.trace.handshake(request, answer.header, nc)
	return nc, nil
}

// request is the opening handshake's request (RFC 6455 §4.1).
func (o *DialOptions) request(u shared.URL, key, extensions string) []byte {
	var b bytes.Buffer
	b.WriteString("GET " + u.Target + " HTTP/1.1\r\nHost: " + u.Host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
	b.WriteString("Sec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: 13\r\n")
	if len(o.Subprotocols) > 0 {
		b.WriteString("Sec-WebSocket-Protocol: " + strings.Join(o.Subprotocols, ", ") + "\r\n")
	}
	if extensions != "" {
		b.WriteString("Sec-WebSocket-Extensions: " + extensions + "\r\n")
	}
	o.Header.Write(&b)
	b.WriteString("\r\n")
	return b.Bytes()
}

func (o *DialOptions) serverName() string {
	if o.TLS == nil {
		return ""
	}
	return o.TLS.ServerName
}

// startTLS begins TLS with the host of that name, and checks its certificate.
func (o *DialOptions) startTLS(ctx context.Context, nc net.Conn, serverName string) (net.Conn, error) {
	config := o.TLS.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	config.ServerName = serverName
	config.NextProtos = []string{"http/1.1"}
	secure := tls.Client(nc, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, &HandshakeError{Problem: "no TLS with " + quote(serverName), Err: err}
	}
	return secure, nil
}
