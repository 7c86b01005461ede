package browser

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.com/tandem/server"
	"example.com/tandem/server/endpoints"
	"example.com/tandem/server/endpoints/feed"
	"example.com/tandem/web"
)

// A site is the page and the endpoints on a loopback address. It can be stopped like a server whose power is cut, and started
// again at the same address.
type site struct {
	handler http.Handler
	secure  bool // https and wss
	address string
	server  *httptest.Server

	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	registry *server.Registry // a WebSocket connection is beyond its net.Conn's reach
}

// newSite starts a site for one test. The handlers in place, by path, stand in for its own.
func newSite(t *testing.T, inPlace map[string]http.Handler) *site {
	t.Helper()
	needBrowser(t)
	s, err := startSite(inPlace)
	must(t, err)
	t.Cleanup(s.stop)
	return s
}

// newSecureSite is newSite over TLS, with a certificate that nobody but these browsers accepts.
func newSecureSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t, nil)
	must(t, s.overTLS())
	return s
}

// theSite gives the site of all tests that change nothing about theirs: in the browser's cache the module is compiled once.
func theSite(t *testing.T) *site {
	t.Helper()
	needBrowser(t)
	s, err := common()
	must(t, err)
	return s
}

var common = sync.OnceValues(func() (*site, error) { return startSite(nil) })

// thePage is one for all sites: it compresses each of its files once.
var thePage = sync.OnceValue(web.Handler)

func startSite(inPlace map[string]http.Handler) (*site, error) {
	if err := freshModule(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	registry := new(server.Registry)
	own := endpoints.New(&server.Options{Compression: &server.Compression{}, Registry: registry})
	for _, path := range endpoints.Paths {
		if inPlace[path] == nil {
			mux.Handle(path, own)
		}
	}
	if inPlace["/"] == nil {
		mux.Handle("/", thePage())
	}
	for path, handler := range inPlace {
		mux.Handle(path, handler)
	}
	s := &site{handler: mux, address: "127.0.0.1:0", registry: registry, conns: make(map[net.Conn]struct{})}
	return s, s.start()
}

func (s *site) start() error {
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.address = listener.Addr().String()
	s.server = httptest.NewUnstartedServer(s.handler)
	s.server.Listener.Close()
	if s.secure {
		s.server.Listener = server.RecordHandshakes(tls.NewListener(remembering{feed.Counting(listener), s}, certified()))
	} else {
		s.server.Listener = remembering{feed.Counting(server.RecordHandshakes(listener)), s}
	}
	feed.Count(s.server.Config)
	s.server.Start()
	return nil
}

// overTLS starts the site again, over TLS.
func (s *site) overTLS() error {
	s.stop()
	s.secure = true
	return s.start()
}

// stop ends the server and cuts every connection.
func (s *site) stop() {
	s.server.Listener.Close()
	s.cut()
	s.server.Close()
}

// cut cuts every connection, also those that the HTTP server no longer knows of.
func (s *site) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		conn.Close()
	}
	for conn := range s.registry.Conns() {
		conn.CloseNow()
	}
	clear(s.conns)
}

// certified is the configuration of package httptest, which has made a certificate for 127.0.0.1.
var certified = sync.OnceValue(func() *tls.Config {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return s.TLS.Clone()
})

// url is the address of a view: "#/guide".
func (s *site) url(hash string) string {
	if s.secure {
		return "https://" + s.address + "/" + hash
	}
	return "http://" + s.address + "/" + hash
}

type remembering struct {
	net.Listener
	site *site
}

func (l remembering) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.site.mu.Lock()
		l.site.conns[conn] = struct{}{}
		l.site.mu.Unlock()
	}
	return conn, err
}

// freshModule reports that the embedded module is not there or older than its sources.
var freshModule = sync.OnceValue(func() error {
	const module = "../../web/page/wasm/tandem.wasm"
	built, err := os.Stat(module)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s has not been built: run make module", module)
	} else if err != nil {
		return err
	}
	list := exec.Command("go", "list", "-deps", "-f", `{{$d := .Dir}}{{if not .Standard}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}`, ".")
	list.Dir = "../../wasm"
	list.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	sources, err := list.Output()
	if err != nil {
		return err
	}
	for source := range strings.Lines(string(sources)) {
		source = strings.TrimSpace(source)
		info, err := os.Stat(source)
		if err != nil {
			return err
		}
		if info.ModTime().After(built.ModTime()) {
			return fmt.Errorf("%s is older than %s: run make module", module, filepath.Base(source))
		}
	}
	return nil
})
