//go:build race

package server

import "syscall"

// With the race detector the calls are package syscall's, which tell it that what one end sends comes before the other
// receives it.

func readNow(fd int32, b []byte) (int, error) { return retry(uintptr(fd), b, syscall.Read) }

func readBoth(fd int32, first, second []byte) (int, error) {
	n, err := readNow(fd, first)
	if n == len(first) {
		m, _ := readNow(fd, second) // its error comes again
		n += m
	}
	return n, err
}

func writeNow(fd int32, b []byte) (int, error) { return retry(uintptr(fd), b, syscall.Write) }

func writeTrain(fd int32, first []byte, more [][]byte) (int, error) {
	return writeEach(uintptr(fd), first, more)
}
