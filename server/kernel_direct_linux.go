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

// call makes a system call. recvfrom and sendto have no address.
func call(number uintptr, fd int32, p unsafe.Pointer, third, fourth int) (uintptr, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(number, uintptr(fd), uintptr(p), uintptr(third), uintptr(fourth), 0, 0)
	return n, errno
}
