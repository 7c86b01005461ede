//go:build !amd64 || race

package shared

// The race detector sees nothing of what assembly does.

func maskBlocks(b []byte, k uint64) (ascii bool) { return maskWords(b, k) }

func asciiBlocks(b []byte) (n int) { return asciiWords(b) }
