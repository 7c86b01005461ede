package server

import (
	"syscall"
	"unsafe"
)

// writeVector is writeEach with one system call, as far as the kernel takes it all: for a long message that is half the
// time, since the other end is not woken for each piece.
func writeVector(fd uintptr, first []byte, more [][]byte) (n int, err error) {
	switch {
	case len(more) == 0:
		return writeEach(fd, first, nil)
	case len(first) == 0 && len(more) == 1: // a prepared message
		return writeEach(fd, more[0], nil)
	}
	return gather(fd, first, more)
}

// gather is apart because of its stack, which a short message does without.
func gather(fd uintptr, first []byte, more [][]byte) (n int, err error) {
	for {
		var vector [1 + 2*trainFrames]syscall.Iovec
		pieces, skip := 0, n
		for i := -1; i < len(more) && pieces < len(vector); i++ {
			piece := first
			if i >= 0 {
				piece = more[i]
			}
			if skip >= len(piece) {
				skip -= len(piece)
				continue
			}
			vector[pieces].Base = &piece[skip]
			vector[pieces].SetLen(len(piece) - skip)
			pieces, skip = pieces+1, 0
		}
		if pieces == 0 {
			return n, nil
		}
		m, _, errno := syscall.Syscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&vector)), uintptr(pieces))
		switch errno {
		case 0:
			n += int(m)
		case syscall.EINTR:
		case syscall.EAGAIN:
			return n, nil
		default:
			return n, errno
		}
	}
}
