package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// The client's handshake of RFC 6455 §1.3, without Origin and subprotocols, line by line.
var sampleRequest = []string{
	"GET /chat HTTP/1.1",
	"Host: server.example.com",
	"Upgrade: websocket",
	"Connection: Upgrade",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	"Sec-WebSocket-Version: 13",
}

const sampleResponse = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

// sampleWith is the sample with the line that begins like a change replaced by it, or with the change added. A change
// that is a bare "Name:" takes the line away.
func sampleWith(changes ...string) string {
	lines := append([]string(nil), sampleRequest...)
	for _, change := range changes {
		begin, value, header := strings.Cut(change, ":")
		if !header {
			begin = "GET "
		}
		kept, found := lines[:0:0], false
		for _, line := range lines {
			if !strings.HasPrefix(line, begin) || found {
				kept = append(kept, line)
				continue
			}
			found = true
			if value != "" || !header {
				kept = append(kept, change)
			}
		}
		if !found {
			kept = append(kept, change)
		}
		lines = kept
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// echoService sends every message back until the client is gone.
func echoService(opts *Options) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r, opts)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			m, err := c.Receive(context.Background())
			if err != nil {
				return
			}
			c.Send(context.Background(), m)
		}
	}
}

// startServer serves handler on 127.0.0.1 until the test ends.
func startServer(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// dialTCP opens a TCP connection that cannot hang the test.
func dialTCP(t *testing.T, s *httptest.Server) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(10 * time.Second))
	return nc
}

// exchangeRaw writes raw bytes and reads to the end of the connection.
func exchangeRaw(t *testing.T, s *httptest.Server, raw string) string {
	t.Helper()
	nc := dialTCP(t, s)
	if _, err := io.WriteString(nc, raw); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(nc)
	if err != nil {
		t.Fatalf("after %q: %v", answer, err)
	}
	nc.Close()
	return string(answer)
}

// readHead reads an answer up to its empty line.
func readHead(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	var head strings.Builder
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", head.String(), err)
		}
		head.WriteString(line)
	}
	return head.String()
}

