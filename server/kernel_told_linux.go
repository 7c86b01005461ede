//go:build race

package server

import "syscall"

// The same calls by package syscall. The race detector has to know that what one end sends comes before the other receives it.

func readNow(fd int32, b []byte) (int, error) { return retry(uintptr(fd), b, syscall.Read) }

func readBoth(fd int32, first, second []byte) (int, error) {
	n, err := readNow(fd, first)
	if n == len(first) {
		m, _ := readNow(fd, second) // its error comes again
		n += m
	}
	return n, err
}

func peek(fd int32) bool {
	n, _, _ := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_DONTWAIT|syscall.MSG_PEEK)
	return n > 0
}

func writeNow(fd int32, b []byte) (int, error) { return retry(uintptr(fd), b, syscall.Write) }

func writeTrain(fd int32, first []byte, more [][]byte) (int, error) {
	return writeEach(uintptr(fd), first, more)
}

func pollNow(epoll int, events []syscall.EpollEvent) int { return pollTold(epoll, events) }
