package server

import (
	"crypto/rand"
	"sync"
)

// Masking keys come from crypto/rand (RFC 6455 §5.3, §10.3), which is asked for many at a time.
type keySource struct {
	left []byte
	buf  [1024]byte
}

var keySources = sync.Pool{New: func() any { return new(keySource) }}

// newMaskingKey returns a key that has never been used.
func newMaskingKey() (key [4]byte) {
	s := keySources.Get().(*keySource)
	if len(s.left) == 0 {
		rand.Read(s.buf[:]) // never fails: it ends the program instead
		s.left = s.buf[:]
	}
	copy(key[:], s.left)
	clear(s.left[:4])
	s.left = s.left[4:]
	keySources.Put(s)
	return key
}
