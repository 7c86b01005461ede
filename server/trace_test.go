package server

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// A notebook is a Trace that writes down what it is told, a line each.
type notebook struct {
	mu    sync.Mutex
	lines []string
	ended chan struct{}
}

func newNotebook() *notebook { return &notebook{ended: make(chan struct{})} }

func (n *notebook) write(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

// text gives the lines, but for masking keys, which are random in one direction.
func (n *notebook) text() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.lines, "\n")
}

func (n *notebook) trace() *Trace {
	return &Trace{
		Frame: func(f TraceFrame) {
			arrow := "<"
			if f.Sent {
				arrow = ">"
			}
			key := f.Header.MaskingKey
			header := bytes.Clone(f.Wire[:min(f.Header.Len(), len(f.Wire))])
			if f.Header.Masked {
				if header[1] &^= 0x80; !bytes.HasSuffix(header, key[:]) {
					n.write("the key in %x is not %x", header, key)
				}
				header = header[:len(header)-4]
			}
			line := fmt.Sprintf("%s %x %q", arrow, header, f.Payload())
			if f.Err != nil {
				line += " " + f.Err.Error()
			}
			n.write("%s", line)
			for i := range f.Wire {
				f.Wire[i] = 'X' // it can't change what is sent or received
			}
		},
		Message: func(m TraceMessage) {
			what := "message"
			if m.Sent {
				what = "sent"
			}
			n.write("%s %s, %d fragments, %d bytes of %d, compressed %v", what, m.Opcode, m.Fragments, m.Wire, m.Size, m.Compressed)
		},
		Flush: func(f TraceFlush) { n.write("flush %d, %d bytes", f.Frames, f.Bytes) },
		End: func(e *shared.EndError) {
			n.write("end %d %s", e.Code, e.Layer)
			close(n.ended)
		},
		Payload: 12,
	}
}

// tracedWire is newWire with a notebook.
func tracedWire(t *testing.T, client bool) (*Conn, *wirePeer, *notebook) {
	n := newNotebook()
	l, _ := Limits{Heartbeat: -1}.withDefaults()
	a, b := tcpConns(t)
	c := newConn(a, &setup{client: client, limits: l, trace: n.trace(), compression: &bothTakeover})
	t.Cleanup(func() { c.CloseNow(); b.Close() })
	return c, &wirePeer{Conn: b, t: t, client: !client, patience: 10 * time.Second}, n
}

func TestTraceShowsEveryFrameAsItWasOnTheWire(t *testing.T) {
	for _, client := range []bool{false, true} {
		c, p, n := tracedWire(t, client)
		closeFrames := "flush 1, 4 bytes"
		if client {
			closeFrames = "flush 1, 8 bytes"
		}
		p.send("01 03 48 65 6c | 89 02 68 69")
		go func() {
			p.expect("8a 02 68 69")
			p.send("80 02 6c 6f")
		}()
		expectText(t, c, "Hello")
		p.send("c1 07 f2 48 cd c9 c9 07 00")
		expectText(t, c, "Hello")
		p.send("82 7e 00 80 " + strings.Repeat("ab", 128))
		if m, err := c.Receive(t.Context()); err != nil || !bytes.Equal(m.Payload, bytes.Repeat([]byte{0xab}, 128)) {
			t.Fatalf("%x, %v", m.Payload, err)
		}
		go c.Send(t.Context(), shared.Text(""))
		p.expect("81 00")
		p.send("88 02 03 e8")
		if _, err := c.Receive(t.Context()); err != io.EOF {
			t.Fatal(err)
		}
		p.expect("88 02 03 e8")
		p.Close()
		<-n.ended
		pong, text := "flush 1, 4 bytes", "flush 1, 2 bytes"
		if client {
			pong, text = "flush 1, 8 bytes", "flush 1, 6 bytes"
		}
		want := strings.Join([]string{
			`< 0103 "Hel"`, `< 8902 "hi"`, `> 8a02 "hi"`, pong, `< 8002 "lo"`, "message text, 2 fragments, 5 bytes of 5, compressed false",
			`< c107 "\xf2H\xcd\xc9\xc9\a\x00"`, "message text, 1 fragments, 7 bytes of 5, compressed true",
			`< 827e0080 "` + strings.Repeat(`\xab`, 12) + `"`, "message binary, 1 fragments, 128 bytes of 128, compressed false",
			`> 8100 ""`, "sent text, 1 fragments, 0 bytes of 0, compressed false", text,
			`< 8802 "\x03\xe8"`, `> 8802 "\x03\xe8"`, closeFrames,
			"end 1000 closing handshake",
		}, "\n")
		if got := n.text(); got != want {
			t.Errorf("client %v:\n%s\nnot\n%s", client, got, want)
		}
	}
}

