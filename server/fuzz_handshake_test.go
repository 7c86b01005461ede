package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/tandem/shared"
)

var plainKey = regexp.MustCompile(`^[A-Za-z0-9+/]{22}==$`)

// plainToken says whether the lines of a header list a token, as a plain reader has it.
func plainToken(lines []string, token string) bool {
	for _, line := range lines {
		for _, element := range strings.Split(line, ",") {
			if strings.EqualFold(strings.Trim(element, " \t"), token) {
				return true
			}
		}
	}
	return false
}

// acceptOver has Accept answer a request that net/http has parsed, over a pipe, and returns what was answered.
func acceptOver(r *http.Request, opts *Options) (answer []byte, err error) {
	client, nc := pipe()
	w := pipeWriter{httptest.NewRecorder(), nc}
	client.CloseWrite() // whoever is refused has nothing more to say
	c, err := Accept(w, r, opts)
	if err == nil {
		c.CloseNow()
	}
	nc.Close()
	answer, _ = io.ReadAll(client)
	if err != nil {
		w.Flush()
		return w.Body.Bytes(), err
	}
	return answer, nil
}

// FuzzAcceptRequest has a request in bytes go through net/http to Accept. It is accepted just when it has what RFC 6455
// §4.2.1 asks for, and the answer is one that net/http reads as the right one.
func FuzzAcceptRequest(f *testing.F) {
	for _, changes := range [][]string{{}, {"Upgrade: h2c, WebSocket"}, {"Connection: keep-alive, upgrade"}, {"Sec-WebSocket-Version: 8"},
		{"Sec-WebSocket-Key: short"}, {"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR=="}, {"Content-Length: 5"}, {"Origin: http://server.example.com"}, {"Origin: null"},
		{"Sec-WebSocket-Protocol: a, soap"}, {"Sec-WebSocket-Protocol: a a"}, {"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"},
		{"Sec-WebSocket-Extensions: x; y=\"z"}, {"POST /chat HTTP/1.1"}, {"GET /chat HTTP/1.0"}, {"Transfer-Encoding: chunked"}} {
		f.Add([]byte(sampleWith(changes...)))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		h := r.Header
		_, noTokens := shared.ParseTokens(h.Values("Sec-WebSocket-Protocol"))
		_, noExtensions := shared.ParseExtensions(h.Values("Sec-WebSocket-Extensions"))
		key := h["Sec-Websocket-Key"]
		good := r.Method == "GET" && r.ProtoMajor == 1 && r.ProtoMinor >= 1 && plainToken(h["Upgrade"], "websocket") && plainToken(h["Connection"], "upgrade") &&
			slices.Equal(h["Sec-Websocket-Version"], []string{"13"}) && len(key) == 1 && plainKey.MatchString(key[0]) &&
			r.ContentLength == 0 && len(r.TransferEncoding) == 0 && noTokens == nil && noExtensions == nil && len(h["Origin"]) == 0
		answer, err := acceptOver(r, &Options{Subprotocols: []string{"soap"}, Compression: &Compression{}})
		if accepted := err == nil; good && !accepted || accepted && !good && len(h["Origin"]) == 0 {
			t.Fatalf("good is %v, Accept gives %v", good, err)
		}
		if err != nil {
			return
		}
		sum := sha1.Sum([]byte(key[0] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		got, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), r)
		if err != nil || got.StatusCode != 101 || got.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) {
			t.Fatalf("answer %q, %v", answer, err)
		}
		if chosen := got.Header.Values("Sec-WebSocket-Protocol"); len(chosen) > 1 || len(chosen) == 1 && (chosen[0] != "soap" || !strings.Contains(h.Get("Sec-WebSocket-Protocol")+strings.Join(h["Sec-Websocket-Protocol"], ","), "soap")) {
			t.Fatalf("chose %q", chosen)
		}
	})
}

// FuzzKey compares isKey with the form of 16 bytes in base64.
func FuzzKey(f *testing.F) {
	for _, key := range []string{"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZQ==\n", "dGhlIHNhbXBsZSBub25j\nQ==", "dGhl-HNhbXBsZSBub25jZQ==", ""} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if got, want := isKey(key), plainKey.MatchString(key); got != want {
			t.Fatalf("%q: %v, want %v", key, got, want)
		}
	})
}

// FuzzHeaderLine adds a header line to an answer and to a request. What Accept and Dial take, net/http reads back as that
// one line and nothing else: no value breaks out of it.
func FuzzHeaderLine(f *testing.F) {
	for _, line := range [][2]string{{"Set-Cookie", "a=b; Path=/"}, {"X", "a\r\nInjected: yes"}, {"X: y\r\nZ", "a"}, {"X", "tab\there"}, {"X", "\x00"}, {"X", "\u00e9"}, {"", "a"}, {"upgrade", "h2c"}, {"x-a", " a "}} {
		f.Add(line[0], line[1])
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		header := http.Header{name: {value}}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(sampleWith())))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := acceptOver(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := http.ReadResponse(bufio.NewReader(bytes.NewReader(plain)), r)
		if answer, err := acceptOver(r, &Options{Header: header}); err == nil {
			got, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), r)
			if err != nil {
				t.Fatalf("%q: %q reads as %v", name, answer, err)
			}
			checkOneMore(t, want.Header, got.Header, name, value)
		}

		var request []byte
		_, err = Dial(t.Context(), "ws://h/", &DialOptions{Proxy: directly, Header: header, NetDial: func(context.Context, string, string) (net.Conn, error) {
			a, b := pipe()
			b.Write([]byte("HTTP/1.1 403 x\r\n\r\n"))
			b.CloseWrite()
			return readBack{a, b, &request}, nil
		}})
		if err == nil {
			t.Fatal("connected")
		}
		if len(request) == 0 {
			return // refused before anything was sent
		}
		got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
		if err != nil {
			t.Fatalf("%q: %q reads as %v", name, request, err)
		}
		bare := http.Header{}
		for _, own := range []string{"Upgrade", "Connection", "Sec-Websocket-Key", "Sec-Websocket-Version"} {
			bare[own] = got.Header[own]
		}
		checkOneMore(t, bare, got.Header, name, value)
	})
}