func TestSection4_2_1_Refusals(t *testing.T) {
	tests := []struct {
		name, request string
		status        string
		text          string   // part of the body
		header        []string // lines
	}{
		{"HTTP/1.0", sampleWith("GET / HTTP/1.0"), "400 Bad Request", "HTTP/1.0", nil},
		{"HTTP/1.0 keep-alive", sampleWith("GET / HTTP/1.0", "Connection: Upgrade, keep-alive"), "400 Bad Request", "HTTP/1.0", nil},
		{"POST", sampleWith("POST / HTTP/1.1"), "405 Method Not Allowed", `"POST"`, []string{"Allow: GET"}},
		{"a method of its own", sampleWith("get / HTTP/1.1"), "405 Method Not Allowed", `"get"`, []string{"Allow: GET"}},
		{"a page request", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "426 Upgrade Required", "Upgrade", []string{"Upgrade: websocket", "Connection: Upgrade"}},
		{"no Upgrade", sampleWith("Upgrade:"), "426 Upgrade Required", "Upgrade", []string{"Upgrade: websocket"}},
		{"other Upgrade", sampleWith("Upgrade: h2c, websockets, web socket"), "426 Upgrade Required", "Upgrade", []string{"Upgrade: websocket"}},
		{"no Connection", sampleWith("Connection:"), "400 Bad Request", "Connection", nil},
		{"other Connection", sampleWith("Connection: keep-alive"), "400 Bad Request", "Connection", nil},
		{"no version", sampleWith("Sec-WebSocket-Version:"), "426 Upgrade Required", "Sec-WebSocket-Version", []string{"Sec-WebSocket-Version: 13"}},
		{"version 8", sampleWith("Sec-WebSocket-Version: 8"), "426 Upgrade Required", "Sec-WebSocket-Version", []string{"Sec-WebSocket-Version: 13"}},
		{"version 013", sampleWith("Sec-WebSocket-Version: 013"), "426 Upgrade Required", "Sec-WebSocket-Version", []string{"Sec-WebSocket-Version: 13"}},
		{"version list", sampleWith("Sec-WebSocket-Version: 13, 8"), "426 Upgrade Required", "Sec-WebSocket-Version", []string{"Sec-WebSocket-Version: 13"}},
		{"version twice", sampleWith("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13"), "426 Upgrade Required", "once", nil},
		{"no key", sampleWith("Sec-WebSocket-Key:"), "400 Bad Request", "Sec-WebSocket-Key", nil},
		{"empty key", sampleWith("Sec-WebSocket-Key: "), "400 Bad Request", "Sec-WebSocket-Key", nil},
		{"short key", sampleWith("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA"), "400 Bad Request", "Sec-WebSocket-Key", nil},
		{"key twice", sampleWith("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), "400 Bad Request", "once", nil},
		{"Content-Length", sampleWith("Content-Length: 6") + "\x81\x80\x00\x00\x00\x00", "400 Bad Request", "body", nil},
		{"body announced, never sent", sampleWith("Content-Length: 5"), "400 Bad Request", "body", nil},
		{"chunked", sampleWith("Transfer-Encoding: chunked") + "2\r\n\x88\x80\r\n0\r\n\r\n", "400 Bad Request", "body", nil},
		{"body after 100-continue", sampleWith("Content-Length: 5", "Expect: 100-continue"), "400 Bad Request", "body", nil},
		{"subprotocol with a space", sampleWith("Sec-WebSocket-Protocol: a b"), "400 Bad Request", "Sec-WebSocket-Protocol", nil},
		{"subprotocol twice", sampleWith("Sec-WebSocket-Protocol: a, a"), "400 Bad Request", "Sec-WebSocket-Protocol", nil},
		{"no subprotocol", sampleWith("Sec-WebSocket-Protocol: "), "400 Bad Request", "Sec-WebSocket-Protocol", nil},
		{"extension without name", sampleWith("Sec-WebSocket-Extensions: ;a"), "400 Bad Request", "Sec-WebSocket-Extensions", nil},
		{"extension, open quote", sampleWith(`Sec-WebSocket-Extensions: a; b="c`), "400 Bad Request", "Sec-WebSocket-Extensions", nil},
		{"foreign Origin", sampleWith("Origin: http://evil.example"), "403 Forbidden", "Options.Origins", nil},
		{"null Origin", sampleWith("Origin: null"), "403 Forbidden", "Options.Origins", nil},
		{"Origin twice", sampleWith("Origin: http://server.example.com\r\nOrigin: http://server.example.com"), "403 Forbidden", "several", nil},

		// The order is fixed: each of these breaks its own rule and all that come later.
		{"order: version of HTTP", sampleWith("POST / HTTP/1.0", "Upgrade:"), "400 Bad Request", "HTTP/1.0", nil},
		{"order: method", sampleWith("POST / HTTP/1.1", "Upgrade:", "Content-Length: 3"), "405 Method Not Allowed", "GET", nil},
		{"order: Upgrade", sampleWith("Upgrade:", "Connection:"), "426 Upgrade Required", "Upgrade has", nil},
		{"order: Connection", sampleWith("Connection:", "Sec-WebSocket-Version:"), "400 Bad Request", "Connection", nil},
		{"order: version", sampleWith("Sec-WebSocket-Version:", "Sec-WebSocket-Key:"), "426 Upgrade Required", "Version", nil},
		{"order: key", sampleWith("Sec-WebSocket-Key:", "Content-Length: 3"), "400 Bad Request", "Key", nil},
		{"order: body", sampleWith("Content-Length: 3", "Sec-WebSocket-Protocol: a b"), "400 Bad Request", "body", nil},
		{"order: lists", sampleWith("Sec-WebSocket-Protocol: a b", "Origin: http://evil.example"), "400 Bad Request", "Protocol", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var calls atomic.Int32
			refused := make(chan error, 1)
			running := make(chan struct{})
			s := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				_, err := Accept(w, r, nil)
				refused <- err
				<-running // the handler has not returned when the client sees the end
			}))
			const next = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
			answer := exchangeRaw(t, s, test.request+next)
			close(running)
			err := <-refused

			head, body, _ := strings.Cut(answer, "\r\n\r\n")
			status, header, _ := strings.Cut(head+"\r\n", "\r\n")
			if status != "HTTP/1.1 "+test.status && status != "HTTP/1.0 "+test.status {
				t.Errorf("status line %q, want %s", status, test.status)
			}
			for _, line := range append(test.header, "Connection: close", "Content-Type: text/plain; charset=utf-8", "X-Content-Type-Options: nosniff") {
				if !strings.Contains("\r\n"+header, "\r\n"+line+"\r\n") {
					t.Errorf("the header has no %q:\n%s", line, header)
				}
			}
			if !strings.Contains(body, test.text) || strings.Count(body, "\n") != 1 || !strings.HasSuffix(body, "\n") {
				t.Errorf("body %q: want one line with %q", body, test.text)
			}
			var e *HandshakeError
			if !errors.As(err, &e) || test.status != strconv.Itoa(e.Status)+" "+http.StatusText(e.Status) || e.text()+"\n" != body {
				t.Errorf("error %v, want that of the answer", err)
			}
			if n := calls.Load(); n != 1 {
				t.Errorf("%d requests were served", n)
			}
		})
	}
}

