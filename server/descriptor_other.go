//go:build !linux

package server

import (
	"sync/atomic"
	"syscall"
)

// Elsewhere no descriptor is watched: net.Conn does the waiting, and a connection that was handed over has a goroutine.
type descriptor struct {
	attended, queued atomic.Bool
	supervision      supervision
}

func (*transport) watch(syscall.RawConn) bool { return false }

func (*descriptor) call() {}

func (*descriptor) holdsMore() bool { panic("websocket: nothing is watched here") }

func (*descriptor) read(*input, []byte) (int, error) { panic("websocket: nothing is watched here") }

func (*descriptor) glance(*input, []byte) (int, error) { panic("websocket: nothing is watched here") }

func (*descriptor) exhausted() bool { panic("websocket: nothing is watched here") }

func (*descriptor) tryWrite([]byte) (int, error) { panic("websocket: nothing is watched here") }

func (*descriptor) tryTrain([]byte, [][]byte) (int, error) {
	panic("websocket: nothing is watched here")
}
