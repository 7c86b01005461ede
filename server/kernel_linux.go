//go:build !race

package server

import (
	"syscall"
	"unsafe"
)

// Calls that do not wait, not even if somebody has taken the descriptor's non-blocking mode away, as os.File.Fd does. The
// scheduler is not told of them (vigil_linux.go says what follows from that): to tell it costs a small message 3%, and in a
// longer call it gives the processor to another thread, which costs a message of 1 MiB 10%. So that nobody waits long for the
// processor (the garbage collector, say) none of them moves more than twice longCall.

const (
	atOnce  = syscall.MSG_DONTWAIT
	quietly = syscall.MSG_NOSIGNAL // the error is enough
)

// readNow reads into b, which is not longer than longCall.
func readNow(fd int32, b []byte) (int, error) {
	return kernel(recvfrom, fd, unsafe.Pointer(unsafe.SliceData(b)), len(b), atOnce)
}

// readBoth reads into first and, once that is full, into second. Neither may be empty.
func readBoth(fd int32, first, second []byte) (int, error) {
	vector := [2]syscall.Iovec{{Base: &first[0]}, {Base: &second[0]}}
	vector[0].SetLen(len(first))
	vector[1].SetLen(len(second))
	m := syscall.Msghdr{Iov: &vector[0], Iovlen: 2}
	return kernel(recvmsg, fd, unsafe.Pointer(&m), atOnce, 0)
}

// peek reports whether there is something to read.
func peek(fd int32) bool {
	var b [1]byte
	n, _ := kernel(recvfrom, fd, unsafe.Pointer(&b), len(b), atOnce|syscall.MSG_PEEK)
	return n > 0
}

// writeNow writes what the kernel takes of b.
func writeNow(fd int32, b []byte) (int, error) {
	return kernel(sendto, fd, unsafe.Pointer(unsafe.SliceData(b)), min(len(b), longCall), atOnce|quietly)
}

// writeTrain writes what the kernel takes of first and the pieces behind it, many with one call: for a long message that is
// half the time, since the other end is not woken for each piece.
func writeTrain(fd int32, first []byte, more [][]byte) (n int, err error) {
	for err == nil {
		var vector [1 + 2*trainFrames]syscall.Iovec
		pieces, size, skip := 0, 0, n
		for i := -1; i < len(more) && pieces < len(vector) && size < longCall; i++ {
			piece := first
			if i >= 0 {
				piece = more[i]
			}
			if skip >= len(piece) {
				skip -= len(piece)
				continue
			}
			piece = piece[skip:]
			piece = piece[:min(len(piece), longCall)]
			vector[pieces].Base = &piece[0]
			vector[pieces].SetLen(len(piece))
			size += len(piece)
			pieces, skip = pieces+1, 0
		}
		if pieces == 0 {
			break
		}
		var m int
		message := syscall.Msghdr{Iov: &vector[0]}
		setLen(&message.Iovlen, pieces)
		m, err = kernel(sendmsg, fd, unsafe.Pointer(&message), atOnce|quietly, 0)
		n += m
	}
	return n, err
}

// pollNow gives what is ready of what an epoll descriptor watches.
func pollNow(epoll int, events []syscall.EpollEvent) int {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// setLen sets a length, which has the size that the processor's words have.
func setLen[word uint32 | uint64](to *word, n int) { *to = word(n) }

// kernel makes a system call, again if a signal interrupts it.
func kernel(number uintptr, fd int32, p unsafe.Pointer, third, fourth int) (int, error) {
	for {
		n, errno := call(number, fd, p, third, fourth)
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
