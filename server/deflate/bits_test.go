package deflate

import (
	"encoding/hex"
	"testing"
)

// RFC 1951 §3.1.1: bits fill a byte from its lowest.
func TestRFC1951_Section3_1_1_Bits(t *testing.T) {
	w := bitWriter{out: make([]byte, 64)}
	for _, b := range []struct {
		v uint64
		n uint
	}{{1, 1}, {0b01, 2}, {0b10110, 5}, {0x123, 9}, {1<<55 | 1, 56}, {0, 0}, {0x3f, 6}} {
		w.add(b.v, b.n)
		w.flush()
	}
	w.add(0, 1)
	w.flush()
	if got, want := hex.EncodeToString(w.out[:w.n]), "b3"+"23"+"03"+"000000000000"+"7f"; got != want || w.bits != 0 {
		t.Errorf("%s and %d bits, want %s", got, w.bits, want)
	}
}

// RFC 1951 §3.2.4: LEN and its complement, behind zeros up to a whole byte.
func TestRFC1951_Section3_2_4_StoredBlock(t *testing.T) {
	w := bitWriter{out: make([]byte, 64)}
	w.add(0x1f, 5)
	w.writeStored([]byte("Hello"))
	w.writeStored(nil)
	if got, want := hex.EncodeToString(w.out[:w.n]), "1f0500faff48656c6c6f"+"000000ffff"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
