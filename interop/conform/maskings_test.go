package conform

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
	"strings"
	"testing"
)

func TestSection5_3_Randomness(t *testing.T) {
	keys := func(at func(i int) uint32) (keys [][4]byte) {
		for i := range 512 {
			var key [4]byte
			binary.BigEndian.PutUint32(key[:], at(i))
			keys = append(keys, key)
		}
		return keys
	}
	random := func(int) uint32 {
		var b [4]byte
		rand.Read(b[:])
		return binary.BigEndian.Uint32(b[:])
	}
	for _, test := range []struct {
		name string
		at   func(i int) uint32
		want string
	}{
		{"random", random, ""},
		{"constant", func(int) uint32 { return 7 }, "twice"},
		{"counter", func(i int) uint32 { return uint32(i) }, "counts"},
		{"counter from the other end", func(i int) uint32 { return bits.ReverseBytes32(uint32(i)) }, "counts"},
		{"steps", func(i int) uint32 { return uint32(i) * 0x9E3779B9 }, "counts"},
		{"16 bits", func(i int) uint32 { return random(i) &^ 0xF }, "sets bit 0 in 0 of 512"},
		{"sticky", func(i int) uint32 { return random(i)&0xFFF ^ 0x5A5A5A5A&uint32(-(i&1)) ^ uint32(i)<<12 }, "masking key"},
	} {
		if got := randomness(keys(test.at)); test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
