package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// connect opens n connections, one after the other, so that no listen queue runs over.
func connect(addr string, n int) ([]net.Conn, error) {
	conns := make([]net.Conn, 0, n)
	for range n {
		c, err := open(addr)
		if err != nil {
			return conns, err
		}
		conns = append(conns, c)
	}
	return conns, nil
}

// open performs the opening handshake.
func open(addr string) (net.Conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c.(*net.TCPConn).SetLinger(0) // ports are scarce: none is to linger after a run
	c.SetDeadline(time.Now().Add(10 * time.Second))
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+addr+"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("the server answered %s", response.Status)
	}
	c.SetDeadline(time.Time{})
	return c, nil
}

// exchange sends one message over a connection that is at rest, and waits for the answer.
func exchange(c net.Conn, d *dialogue) error {
	d.ask(1)
	if _, err := c.Write(d.out); err != nil {
		return err
	}
	d.out = nil
	b := make([]byte, 1024)
	for {
		n, err := c.Read(b)
		if err != nil {
			return err
		}
		if completed, err := d.hear(b[:n]); err != nil || completed > 0 {
			return err
		}
	}
}
