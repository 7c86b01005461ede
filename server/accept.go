package server

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"net"
	"net/http"
	"slices"
	"time"

	"example.com/tandem/shared"
)

// Accept answers a client's opening handshake and takes the connection over from net/http (RFC 6455 §4.2).
//
// What it looks at, in this order, and how it refuses:
//
//	500  opts, or a header set on w before, cannot be used (an [OptionError])
//	400  HTTP/1.0 or HTTP/2: the handshake needs HTTP/1.1
//	405  the method is not GET (the answer has Allow: GET)
//	426  Upgrade does not list "websocket" (the answer has Upgrade: websocket)
//	400  Connection does not list "Upgrade"
//	426  Sec-WebSocket-Version is not there once, as 13 (the answer has Sec-WebSocket-Version: 13)
//	400  Sec-WebSocket-Key is not there once, as 16 bytes in base64
//	400  there is a request body, which would be read as frames
//	400  Sec-WebSocket-Protocol or Sec-WebSocket-Extensions is malformed
//	403  the Origin is neither the request's host nor in opts.Origins
//	503  opts.Registry is full or shutting down (the answer has Retry-After)
//	500  the connection cannot be taken over from w (http.Hijacker)
//
// The error is a [*HandshakeError] with that status. The client has had its answer then, one line of text/plain, and the
// handler has only to return. A refusal says Connection: close, and the TCP connection is closed before Accept
// returns, at most half a second later, so that nothing the client sent behind its request is ever served: a proxy may
// take that for the inside of a tunnel. (If w cannot be hijacked, net/http closes it when the handler returns.)
//
// Accept finds the connection through w's Unwrap methods, as [http.ResponseController] does. Header lines that
// were set on w before, by middleware, are sent too, but for those that describe a body or belong to the
// handshake. Deadlines that were set before are gone: how long a client may take over its request is the business
// of http.Server.ReadHeaderTimeout, and opts.Limits.Handshake bounds the writing of the response.
//
// Bytes that came right behind the request are taken as frames. A client ought to wait for the response (§4.1), but
// whether its impatience shows depends on how the network cut its bytes into packets, and that must not decide.
//
// opts may be nil. The connection outlives r and its context. On Linux, over TCP and unix sockets, it goes on with a
// duplicate of the descriptor, and the net.Conn is closed: whoever has kept that, from http.Server.ConnState, cannot reach
// the connection with it any more. A Registry can.
func Accept(w http.ResponseWriter, r *http.Request, opts *Options) (*Conn, error) {
	if opts == nil {
		opts = new(Options)
	}
	return accept(w, r, opts, nil)
}

// accept is Accept for a connection that is to hold on to the request within, if that is not nil.
func accept(w http.ResponseWriter, r *http.Request, opts *Options, within *http.Request) (*Conn, error) {
	s, e := opts.consider(w, r)
	if e != nil {
		return nil, refuse(w, r, e)
	}
	s.request = within
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.place.release()
		return nil, refuse(w, r, refusal(http.StatusInternalServerError, "the connection cannot be taken over", err))
	}
	s.early = emptyBuffers(rw)
	if nc, err = s.answer(nc, w, r, opts); err != nil {
		s.place.release()
		nc.Close()
		return nil, &HandshakeError{Problem: "the response could not be sent", Err: err}
	}
	return newConn(nc, s), nil
}

// consider decides what to answer, and reserves a place.
func (o *Options) consider(w http.ResponseWriter, r *http.Request) (*setup, *HandshakeError) {
	s, origins, err := o.check(w.Header())
	if err != nil {
		return nil, refusal(http.StatusInternalServerError, "the server is not set up well", err)
	}
	if e := examine(r); e != nil {
		return nil, e
	}
	if e := s.negotiate(r, o); e != nil {
		return nil, e
	}
	if problem := origins.check(r.Header.Values("Origin"), r.Host); problem != "" {
		return nil, refusal(http.StatusForbidden, problem, nil)
	}
	s.place, err = o.Registry.reserve(r.RemoteAddr)
	if e, full := errors.AsType[*HandshakeError](err); full {
		return nil, e
	}
	return s, nil
}

// answer sends the response that accepts. It returns the connection as it was before it was recorded.
func (s *setup) answer(nc net.Conn, w http.ResponseWriter, r *http.Request, opts *Options) (net.Conn, error) {
	nc, request := unrecord(nc)
	response := switchingProtocols(r.Header.Get("Sec-WebSocket-Key"), s, w.Header(), opts.Header)
	err := nc.SetDeadline(time.Now().Add(s.limits.Handshake)) // in place of any that was there
	if err == nil {
		_, err = nc.Write(response)
	}
	nc.SetDeadline(time.Time{})
	if err == nil && opts.Trace != nil {
		s.choose(opts.Trace, r, request, response, nc)
	}
	return nc, err
}

