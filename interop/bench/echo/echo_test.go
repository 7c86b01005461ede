// Package echo_test looks whether what is measured does what the load expects, and is a benchmark in the form that Go has.
package echo_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/tandem/interop/bench/echo/gobwas"
	"example.com/tandem/interop/bench/echo/gorilla"
	"example.com/tandem/interop/bench/echo/gws"
	"example.com/tandem/interop/bench/echo/nhooyr"
	"example.com/tandem/interop/bench/echo/tandem"
	"example.com/tandem/interop/bench/serve"
	"example.com/tandem/shared"
)

var forms = []struct {
	name     string
	handlers serve.Handlers
}{
	{"tandem", tandem.Blocking()},
	{"tandem-handler", tandem.Handed()},
	{"tandem-accept", tandem.Accepted()},
	{"tandem-goroutine", tandem.Goroutine()},
	{"nhooyr", nhooyr.Handlers()},
	{"gorilla", gorilla.Handlers()},
	{"gobwas", gobwas.Handlers()},
	{"gws", gws.Handlers()},
}

// BenchmarkEcho is a round trip of one message on the loopback. The client allocates nothing: allocations are the server's.
func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{16, 1 << 10, 64 << 10, 1 << 20} {
		for _, form := range forms {
			b.Run(strconv.Itoa(size)+"/"+form.name, func(b *testing.B) {
				c := newRawClient(b, newServer(b, form.handlers), "/", size)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					c.exchange(b)
				}
				c.check(b)
			})
		}
	}
}

// Every server that is measured has to be an echo server.
func TestServersEcho(t *testing.T) {
	for _, form := range forms {
		for path, handler := range map[string]http.Handler{"/": form.handlers.Echo, "/checked": form.handlers.Checked} {
			if handler == nil {
				continue
			}
			t.Run(form.name+path, func(t *testing.T) {
				for _, size := range []int{0, 16, 125, 126, 1 << 10, 64 << 10, 1 << 20} {
					c := newRawClient(t, newServer(t, form.handlers), path, size)
					for range 3 {
						c.exchange(t)
						c.check(t)
					}
				}
			})
		}
	}
}

// What /checked is for: text that is not UTF-8 is not echoed there.
func TestCheckedServersRefuseWhatIsNotUTF8(t *testing.T) {
	for _, form := range forms {
		if form.handlers.Checked == nil {
			continue
		}
		t.Run(form.name, func(t *testing.T) {
			c := newRawClient(t, newServer(t, form.handlers), "/checked", 4)
			c.Write([]byte{0x81, 0x84, 0, 0, 0, 0, 0xce, 0xba, 0xed, 0xa0})
			b := []byte{0x88} // a server may end without a Close frame
			if _, err := c.Read(b); err == nil && b[0] != 0x88 {
				t.Errorf("the answer begins with %#x", b[0])
			}
		})
	}
}

// A hub's message has to arrive at every member, and with slow members at those that read.
func TestHubsSendToAll(t *testing.T) {
	for _, form := range forms {
		for path, handler := range map[string]http.Handler{"/hub": form.handlers.Hub, "/hub/slow": form.handlers.SlowHub} {
			if handler == nil {
				continue
			}
			t.Run(form.name+path, func(t *testing.T) {
				ts := newServer(t, form.handlers)
				var members []*rawClient
				for i := range 4 { // each publishes when it has come: then it is sure to have joined
					members = append(members, newRawClient(t, ts, path, 1<<10))
					members[i].exchange(t)
					for _, m := range members[:i] {
						m.hear(t)
						m.check(t)
					}
				}
			})
		}
	}
}

// A rawClient sends one frame again and again.
type rawClient struct {
	net.Conn
	r       *bufio.Reader
	payload []byte
	frame   []byte
	answer  []byte // the last one's payload

	ask   chan struct{} // the frame is to be sent aside
	asked chan error
}

func newServer(tb testing.TB, h serve.Handlers) *httptest.Server {
	ts := httptest.NewServer(h.Mux())
	tb.Cleanup(ts.Close)
	return ts
}

func newRawClient(tb testing.TB, ts *httptest.Server, path string, size int) *rawClient {
	addr := strings.TrimPrefix(ts.URL, "http://")
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { nc.Close() })
	io.WriteString(nc, "GET "+path+" HTTP/1.1\r\nHost: "+addr+"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	c := &rawClient{Conn: nc, r: bufio.NewReader(nc), answer: make([]byte, 0, size),
		payload: bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size],
		ask:     make(chan struct{}), asked: make(chan error)}
	if response, err := http.ReadResponse(c.r, nil); err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		tb.Fatal(response, err)
	}
	header := shared.Header{Fin: true, Opcode: shared.OpcodeBinary, Masked: true, MaskingKey: [4]byte{1, 2, 3, 4}, Length: int64(size)}
	c.frame = append(shared.AppendHeader(nil, header), c.payload...)
	shared.Mask(c.frame[header.Len():], header.MaskingKey, 0)
	go func() {
		for range c.ask {
			_, err := nc.Write(c.frame)
			c.asked <- err
		}
	}()
	tb.Cleanup(func() { close(c.ask) })
	return c
}

// exchange sends the frame and reads the answer, which may come in fragments. A frame that may be more than the system
// holds is sent aside: a server may answer while it reads.
func (c *rawClient) exchange(tb testing.TB) {
	aside := len(c.frame) > 64<<10
	if aside {
		c.ask <- struct{}{}
	} else if _, err := c.Write(c.frame); err != nil {
		tb.Fatal(err)
	}
	c.hear(tb)
	if aside {
		if err := <-c.asked; err != nil {
			tb.Fatal(err)
		}
	}
}

// hear reads a message, which has to come soon.
func (c *rawClient) hear(tb testing.TB) {
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	c.answer = c.answer[:0]
	for fin := false; !fin; {
		h := c.header(tb)
		start := len(c.answer)
		if int64(cap(c.answer)-start) < h.Length {
			tb.Fatalf("an answer longer than %d bytes", len(c.payload))
		}
		c.answer = c.answer[:start+int(h.Length)]
		if _, err := io.ReadFull(c.r, c.answer[start:]); err != nil {
			tb.Fatal(err)
		}
		fin = h.Fin
	}
}

func (c *rawClient) header(tb testing.TB) shared.Header {
	for have := 2; ; have += 2 { // unmasked headers have 2, 4 or 10 bytes
		b, err := c.r.Peek(have)
		if err != nil {
			tb.Fatal(err)
		}
		h, n, err := shared.ParseHeader(b)
		if err != nil {
			tb.Fatal(err)
		}
		if h.Masked {
			tb.Fatal("a server's frame is masked")
		}
		if n > 0 {
			c.r.Discard(n)
			return h
		}
	}
}

// check compares the last answer with what was sent.
func (c *rawClient) check(tb testing.TB) {
	if !bytes.Equal(c.answer, c.payload) {
		tb.Fatalf("%d bytes came back, not the %d that were sent", len(c.answer), len(c.payload))
	}
}
