package main

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/tandem/interop/bench/sample"
	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// serve starts an echo server at / and a hub at /hub.
func serve(t *testing.T, secure bool) target {
	var mu sync.Mutex
	members := make(map[*server.Conn]bool)
	options := &server.Options{Compression: &server.Compression{}}
	mux := http.NewServeMux()
	mux.Handle("/", server.EachMessage(server.MessageFunc(func(c *server.Conn, m shared.Message) error {
		return c.Send(t.Context(), m)
	}), options))
	mux.HandleFunc("/hub", func(w http.ResponseWriter, r *http.Request) {
		c, err := server.Accept(w, r, options)
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		members[c] = true
		mu.Unlock()
		for {
			m, err := c.Receive(r.Context())
			if err != nil {
				return
			}
			mu.Lock()
			for c := range members {
				go c.Send(t.Context(), m)
			}
			mu.Unlock()
		}
	})
	ts := httptest.NewUnstartedServer(mux)
	if secure {
		ts.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
		ts.StartTLS()
	} else {
		ts.Start()
	}
	t.Cleanup(ts.Close)
	return target{addr: ts.Listener.Addr().String(), path: "/", tls: secure}
}

var moment = window{warm: 5 * time.Millisecond, length: 30 * time.Millisecond}

func TestEveryOrderIsCarriedOut(t *testing.T) {
	for _, test := range []struct {
		name   string
		secure bool
		order  order
	}{
		{"echo", false, order{kind: "echo", conns: 3, size: 16, content: "binary", inFlight: 16}},
		{"long echo", false, order{kind: "echo", conns: 2, size: 1 << 20, content: "cyrillic", inFlight: 2}},
		{"echo over TLS", true, order{kind: "echo", conns: 3, size: 70000, content: "ascii", inFlight: 2}},
		{"compressed echo", false, order{kind: "echo", conns: 3, size: 1000, content: "json", inFlight: 2, target: target{deflate: true}}},
		{"paced", false, order{kind: "paced", conns: 3, size: 16, content: "binary", rate: 1000}},
		{"broadcast", false, order{kind: "broadcast", conns: 10, slow: 2, size: 128, content: "binary", target: target{path: "/hub"}}},
		{"handshakes", false, order{kind: "handshakes"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := test.order
			t0 := serve(t, test.secure)
			o.target.addr, o.target.tls = t0.addr, t0.tls
			if o.target.path == "" {
				o.target.path = "/"
			}
			o.window, o.pid = moment, os.Getpid()
			j, err := o.prepare()
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			for turn := range 3 {
				r, err := j.turn(o.window)
				for w := o.window; err == nil && r.Events == 0 && w.length < time.Second; { // a busy machine answers none in a moment
					w.length *= 4
					r, err = j.turn(w)
				}
				if err != nil {
					t.Fatalf("turn %d: %v", turn+1, err)
				}
				if r.Events == 0 || r.Seconds <= 0 || r.Seconds > 5 || r.Latency.P50 <= 0 || r.Latency.Max < r.Latency.P50 {
					t.Errorf("turn %d: %+v", turn+1, r)
				}
				if o.kind == "echo" && r.Wire < int64(r.Events*o.size/50) {
					t.Errorf("%d bytes for %d messages", r.Wire, r.Events)
				}
				if e := engineOf(j); e != nil && e.underWay() {
					t.Errorf("turn %d left messages under way", turn+1)
				}
			}
		})
	}
}

// engineOf returns the engine of a job that has one.
func engineOf(j job) *engine {
	switch j := j.(type) {
	case *echo:
		return j.engine
	case *paced:
		return j.engine
	case *broadcast:
		return j.engine
	}
	return nil
}

// underWay reports whether a message was asked for and is not answered, or is written in part.
func (e *engine) underWay() bool {
	return slices.ContainsFunc(e.lines, func(l *line) bool {
		return l.sent != l.asked || l.offset != 0 || l.matched != 0 || len(l.since.runs) > 0
	})
}

// take carries an order out once.
func (o order) take() (r sample.Report, err error) {
	j, err := o.prepare()
	if err != nil {
		return r, err
	}
	defer j.Close()
	return j.turn(o.window)
}

func TestRestingCountsConnections(t *testing.T) {
	o := order{kind: "rest", target: serve(t, false), pid: os.Getpid(), rests: "3,7"}
	r, err := o.take()
	if err != nil || len(r.Rests) != 2 || r.Rests[0].Conns != 3 || r.Rests[1].Conns != 7 {
		t.Errorf("%+v, %v", r, err)
	}
	o.rests = "5,5"
	if _, err := o.take(); err == nil {
		t.Error("the same number twice was taken")
	}
}

// TestRelaysCarryAsDescriptorsDo drives the wires of other systems.
func TestRelaysCarryAsDescriptorsDo(t *testing.T) {
	conns, err := serve(t, false).connect(0, 3, false)
	if err != nil {
		t.Fatal(err)
	}
	p, wires, err := newRelays(conns)
	if err != nil {
		t.Fatal(err)
	}
	s := testScript(t, "binary", 70000, false)
	e := &engine{poller: p, start: time.Now(), buffer: make([]byte, 32<<10)}
	for i, w := range wires {
		e.lines = append(e.lines, &line{wire: w, dialogue: newDialogue(s, i)})
	}
	defer e.Close()
	answered := 0
	for _, l := range e.lines {
		if err := l.ask(5, 0); err != nil {
			t.Fatal(err)
		}
	}
	for answered < 15 {
		if err := e.wait(time.Second, func(_ *line, n int) error { answered += n; return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// A server that answers with a wrong byte must not get a figure.
func TestAWrongServerIsFound(t *testing.T) {
	ts := httptest.NewServer(server.EachMessage(server.MessageFunc(func(c *server.Conn, m shared.Message) error {
		m.Payload[len(m.Payload)-1] ^= 1
		return c.Send(t.Context(), m)
	}), nil))
	defer ts.Close()
	o := order{kind: "echo", conns: 2, size: 16, content: "binary", inFlight: 1, window: moment, pid: os.Getpid(),
		target: target{addr: strings.TrimPrefix(ts.URL, "http://"), path: "/"}}
	if _, err := o.take(); !errors.Is(err, errWrongPayload) {
		t.Errorf("%v, want %v", err, errWrongPayload)
	}
}

// A connection that ends must not get one either.
func TestAServerThatLeavesIsFound(t *testing.T) {
	ts := httptest.NewServer(server.EachMessage(server.MessageFunc(func(c *server.Conn, m shared.Message) error {
		return c.CloseNow()
	}), nil))
	defer ts.Close()
	o := order{kind: "paced", conns: 2, size: 16, content: "binary", rate: 1000, window: moment, pid: os.Getpid(),
		target: target{addr: strings.TrimPrefix(ts.URL, "http://"), path: "/"}}
	_, err := o.take()
	if err == nil || !strings.HasPrefix(err.Error(), "connection ") && !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v, want the end of a connection", err)
	}
}

func TestTimesComeOutInOrder(t *testing.T) {
	var q times
	q.push(1, 2)
	q.push(5, 1)
	for _, want := range []time.Duration{1, 1, 5} {
		if got := q.pop(); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

func TestSourcesAreOnTheLoopback(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, index := range []int{0, perSource, perSource * 300} {
		c, err := target{addr: l.Addr().String()}.dial(index, true)
		if err != nil {
			t.Fatal(err)
		}
		if !c.LocalAddr().(*net.TCPAddr).IP.IsLoopback() {
			t.Errorf("%v", c.LocalAddr())
		}
		c.Close()
	}
}