// Input that nobody reads would make a close a reset, and a reset takes the answer with it.
func TestAcceptRefusalIsNotReset(t *testing.T) {
	s := startServer(t, echoService(nil))
	nc := dialTCP(t, s)
	io.WriteString(nc, sampleWith("Content-Length: 60000")+strings.Repeat("x", 30000))
	time.Sleep(50 * time.Millisecond) // the answer, and what came behind it, are here
	if _, err := io.WriteString(nc, strings.Repeat("x", 30000)); err != nil {
		t.Errorf("the rest of the body: %v", err)
	}
	if answer, err := io.ReadAll(nc); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("answer %q, %v", answer, err)
	}
}

func TestSection4_2_2_Accepts(t *testing.T) {
	many := strings.Repeat("X-Filler: 0\r\n", 5000)
	tests := []struct {
		name, request string
		opts          Options
		want          string // the header lines behind the sample's
	}{
		{"the sample", sampleWith(), Options{}, ""},
		{"lists, cases, several lines", sampleWith("Upgrade: foo, WebSocket", "Connection: keep-alive\r\nConnection: x,UPGRADE"), Options{}, ""},
		{"unknown headers", sampleWith("X-Unknown: \xff\xfe", "Sec-WebSocket-Unknown: 1"), Options{}, ""},
		{"5,000 headers", sampleWith("User-Agent: x\r\n" + many + "X-Last: 1"), Options{}, ""},
		{"HTTP/1.2", sampleWith("GET / HTTP/1.2"), Options{}, ""},
		{"Content-Length: 0", sampleWith("Content-Length: 0"), Options{}, ""},
		{"same Origin", sampleWith("Origin: http://server.example.com"), Options{}, ""},
		{"listed Origin", sampleWith("Origin: https://a.example"), Options{Origins: []string{"*.example"}}, ""},
		{"extension declined", sampleWith("Sec-WebSocket-Extensions: x-unknown; a=1; b=\"2\""), Options{}, ""},
		{"the server's order counts", sampleWith("Sec-WebSocket-Protocol: a, b"), Options{Subprotocols: []string{"c", "b", "a"}}, "Sec-WebSocket-Protocol: b\r\n"},
		{"offer on several lines", sampleWith("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b"), Options{Subprotocols: []string{"b"}}, "Sec-WebSocket-Protocol: b\r\n"},
		{"none in common", sampleWith("Sec-WebSocket-Protocol: a"), Options{Subprotocols: []string{"A"}}, ""},
		{"none spoken", sampleWith("Sec-WebSocket-Protocol: a"), Options{}, ""},
		{"none offered", sampleWith(), Options{Subprotocols: []string{"a"}}, ""},
		{"added header", sampleWith(), Options{Header: http.Header{"Set-Cookie": {"a=1", "b=2"}}}, "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := startServer(t, echoService(&test.opts))
			nc := dialTCP(t, s)
			io.WriteString(nc, test.request)
			if got, want := readHead(t, bufio.NewReader(nc)), sampleResponse+test.want+"\r\n"; got != want {
				t.Errorf("response\n%q, want\n%q", got, want)
			}
		})
	}
}

