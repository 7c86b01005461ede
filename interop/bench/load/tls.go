package main

import (
	"crypto/tls"
	"net"
)

// A secured wire encrypts between itself and another, which takes its connection's place after the handshake. A pause of
// that one is no end to package tls, which gives errWait on.
type secured struct {
	*tls.Conn
	under *exchanged
}

// secure performs the TLS handshake. The server's certificate is made for the occasion and not looked at.
func secure(c net.Conn) (*secured, error) {
	under := &exchanged{Conn: c}
	s := &secured{tls.Client(under, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}), under}
	return s, s.Handshake()
}

// An exchanged connection has had a wire put in its place.
type exchanged struct {
	net.Conn
	wire    wire
	waiting []byte // that the wire has not taken
}

func (e *exchanged) Read(b []byte) (int, error) {
	if e.wire == nil {
		return e.Conn.Read(b)
	}
	return e.wire.Read(b)
}

// Write takes everything: to package tls half a record would be the end.
func (e *exchanged) Write(b []byte) (int, error) {
	if e.wire == nil {
		return e.Conn.Write(b)
	}
	e.waiting = append(e.waiting, b...)
	return len(b), nil
}

func (e *exchanged) flush() error {
	for len(e.waiting) > 0 {
		n, err := e.wire.Write(e.waiting)
		if err != nil {
			return err
		}
		e.waiting = e.waiting[n:]
	}
	e.waiting = nil
	return nil
}

func (s *secured) Write(b []byte) (int, error) {
	if err := s.under.flush(); err != nil || len(b) == 0 {
		return 0, err
	}
	n, err := s.Conn.Write(b[:min(len(b), 64<<10)])
	if err != nil {
		return 0, err
	}
	if err := s.under.flush(); err != nil && err != errWait {
		return 0, err
	}
	return n, nil
}

func (s *secured) Close() error { return s.under.wire.Close() }
