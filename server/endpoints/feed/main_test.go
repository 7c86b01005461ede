package feed

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/server/internal/leak"
	"example.com/tandem/shared"
)

// TestMain sees to it that no client that leaves, and no server that ends, leaves a goroutine behind.
func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	os.Exit(leak.Status(code))
}

// A site serves feeds, with the bytes counted.
type site struct {
	*httptest.Server
	t *testing.T
}

func start(t *testing.T, change func(*limits)) site {
	t.Helper()
	limits := usual
	if change != nil {
		change(&limits)
	}
	registry := new(server.Registry)
	s := httptest.NewUnstartedServer(newHandler(&server.Options{Registry: registry, Compression: &server.Compression{}}, limits))
	Count(s.Config)
	s.Listener = Counting(s.Listener)
	base, end := context.WithCancel(context.Background())
	s.Config.BaseContext = func(net.Listener) context.Context { return base }
	s.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if _, err := registry.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		end()
		s.Close()
	})
	return site{s, t}
}

// create makes a feed and gives its path.
func (s site) create() string {
	s.t.Helper()
	r, err := http.Post(s.URL+"/feed", "", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusCreated {
		s.t.Fatalf("POST /feed: %s", r.Status)
	}
	return r.Header.Get("Location")
}

// publish publishes texts and returns when they are there for all.
func (s site) publish(path string, texts ...string) {
	s.t.Helper()
	s.publishOn(s.dial(path+"/publish"), texts...)
}

// publishOn may be called in another goroutine than the test's.
func (s site) publishOn(c *server.Conn, texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if err := c.Send(within(s.t), shared.Text(text)); err != nil {
			s.t.Error(err)
		}
	}
	if err := c.Close(shared.StatusNormalClosure, ""); err != nil { // answered when all before it was received
		s.t.Error(err)
	}
}

func (s site) dial(path string) *server.Conn {
	s.t.Helper()
	c, err := server.Dial(within(s.t), "ws"+strings.TrimPrefix(s.URL, "http")+path, &server.DialOptions{Compression: &server.Compression{}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.CloseNow() })
	return c
}

// get gives the answer to a GET, its body read, with header lines as in "ETag: 1".
func (s site) get(path string, header ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(within(s.t), "GET", s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, string(body)
}

// A wire is a raw connection to the site.
type wire struct {
	net.Conn
	*bufio.Reader
	t *testing.T
}

func (s site) wire() wire {
	s.t.Helper()
	nc, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(20 * time.Second))
	return wire{nc, bufio.NewReader(nc), s.t}
}

func (w wire) send(request string) {
	w.t.Helper()
	if _, err := io.WriteString(w.Conn, strings.ReplaceAll(request, "\n", "\r\n")); err != nil {
		w.t.Fatal(err)
	}
}

// until reads up to the end of a text, and gives all that it read.
func (w wire) until(end string) string {
	w.t.Helper()
	var b strings.Builder
	for !strings.HasSuffix(b.String(), end) {
		c, err := w.ReadByte()
		if err != nil {
			w.t.Fatalf("%v after %q, before %q", err, b.String(), end)
		}
		b.WriteByte(c)
	}
	return b.String()
}

// within is a context that ends only when something is stuck.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func expect(t *testing.T, c *server.Conn, want string) {
	t.Helper()
	m, err := c.Receive(within(t))
	if err != nil {
		t.Fatalf("waiting for %q: %v", want, err)
	}
	if m.Opcode != shared.OpcodeText || m.String() != want {
		t.Fatalf("got %s %q, want %q", m.Opcode, m, want)
	}
}

// expectClose reads to the end, which has to be a closing handshake by the server.
func expectClose(t *testing.T, c *server.Conn, code shared.StatusCode, reason string) {
	t.Helper()
	for {
		if _, err := c.Receive(within(t)); err != nil {
			break
		}
	}
	if end := c.End(); end == nil || end.By != shared.PartyPeer || end.Code != code || !strings.Contains(end.Reason, reason) {
		t.Fatalf("ended with %v, want %s %q by the server", end, code, reason)
	}
}