// Of sent messages both sizes are shown, from Send, SendPrepared and a message writer.
func TestTraceShowsWhatMessagesAreSent(t *testing.T) {
	for _, a := range []*agreement{nil, &bothTakeover, &noTakeover} {
		var mu sync.Mutex
		var got []TraceMessage
		l, _ := Limits{Outgoing: 8 << 10}.withDefaults()
		x, y := tcpConns(t)
		c := newConn(x, &setup{limits: l, compression: a, trace: &Trace{Message: func(m TraceMessage) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, m)
		}}})
		peer := inflatingPeer{wirePeer: &wirePeer{Conn: y, t: t, client: true, patience: 10 * time.Second}}
		if a != nil && a.sendTakeover {
			peer.bits = a.sendBits
		}
		long := strings.Repeat("Stay, illusion! ", 4000)
		prepared, _ := Prepare(shared.Text(long))
		go func() {
			c.Send(t.Context(), shared.Text(long))
			c.SendPrepared(t.Context(), prepared)
			w, _ := c.NextWriter(t.Context(), shared.OpcodeText)
			io.WriteString(w, long)
			w.Close()
			c.Send(t.Context(), shared.Binary([]byte{0xff}))
		}()
		var want []TraceMessage
		for i := range 4 {
			payload, compressed, wire, fragments := peer.message()
			m := TraceMessage{Sent: true, Opcode: shared.OpcodeText, Fragments: fragments, Size: int64(len(payload)), Compressed: compressed}
			if i == 3 {
				m.Opcode = shared.OpcodeBinary
			}
			m.Wire = int64(wire)
			want = append(want, m)
		}
		c.CloseNow()
		y.Close()
		mu.Lock()
		defer mu.Unlock()
		for i := range want {
			if i >= len(got) || got[i].Wire >= want[i].Wire || want[i].Wire-got[i].Wire > int64(8*want[i].Fragments) {
				t.Fatalf("%+v, not %+v", got, want)
			}
			got[i].Wire = want[i].Wire // but for the headers
			if got[i] != want[i] {
				t.Errorf("message %d: %+v, not %+v", i, got[i], want[i])
			}
		}
	}
}

// What breaks a rule is shown with the rule, before the Close frame that answers it.
func TestTraceShowsWhatBreaksARule(t *testing.T) {
	for _, test := range []struct{ frames, line, answer string }{
		{"91 01 61", `< 9101 "a" protocol error: RSV3 is set`, "1002"},
		{"83 00", `< 8300 "" protocol error: opcode 0x3`, "1002"},
		{"81 7e 00 01 61", `<`, "1002"},
		{"81 02 61 ff", `< 8102 "a\xff" `, "1007"},
		{"81 01 c3", `< 8101 "\xc3" `, "1007"},
		{"c1 02 ff ff", `< c102 "\xff\xff" `, "1007"},
		{"88 01 03", `< 8801 "\x03" `, "1002"},
		{"88 02 03 ed", `< 8802 "\x03\xed" `, "1002"},
		{"93 7f 7f ff ff ff ff ff ff ff 61", `< 937f7fffffffffffffff "a" `, "1002"},
		{"82 7f 00 00 00 10 00 00 00 00", `< 827f0000001000000000 "" `, "1009"},
	} {
		c, p, n := tracedWire(t, false)
		p.send(test.frames)
		if _, err := c.Receive(t.Context()); !errors.As(err, new(*shared.Violation)) {
			t.Fatalf("%s: %v", test.frames, err)
		}
		p.Close()
		<-n.ended
		lines := strings.Split(n.text(), "\n")
		if len(lines) != 4 || !strings.HasPrefix(lines[0], test.line) || !strings.Contains(lines[0], "(RFC ") || !strings.HasPrefix(lines[1], "> 88") ||
			!strings.HasPrefix(lines[3], "end "+test.answer) {
			t.Errorf("%s:\n%s", test.frames, n.text())
		}
	}
}