func TestAcceptChosenSubprotocolAndRequest(t *testing.T) {
	opened := make(chan *Conn, 1)
	s := startServer(t, Handler(func(ctx context.Context, c *Conn) error {
		opened <- c
		_, err := c.Receive(ctx)
		return err
	}, &Options{Subprotocols: []string{"v2", "v1"}}))
	io.WriteString(dialTCP(t, s), sampleWith("GET /path?q=1 HTTP/1.1", "Sec-WebSocket-Protocol: v1, v2"))
	c := <-opened
	defer c.CloseNow()
	if c.Subprotocol() != "v2" || c.Request().URL.String() != "/path?q=1" {
		t.Errorf("subprotocol %q, request for %v", c.Subprotocol(), c.Request().URL)
	}
}

// Bytes 80 to FF in any header of the handshake end in an answer of one clear ASCII line, or do not matter.
func TestAcceptBytesAbove7F(t *testing.T) {
	s := startServer(t, echoService(&Options{Subprotocols: []string{"chat"}}))
	tests := map[string]string{
		"Upgrade: websocket":                              "426",
		"Connection: Upgrade":                             "400",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==":     "400",
		"Sec-WebSocket-Version: 13":                       "426",
		"Sec-WebSocket-Protocol: chat":                    "400",
		"Sec-WebSocket-Extensions: permessage-deflate; a": "400",
		"Origin: http://server.example.com":               "403",
	}
	for line, status := range tests {
		for c := 0x80; c <= 0xFF; c++ {
			answer := exchangeRaw(t, s, sampleWith(line+string([]byte{byte(c)})))
			if !strings.HasPrefix(answer, "HTTP/1.1 "+status) || strings.Contains(answer, string([]byte{byte(c)})) {
				t.Fatalf("%s\\x%x: %q, want status %s in ASCII", line, c, answer, status)
			}
		}
	}
}

// An impatient client's frame may lie in the same packet as its request, or not: the service sees no difference.
func TestSection4_1_BytesBehindTheRequest(t *testing.T) {
	const frame = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58" // RFC 6455 §5.7: a masked "Hello"
	for cut := range len(frame) + 1 {
		s := startServer(t, echoService(nil))
		nc := dialTCP(t, s)
		r := bufio.NewReader(nc)
		io.WriteString(nc, sampleWith()+frame[:cut])
		readHead(t, r)
		io.WriteString(nc, frame[cut:])
		reply := make([]byte, 7)
		if _, err := io.ReadFull(r, reply); err != nil || string(reply) != "\x81\x05Hello" {
			t.Errorf("%d bytes with the request: reply %q, %v", cut, reply, err)
		}
	}
}

func TestAcceptBadOptions(t *testing.T) {
	tests := []struct {
		name  string
		opts  Options
		set   http.Header // by middleware
		field string
	}{
		{"negative limit", Options{Limits: Limits{Message: -1}}, nil, "Limits"},
		{"subprotocol no token", Options{Subprotocols: []string{"a b"}}, nil, "Subprotocols"},
		{"subprotocol empty", Options{Subprotocols: []string{""}}, nil, "Subprotocols"},
		{"subprotocol twice", Options{Subprotocols: []string{"a", "b", "a"}}, nil, "Subprotocols"},
		{"origin pattern", Options{Origins: []string{"http://a.example/"}}, nil, "Origins"},
		{"CR LF in a value", Options{Header: http.Header{"X-A": {"b\r\nSet-Cookie: c=d"}}}, nil, "Header"},
		{"NUL in a value", Options{Header: http.Header{"X-A": {"b\x00"}}}, nil, "Header"},
		{"CR LF in a name", Options{Header: http.Header{"X-A: b\r\nX-C": {"d"}}}, nil, "Header"},
		{"empty name", Options{Header: http.Header{"": {"d"}}}, nil, "Header"},
		{"Connection", Options{Header: http.Header{"Connection": {"close"}}}, nil, "Header"},
		{"Upgrade", Options{Header: http.Header{"upgrade": {"h2c"}}}, nil, "Header"},
		{"Content-Length", Options{Header: http.Header{"Content-Length": {"0"}}}, nil, "Header"},
		{"Transfer-Encoding", Options{Header: http.Header{"Transfer-Encoding": {"chunked"}}}, nil, "Header"},
		{"Sec-WebSocket-Accept", Options{Header: http.Header{"sec-websocket-accept": {"x"}}}, nil, "Header"},
		{"Sec-WebSocket-Protocol", Options{Header: http.Header{"Sec-WebSocket-Protocol": {"x"}}}, nil, "Header"},
		{"CR LF from middleware", Options{}, http.Header{"Set-Cookie": {"a=b\r\nX: y"}}, "Header"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			refused := make(chan error, 1)
			s := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for name, values := range test.set {
					w.Header()[name] = values
				}
				_, err := Accept(w, r, &test.opts)
				refused <- err
			}))
			answer := exchangeRaw(t, s, sampleWith())
			if !strings.HasPrefix(answer, "HTTP/1.1 500 ") || !strings.Contains(answer, "option "+test.field) {
				t.Errorf("answer %q", answer)
			}
			var option *OptionError
			if err := <-refused; !errors.As(err, &option) || option.Field != test.field {
				t.Errorf("error %v, want an OptionError for %s", err, test.field)
			}
		})
	}
}

