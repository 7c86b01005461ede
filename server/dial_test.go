package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// directly is the Proxy function for no proxy.
var directly = http.ProxyURL(nil)

// scripted are options whose connection ends at script instead of a server. The connection is closed when script
// returns.
func scripted(script func(nc net.Conn)) *DialOptions {
	return &DialOptions{Proxy: directly, NetDial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			script(server)
		}()
		return client, nil
	}}
}

// answer reads a request from nc and writes text, in which "{accept}" stands for the right Sec-WebSocket-Accept.
func answer(nc net.Conn, text string) {
	r, err := http.ReadRequest(bufio.NewReader(nc))
	if err != nil {
		return
	}
	io.WriteString(nc, strings.ReplaceAll(text, "{accept}", acceptKey(r.Header.Get("Sec-WebSocket-Key"))))
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"

func TestSection4_1_Request(t *testing.T) {
	tests := []struct {
		name, url string
		opts      DialOptions
		want      string // {key} is the key
	}{
		{"plain", "ws://Example.com", DialOptions{},
			"GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"},
		{"default port, query", "ws://example.com:80/a%20b?c=d", DialOptions{},
			"GET /a%20b?c=d HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"},
		{"port, IPv6, all options", "ws://[::1]:8080/", DialOptions{Subprotocols: []string{"v2", "v1"}, Header: http.Header{"Origin": {"http://a.example"}, "Cookie": {"a=b"}}},
			"GET / HTTP/1.1\r\nHost: [::1]:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n" +
				"Sec-WebSocket-Protocol: v2, v1\r\nCookie: a=b\r\nOrigin: http://a.example\r\n\r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := make(chan string, 1)
			opts := scripted(func(nc net.Conn) {
				b := make([]byte, 4096)
				n, _ := nc.Read(b) // one write: over the pipe it is one read
				got <- string(b[:n])
			})
			opts.Subprotocols, opts.Header = test.opts.Subprotocols, test.opts.Header
			if _, err := Dial(t.Context(), test.url, opts); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("error %v, want io.ErrUnexpectedEOF", err)
			}
			request := <-got
			_, rest, _ := strings.Cut(request, "Sec-WebSocket-Key: ")
			key, _, _ := strings.Cut(rest, "\r\n")
			if want := strings.Replace(test.want, "{key}", key, 1); request != want || !isKey(key) {
				t.Errorf("request\n%q, want\n%q", request, want)
			}
		})
	}
}

