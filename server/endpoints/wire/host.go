package wire

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// hostLimits are those of the connections of compositions: small, so that they can be reached, and soon over.
var hostLimits = server.Limits{Message: 64 << 10, Handshake: 2 * time.Second, Write: 2 * time.Second, Close: time.Second, Heartbeat: -1}

// A host is the server of a composition: net/http and this library, on one connection.
type host struct {
	server   *http.Server
	registry *server.Registry
	serving  sync.WaitGroup
	ended    chan struct{} // closed when a connection that was accepted has ended
}

func newHost(nc net.Conn, c Composition, seen *tape) *host {
	h := &host{registry: new(server.Registry), ended: make(chan struct{})}
	ended := func() { close(h.ended) } // once: there is one connection
	opts := &server.Options{
		Limits:   hostLimits,
		Registry: h.registry,
		Trace:    func(r *http.Request) *server.Trace { return seen.trace(r, ended) },
	}
	if c.Deflate {
		opts.Compression = &server.Compression{}
	}
	h.server = &http.Server{
		Handler:           server.Handler(c.Serve.serve, opts),
		ReadHeaderTimeout: hostLimits.Handshake,
		ErrorLog:          log.New(io.Discard, "", 0), // what is wrong here was asked for
	}
	var l net.Listener = &single{conn: nc, closed: make(chan struct{})}
	if c.Secure {
		l = tls.NewListener(l, serverTLS())
	}
	h.serving.Go(func() { h.server.Serve(server.RecordHandshakes(l)) })
	return h
}

// serve is what the handler does.
func (s Serve) serve(ctx context.Context, c *server.Conn) error {
	switch s {
	case ServeClose:
		return &shared.CloseError{Code: shared.StatusGoingAway, Reason: "the server is leaving"}
	case ServeDrop:
		return c.CloseNow()
	}
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

// close waits until a connection that was accepted has ended, which the client has seen to, and everything else with it.
func (h *host) close(accepted bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*hostLimits.Close)
	defer cancel()
	if accepted {
		select {
		case <-h.ended:
		case <-ctx.Done():
		}
	}
	h.registry.Shutdown(ctx)
	h.server.Close()
	h.serving.Wait()
}

// A single is a listener of one connection.
type single struct {
	mu     sync.Mutex
	conn   net.Conn
	once   sync.Once
	closed chan struct{}
}

func (s *single) Accept() (net.Conn, error) {
	s.mu.Lock()
	nc := s.conn
	s.conn = nil
	s.mu.Unlock()
	if nc != nil {
		return nc, nil
	}
	<-s.closed
	return nil, net.ErrClosed
}

func (s *single) Close() error {
	s.once.Do(func() { close(s.closed) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil { // nobody has accepted it
		s.conn.Close()
		s.conn = nil
	}
	return nil
}

func (s *single) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// loopback returns the two ends of a TCP connection on this machine. Nobody else can get in between.
func loopback(ctx context.Context) (near *net.TCPConn, far net.Conn, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		if l, err = net.Listen("tcp", "[::1]:0"); err != nil {
			return nil, nil, err
		}
	}
	defer l.Close()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	for {
		far, err := l.Accept()
		if err != nil {
			nc.Close()
			return nil, nil, err
		}
		if far.RemoteAddr().String() == nc.LocalAddr().String() {
			return nc.(*net.TCPConn), far, nil
		}
		far.Close() // a stranger
	}
}