func TestAcceptSendsHeadersOfMiddleware(t *testing.T) {
	s := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=1")
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Connection", "keep-alive")
		w.Header().Set("Transfer-Encoding", "chunked")
		w.Header().Set("Sec-WebSocket-Accept", "x")
		if c, err := Accept(w, r, &Options{Header: http.Header{"Set-Cookie": {"theme=dark"}}}); err != nil {
			t.Error(err)
		} else {
			c.CloseNow()
		}
	}))
	want := sampleResponse + "Set-Cookie: session=1\r\nSet-Cookie: theme=dark\r\n\r\n"
	if answer := exchangeRaw(t, s, sampleWith()); answer != want {
		t.Errorf("response\n%q, want\n%q", answer, want)
	}
}

// wrapped is a ResponseWriter that hides what is under it, but for Unwrap.
type wrapped struct{ under http.ResponseWriter }

func (w wrapped) Header() http.Header         { return w.under.Header() }
func (w wrapped) Write(p []byte) (int, error) { return w.under.Write(p) }
func (w wrapped) WriteHeader(status int)      { w.under.WriteHeader(status) }
func (w wrapped) Unwrap() http.ResponseWriter { return w.under }

func TestAcceptUnwrapsResponseWriters(t *testing.T) {
	s := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		echoService(nil)(wrapped{wrapped{w}}, r)
	}))
	nc := dialTCP(t, s)
	io.WriteString(nc, sampleWith())
	if got := readHead(t, bufio.NewReader(nc)); got != sampleResponse+"\r\n" {
		t.Errorf("response %q", got)
	}
	if answer := exchangeRaw(t, s, sampleWith("Upgrade:")); !strings.HasPrefix(answer, "HTTP/1.1 426 ") {
		t.Errorf("refusal %q", answer)
	}
}

func TestAcceptWriterThatCannotBeHijacked(t *testing.T) {
	refused := make(chan error, 1)
	accept := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := Accept(w, r, nil)
		refused <- err
	})
	s := startServer(t, http.TimeoutHandler(accept, time.Minute, ""))
	answer := exchangeRaw(t, s, sampleWith()+"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.1 500 ") || strings.Count(answer, "HTTP/1.1") != 1 || !strings.Contains(answer, "taken over") {
		t.Errorf("answer %q", answer)
	}
	if err := <-refused; !errors.Is(err, http.ErrNotSupported) {
		t.Errorf("error %v, want http.ErrNotSupported inside", err)
	}
}

func TestAcceptTwice(t *testing.T) {
	for _, first := range []string{sampleWith(), sampleWith("Upgrade:")} {
		again := make(chan error, 1)
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c, err := Accept(w, r, nil); err == nil {
				defer c.CloseNow()
			}
			_, err := Accept(w, r, nil)
			again <- err
		}))
		s.Config.ErrorLog = log.New(io.Discard, "", 0) // net/http tells of the second answer
		s.Start()
		defer s.Close()
		exchangeRaw(t, s, first)
		var e *HandshakeError
		if err := <-again; !errors.As(err, &e) {
			t.Errorf("after %q: error %v, want a HandshakeError", first, err)
		}
	}
}

func TestAcceptHTTP2(t *testing.T) {
	s := httptest.NewUnstartedServer(echoService(nil))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	answer, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if answer.ProtoMajor != 2 || answer.StatusCode != 400 || !strings.Contains(string(body), "HTTP/2.0") || err != nil {
		t.Errorf("%s %s, body %q, %v", answer.Proto, answer.Status, body, err)
	}
}

