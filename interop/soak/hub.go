package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"sync"
	"time"

	"nhooyr.io/websocket"

	"example.com/tandem/server"
)

// A hub opens connections and knows which talk each belongs to.
type hub struct {
	http      http.Server
	listeners []net.Listener // on several addresses: a port is not free again at once
	registry  server.Registry

	mu    sync.Mutex
	talks map[uint64]*talk
}

type rawKey struct{}

// withRaw has the requests of a connection find the way below it, or why there is none.
func withRaw(ctx context.Context, nc net.Conn) context.Context {
	raw, err := duplicate(nc.(*net.TCPConn))
	if err != nil {
		return context.WithValue(ctx, rawKey{}, err)
	}
	return context.WithValue(ctx, rawKey{}, raw)
}

func newHub() (*hub, error) {
	h := &hub{talks: make(map[uint64]*talk)}
	h.http = http.Server{Handler: http.HandlerFunc(h.serve), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: long,
		ConnContext: withRaw}
	addresses := 1
	if runtime.GOOS == "linux" { // elsewhere the loopback has one
		addresses = 8
	}
	for i := range addresses {
		ln, err := net.Listen("tcp", "127.0.0."+strconv.Itoa(i+1)+":0")
		if err != nil {
			h.close()
			return nil, err
		}
		h.listeners = append(h.listeners, ln)
		go h.http.Serve(ln)
	}
	return h, nil
}

func (h *hub) close() { h.http.Close() }

// hold runs a talk, both sides of it, and judges it.
func (h *hub) hold(k *talk) {
	h.mu.Lock()
	h.talks[k.id] = k
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.talks, k.id)
		h.mu.Unlock()
	}()
	s := k.stations[client]
	if err := h.dial(s); err != nil {
		s.fault("the client could not connect: %v", err)
		return
	}
	s.run()
	<-k.stations[serving].done
	k.judge()
}

// dial opens the client's end.
func (h *hub) dial(s *station) error {
	address := h.listeners[s.id%uint64(len(h.listeners))].Addr().String()
	url := "ws://" + address + "/" + strconv.FormatUint(s.id, 10)
	ctx, cancel := context.WithTimeout(context.Background(), long)
	defer cancel()
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, network, addr)
		switch {
		case err != nil:
		case s.reference:
			s.raw = nc.(*net.TCPConn)
		default:
			s.raw, err = duplicate(nc.(*net.TCPConn))
		}
		return nc, err
	}
	if s.reference {
		options := &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dial}}}
		if s.compressed {
			options.CompressionMode = websocket.CompressionNoContextTakeover
			if s.id%4 == 0 {
				options.CompressionMode = websocket.CompressionContextTakeover
			}
		}
		c, _, err := websocket.Dial(ctx, url, options)
		if err != nil {
			return err
		}
		c.SetReadLimit(-1)
		s.end = reference{c}
		return nil
	}
	options := &server.DialOptions{Limits: s.limits[client], NetDial: dial, Proxy: noProxy}
	if s.compressed {
		options.Compression = &server.Compression{}
	}
	c, err := server.Dial(ctx, url, options)
	if err != nil {
		return err
	}
	return s.take(c)
}

func noProxy(*http.Request) (*url.URL, error) { return nil, nil }

var errNobody = errors.New("nobody asked for this connection")

// serve accepts the server's end.
func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseUint(r.URL.Path[1:], 10, 64)
	h.mu.Lock()
	k := h.talks[id]
	h.mu.Unlock()
	if err != nil || k == nil {
		http.Error(w, errNobody.Error(), http.StatusNotFound)
		return
	}
	s := k.stations[serving]
	if s.raw, _ = r.Context().Value(rawKey{}).(*net.TCPConn); s.raw == nil {
		s.fault("the server's descriptor: %v", r.Context().Value(rawKey{}))
		close(s.done)
		return
	}
	options := &server.Options{Limits: s.limits[serving], Registry: &h.registry}
	if s.compressed {
		options.Compression = &server.Compression{}
	}
	c, err := server.Accept(w, r, options)
	if err != nil {
		s.fault("the server did not accept: %v", err)
		close(s.done)
		return
	}
	if err := s.take(c); err != nil {
		s.fault("the server could not hand over: %v", err)
		close(s.done)
		return
	}
	if s.handed[serving] {
		go s.run() // as it is meant: nothing is left of the request
		return
	}
	s.run()
}

// duplicate gives one more way to the same TCP connection, below ours: ours keeps no net.Conn. Until it is closed too,
// TCP is not. Nobody may read from nc yet: FileConn has both block for a moment, and who began to read then could not be
// interrupted any more, as net/http is before it lets go of a connection.
func duplicate(nc *net.TCPConn) (*net.TCPConn, error) {
	f, err := nc.File()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	again, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	return again.(*net.TCPConn), nil
}

// take makes c this side's end, in one of the two forms.
func (s *station) take(c *server.Conn) error {
	s.conn = c
	if !s.handed[s.side] {
		s.end = &ours{Conn: c, whole: s.ending.deafens != nobody}
		return nil
	}
	h := newHanded(c)
	s.end = h
	return c.Handle(h)
}

// shutdown waits for what is left of the connections, which ought to be nothing.
func (h *hub) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	report, err := h.registry.Shutdown(ctx)
	if err == nil && report != (server.ShutdownReport{}) {
		err = errors.New("connections were left that nobody used any more")
	}
	return err
}
