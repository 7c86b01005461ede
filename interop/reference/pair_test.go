package reference

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nhooyr.io/websocket"

	"example.com/tandem/server"
)

// settings are what a connection is opened with, for both implementations.
type settings struct {
	limit        int64       // bytes of a message, on both ends; 0: 128 MiB
	subprotocols [2][]string // of the server, of the client
	origins      []string    // that the server allows beside its own
	header       http.Header
	compression  *server.Compression       // ours
	mode         websocket.CompressionMode // the reference's
}

const noLimit = 128 << 20

func (s settings) messageLimit() int64 {
	if s.limit == 0 {
		return noLimit
	}
	return s.limit
}

// A pair is who is the server and who the client.
type pair struct {
	name      string
	weServe   bool
	transport string // ws or wss
}

var pairs = []pair{
	{"our server", true, "ws"},
	{"our client", false, "ws"},
	{"our server over TLS", true, "wss"},
	{"our client over TLS", false, "wss"},
}

// connection is both ends of one, and the handshake's request.
type connection struct {
	ours      ours
	reference reference
	request   *http.Request // as the server saw it
}

// from returns the two ends in the order in which something goes between them.
func (c connection) from(we bool) (from, to end) {
	if we {
		return c.ours, c.reference
	}
	return c.reference, c.ours
}

// open connects the pair. Both ends are closed when the test ends.
func (p pair) open(t *testing.T, s settings) connection {
	t.Helper()
	var c connection
	accepted := make(chan struct{})
	ts := p.serve(t, s, func(e end, r *http.Request) {
		c.request = r
		c.hold(e)
		close(accepted)
	})
	client, _, err := p.dial(within(t, 10*time.Second), ts, s)
	if err != nil {
		t.Fatal(err)
	}
	c.hold(client)
	select {
	case <-accepted:
	case <-time.After(10 * time.Second):
		t.Fatal("the handshake is done for the client only")
	}
	t.Cleanup(func() {
		c.ours.CloseNow()
		c.reference.CloseNow()
	})
	return c
}

func (c *connection) hold(e end) {
	switch e := e.(type) {
	case ours:
		c.ours = e
	case reference:
		c.reference = e
	}
}

// serve starts a server that hands over each connection it accepts. Those outlive the handler.
func (p pair) serve(t testing.TB, s settings, accepted func(end, *http.Request)) *httptest.Server {
	t.Helper()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.weServe {
			if c, err := server.Accept(w, r, &server.Options{Limits: server.Limits{Message: s.messageLimit()},
				Subprotocols: s.subprotocols[0], Origins: s.origins, Compression: s.compression}); err == nil {
				accepted(ours{c, true}, r)
			}
			return
		}
		if c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: s.subprotocols[0], OriginPatterns: s.origins,
			CompressionMode: s.mode}); err == nil {
			c.SetReadLimit(s.messageLimit())
			accepted(reference{c}, r)
		}
	})
	ts := httptest.NewUnstartedServer(h)
	if p.transport == "wss" {
		ts.StartTLS()
	} else {
		ts.Start()
	}
	t.Cleanup(ts.Close)
	return ts
}

// dial opens the client's end. status is that of the response, if there was one.
func (p pair) dial(ctx context.Context, ts *httptest.Server, s settings) (e end, status int, err error) {
	url := "ws" + strings.TrimPrefix(ts.URL, "http") // https becomes wss
	if p.weServe {
		c, response, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: ts.Client(), HTTPHeader: s.header,
			Subprotocols: s.subprotocols[1], CompressionMode: s.mode})
		if response != nil {
			status = response.StatusCode
		}
		if err != nil {
			return nil, status, err
		}
		c.SetReadLimit(s.messageLimit())
		return reference{c}, status, nil
	}
	c, err := server.Dial(ctx, url, &server.DialOptions{Limits: server.Limits{Message: s.messageLimit()}, Header: s.header,
		Subprotocols: s.subprotocols[1], TLS: trust(ts), Compression: s.compression})
	if refused, ok := err.(*server.HandshakeError); ok {
		status = refused.Status
	}
	if err != nil {
		return nil, status, err
	}
	return ours{c, false}, http.StatusSwitchingProtocols, nil
}

// trust is what a client needs to believe the test server's certificate.
func trust(ts *httptest.Server) *tls.Config {
	if transport, ok := ts.Client().Transport.(*http.Transport); ok {
		return transport.TLSClientConfig
	}
	return nil
}

// within returns a context that ends after d, or with the test.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// eachPair runs a test with each of the pairs.
func eachPair(t *testing.T, s settings, test func(*testing.T, connection)) {
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) { test(t, p.open(t, s)) })
	}
}

// eachWay runs a test with each of the pairs and in each direction.
func eachWay(t *testing.T, s settings, test func(t *testing.T, from, to end)) {
	for _, p := range pairs {
		for _, we := range []bool{true, false} {
			name := p.name + ", from the reference"
			if we {
				name = p.name + ", from us"
			}
			t.Run(name, func(t *testing.T) {
				from, to := p.open(t, s).from(we)
				test(t, from, to)
			})
		}
	}
}