// Deadlines that net/http, middleware and Accept itself have set do not reach the connection.
func TestAcceptLeavesNoDeadline(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		soon := time.Now().Add(50 * time.Millisecond)
		if err := errors.Join(http.NewResponseController(w).SetReadDeadline(soon), http.NewResponseController(w).SetWriteDeadline(soon)); err != nil {
			t.Error(err)
		}
		echoService(&Options{Limits: Limits{Handshake: 100 * time.Millisecond}})(w, r)
	}))
	s.Config.ReadTimeout = 100 * time.Millisecond
	s.Config.WriteTimeout = 100 * time.Millisecond
	s.Start()
	defer s.Close()
	nc := dialTCP(t, s)
	r := bufio.NewReader(nc)
	io.WriteString(nc, sampleWith())
	readHead(t, r)
	time.Sleep(200 * time.Millisecond)
	io.WriteString(nc, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")
	reply := make([]byte, 7)
	if _, err := io.ReadFull(r, reply); err != nil || string(reply) != "\x81\x05Hello" {
		t.Errorf("reply %q, %v", reply, err)
	}
}

// pipeWriter is a ResponseWriter whose connection is one end of a pipe.
type pipeWriter struct {
	*httptest.ResponseRecorder
	nc net.Conn
}

func (w pipeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.nc, bufio.NewReadWriter(bufio.NewReader(w.nc), bufio.NewWriter(w.nc)), nil
}

// A client that never reads its response is given up after Limits.Handshake.
func TestAcceptResponseTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, nc := net.Pipe()
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(sampleWith())))
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		_, err = Accept(pipeWriter{httptest.NewRecorder(), nc}, r, &Options{Limits: Limits{Handshake: 3 * time.Second}})
		var e *HandshakeError
		if d := time.Since(begin); !errors.As(err, &e) || e.Status != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || d != 3*time.Second {
			t.Errorf("error %v after %v", err, d)
		}
		if _, err := client.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the connection is not closed: %v", err)
		}
	})
}

// Half a header and silence, and one byte at a time: http.Server.ReadHeaderTimeout ends both.
func TestAcceptSlowRequest(t *testing.T) {
	s := httptest.NewUnstartedServer(echoService(nil))
	s.Config.ReadHeaderTimeout = 100 * time.Millisecond
	s.Start()
	defer s.Close()
	if answer := exchangeRaw(t, s, sampleWith()[:60]); strings.Contains(answer, " 101 ") {
		t.Errorf("half a header: %q", answer)
	}
	nc := dialTCP(t, s)
	begin := time.Now()
	for _, c := range []byte(sampleWith()) {
		if _, err := nc.Write([]byte{c}); err != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if d := time.Since(begin); d > time.Second {
		t.Errorf("one byte at a time lasted %v", d)
	}
}

func TestAcceptFullRegistry(t *testing.T) {
	registry := &Registry{MaxConns: 1}
	filled := make(chan struct{})
	defer close(filled)
	s := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r, &Options{Registry: registry})
		if err == nil {
			defer c.CloseNow()
			<-filled
		}
	}))
	first := dialTCP(t, s)
	io.WriteString(first, sampleWith())
	readHead(t, bufio.NewReader(first))
	answer := exchangeRaw(t, s, sampleWith())
	if !strings.HasPrefix(answer, "HTTP/1.1 503 ") || !strings.Contains(answer, "\r\nRetry-After: 5\r\n") {
		t.Errorf("answer %q", answer)
	}
}

// Whoever chooses a Trace, and the Trace, may panic: net/http recovers, and would leave a connection open that was hijacked.
func TestAcceptPanicInATrace(t *testing.T) {
	for name, trace := range map[string]func(*http.Request) *Trace{
		"Options.Trace":   func(*http.Request) *Trace { panic("oh dear") },
		"Trace.Handshake": func(*http.Request) *Trace { return &Trace{Handshake: func(TraceHandshake) { panic("oh dear") }} },
	} {
		t.Run(name, func(t *testing.T) {
			opts := &Options{Registry: &Registry{MaxConns: 1}, Trace: trace}
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				Accept(w, r, opts)
				t.Error("there was no panic")
			}))
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.Start()
			defer s.Close()
			for range 3 { // each ends, and there is a place for the next
				if answer := exchangeRaw(t, s, sampleWith()); answer != sampleResponse+"\r\n" {
					t.Errorf("answer %q", answer)
				}
			}
		})
	}
}

