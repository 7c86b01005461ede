package reference

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"nhooyr.io/websocket"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// Our server behind net/http's reverse proxy, with the reference's client in front of it. A proxy that sends its
// backend's own Host makes every page foreign, until the server is told the name that pages know.
func TestBehindReverseProxy(t *testing.T) {
	for _, test := range []struct {
		name     string
		keepHost bool
		allow    bool // the proxy's name, among the origins
		origin   bool // the client is a page of the proxy's
		status   int
	}{
		{"Host kept", true, false, true, http.StatusSwitchingProtocols},
		{"Host changed", false, false, true, http.StatusForbidden},
		{"Host changed, origin allowed", false, true, true, http.StatusSwitchingProtocols},
		{"Host changed, no page", false, false, false, http.StatusSwitchingProtocols},
	} {
		t.Run(test.name, func(t *testing.T) {
			var opts server.Options
			backend := httptest.NewServer(server.Handler(echo, &opts))
			defer backend.Close()
			target, err := url.Parse(backend.URL)
			if err != nil {
				t.Fatal(err)
			}
			proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				if test.keepHost {
					r.Out.Host = r.In.Host
				}
			}})
			defer proxy.Close()
			if test.allow {
				opts.Origins = []string{proxy.URL}
			}
			header := make(http.Header)
			if test.origin {
				header.Set("Origin", proxy.URL)
			}

			ctx := within(t, 10*time.Second)
			c, response, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(proxy.URL, "http"), &websocket.DialOptions{HTTPHeader: header})
			if response == nil || response.StatusCode != test.status {
				t.Fatalf("answer %v and error %v, want status %d", response, err, test.status)
			}
			if err != nil {
				return
			}
			defer c.CloseNow()
			c.SetReadLimit(noLimit)
			for _, n := range []int{0, 5, 1 << 20} {
				e := reference{c}
				pass(t, e, e, sample(shared.OpcodeText, n)) // there and back
			}
			if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

func echo(ctx context.Context, c *server.Conn) error {
	for {
		m, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		if err := c.Send(ctx, m); err != nil {
			return err
		}
	}
}