// A readBack keeps what was written when it is closed.
type readBack struct {
	*pipeEnd
	other *pipeEnd
	wrote *[]byte
}

func (c readBack) Close() error {
	c.pipeEnd.CloseWrite()
	if *c.wrote == nil {
		*c.wrote, _ = io.ReadAll(c.other)
	}
	return c.pipeEnd.Close()
}

func checkOneMore(t *testing.T, without, with http.Header, name, value string) {
	t.Helper()
	name = http.CanonicalHeaderKey(name)
	if got := with[name]; len(got) != 1 || got[0] != strings.Trim(value, " \t") {
		t.Fatalf("%q: %q was read as %q", name, value, got)
	}
	if len(with) != len(without)+1 {
		t.Fatalf("%q: %q made the header %q", name, value, with)
	}
}

// FuzzResponse has any answer follow Dial's request, with the right Sec-WebSocket-Accept where "{accept}" stands. What
// Dial agrees to, a plain reading of RFC 6455 §4.1 agrees to as well, on what net/http reads.
func FuzzResponse(f *testing.F) {
	for _, text := range []string{switching + "\r\n", switching + "Sec-WebSocket-Protocol: soap\r\n\r\n", switching + "Sec-WebSocket-Protocol: other\r\n\r\n",
		switching + "Sec-WebSocket-Extensions: x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n",
		"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Accept: {accept}\r\n\r\n\x81\x00", "HTTP/1.1 101\r\nUpgrade : websocket\r\n\r\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got string
		c, err := Dial(t.Context(), "ws://h/", &DialOptions{Proxy: directly, Subprotocols: []string{"soap"}, NetDial: func(context.Context, string, string) (net.Conn, error) {
			a, b := pipe()
			return answering{a, b, text, &got}, nil
		}})
		if err != nil {
			if text == switching+"\r\n" {
				t.Fatalf("%q was refused: %v", got, err)
			}
			return
		}
		c.CloseNow()
		r, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got)), &http.Request{Method: "GET"})
		if err != nil || r.StatusCode != 101 || r.Proto != "HTTP/1.1" || len(r.Header["Upgrade"]) != 1 || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") ||
			!plainToken(r.Header["Connection"], "upgrade") || len(r.Header["Sec-Websocket-Accept"]) != 1 || !strings.Contains(text, "{accept}") ||
			len(r.Header["Sec-Websocket-Extensions"]) != 0 || len(r.Header["Sec-Websocket-Protocol"]) > 1 {
			t.Fatalf("%q was agreed to, %v", got, err)
		}
		if s := c.Subprotocol(); s != r.Header.Get("Sec-WebSocket-Protocol") || s != "" && s != "soap" {
			t.Fatalf("%q: subprotocol %q", got, s)
		}
	})
}

// An answering connection answers the request that is written to it, and ends.
type answering struct {
	*pipeEnd
	other *pipeEnd
	text  string
	got   *string
}

func (c answering) Write(b []byte) (int, error) {
	if r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b))); err == nil {
		*c.got = strings.ReplaceAll(c.text, "{accept}", acceptKey(r.Header.Get("Sec-WebSocket-Key")))
		c.other.Write([]byte(*c.got)[:min(len(*c.got), pipeSize)])
		c.other.CloseWrite()
	}
	return len(b), nil
}

// FuzzProxy asks proxies with any user, password and host for a tunnel. net/http reads the request as that, and nothing else.
func FuzzProxy(f *testing.F) {
	f.Add("http://proxy.example:3128", "h:1")
	f.Add("http://joan:se%3Acret@[::1]", "example.com")
	f.Add("http://%0d%0a:%00@p", "[::1]:9")
	f.Fuzz(func(t *testing.T, proxy, host string) {
		p, err := url.Parse(proxy)
		if err != nil || p.Scheme != "http" {
			return
		}
		u, err := shared.ParseURL("ws://" + host + "/")
		if err != nil {
			return
		}
		var request []byte
		var dialled string
		Dial(t.Context(), u.String(), &DialOptions{Proxy: http.ProxyURL(p), NetDial: func(_ context.Context, _, address string) (net.Conn, error) {
			dialled = address
			a, b := pipe()
			b.Write([]byte("HTTP/1.1 403 x\r\n\r\n"))
			b.CloseWrite()
			return readBack{a, b, &request}, nil
		}})
		if len(request) == 0 {
			return
		}
		if name, port, err := net.SplitHostPort(dialled); err != nil || name != p.Hostname() || port != p.Port() && p.Port() != "" {
			t.Fatalf("%q: dialled %q", proxy, dialled)
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
		if err != nil || r.Method != "CONNECT" || r.Host != u.Address || r.RequestURI != u.Address {
			t.Fatalf("%q asks %q", proxy, request)
		}
		if len(r.Header) > 1 || p.User == nil && len(r.Header) > 0 {
			t.Fatalf("%q asks %q", proxy, request)
		}
		if p.User != nil {
			password, _ := p.User.Password()
			as := &http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
			name, got, ok := as.BasicAuth()
			if want := p.User.Username(); !ok || name+":"+got != want+":"+password {
				t.Fatalf("%q: user %q, password %q", proxy, name, got)
			}
		}
	})
}
