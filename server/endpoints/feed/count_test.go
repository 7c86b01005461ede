package feed

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/tandem/server"
)

func (s site) costs(path string) map[string]cost {
	s.t.Helper()
	_, body := s.get(path + "/counts")
	var c struct {
		Counted    bool
		Transports map[string]cost
	}
	if err := json.Unmarshal([]byte(body), &c); err != nil || !c.Counted {
		s.t.Fatalf("%s: %v", body, err)
	}
	return c.Transports
}

// costs waits until a transport's are these.
func (s site) expectCost(path, transport string, want cost) {
	s.t.Helper()
	var got cost
	until(s.t, transport, func() bool { got = s.costs(path)[transport]; return got.In >= want.In && got.Out >= want.Out })
	if got != want {
		s.t.Errorf("%s: %+v, want %+v", transport, got, want)
	}
}

// Every byte of a request and of its answer is charged to its transport, also when one connection serves several, and
// what is in between to nobody.
func TestCount(t *testing.T) {
	s := start(t, nil)
	path := s.create()
	s.publish(path, "a")
	w := s.wire()
	var poll, longPoll cost
	exchange := func(to *cost, target, header, end string) {
		request := "GET " + target + " HTTP/1.1\nHost: a\n" + header + "\n"
		w.send(request)
		to.Requests++
		to.In += int64(len(request) + strings.Count(request, "\n"))
		to.Out += int64(len(w.until(end)))
	}
	exchange(&poll, path+"/poll", "", "]}")
	exchange(new(cost), path+"/counts", "", "}}}")
	exchange(&longPoll, path+"/longpoll", "", "]}")
	exchange(&poll, path+"/poll?after=1", "If-None-Match: \"1\"\n", "\r\n\r\n")
	poll.NotModified = 1
	exchange(new(cost), "/nothing", "Padding: "+strings.Repeat("a", 10000)+"\n", "not found\n")
	exchange(&poll, path+"/poll?after=0", "", "]}")
	s.expectCost(path, "poll", poll)
	s.expectCost(path, "longpoll", longPoll)
	s.expectCost(path, "events", cost{})
}

// A hijacked connection belongs to its transport until its end.
func TestCountSocket(t *testing.T) {
	s := start(t, nil)
	path := s.create()
	w := s.wire()
	request := "GET " + path + "/socket HTTP/1.1\nHost: a\nUpgrade: websocket\nConnection: Upgrade\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n\n"
	w.send(request)
	want := cost{Requests: 1, In: int64(len(strings.ReplaceAll(request, "\n", "\r\n"))), Out: int64(len(w.until("\r\n\r\n")))}
	s.expectCost(path, "socket", want)
	s.publish(path, "hello")
	want.Out += int64(len(w.until("hello"))) // 2 bytes of header, "1 hello"
	s.expectCost(path, "socket", want)
	io.WriteString(w.Conn, "\x89\x80abcd") // Ping
	want.In += 6
	want.Out += int64(len(w.until("\x8a\x00")))
	s.expectCost(path, "socket", want)
}

// A connection that no feed has a use for is package server's as it came from the listener.
func TestCountLeavesOthersAlone(t *testing.T) {
	kind := make(chan net.Conn, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
		}
		kind <- nc
	}))
	Count(s.Config)
	s.Listener = Counting(s.Listener)
	s.Start()
	defer s.Close()
	go http.Get(s.URL)
	nc := <-kind
	defer nc.Close()
	if _, plain := nc.(*net.TCPConn); !plain {
		t.Errorf("hijacked a %T", nc)
	}
}

// Over TLS what is on the wire is counted, the handshake with it, also when the connection is wrapped once more.
func TestCountTLS(t *testing.T) {
	like := httptest.NewTLSServer(nil) // for its certificate
	defer like.Close()
	s := httptest.NewUnstartedServer(New(nil))
	Count(s.Config)
	s.Listener = server.RecordHandshakes(tls.NewListener(Counting(s.Listener), &tls.Config{Certificates: like.TLS.Certificates}))
	s.Start()
	defer s.Close()
	url, client := "https://"+s.Listener.Addr().String(), like.Client()
	defer client.CloseIdleConnections()
	made, err := client.Post(url+"/feed", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	made.Body.Close()
	client.CloseIdleConnections()
	r, err := client.Get(url + made.Header.Get("Location") + "/poll")
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, r.Body)
	r.Body.Close()
	r, err = client.Get(url + made.Header.Get("Location") + "/counts")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var c struct{ Transports map[string]cost }
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		t.Fatal(err)
	}
	if poll := c.Transports["poll"]; poll.Requests != 1 || poll.In < 400 || poll.Out < 200 { // a ClientHello, and records
		t.Errorf("counted %+v", poll)
	}
}

// Without Count, and over HTTP/2, the counts say that bytes are not among them.
func TestNotCounted(t *testing.T) {
	plain := httptest.NewServer(New(nil))
	defer plain.Close()
	secure := httptest.NewUnstartedServer(New(&server.Options{}))
	Count(secure.Config)
	secure.Listener = Counting(secure.Listener)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	for url, client := range map[string]*http.Client{plain.URL: plain.Client(), secure.URL: secure.Client()} {
		made, err := client.Post(url+"/feed", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		made.Body.Close()
		for range 2 {
			if r, err := client.Get(url + made.Header.Get("Location") + "/poll"); err != nil || r.StatusCode != 200 {
				t.Fatal(r, err)
			} else {
				r.Body.Close()
			}
		}
		r, err := client.Get(url + made.Header.Get("Location") + "/counts")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || !strings.Contains(string(body), `"counted":false`) || !strings.Contains(string(body), `"poll":{"requests":2,"notModified":0,"in":0,"out":0}`) {
			t.Errorf("%s: %s, %v", r.Proto, body, err)
		}
	}
}