// Both ends see the handshake as it was on the wire, over TCP and TLS, and the server's Conn is on the connection itself.
// TestTraceOfWhatIsNoHeader has a length in too many bytes behind a frame in order: no header is shown, least of all that
// frame's.
func TestTraceOfWhatIsNoHeader(t *testing.T) {
	l, _ := Limits{Heartbeat: -1}.withDefaults()
	a, b := tcpConns(t)
	defer b.Close()
	var shown []TraceFrame
	c := newConn(a, &setup{client: true, limits: l, trace: &Trace{Frame: func(f TraceFrame) {
		if !f.Sent {
			f.Wire = bytes.Clone(f.Wire)
			shown = append(shown, f)
		}
	}}})
	defer c.CloseNow()
	if _, err := b.Write([]byte("\x82\x01a\x82\x7e\x00\x01")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c.Receive(t.Context())
	}
	if len(shown) != 2 || shown[0].Header.Length != 1 || shown[0].Err != nil {
		t.Fatalf("shown %v", shown)
	}
	if f := shown[1]; f.Header != (shared.Header{}) || f.Err == nil || string(f.Wire) != "\x82\x7e\x00\x01" {
		t.Errorf("shown %+v of %x: %v", f.Header, f.Wire, f.Err)
	}
}

func TestTraceShowsTheHandshakeAsItWasOnTheWire(t *testing.T) {
	for _, secure := range []bool{false, true} {
		seen := make(chan TraceHandshake, 2)
		note := &Trace{Handshake: func(h TraceHandshake) {
			h.Request, h.Response = bytes.Clone(h.Request), bytes.Clone(h.Response)
			seen <- h
		}}
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/page" {
				return
			}
			if (r.TLS != nil) != secure {
				t.Errorf("r.TLS is %v", r.TLS)
			}
			c, err := Accept(w, r, &Options{Trace: func(*http.Request) *Trace { return note }})
			if err != nil {
				t.Error(err)
				return
			}
			if _, secureConn := c.t.Conn.(*tls.Conn); secureConn != secure || !secure && !c.t.tries() {
				t.Errorf("the transport is a %T", c.t.Conn)
			}
			echoAll(r.Context(), c)
		}))
		scheme := "ws"
		if secure {
			scheme = "wss"
			s.Listener = tls.NewListener(s.Listener, &tls.Config{Certificates: []tls.Certificate{wireCertificate()}})
		}
		s.Listener = RecordHandshakes(s.Listener)
		s.Start()
		address := s.Listener.Addr().String()

		c, err := Dial(t.Context(), scheme+"://"+address+"/there?a=b", &DialOptions{Trace: note, Header: http.Header{"X-One": {"two"}},
			TLS: &tls.Config{InsecureSkipVerify: true}})
		if err != nil {
			t.Fatal(err)
		}
		c.Send(t.Context(), shared.Text("Hello"))
		expectText(t, c, "Hello")
		a, b := <-seen, <-seen
		if string(a.Request) != string(b.Request) || string(a.Response) != string(b.Response) || a.Local != b.Remote || a.Remote != b.Local {
			t.Errorf("one end has seen %+v, the other %+v", a, b)
		}
		if !strings.HasPrefix(string(a.Request), "GET /there?a=b HTTP/1.1\r\nHost: "+address+"\r\n") || !strings.HasSuffix(string(a.Request), "X-One: two\r\n\r\n") ||
			!strings.HasPrefix(string(a.Response), "HTTP/1.1 101 Switching Protocols\r\n") || !strings.HasSuffix(string(a.Response), "\r\n\r\n") {
			t.Errorf("request %q, response %q", a.Request, a.Response)
		}
		c.CloseNow()
		s.Close()
	}
}

// On a connection that carried other requests before, the last one is shown.
func TestTraceShowsTheRequestThatWasAccepted(t *testing.T) {
	seen := make(chan string, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			io.Copy(w, r.Body)
			return
		}
		c, err := Accept(w, r, &Options{Trace: func(*http.Request) *Trace {
			return &Trace{Handshake: func(h TraceHandshake) { seen <- string(h.Request) }}
		}})
		if err != nil {
			t.Error(err)
			return
		}
		c.CloseNow()
	}))
	s.Listener = RecordHandshakes(s.Listener)
	s.Start()
	defer s.Close()
	nc, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	io.WriteString(nc, "POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
	if _, err := nc.Read(make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	request := "GET /socket HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	for i := range request {
		io.WriteString(nc, request[i:i+1])
	}
	if got := <-seen; got != request {
		t.Errorf("shown %q", got)
	}
}

