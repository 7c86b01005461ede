package server

import (
	"sync"
	"testing"
)

// TestSection5_3_MaskingKeysAreFresh draws keys from several goroutines. Of 100,000 random ones, 1.2 pairs are equal on
// the average; a key used again would make thousands.
func TestSection5_3_MaskingKeysAreFresh(t *testing.T) {
	var mu sync.Mutex
	seen := make(map[[4]byte]int)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 25_000 {
				key := newMaskingKey()
				mu.Lock()
				seen[key]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if twice := 100_000 - len(seen); twice > 20 {
		t.Errorf("%d of 100,000 keys came twice", twice)
	}
	for pos := range 4 {
		var count [256]int
		for key := range seen {
			count[key[pos]]++
		}
		for b, n := range count { // 391 on the average, with a standard deviation of 20
			if n < 200 || n > 600 {
				t.Errorf("byte %d is %#02x in %d of 100,000 keys", pos, b, n)
			}
		}
	}
}

// TestSection5_3_EachFrameHasItsKey looks at the keys on the wire.
func TestSection5_3_EachFrameHasItsKey(t *testing.T) {
	c, p := newWire(t, tcpConns, true, Limits{})
	seen := make(map[string]bool)
	for range 100 {
		c.out.sendPong([]byte("same"))
		b := make([]byte, 10)
		if _, err := p.Read(b); err != nil {
			t.Fatal(err)
		}
		seen[string(b[2:6])] = true
	}
	if len(seen) < 99 {
		t.Errorf("%d keys for 100 frames", len(seen))
	}
}
