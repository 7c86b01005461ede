package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// A target is what connections are opened to.
type target struct {
	addr, path   string
	tls, deflate bool
}

// connect opens n connections, one after the other, so that no listen queue runs over. have are there already.
func (t target) connect(have, n int, slow bool) ([]net.Conn, error) {
	conns := make([]net.Conn, 0, n)
	for i := range n {
		c, err := t.open(have+i, slow)
		if err != nil {
			return conns, fmt.Errorf("connection %d: %w", have+i+1, err)
		}
		conns = append(conns, c)
	}
	return conns, nil
}

// open performs the opening handshake, and TLS's before it.
func (t target) open(index int, slow bool) (net.Conn, error) {
	c, err := t.dial(index, slow)
	if err != nil {
		return nil, err
	}
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if t.tls {
		if c, err = secure(c); err != nil {
			return nil, err
		}
	}
	if err := t.ask(c); err != nil {
		return nil, err
	}
	if err := t.agree(c); err != nil {
		return nil, err
	}
	return c, c.SetDeadline(time.Time{})
}

func (t target) dial(index int, slow bool) (net.Conn, error) {
	var d net.Dialer
	if strings.HasPrefix(t.addr, "127.") {
		d.LocalAddr = source(index)
	}
	d.Control = latePort
	if slow {
		d.Control = hardlyReceive
	}
	c, err := d.Dial("tcp", t.addr)
	if err != nil {
		return nil, err
	}
	return c, c.(*net.TCPConn).SetLinger(0) // no port is to linger after a run
}

// ask sends the request of the opening handshake.
func (t target) ask(w io.Writer) error {
	request := "GET " + t.path + " HTTP/1.1\r\nHost: " + t.addr + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if t.deflate {
		request += "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
	}
	_, err := io.WriteString(w, request+"\r\n")
	return err
}

// agree reads the answer.
func (t target) agree(r io.Reader) error {
	answer, err := http.ReadResponse(bufio.NewReaderSize(r, 1024), nil)
	if err != nil {
		return err
	}
	switch {
	case answer.StatusCode != http.StatusSwitchingProtocols:
		return fmt.Errorf("the server answered %s", answer.Status)
	case answer.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=":
		return fmt.Errorf("the server answered with another accept key")
	case t.deflate && !strings.HasPrefix(answer.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate"):
		return fmt.Errorf("the server does not compress")
	}
	return nil
}