func TestAcceptOverTLS(t *testing.T) {
	s := httptest.NewTLSServer(echoService(nil))
	defer s.Close()
	nc, err := tls.Dial("tcp", s.Listener.Addr().String(), s.Client().Transport.(*http.Transport).TLSClientConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	io.WriteString(nc, sampleWith())
	if got := readHead(t, bufio.NewReader(nc)); got != sampleResponse+"\r\n" {
		t.Errorf("response %q", got)
	}
	refused, err := tls.Dial("tcp", s.Listener.Addr().String(), s.Client().Transport.(*http.Transport).TLSClientConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Close()
	io.WriteString(refused, sampleWith("Connection:"))
	if answer, err := io.ReadAll(refused); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("refusal %q, %v", answer, err)
	}
}

func TestAcceptBehindReverseProxy(t *testing.T) {
	tests := []struct {
		name    string
		keep    bool // the proxy keeps Host
		origins []string
		want    string
	}{
		{"changed Host", false, nil, "403 Forbidden"},
		{"changed Host, Origins set", false, []string{"app.example"}, "101 Switching Protocols"},
		{"kept Host", true, nil, "101 Switching Protocols"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			service := startServer(t, echoService(&Options{Origins: test.origins}))
			target, err := url.Parse(service.URL)
			if err != nil {
				t.Fatal(err)
			}
			proxy := startServer(t, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				if test.keep {
					r.Out.Host = r.In.Host
				}
			}})
			nc := dialTCP(t, proxy)
			io.WriteString(nc, sampleWith("Host: app.example", "Origin: https://app.example"))
			r := bufio.NewReader(nc)
			head := readHead(t, r)
			if !strings.HasPrefix(head, "HTTP/1.1 "+test.want) {
				t.Fatalf("answer %q, want %s", head, test.want)
			}
			if test.want == "403 Forbidden" {
				if line, err := r.ReadString('\n'); err != nil || !strings.Contains(line, "Options.Origins") {
					t.Errorf("%q, %v: the answer does not say what to set", line, err)
				}
				return
			}
			io.WriteString(nc, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")
			reply := make([]byte, 7)
			if _, err := io.ReadFull(r, reply); err != nil || string(reply) != "\x81\x05Hello" {
				t.Errorf("reply %q, %v", reply, err)
			}
		})
	}
}

// No request crashes Accept, and none is accepted without the rules of §4.2.1.
func FuzzAccept(f *testing.F) {
	f.Add("GET", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "a, b", "x; y=z", "http://h")
	f.Add("POST", "", "", "8", "", "a,a", `x; y="z`, "null")
	f.Fuzz(func(t *testing.T, method, upgrade, connection, version, key, protocol, extensions, origin string) {
		r := &http.Request{Method: method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "h", Header: http.Header{
			"Upgrade": {upgrade}, "Connection": {connection}, "Sec-Websocket-Version": {version}, "Sec-Websocket-Key": {key},
			"Sec-Websocket-Protocol": {protocol}, "Sec-Websocket-Extensions": {extensions}, "Origin": {origin},
		}}
		w := httptest.NewRecorder() // which cannot be hijacked: 500 is what a good request gets
		_, err := Accept(w, r, &Options{Subprotocols: []string{"a"}})
		var e *HandshakeError
		if !errors.As(err, &e) || e.Status != w.Code {
			t.Fatalf("answered %d, error %v", w.Code, err)
		}
		body := strings.TrimSuffix(w.Body.String(), "\n")
		if strings.ContainsFunc(body, func(c rune) bool { return c < ' ' || c == 0x7f || c == 0xfffd }) {
			t.Fatalf("the answer holds raw bytes: %q", body)
		}
		good := method == "GET" && shared.HasToken([]string{upgrade}, "websocket") && shared.HasToken([]string{connection}, "upgrade") &&
			version == "13" && isKey(key)
		if e.Status == 500 && !good {
			t.Fatal("a bad request was accepted")
		}
	})
}