func TestSection4_1_Response(t *testing.T) {
	const tail = "\r\n"
	tests := []struct {
		name, response string
		status         int
		want           string // in the error; "" is success
	}{
		{"right", switching + tail, 101, ""},
		{"letter case", "HTTP/1.1 101 x\r\nUPGRADE: WebSocket\r\nconnection: keep-alive, upgrade\r\nsec-websocket-accept:{accept}\r\n" + tail, 101, ""},
		{"no reason phrase", strings.Replace(switching, "Switching Protocols", "", 1) + tail, 101, ""},
		{"unknown headers", switching + "X: \xff\r\n" + tail, 101, ""},
		{"subprotocol", switching + "Sec-WebSocket-Protocol: chat\r\n" + tail, 101, ""},

		{"200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "did not switch"},
		{"interim answers", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + switching + tail, 101, ""},
		{"interim answers without end", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 3000) + switching + tail, 0, "longer than 64 KiB"},
		{"an interim answer, then 403", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 No\r\n\r\n", 403, "did not switch"},
		{"an interim answer that is malformed", "HTTP/1.1 100 Continue\r\noops\r\n\r\n" + switching + tail, 0, "malformed line"},
		{"folded lines", switching + "X: a\r\n b\r\n\tc: d\r\n" + tail, 101, ""},
		{"HTTP/1.0", strings.Replace(switching, "1.1", "1.0", 1) + tail, 101, "HTTP/1.0"},
		{"HTTP/1.2", strings.Replace(switching, "1.1", "1.2", 1) + tail, 101, "HTTP/1.2"},
		{"HTTP/2", "HTTP/2.0 101 x\r\n\r\n", 0, `"HTTP/2."`},
		{"not HTTP", "SSH-2.0-OpenSSH_9.6\r\n", 0, `"SSH-2.0"`},
		{"TLS", "\x15\x03\x01\x00\x02\x02\x0a", 0, `"\x15\x03\x01\x00\x02\x02\n"`},
		{"status of two digits", "HTTP/1.1 10 x\r\n\r\n", 0, "malformed"},
		{"no Upgrade", strings.Replace(switching, "Upgrade: websocket\r\n", "", 1) + tail, 101, "Upgrade"},
		{"other Upgrade", strings.Replace(switching, "websocket", "websocket2", 1) + tail, 101, "Upgrade"},
		{"Upgrade twice", switching + "Upgrade: websocket\r\n" + tail, 101, "Upgrade"},
		{"no Connection", strings.Replace(switching, "Connection: Upgrade\r\n", "", 1) + tail, 101, "Connection"},
		{"other Connection", strings.Replace(switching, "Connection: Upgrade", "Connection: close", 1) + tail, 101, "Connection"},
		{"no Accept", strings.Replace(switching, "Sec-WebSocket-Accept: {accept}\r\n", "", 1) + tail, 101, "Accept"},
		{"wrong Accept", strings.Replace(switching, "{accept}", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 1) + tail, 101, "Accept"},
		{"Accept in lower case", strings.Replace(switching, "{accept}", "x{accept}", 1) + tail, 101, "Accept"},
		{"Accept twice", switching + "Sec-WebSocket-Accept: {accept}\r\n" + tail, 101, "Accept"},
		{"extension", switching + "Sec-WebSocket-Extensions: permessage-deflate\r\n" + tail, 101, `"permessage-deflate"`},
		{"malformed extension", switching + "Sec-WebSocket-Extensions: \xff\r\n" + tail, 101, "Extensions"},
		{"empty extension", switching + "Sec-WebSocket-Extensions:\r\n" + tail, 101, "Extensions"},
		{"foreign subprotocol", switching + "Sec-WebSocket-Protocol: Chat\r\n" + tail, 101, `"Chat"`},
		{"empty subprotocol", switching + "Sec-WebSocket-Protocol:\r\n" + tail, 101, `""`},
		{"two subprotocols", switching + "Sec-WebSocket-Protocol: chat, superchat\r\n" + tail, 101, `"chat, superchat"`},
		{"subprotocol twice", switching + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n" + tail, 101, "several"},
		{"a folded line of the Accept", strings.Replace(switching, "{accept}", "{accept}\r\n x", 1) + tail, 101, "Accept"},
		{"a folded line before any other", strings.Replace(switching, "\r\n", "\r\n x: y\r\n", 1) + tail, 0, "malformed line"},
		{"bare LF", strings.Replace(switching, "\r\n", "\n", 1) + tail, 0, "control character"},
		{"bare CR", switching + "X: a\rb\r\n" + tail, 0, "control character"},
		{"NUL", switching + "X: \x00\r\n" + tail, 0, "control character"},
		{"line without colon", switching + "oops\r\n" + tail, 0, "malformed line"},
		{"space before colon", switching + "X : y\r\n" + tail, 0, "malformed line"},
		{"cut off", switching, 0, "unexpected EOF"},
		{"nothing", "", 0, "unexpected EOF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			opts := scripted(func(nc net.Conn) { answer(nc, test.response) })
			opts.Subprotocols = []string{"chat", "superchat"}
			c, err := Dial(t.Context(), "ws://example.com/", opts)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(test.response, "chat") != (c.Subprotocol() == "chat") {
					t.Errorf("subprotocol %q", c.Subprotocol())
				}
				c.CloseNow()
				return
			}
			var e *HandshakeError
			if !errors.As(err, &e) || e.Status != test.status || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want status %d and %q", err, test.status, test.want)
			}
		})
	}
}

