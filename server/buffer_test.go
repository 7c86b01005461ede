package server

import "testing"

func TestBuffersHaveTheSizeAskedFor(t *testing.T) {
	for _, size := range []int{0, 1, smallBuffer, smallBuffer + 1, largeBuffer, hugeBuffer, defaultOutgoing, defaultOutgoing + smallBuffer, 1 << 20} {
		b := getBuffer(size)
		if len(*b) < size || len(*b) != cap(*b) {
			t.Errorf("asked for %d, got %d of %d", size, len(*b), cap(*b))
		}
		*b = (*b)[:0]
		putBuffer(b)
		again := getBuffer(size)
		if len(*again) < size {
			t.Errorf("a buffer put back short came back with %d bytes for %d", len(*again), size)
		}
		putBuffer(again)
	}
}

// TestBuffersOfOtherSizesAreNotPooled puts back one that has grown.
func TestBuffersOfOtherSizesAreNotPooled(t *testing.T) {
	odd := make([]byte, smallBuffer+100)
	putBuffer(&odd)
	for range 100 {
		if b := getBuffer(smallBuffer); len(*b) == len(odd) {
			t.Fatal("a size that is not pooled came from a pool")
		}
	}
}
