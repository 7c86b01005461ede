//go:build !race

package shared

// In words of 128 bits the echo of 64 KiB of ASCII costs an eighth less than in those of 64.

// maskBlocks masks whole blocks, at least one, with k, and reports whether what comes out is ASCII.
//
//go:noescape
func maskBlocks(b []byte, k uint64) (ascii bool)

// asciiBlocks looks at whole blocks, at least one, and gives how many bytes of them, in whole blocks, are ASCII before anything
// else comes.
//
//go:noescape
func asciiBlocks(b []byte) (n int)