func TestDialBytesAbove7F(t *testing.T) {
	problems := map[string]string{"Upgrade": "Upgrade", "Connection": "Connection", "Sec-WebSocket-Accept": "Accept",
		"Sec-WebSocket-Protocol": "subprotocol", "Sec-WebSocket-Extensions": "Extensions"}
	for _, line := range []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}", "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: x"} {
		name, _, _ := strings.Cut(line, ":")
		for b := 0x80; b <= 0xFF; b++ {
			bad := line + string([]byte{byte(b)}) + "\r\n"
			text := switching + bad
			if strings.Contains(switching, line) {
				text = strings.Replace(switching, line+"\r\n", bad, 1)
			}
			opts := scripted(func(nc net.Conn) { answer(nc, text+"\r\n") })
			opts.Subprotocols = []string{"chat"}
			if _, err := Dial(t.Context(), "ws://example.com/", opts); err == nil || !strings.Contains(err.Error(), problems[name]) {
				t.Fatalf("%q: error %v", bad, err)
			}
		}
	}
}

// What lies behind the response's header is the first frame, wherever the network cuts it.
func TestSection4_1_BytesBehindTheResponse(t *testing.T) {
	const frame = "\x81\x05Hello"
	for cut := range len(frame) + 1 {
		opts := scripted(func(nc net.Conn) {
			answer(nc, switching+"\r\n"+frame[:cut])
			io.WriteString(nc, frame[cut:])
		})
		c, err := Dial(t.Context(), "ws://example.com/", opts)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "Hello" {
			t.Errorf("%d bytes with the response: message %q, %v", cut, m, err)
		}
		c.CloseNow()
	}
}

func TestDialBadArguments(t *testing.T) {
	tests := []struct {
		name  string
		opts  DialOptions
		field string
	}{
		{"negative limit", DialOptions{Limits: Limits{Handshake: -1}}, "Limits"},
		{"subprotocol with CR LF", DialOptions{Subprotocols: []string{"a\r\nX: y"}}, "Subprotocols"},
		{"subprotocol no token", DialOptions{Subprotocols: []string{"a,b"}}, "Subprotocols"},
		{"subprotocol empty", DialOptions{Subprotocols: []string{""}}, "Subprotocols"},
		{"subprotocol not ASCII", DialOptions{Subprotocols: []string{"é"}}, "Subprotocols"},
		{"subprotocol twice", DialOptions{Subprotocols: []string{"a", "a"}}, "Subprotocols"},
		{"CR LF in a value", DialOptions{Header: http.Header{"Cookie": {"a=b\r\nX: y"}}}, "Header"},
		{"LF in a value", DialOptions{Header: http.Header{"Cookie": {"a=b\nX: y"}}}, "Header"},
		{"name no token", DialOptions{Header: http.Header{"X Y": {"a"}}}, "Header"},
		{"Host", DialOptions{Header: http.Header{"host": {"a"}}}, "Header"},
		{"Connection", DialOptions{Header: http.Header{"Connection": {"close"}}}, "Header"},
		{"Content-Length", DialOptions{Header: http.Header{"Content-Length": {"3"}}}, "Header"},
		{"Sec-WebSocket-Key", DialOptions{Header: http.Header{"Sec-WebSocket-Key": {"a"}}}, "Header"},
		{"Sec-WebSocket-Protocol", DialOptions{Header: http.Header{"Sec-Websocket-Protocol": {"a"}}}, "Header"},
	}
	never := func(context.Context, string, string) (net.Conn, error) {
		t.Error("a connection was made")
		return nil, net.ErrClosed
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.opts.NetDial = never
			var e *OptionError
			if _, err := Dial(t.Context(), "ws://example.com/", &test.opts); !errors.As(err, &e) || e.Field != test.field {
				t.Errorf("error %v, want an OptionError for %s", err, test.field)
			}
		})
	}
	for _, address := range []string{"http://example.com", "ws:///", "ws://example.com/#a", "ws://example.com:99999/", "ws://u:secret@example.com"} {
		var e *shared.URLError
		if _, err := Dial(t.Context(), address, &DialOptions{NetDial: never}); !errors.As(err, &e) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v, want a URLError", address, err)
		}
	}
}

func TestDialNilContext(t *testing.T) {
	var none context.Context
	_, err := Dial(none, "ws://example.com/", &DialOptions{NetDial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("a connection was made")
		return nil, net.ErrClosed
	}})
	if err != ErrNilContext {
		t.Error(err)
	}
}

// A closingConn remembers that it was closed.
type closingConn struct {
	net.Conn
	closed bool
}

func (c *closingConn) Close() error { c.closed = true; return c.Conn.Close() }

