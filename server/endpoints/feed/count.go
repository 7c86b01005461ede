package feed

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"sync"
)

// Count has a server count the bytes that each transport of a feed costs, on connections of listeners made with
// Counting. It wraps the server's handler and sets its ConnContext; call it before Serve.
//
// A connection carries the requests of several transports one after the other. What is read of a request before its
// handler knows what it is for, and what is written until the next request, is charged to the same.
func Count(s *http.Server) {
	next := s.Handler
	s.ConnContext = func(ctx context.Context, nc net.Conn) context.Context {
		for {
			over, is := nc.(interface{ NetConn() net.Conn })
			if !is {
				return context.WithValue(ctx, connKey{}, nc)
			}
			nc = over.NetConn() // what is below TLS is what is on the wire
		}
	}
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c := countedConn(r); c != nil {
			c.nextRequest()
			w = &responseWriter{w, c}
		}
		next.ServeHTTP(w, r)
	})
}

// Counting wraps a listener's connections for Count.
func Counting(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: nc}, nil
}

// A conn knows whose its bytes are.
type conn struct {
	net.Conn

	mu      sync.Mutex
	unknown int64  // bytes read that belong to a request which nobody has seen yet
	request int64  // bytes read of the request that is being served
	to      *tally // whose it is; nil: nobody's
	stream  bool   // no other request will come: all that is read is of this one
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stream {
		c.to.in.Add(int64(n))
	} else {
		c.unknown += int64(n)
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.to != nil {
		c.to.out.Add(int64(n))
	}
	return n, err
}

// CloseWrite is the connection's own, where it has one: net/http and server ask for it.
func (c *conn) CloseWrite() error {
	if half, can := c.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return nil
}

func (c *conn) nextRequest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.request, c.unknown = c.unknown, 0
	c.to = nil
}

func (c *conn) charge(t *tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.in.Add(c.request)
	c.request = 0
	c.to = t
}

// hijacked says that there will be no other request, and reports whether somebody is charged for this one.
func (c *conn) hijacked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.to == nil {
		return false
	}
	c.to.in.Add(c.unknown)
	c.stream = true
	return true
}

type connKey struct{}

// countedConn is the connection of a request, or nil if its bytes cannot be told from those of others.
func countedConn(r *http.Request) *conn {
	c, _ := r.Context().Value(connKey{}).(*conn)
	if r.ProtoMajor != 1 {
		return nil
	}
	return c
}

// charge has the bytes of a request and of its answer counted.
func charge(r *http.Request, t *tally) {
	if c := countedConn(r); c != nil {
		c.charge(t)
	}
}

// A responseWriter gives a connection that is counted for nobody away as it was: package server does more with a TCP
// connection than with any other.
type responseWriter struct {
	http.ResponseWriter
	conn *conn
}

func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil && !w.conn.hijacked() && nc == net.Conn(w.conn) {
		nc = w.conn.Conn
	}
	return nc, rw, err
}
