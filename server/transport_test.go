package server

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"example.com/tandem/shared"
)

func unixConns(t testing.TB) (a, b net.Conn) {
	t.Helper()
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if a, err = net.Dial("unix", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// TestOnlyExactTypesAreBypassed wraps connections in types that promote SyscallConn and have a Write of their own.
func TestOnlyExactTypesAreBypassed(t *testing.T) {
	tcp, peer := tcpConns(t)
	defer tcp.Close()
	defer peer.Close()
	type own struct{ *net.TCPConn }
	tries := func(nc net.Conn) bool {
		var t transport
		t.open(nc)
		return t.tries()
	}
	for _, nc := range []net.Conn{own{tcp.(*net.TCPConn)}, &own{tcp.(*net.TCPConn)}} {
		if tries(nc) {
			t.Errorf("%T is bypassed", nc)
		}
	}
	if a, _ := pipe(); tries(a) {
		t.Error("a pipe has a descriptor")
	}
}

func TestUnixSocket(t *testing.T) {
	client, server := newPair(t, unixConns, Limits{})
	go echoAll(t.Context(), server)
	for _, size := range []int{0, 1, 100_000, 1_000_000} {
		go client.Send(t.Context(), shared.Binary(make([]byte, size)))
		if m, err := client.Receive(t.Context()); err != nil || len(m.Payload) != size {
			t.Fatal(size, len(m.Payload), err)
		}
	}
	if err := client.Close(1000, ""); err != nil {
		t.Error(err)
	}
}

// TestWaitingTakesNoBuffer interrupts a wait on TCP with nothing, and with half a frame, in hand.
func TestWaitingTakesNoBuffer(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	if !c.t.tries() {
		t.Skip("this system has no descriptors to wait for without a buffer")
	}
	receive := func() {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
	receive()
	if c.in.buf != nil {
		t.Error("a wait for nothing holds a buffer")
	}
	p.sendBytes([]byte{0x81})
	receive()
	if c.in.buf == nil || c.in.len() != 1 {
		t.Error("half a header was lost")
	}
	p.sendBytes(maskFrame(unhex("81 01 61"))[1:])
	if m, err := c.Receive(t.Context()); err != nil || m.String() != "a" {
		t.Error(m, err)
	}
	receive()
	if c.in.buf != nil {
		t.Error("a buffer was kept")
	}
}
