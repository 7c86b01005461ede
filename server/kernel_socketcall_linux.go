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

// call makes a system call. recvfrom and sendto have no address.
func call(number uintptr, fd int32, p unsafe.Pointer, third, fourth int) (uintptr, syscall.Errno) {
	arguments := struct {
		fd            uintptr
		p             unsafe.Pointer
		third, fourth uintptr
		address, size uintptr
	}{fd: uintptr(fd), p: p, third: uintptr(third), fourth: uintptr(fourth)}
	n, _, errno := syscall.RawSyscall(syscall.SYS_SOCKETCALL, number, uintptr(unsafe.Pointer(&arguments)), 0)
	return n, errno
}