// TestDialBadNetDial has a NetDial return nothing, and a connection without deadlines.
func TestDialBadNetDial(t *testing.T) {
	a, b := pipe()
	defer b.Close()
	watched := &closingConn{Conn: a}
	for want, nc := range map[string]net.Conn{"neither": nil, "deadlines do not work": deafConn{watched}} {
		g := new(Registry)
		var e *HandshakeError
		_, err := Dial(t.Context(), "ws://example.com/", &DialOptions{Proxy: directly, Registry: g,
			NetDial: func(context.Context, string, string) (net.Conn, error) { return nc, nil }})
		if !errors.As(err, &e) || e.Status != 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		if g.places != 0 {
			t.Error("a place is kept")
		}
	}
	if !watched.closed {
		t.Error("the connection was left open")
	}
}

func TestDialRefused(t *testing.T) {
	long := strings.Repeat("x", 5000)
	tests := []struct {
		name, response string
		status         int
		body           string
	}{
		{"short body", "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n", 403, "no\n"},
		{"long body", "HTTP/1.1 500 x\r\nContent-Length: 5000\r\n\r\n" + long, 500, long[:1024]},
		{"chunked body", "HTTP/1.1 503 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 503, "abcde"},
		{"body up to the end", "HTTP/1.0 404 x\r\n\r\nabc", 404, "abc"},
		{"body cut off", "HTTP/1.1 404 x\r\nContent-Length: 9\r\n\r\nabc", 404, "abc"},
		{"no body", "HTTP/1.1 204 x\r\n\r\n", 204, ""},
		{"redirect", "HTTP/1.1 301 x\r\nLocation: ws://other.example/\r\nContent-Length: 0\r\n\r\n", 301, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Dial(t.Context(), "ws://example.com/", scripted(func(nc net.Conn) { answer(nc, test.response) }))
			var e *HandshakeError
			if !errors.As(err, &e) || e.Status != test.status || string(e.Body) != test.body {
				t.Fatalf("error %+v, want status %d and body %q", e, test.status, test.body)
			}
			if test.name == "redirect" && e.Header.Get("Location") != "ws://other.example/" {
				t.Errorf("header %v has no Location", e.Header)
			}
		})
	}
}

// A header without end is refused at 64 KiB, and one that comes byte by byte costs no more than one in one piece.
func TestDialEndlessHeader(t *testing.T) {
	for _, piece := range []string{"x", strings.Repeat("X-Filler: 0\r\n", 100)} {
		begin := "HTTP/1.1 101 x\r\nX: "
		if len(piece) > 1 {
			begin = "HTTP/1.1 101 x\r\n"
		}
		sent := make(chan int, 1)
		opts := scripted(func(nc net.Conn) {
			answer(nc, begin)
			n := len(begin)
			for n < 20<<20 {
				k, err := io.WriteString(nc, piece)
				if n += k; err != nil {
					break
				}
			}
			sent <- n
		})
		_, err := Dial(t.Context(), "ws://example.com/", opts)
		if err == nil || !strings.Contains(err.Error(), "64 KiB") {
			t.Errorf("error %v", err)
		}
		if n := <-sent; n > 192<<10 {
			t.Errorf("%d bytes were read", n)
		}
	}
}

func TestReadHeaderBound(t *testing.T) {
	for extra, want := range []bool{true, false} {
		header := "HTTP/1.1 101 x\r\n\r\n"
		header = "HTTP/1.1 101 " + strings.Repeat("x", maxResponseHeader-len(header)+1+extra) + "\r\n\r\n"
		if _, _, err := readHeader(strings.NewReader(header+"frames"), nil); (err == nil) != want {
			t.Errorf("%d bytes of header: %v", len(header), err)
		}
	}
}

