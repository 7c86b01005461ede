//go:build !unix

package server

import (
	"net"
	"syscall"
)

// Without descriptors that can be tried, every connection is read and written through net.Conn alone.
type attempt struct{}

func newAttempt(syscall.RawConn) *attempt { return nil }

func rawConn(net.Conn) syscall.RawConn { return nil }

func (t *transport) readRaw(*input, []byte) (int, error) { panic("websocket: no raw connection here") }

func (t *transport) tryWrite([]byte, [][]byte) (int, error) {
	panic("websocket: no raw connection here")
}

func (t *transport) readable() bool { return false }