// Many senders, a receiver, and a function that takes its time: nothing is lost, and the order is that of the wire.
func TestTraceOfManySenders(t *testing.T) {
	var mu sync.Mutex
	var sent []byte
	l, _ := Limits{}.withDefaults()
	a, b := tcpConns(t)
	c := newConn(a, &setup{limits: l, trace: &Trace{Payload: 1 << 20, Frame: func(f TraceFrame) {
		if f.Sent {
			mu.Lock()
			sent = append(sent, f.Wire...)
			mu.Unlock()
			time.Sleep(time.Millisecond)
		}
	}}})
	defer c.CloseNow()
	defer b.Close()
	go c.Receive(t.Context())
	var sending sync.WaitGroup
	for range 4 {
		sending.Go(func() {
			for i := range 50 {
				if err := c.Send(t.Context(), shared.Binary(make([]byte, i*100))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wire := make([]byte, 0, 1<<20)
	for total := 4 * (49*50/2*100 + 50*4 - 2*2); len(wire) < total; {
		n, err := b.Read(wire[len(wire):cap(wire)])
		if err != nil {
			t.Fatal(err)
		}
		wire = wire[:len(wire)+n]
	}
	sending.Wait()
	mu.Lock()
	defer mu.Unlock()
	if !bytes.Equal(wire, sent) {
		t.Errorf("%d bytes were on the wire, and %d shown", len(wire), len(sent))
	}
}

func TestDoc_ATraceHoldsUpItsOwnConnectionAlone(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, other *Conn, p *wirePeer) {
		stuck := make(chan struct{})
		defer close(stuck)
		l, _ := Limits{Heartbeat: -1}.withDefaults()
		a, b := tcpConns(t)
		c := newConn(a, &setup{limits: l, trace: &Trace{Frame: func(TraceFrame) { <-stuck }}})
		t.Cleanup(func() { c.CloseNow(); b.Close() })
		go c.Send(t.Context(), shared.Text("held up"))
		go c.Receive(t.Context())
		b.Write(frames("81 01 61", true))
		p.sendText("Hello")
		expectText(t, other, "Hello")
		// No lock is held: what does not send works on.
		if c.End() != nil || c.Stats().MessagesReceived != 0 || c.Context().Err() != nil {
			t.Error("the connection has ended")
		}
	})
}

// Whoever wants to see all of a payload says so with the largest number.
func TestTracePayloadWithoutBound(t *testing.T) {
	var shown []string
	tr := newTracer(&Trace{Payload: math.MaxInt, Frame: func(f TraceFrame) { shown = append(shown, string(f.Payload())) }})
	tr.leaving = []int{5}
	tr.flush([]byte("\x81\x05Hello"))
	tr.begin(shared.Header{Fin: true, Opcode: shared.OpcodeText, Length: 5}, 2, []byte("\x81\x05"))
	tr.payload([]byte("Hello"))
	tr.end(nil)
	if len(shown) != 2 || shown[0] != "Hello" || shown[1] != "Hello" {
		t.Errorf("shown %q", shown)
	}
}

// BenchmarkTrace shows what a Trace costs, and that none costs nothing: compare with BenchmarkEcho.
func BenchmarkTrace(b *testing.B) {
	for name, trace := range map[string]*Trace{"off": nil, "on": {Frame: func(TraceFrame) {}, Message: func(TraceMessage) {}, Flush: func(TraceFlush) {}}} {
		b.Run(name, func(b *testing.B) {
			l, _ := Limits{}.withDefaults()
			x, y := tcpConns(b)
			client, server := newConn(x, &setup{client: true, limits: l}), newConn(y, &setup{limits: l, trace: trace})
			defer client.CloseNow()
			defer server.CloseNow()
			go echoAll(b.Context(), server)
			ctx, m, into := b.Context(), shared.Binary(make([]byte, 16)), make([]byte, 0, 16)
			b.ReportAllocs()
			for b.Loop() {
				client.Send(ctx, m)
				if _, _, err := client.ReceiveAppend(ctx, into); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
