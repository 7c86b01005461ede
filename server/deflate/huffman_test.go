package deflate

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// RFC 1951 §3.2.2: the example, with the lengths 3, 3, 3, 3, 3, 2, 4, 4.
func TestRFC1951_Section3_2_2_Canonical(t *testing.T) {
	lengths := []uint8{3, 3, 3, 3, 3, 2, 4, 4}
	var codes [8]code
	canonical(codes[:], lengths)
	want := []uint64{0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111} // 010, 011, 100 ..., as they are written
	for i, c := range codes {
		if c.bits() != want[i] || c.len() != uint(lengths[i]) {
			t.Errorf("symbol %d: %0*b, want %0*b", i, c.len(), c.bits(), lengths[i], want[i])
		}
	}
}

func TestRFC1951_Section3_2_7_CodeLengths(t *testing.T) {
	for name, c := range map[string]struct {
		frequencies []uint16
		most        int
		want        []uint8
	}{
		"as often":             {[]uint16{5, 5, 5, 5}, 15, []uint8{2, 2, 2, 2}},
		"one often":            {[]uint16{1, 1, 2, 100}, 15, []uint8{3, 3, 2, 1}},
		"some never":           {[]uint16{0, 3, 0, 3, 0}, 15, []uint8{0, 1, 0, 1, 0}},
		"only one":             {[]uint16{0, 0, 9}, 15, []uint8{1, 0, 1}},
		"only the first":       {[]uint16{9, 0, 0}, 15, []uint8{1, 1, 0}},
		"none":                 {[]uint16{0, 0, 0}, 15, []uint8{1, 1, 0}},
		"longest 4":            {[]uint16{1, 1, 2, 4, 8}, 4, []uint8{4, 4, 3, 2, 1}},
		"longest cut to 3":     {[]uint16{1, 1, 2, 4, 8}, 3, []uint8{3, 3, 3, 3, 1}},
		"Fibonacci, cut to 4":  {[]uint16{1, 1, 2, 3, 5, 8, 13}, 4, []uint8{4, 4, 4, 4, 3, 3, 1}},
		"the largest that fit": {[]uint16{65535, 65535, 65535}, 15, []uint8{2, 2, 1}},
	} {
		got := make([]uint8, len(c.frequencies))
		codeLengths(got, c.frequencies, c.most)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// However skewed the frequencies are: no code is too long, the codes are complete, and more frequent symbols have no
// longer codes.
func TestCodeLengthsAreComplete(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		n, most := 2+r.IntN(numLitLens-1), maxCodeLen
		if r.IntN(2) == 0 {
			n, most = 2+r.IntN(numCodeLens-1), maxCodeLenLen
		}
		frequencies := make([]uint16, n)
		next := 1.0
		for i := range frequencies {
			if r.IntN(5) > 0 {
				frequencies[i] = uint16(min(next, 65535))
				next *= 1 + r.Float64()
			}
		}
		lengths := make([]uint8, n)
		codeLengths(lengths, frequencies, most)
		sum := 0
		for i, length := range lengths {
			if int(length) > most || frequencies[i] > 0 && length == 0 {
				t.Fatalf("%v: a length of %d", frequencies, length)
			}
			if length > 0 {
				sum += 1 << (most - int(length))
			}
			for j, other := range lengths {
				if frequencies[i] > frequencies[j] && frequencies[j] > 0 && length > other {
					t.Fatalf("%v: %d for %d, %d for %d", frequencies, length, frequencies[i], other, frequencies[j])
				}
			}
		}
		if sum != 1<<most {
			t.Fatalf("%v: %v is not complete", frequencies, lengths)
		}
	}
}