// choose has the application choose a Trace, and shows it the handshake. If either panics, which net/http recovers from,
// neither the connection nor the place is left.
func (s *setup) choose(trace func(*http.Request) *Trace, r *http.Request, request, response []byte, nc net.Conn) {
	chosen := false
	defer func() {
		if !chosen {
			s.place.release()
			nc.Close()
		}
	}()
	s.trace = trace(r)
	s.trace.handshake(request, response, nc)
	chosen = true
}

// check refuses options that cannot be used, and header lines of middleware, set, that cannot be sent.
func (o *Options) check(set http.Header) (s *setup, origins originRules, err error) {
	s = new(setup)
	if s.limits, err = o.Limits.withDefaults(); err != nil {
		return s, origins, &OptionError{"Limits", err.Error()}
	}
	if s.policy, err = o.Compression.withDefaults(); err != nil {
		return s, origins, err
	}
	if err := cmp.Or(checkSubprotocols(o.Subprotocols), checkHeader(o.Header), checkHeaderGrammar(set)); err != nil {
		return s, origins, err
	}
	origins, problem := parseOrigins(o.Origins)
	if problem != nil {
		return s, origins, problem
	}
	return s, origins, nil
}

// examine checks what every opening handshake has to have (RFC 6455 §4.2.1). net/http has refused a request
// without exactly one Host already.
func examine(r *http.Request) *HandshakeError {
	key, version := r.Header.Values("Sec-WebSocket-Key"), r.Header.Values("Sec-WebSocket-Version")
	switch {
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		return refusal(http.StatusBadRequest, "a WebSocket opens over HTTP/1.1, this is "+quote(r.Proto), nil)
	case r.Method != http.MethodGet:
		return refusal(http.StatusMethodNotAllowed, "a WebSocket opens with GET, this is "+quote(r.Method), nil)
	case !shared.HasToken(r.Header.Values("Upgrade"), "websocket"):
		return refusal(http.StatusUpgradeRequired, "this is a WebSocket: Upgrade has to list websocket", nil)
	case !shared.HasToken(r.Header.Values("Connection"), "Upgrade"):
		return refusal(http.StatusBadRequest, "Connection has to list Upgrade", nil)
	case len(version) != 1 || version[0] != "13":
		return refusal(http.StatusUpgradeRequired, "Sec-WebSocket-Version has to be 13, once", nil)
	case len(key) != 1 || !isKey(key[0]):
		return refusal(http.StatusBadRequest, "Sec-WebSocket-Key has to be 16 bytes in base64, once", nil)
	case r.ContentLength != 0 || len(r.TransferEncoding) != 0:
		return refusal(http.StatusBadRequest, "a WebSocket opens with a request that has no body", nil)
	}
	return nil
}

// negotiate chooses from what the client offers (RFC 6455 §4.2.2, step 5). An extension that is not known, or offered
// in a way that can't be kept, is declined; but an offer outside the grammar is refused (§9.1).
func (s *setup) negotiate(r *http.Request, opts *Options) *HandshakeError {
	offered, err := shared.ParseTokens(r.Header.Values("Sec-WebSocket-Protocol"))
	if err != nil {
		return refusal(http.StatusBadRequest, "Sec-WebSocket-Protocol", err)
	}
	extensions, err := shared.ParseExtensions(r.Header.Values("Sec-WebSocket-Extensions"))
	if err != nil {
		return refusal(http.StatusBadRequest, "Sec-WebSocket-Extensions", err)
	}
	s.compression = s.policy.accept(extensions)
	for _, subprotocol := range opts.Subprotocols {
		if slices.Contains(offered, subprotocol) {
			s.subprotocol = subprotocol
			break
		}
	}
	return nil
}

// switchingProtocols is the response that accepts (RFC 6455 §4.2.2, step 5), with the header lines that others
// have set and that the options add.
func switchingProtocols(key string, s *setup, set, added http.Header) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
	b.WriteString("Sec-WebSocket-Accept: " + acceptKey(key) + "\r\n")
	if s.subprotocol != "" {
		b.WriteString("Sec-WebSocket-Protocol: " + s.subprotocol + "\r\n")
	}
	if s.compression != nil {
		b.WriteString("Sec-WebSocket-Extensions: " + s.compression.extensions + "\r\n")
	}
	for name, values := range set {
		if !isHandshakeField(name) && !describesBody(name) {
			writeLines(&b, name, values)
		}
	}
	for name, values := range added {
		writeLines(&b, name, values)
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// emptyBuffers takes the bytes that came behind the request, and gives the memory of both buffers back: 8 KiB that
// net/http's server would otherwise hold for as long as the connection is open.
func emptyBuffers(rw *bufio.ReadWriter) (early []byte) {
	held, _ := rw.Reader.Peek(rw.Reader.Buffered())
	early = bytes.Clone(held)
	*rw.Reader, *rw.Writer = bufio.Reader{}, bufio.Writer{}
	return early
}

// writeLines writes the header lines of one name; both were found to be good.
func writeLines(b *bytes.Buffer, name string, values []string) {
	for _, value := range values {
		b.WriteString(name + ": " + value + "\r\n")
	}
}
