//go:build !race && !386 && !s390x

package server

import (
	"syscall"
	"unsafe"
)

// The calls by their numbers.
const (
	recvfrom = syscall.SYS_RECVFROM
	recvmsg  = syscall.SYS_RECVMSG
	sendto   = syscall.SYS_SENDTO
	sendmsg  = syscall.SYS_SENDMSG
)

// kernel makes a system call, again if a signal interrupts it. recvfrom and sendto have no address.
func kernel(number uintptr, fd int32, p unsafe.Pointer, third, fourth int) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall6(number, uintptr(fd), uintptr(p), uintptr(third), uintptr(fourth), 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
