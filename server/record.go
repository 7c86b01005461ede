package server

import (
	"bytes"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// RecordHandshakes returns a listener whose connections remember the request that is being read, so that a Trace can show
// the opening handshake as it was on the wire: what net/http hands on has been parsed. A connection costs up to 64 KiB
// for it until then. Accept takes the connection itself out again: afterwards nothing is in between. Over TLS
// it has to be around the listener of package tls, for http.Server.Serve.
func RecordHandshakes(l net.Listener) net.Listener { return recordingListener{l} }

type recordingListener struct{ net.Listener }

func (l recordingListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if secure, ok := nc.(*tls.Conn); ok {
		return &recordingTLSConn{recordingConn{Conn: nc}, secure}, nil
	}
	return &recordingConn{Conn: nc}, nil
}

const maxRecorded = 64 << 10

// A recordingConn keeps what was read since something was written last: the latest request.
type recordingConn struct {
	net.Conn
	mu       sync.Mutex
	recorded []byte
	answered bool
}

func (c *recordingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered && n > 0 {
		c.recorded, c.answered = nil, false
	}
	c.recorded = append(c.recorded, b[:min(n, maxRecorded-len(c.recorded))]...)
	return n, err
}

func (c *recordingConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.answered = true
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// CloseWrite is for the refusal of a handshake.
func (c *recordingConn) CloseWrite() error {
	(&transport{Conn: c.Conn}).closeWrite()
	return nil
}

// NetConn returns the connection that is recorded, as tls.Conn has it.
func (c *recordingConn) NetConn() net.Conn { return c.Conn }

func (c *recordingConn) unwrap() (net.Conn, []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const ending = "\r\n\r\n"
	if i := bytes.Index(c.recorded, []byte(ending)); i >= 0 {
		return c.Conn, c.recorded[:i+len(ending)]
	}
	return c.Conn, nil
}

// A recordingTLSConn also tells net/http that it is secure.
type recordingTLSConn struct {
	recordingConn
	secure *tls.Conn
}

// ConnectionState is asked for by net/http before it reads.
func (c *recordingTLSConn) ConnectionState() tls.ConnectionState {
	c.secure.SetDeadline(time.Now().Add(defaultHandshake))
	c.secure.Handshake() // if it fails, so will the first read
	c.secure.SetDeadline(time.Time{})
	return c.secure.ConnectionState()
}

// unrecord returns the connection itself, and the request that it was opened with, if that is known.
func unrecord(nc net.Conn) (net.Conn, []byte) {
	if c, ok := nc.(interface{ unwrap() (net.Conn, []byte) }); ok {
		return c.unwrap()
	}
	return nc, nil
}