// Wherever Dial waits, Limits.Handshake and the context end it, and the connection is closed.
func TestDialTimeLimit(t *testing.T) {
	silent := func(nc net.Conn) { io.Copy(io.Discard, nc) }
	stages := []struct {
		name, url string
		opts      func() *DialOptions
	}{
		{"connecting", "ws://h/", func() *DialOptions {
			return &DialOptions{Proxy: directly, NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}}
		}},
		{"sending the request", "ws://h/", func() *DialOptions {
			return scripted(func(nc net.Conn) { nc.Write([]byte{0}) }) // reads nothing
		}},
		{"silence", "ws://h/", func() *DialOptions { return scripted(silent) }},
		{"half a header", "ws://h/", func() *DialOptions {
			return scripted(func(nc net.Conn) { answer(nc, "HTTP/1.1 101 Sw"); silent(nc) })
		}},
		{"one byte a second", "ws://h/", func() *DialOptions {
			return scripted(func(nc net.Conn) {
				answer(nc, "")
				for _, c := range []byte(switching + "\r\n") {
					if time.Sleep(time.Second); write(nc, c) != nil {
						return
					}
				}
			})
		}},
		{"TLS", "wss://h/", func() *DialOptions { return scripted(silent) }},
		{"proxy", "ws://h/", func() *DialOptions {
			o := scripted(silent)
			o.Proxy = http.ProxyURL(mustURL("http://proxy.example"))
			return o
		}},
		{"TLS with the proxy", "ws://h/", func() *DialOptions {
			o := scripted(silent)
			o.Proxy = http.ProxyURL(mustURL("https://proxy.example"))
			return o
		}},
	}
	why := errors.New("changed my mind")
	for _, stage := range stages {
		t.Run(stage.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				_, err := Dial(t.Context(), stage.url, stage.opts())
				if d := time.Since(begin); d != 10*time.Second || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "Limits.Handshake") {
					t.Errorf("Limits.Handshake: %v after %v", err, d)
				}

				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				begin = time.Now()
				_, err = Dial(ctx, stage.url, stage.opts())
				if d := time.Since(begin); d != 3*time.Second || !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "Limits.Handshake") {
					t.Errorf("deadline: %v after %v", err, d)
				}

				ctx, cancelCause := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancelCause(why) })
				begin = time.Now()
				_, err = Dial(ctx, stage.url, stage.opts())
				if d := time.Since(begin); d != time.Second || !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
					t.Errorf("cancelled: %v after %v", err, d)
				}
				// The bubble fails if a goroutine is left then: each script goes on until its connection is closed.
				time.Sleep(time.Minute)
			})
		})
	}
}

// A refusal whose body never ends is still that refusal.
func TestDialRefusalWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := Dial(t.Context(), "ws://h/", scripted(func(nc net.Conn) {
			answer(nc, "HTTP/1.1 403 x\r\n\r\nabc")
			io.Copy(io.Discard, nc)
		}))
		var e *HandshakeError
		if !errors.As(err, &e) || e.Status != 403 || string(e.Body) != "abc" {
			t.Errorf("error %v", err)
		}
	})
}

// Once Dial has returned, neither its context nor its time limit, nor a deadline that NetDial had set, is felt.
func TestDialLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := scripted(func(nc net.Conn) {
			time.Sleep(5 * time.Second)
			answer(nc, switching+"\r\n")
			time.Sleep(20 * time.Second)
			io.WriteString(nc, "\x81\x05Hello")
		})
		dial := opts.NetDial
		opts.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := dial(ctx, network, addr)
			nc.SetDeadline(time.Now().Add(time.Second))
			return nc, err
		}
		ctx, cancel := context.WithCancel(t.Context())
		c, err := Dial(ctx, "ws://h/", opts)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "Hello" {
			t.Errorf("message %q, %v", m, err)
		}
	})
}

func TestDialNoListener(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	_, err = Dial(t.Context(), "ws://"+address, nil)
	var op *net.OpError
	if !errors.As(err, &op) || !strings.Contains(err.Error(), address) {
		t.Errorf("error %v, want a *net.OpError that names %s", err, address)
	}
}

func TestDialRegistry(t *testing.T) {
	s := startServer(t, echoService(nil))
	address := "ws" + strings.TrimPrefix(s.URL, "http")
	opts := &DialOptions{Registry: &Registry{MaxConns: 1}}
	for range 2 { // a failed Dial and an ended connection give their place back
		if _, err := Dial(t.Context(), "ws://127.0.0.1:1/", opts); err == nil {
			t.Fatal("port 1 answered")
		}
		c, err := Dial(t.Context(), address, opts)
		if err != nil {
			t.Fatal(err)
		}
		var e *HandshakeError
		if _, err := Dial(t.Context(), address, opts); !errors.As(err, &e) || e.Status != 0 {
			t.Errorf("over the cap: %v, want a HandshakeError without status", err)
		}
		c.CloseNow()
	}
}

