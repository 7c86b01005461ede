package server

import (
	"crypto/tls"
	"net"
	"time"

	"example.com/tandem/shared"
)

// A transport is the byte stream below a connection. Anything that reads, writes and lets SetReadDeadline interrupt
// a waiting Read will do. Where the system allows it (exactly *net.TCPConn and *net.UnixConn: a type that embeds one
// has reasons of its own) bytes are also handed to the kernel without waiting, and waited for without a buffer.
type transport struct {
	net.Conn
	descriptor *descriptor // the Conn, where it is watched: on Linux
	attempt    *attempt    // where its descriptor is only borrowed; neither: only Read and Write can be used
	heartbeat  *time.Timer // nil where there is none, or it is the descriptor's
}

// open makes t the transport over nc.
func (t *transport) open(nc net.Conn) {
	t.Conn = nc
	if raw := rawConn(nc); raw != nil && !t.watch(raw) {
		t.attempt = newAttempt(raw)
	}
}

// tries reports whether bytes can be handed to the kernel without waiting.
func (t *transport) tries() bool { return t.descriptor != nil || t.attempt != nil }

// try hands the kernel what it takes of b without waiting.
func (t *transport) try(b []byte) (int, error) {
	if t.descriptor != nil {
		return t.descriptor.tryWrite(b)
	}
	return t.tryWrite(b, nil)
}

// tryTrain hands it what it takes of b and then of the pieces behind it.
func (t *transport) tryTrain(b []byte, behind [][]byte) (int, error) {
	if t.descriptor != nil {
		return t.descriptor.tryTrain(b, behind)
	}
	return t.tryWrite(b, behind)
}

// layer names what the transport is, for the report of an end.
func (t *transport) layer() shared.Layer {
	if _, ok := t.Conn.(*tls.Conn); ok {
		return shared.LayerTLS
	}
	return shared.LayerTCP
}

// closeWrite tells the peer that nothing more will come, where the transport can say that.
func (t *transport) closeWrite() {
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}
