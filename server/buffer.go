package server

import (
	"sync"

	"example.com/tandem/shared"
)

// Buffers are pooled by size, so that a connection at rest holds none. Their bytes are never sent or delivered before
// the connection that holds them has written them over.
const (
	smallBuffer = 4 << 10
	largeBuffer = 16 << 10
	hugeBuffer  = 64 << 10

	longCall = 4 * hugeBuffer                 // how much one system call is given, in pieces that are not longer themselves
	longest  = longCall - shared.MaxHeaderLen // of the frames for which there is a buffer: more would not stay in the processor's cache
)

var pools = [...]struct {
	size int
	pool sync.Pool
}{{size: smallBuffer}, {size: largeBuffer}, {size: hugeBuffer}, {size: defaultOutgoing + smallBuffer},
	{size: longCall}, {size: 16 * hugeBuffer}, {size: 64 * hugeBuffer}} // the last for long messages to a handler

// getBuffer returns a buffer of at least size bytes, all of them in its length.
func getBuffer(size int) *[]byte {
	for i := range pools {
		if p := &pools[i]; size <= p.size {
			if b, ok := p.pool.Get().(*[]byte); ok {
				return b
			}
			size = p.size
			break
		}
	}
	b := make([]byte, size)
	return &b
}

// putBuffer takes back what getBuffer gave. A size that is not pooled is left to the collector.
func putBuffer(b *[]byte) {
	*b = (*b)[:cap(*b)]
	for i := range pools {
		if p := &pools[i]; len(*b) == p.size {
			p.pool.Put(b)
			return // it may be another's by now
		}
	}
}
