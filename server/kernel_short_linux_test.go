//go:build !race

package server

import (
	"slices"
	"syscall"
	"testing"
)

// TestKernelCallsAreShort has sockets on which each call is a packet.
func TestKernelCallsAreShort(t *testing.T) {
	long := make([]byte, longCall+50_000)
	for name, write := range map[string]func(fd int32) (int, error){
		"a long piece": func(fd int32) (int, error) { return writeTrain(fd, long, nil) },
		"many pieces":  func(fd int32) (int, error) { return writeTrain(fd, nil, slices.Collect(slices.Chunk(long, 8000))) },
		"alone":        func(fd int32) (int, error) { return writeNow(fd, long) },
	} {
		pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(pair[0])
		defer syscall.Close(pair[1])
		syscall.SetsockoptInt(pair[0], syscall.SOL_SOCKET, syscall.SO_SNDBUF, 2*len(long))
		if _, err := write(int32(pair[0])); err != nil && err != syscall.EAGAIN {
			t.Errorf("%s: %v", name, err)
		}
		n, err := syscall.Read(pair[1], make([]byte, 2*len(long)))
		if n < longCall/2 || n > longCall+8000 || err != nil {
			t.Errorf("%s: the first call moved %d bytes, %v", name, n, err)
		}
	}
}
