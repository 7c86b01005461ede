//go:build !js

package clienttest

import (
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"time"
)

// patience is how long a misbehaved end holds a connection that nobody closes.
const patience = 20 * time.Second

// take completes the opening handshake and gives the bare connection, so that
// its user can do what package server would not. RFC 6455 §4.2.2.
func take(w http.ResponseWriter, r *http.Request) (net.Conn, bool) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, false
	}
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
		base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n")
	return conn, true
}

// whenAsked waits, with ?asked=1, until the client has sent something, and so knows that it is connected: to Firefox the opening
// handshake has failed when what is wrong comes along with the response.
func whenAsked(r *http.Request, conn net.Conn) {
	if r.FormValue("asked") != "" {
		conn.Read(make([]byte, 64))
	}
}

func drop(w http.ResponseWriter, r *http.Request) {
	conn, ok := take(w, r)
	if !ok {
		return
	}
	defer conn.Close()
	whenAsked(r, conn)
	io.WriteString(conn, "\x81\x05first")
	if r.FormValue("inside") != "" {
		io.WriteString(conn, "\x01\x03Hel") // a text frame without FIN
	}
}

func violate(w http.ResponseWriter, r *http.Request) {
	conn, ok := take(w, r)
	if !ok {
		return
	}
	defer conn.Close()
	whenAsked(r, conn)
	io.WriteString(conn, "\x83\x00") // FIN and opcode 3, RFC 6455 §5.2
	io.Copy(io.Discard, conn)
}

func stall(w http.ResponseWriter, r *http.Request) {
	conn, ok := take(w, r)
	if !ok {
		return
	}
	defer conn.Close()
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetReadBuffer(4 << 10)
	}
	time.Sleep(patience)
}

func neverClose(w http.ResponseWriter, r *http.Request) {
	conn, ok := take(w, r)
	if !ok {
		return
	}
	defer conn.Close()
	io.Copy(io.Discard, conn)
}
