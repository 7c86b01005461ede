//go:build unix && !linux

package server

func writeVector(fd uintptr, first []byte, more [][]byte) (int, error) {
	return writeEach(fd, first, more)
}
