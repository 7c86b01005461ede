//go:build !race

package server

import (
	"syscall"
	"unsafe"
)

// Calls on a descriptor that never waits. The scheduler is not told of them: to tell it costs a small message 3%, and in a
// longer call it gives the processor to another thread, which costs a message of 1 MiB 10%. So that nobody waits long for the
// processor (the garbage collector, say) none of them moves much more than longCall.

// readNow reads into b, which is not longer than longCall.
func readNow(fd int32, b []byte) (int, error) {
	return kernel(syscall.SYS_READ, fd, unsafe.Pointer(unsafe.SliceData(b)), len(b))
}

// readBoth reads into first and, once that is full, into second. Neither may be empty.
func readBoth(fd int32, first, second []byte) (int, error) {
	vector := [2]syscall.Iovec{{Base: &first[0]}, {Base: &second[0]}}
	vector[0].SetLen(len(first))
	vector[1].SetLen(len(second))
	return kernel(syscall.SYS_READV, fd, unsafe.Pointer(&vector), len(vector))
}

// writeNow writes what the kernel takes of b.
func writeNow(fd int32, b []byte) (int, error) {
	return kernel(syscall.SYS_WRITE, fd, unsafe.Pointer(unsafe.SliceData(b)), min(len(b), longCall))
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
		m, err = kernel(syscall.SYS_WRITEV, fd, unsafe.Pointer(&vector), pieces)
		n += m
	}
	return n, err
}

// kernel makes a system call, again if a signal interrupts it.
func kernel(number uintptr, fd int32, p unsafe.Pointer, n int) (int, error) {
	for {
		m, _, errno := syscall.RawSyscall(number, uintptr(fd), uintptr(p), uintptr(n))
		switch errno {
		case 0:
			return int(m), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
