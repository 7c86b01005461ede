//go:build !386 && !s390x

package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"example.com/tandem/shared"
)

// segments is how many segments with data the kernel has sent: each write makes at least one (tcpi_data_segs_out of TCP_INFO).
// A Trace would show writes too, but has them made by another goroutine.
func segments(t *testing.T, c *Conn) uint32 {
	t.Helper()
	var info [160]byte
	size := uint32(len(info))
	_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, uintptr(c.t.descriptor.fd), syscall.IPPROTO_TCP, syscall.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 || int(size) < len(info) {
		t.Fatalf("TCP_INFO: %v, %d bytes", errno, size)
	}
	return binary.NativeEndian.Uint32(info[156:])
}

// TestRepliesGather answers messages that arrive at once, received in each way, and counts the writes. With many more the kernel
// would be full, and they would leave together for that reason.
func TestRepliesGather(t *testing.T) {
	for name, echo := range map[string]func(c *Conn){
		"ReceiveAppend": func(c *Conn) {
			var b []byte
			for {
				op, p, err := c.ReceiveAppend(context.Background(), b[:0])
				if err != nil {
					return
				}
				c.Send(context.Background(), shared.Message{Opcode: op, Payload: p})
				b = p
			}
		},
		"Next": func(c *Conn) {
			for {
				m, err := c.Next(context.Background())
				if err != nil {
					return
				}
				c.Send(context.Background(), m)
			}
		},
		"Handle": func(c *Conn) { c.Handle(MessageFunc(echoMessage)) },
	} {
		for _, n := range []int{20, 100} { // within a run, and more than one
			c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
			c.in.keep(bytes.Repeat(frames("81 04 70 69 6e 67", true), n))
			go echo(c)
			for range n {
				p.expect("81 04 70 69 6e 67")
			}
			first := segments(t, c)
			if first == 0 || int(first) > n/4 {
				t.Errorf("%s: %d replies took %d writes", name, n, first)
			}
			p.sendBytes(bytes.Repeat(frames("81 04 70 69 6e 67", true), n)) // and once more, when it has come to rest
			for range n {
				p.expect("81 04 70 69 6e 67")
			}
			if got := segments(t, c) - first; got == 0 || int(got) > n/4 {
				t.Errorf("%s: %d further replies took %d writes", name, n, got)
			}
		}
	}
}

// TestPongsGather has 100 Pings arrive at once.
func TestPongsGather(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	c.in.keep(bytes.Repeat(frames("89 01 61", true), 100))
	go c.Receive(context.Background())
	p.expect(strings.TrimSuffix(strings.Repeat("8a 01 61 | ", 100), " | "))
	if n := segments(t, c); n == 0 || n > 10 {
		t.Errorf("100 Pongs took %d writes", n)
	}
}

// TestAMessageAloneLeavesAtOnce: also while it is still to be looked whether earlier replies are late.
func TestAMessageAloneLeavesAtOnce(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	c.out.mu.Lock()
	c.out.expected = true // and nobody looks
	c.out.mu.Unlock()
	if err := c.Send(t.Context(), shared.Text("a")); err != nil {
		t.Fatal(err)
	}
	p.expect("81 01 61")
}
