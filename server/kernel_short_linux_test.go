//go:build !race

package server

import (
	"slices"
	"syscall"
	"testing"
	"time"
)

// TestKernelCallsDoNotWait has a descriptor that waits, as one does after os.File.Fd, and something come while a call waits.
func TestKernelCallsDoNotWait(t *testing.T) {
	b := make([]byte, 100_000)
	for name, call := range map[string]func(fd int32) (int, error){
		"readNow":    func(fd int32) (int, error) { return readNow(fd, b) },
		"readBoth":   func(fd int32) (int, error) { return readBoth(fd, b[:1], b[1:]) },
		"peek":       func(fd int32) (int, error) { return map[bool]int{true: 1}[peek(fd)], syscall.EAGAIN },
		"writeNow":   func(fd int32) (int, error) { return writeNow(fd, b) },
		"writeTrain": func(fd int32) (int, error) { return writeTrain(fd, b[:1], [][]byte{b}) },
	} {
		pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		for err == nil { // until there is no more room
			_, err = syscall.SendmsgN(pair[0], b, nil, nil, syscall.MSG_DONTWAIT)
		}
		done := make(chan bool)
		go func() {
			defer close(done)
			time.Sleep(20 * time.Millisecond)
			syscall.Write(pair[1], b[:1])
			for range 100 { // room, and an end of it: whoever waits goes on
				syscall.Recvfrom(pair[1], make([]byte, len(b)), syscall.MSG_DONTWAIT)
			}
		}()
		if n, err := call(int32(pair[0])); n != 0 || err != syscall.EAGAIN {
			t.Errorf("%s: %d, %v, want EAGAIN at once", name, n, err)
		}
		<-done
		syscall.Close(pair[0])
		syscall.Close(pair[1])
	}
}

func TestCloseThoughTheDescriptorIsMadeToWaitLater(t *testing.T) { closesThoughItWaits(t, true) }

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
