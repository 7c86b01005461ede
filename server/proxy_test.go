package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"example.com/tandem/shared"
)

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// connectProxy is an HTTP proxy that knows CONNECT alone. Whatever it is asked for, its tunnels end at target.
func connectProxy(t *testing.T, target string, asked chan<- *http.Request) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		if r.Method != http.MethodConnect {
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		there, err := net.Dial("tcp", target)
		if err != nil {
			t.Error(err)
			return
		}
		defer there.Close()
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer here.Close()
		io.WriteString(here, "HTTP/1.0 200 Connection established\r\n\r\n")
		go func() {
			io.Copy(there, here)
			there.Close()
		}()
		io.Copy(here, there)
	})
}

// echoThrough sends a message through a connection that Dial made, and back.
func echoThrough(t *testing.T, address string, opts *DialOptions) {
	t.Helper()
	c, err := Dial(t.Context(), address, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if err := c.Send(t.Context(), shared.Text("Hello")); err != nil {
		t.Fatal(err)
	}
	if m, err := c.Receive(t.Context()); err != nil || m.String() != "Hello" {
		t.Errorf("message %q, %v", m, err)
	}
}

func TestDialThroughProxy(t *testing.T) {
	plain := startServer(t, echoService(nil)).Listener.Addr().String()
	secure, roots := tlsServer(t)
	for _, test := range []struct {
		name, url, target string
		secureProxy       bool
		asks              string // what the Proxy function sees
		connects          string
	}{
		{"ws", "ws://example.com/a?b", plain, false, "http://example.com/a?b", "example.com:80"},
		{"wss", "wss://example.com/a", secure, false, "https://example.com/a", "example.com:443"},
		{"IPv6", "ws://[2001:db8::1]:8080/", plain, false, "http://[2001:db8::1]:8080/", "[2001:db8::1]:8080"},
		{"ws, https proxy", "ws://example.com/", plain, true, "http://example.com/", "example.com:80"},
		{"wss, https proxy", "wss://example.com:8443/", secure, true, "https://example.com:8443/", "example.com:8443"},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked := make(chan *http.Request, 1)
			proxy := httptest.NewUnstartedServer(connectProxy(t, test.target, asked))
			if test.secureProxy {
				proxy.StartTLS()
			} else {
				proxy.Start()
			}
			defer proxy.Close()
			dialed := make(chan string, 1)
			u := mustURL(proxy.URL)
			u.User = url.UserPassword("user", "pass:wörd")
			echoThrough(t, test.url, &DialOptions{
				TLS: &tls.Config{RootCAs: roots},
				NetDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
					dialed <- addr
					return new(net.Dialer).DialContext(ctx, network, addr)
				},
				Proxy: func(r *http.Request) (*url.URL, error) {
					if r.URL.String() != test.asks {
						t.Errorf("the proxy was chosen for %s, want %s", r.URL, test.asks)
					}
					return u, nil
				},
			})
			r := <-asked
			credentials := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:pass:wörd"))
			if r.Method != "CONNECT" || r.RequestURI != test.connects || r.Host != test.connects || r.Header.Get("Proxy-Authorization") != credentials {
				t.Errorf("the proxy was asked to %s %s, Host %s, %v", r.Method, r.RequestURI, r.Host, r.Header)
			}
			if addr := <-dialed; addr != u.Host {
				t.Errorf("NetDial was asked for %s, want the proxy, %s", addr, u.Host)
			}
		})
	}
}

func TestDialProxyFailures(t *testing.T) {
	tests := []struct {
		name, proxy, response string
		status                int
		want                  string
	}{
		{"credentials wanted", "http://u:secret@proxy.example:1", "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\nContent-Length: 3\r\n\r\nno\n", 407, "proxy refused"},
		{"101 instead of a tunnel", "http://proxy.example", switching + "\r\n", 101, "proxy refused"},
		{"bytes before the tunnel is used", "http://proxy.example", "HTTP/1.1 200 OK\r\n\r\nx", 0, "before"},
		{"not HTTP", "http://proxy.example", "oops", 0, `"oops"`},
		{"cut off", "http://proxy.example", "HTTP/1.1 200", 0, "unexpected EOF"},
		{"SOCKS", "socks5://u:secret@proxy.example:1", "", 0, `"socks5"`},
		{"no host", "http://", "", 0, "no host"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			opts := scripted(func(nc net.Conn) {
				r := bufio.NewReader(nc)
				for line := ""; line != "\r\n"; {
					var err error
					if line, err = r.ReadString('\n'); err != nil {
						return
					}
				}
				io.WriteString(nc, test.response)
			})
			opts.Proxy = http.ProxyURL(mustURL(test.proxy))
			_, err := Dial(t.Context(), "ws://example.com/", opts)
			var e *HandshakeError
			if !errors.As(err, &e) || e.Status != test.status || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %v, want status %d and %q, and no password", err, test.status, test.want)
			}
			if test.status == 407 && (string(e.Body) != "no\n" || e.Header.Get("Proxy-Authenticate") != "Basic") {
				t.Errorf("body %q, header %v", e.Body, e.Header)
			}
		})
	}
	why := errors.New("no idea")
	_, err := Dial(t.Context(), "ws://example.com/", &DialOptions{Proxy: func(*http.Request) (*url.URL, error) { return nil, why }})
	if !errors.Is(err, why) {
		t.Errorf("error %v, want the Proxy function's", err)
	}
}

// http.ProxyFromEnvironment reads the environment once in the life of a program, so this takes another one.
func TestDialProxyFromEnvironment(t *testing.T) {
	if os.Getenv("TANDEM_TEST_PROXIED") != "" {
		echoThrough(t, "ws://tandem.invalid/", nil)
		return
	}
	asked := make(chan *http.Request, 1)
	proxy := startServer(t, connectProxy(t, startServer(t, echoService(nil)).Listener.Addr().String(), asked))
	program := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDialProxyFromEnvironment$")
	program.Env = []string{"TANDEM_TEST_PROXIED=1", "HTTP_PROXY=" + proxy.URL}
	if out, err := program.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if r := <-asked; r.RequestURI != "tandem.invalid:80" {
		t.Errorf("the proxy was asked for %s", r.RequestURI)
	}
}
