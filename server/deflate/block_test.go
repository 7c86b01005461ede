package deflate

import (
	"encoding/base64"
	"testing"
)

// What only looks like noise is compressed: base64 has 6 bits in a byte.
func TestDense(t *testing.T) {
	random := dense(40_000)
	for name, c := range map[string]struct {
		data []byte
		want bool
	}{
		"random":            {random, true},
		"base64":            {[]byte(base64.StdEncoding.EncodeToString(random)), false},
		"ticks":             {many(40_000), false},
		"too short to tell": {random[:4000], false},
	} {
		b := &block{literals: len(c.data)}
		if got := b.dense(c.data); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Each kind of data gets the kind of block that makes it shortest. RFC 1951 §3.2.3.
func TestRFC1951_Section3_2_3_Kinds(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want byte
	}{
		"a short message":            {[]byte("Hello"), blockFixed},
		"a short dense message":      {dense(100), blockStored},
		"a dense message":            {dense(1000), blockStored},
		"a long dense message":       {dense(10_000), blockStored},
		"text that does not repeat":  {[]byte(base64.StdEncoding.EncodeToString(dense(600))), blockDynamic},
		"a long message":             {many(5000), blockDynamic},
		"a byte that repeats":        {make([]byte, 1000), blockFixed},
		"a byte that repeats longer": {make([]byte, 60_000), blockDynamic},
	} {
		got := NewEncoder(12).Append(nil, c.data)[0] & 6
		if got != c.want {
			t.Errorf("%s: BTYPE is %02b, want %02b", name, got>>1, c.want>>1)
		}
	}
}