// tlsServer starts an echo service with a certificate for example.com and 127.0.0.1, and gives its address and roots.
func tlsServer(t *testing.T) (address string, roots *x509.CertPool) {
	s := httptest.NewUnstartedServer(echoService(nil))
	s.EnableHTTP2 = true // and a client must not ask for it
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
}

func TestSection4_1_TLS(t *testing.T) {
	address, roots := tlsServer(t)
	to := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	var unknown x509.UnknownAuthorityError
	if _, err := Dial(t.Context(), "wss://"+address, nil); !errors.As(err, &unknown) {
		t.Errorf("self-signed: %v, want x509.UnknownAuthorityError", err)
	}
	var name x509.HostnameError
	if _, err := Dial(t.Context(), "wss://other.test", &DialOptions{NetDial: to, Proxy: directly, TLS: &tls.Config{RootCAs: roots}}); !errors.As(err, &name) {
		t.Errorf("another host's certificate: %v, want x509.HostnameError", err)
	}
	if _, err := Dial(t.Context(), "wss://"+address, &DialOptions{TLS: &tls.Config{RootCAs: roots, ServerName: "other.test"}}); !errors.As(err, &name) {
		t.Errorf("ServerName of the options: %v, want x509.HostnameError", err)
	}
	config := &tls.Config{RootCAs: roots, NextProtos: []string{"h2"}}
	c, err := Dial(t.Context(), "wss://example.com", &DialOptions{NetDial: to, Proxy: directly, TLS: config})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if config.ServerName != "" || !slices.Equal(config.NextProtos, []string{"h2"}) {
		t.Errorf("the options' tls.Config was changed: %+v", config)
	}
	if err := c.Send(t.Context(), shared.Text("Hello")); err != nil {
		t.Fatal(err)
	}
	if m, err := c.Receive(t.Context()); err != nil || m.String() != "Hello" {
		t.Errorf("message %q, %v", m, err)
	}
}

func TestDialServerName(t *testing.T) {
	for url, want := range map[string]string{"wss://Example.com:8443/": "example.com", "wss://[::1]/": "", "wss://127.0.0.1/": ""} {
		asked := make(chan *tls.ClientHelloInfo, 1)
		Dial(t.Context(), url, scripted(func(nc net.Conn) {
			tls.Server(nc, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
				asked <- hello
				return nil, errors.New("enough")
			}}).Handshake()
		}))
		if hello := <-asked; hello.ServerName != want || !slices.Equal(hello.SupportedProtos, []string{"http/1.1"}) {
			t.Errorf("%s: SNI %q, ALPN %q", url, hello.ServerName, hello.SupportedProtos)
		}
	}
}

func write(w io.Writer, c byte) error {
	_, err := w.Write([]byte{c})
	return err
}

// readHeader finds the same end however its input is cut, and never takes more than its bound.
func FuzzReadHeader(f *testing.F) {
	f.Add([]byte("HTTP/1.1 101 x\r\nA: b\r\n\r\n\x81\x00"), 1)
	f.Add([]byte("HTTP/1.1 101 x\r\n\r\r\n\r\n"), 3)
	f.Fuzz(func(t *testing.T, input []byte, piece int) {
		header, behind, err := readHeader(bytes.NewReader(input), nil)
		cut, _, cutErr := readHeader(&pieces{input, max(1, piece%7)}, nil)
		if (err == nil) != (cutErr == nil) || !bytes.Equal(header, cut) {
			t.Fatalf("whole: %q %v, in pieces: %q %v", header, err, cut, cutErr)
		}
		if err == nil && (!bytes.HasPrefix(input, append(slices.Clone(header), behind...)) || bytes.Index(header, []byte("\r\n\r\n")) != len(header)-4) {
			t.Fatalf("header %q, behind %q of %q", header, behind, input)
		}
		if r, err := readResponse(bytes.NewReader(input), nil); err == nil {
			r.verify("", nil, new(setup))
		}
	})
}

// pieces reads b in pieces of n bytes.
type pieces struct {
	b []byte
	n int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.n)], p.b)
	p.b = p.b[n:]
	return n, nil
}
