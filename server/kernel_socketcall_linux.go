//go:build !race && (386 || s390x)

package server

import (
	"syscall"
	"unsafe"
)

// These systems have one call for all that is done with sockets. This is what it calls the others.
const (
	sendto   = 11
	recvfrom = 12
	sendmsg  = 16
	recvmsg  = 17
)

// kernel makes a system call, again if a signal interrupts it. recvfrom and sendto have no address.
func kernel(number uintptr, fd int32, p unsafe.Pointer, third, fourth int) (int, error) {
	arguments := struct {
		fd            uintptr
		p             unsafe.Pointer
		third, fourth uintptr
		address, size uintptr
	}{fd: uintptr(fd), p: p, third: uintptr(third), fourth: uintptr(fourth)}
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_SOCKETCALL, number, uintptr(unsafe.Pointer(&arguments)), 0)
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
