package deflate

import "testing"

// Every length and distance falls into the range that the tables of RFC 1951 §3.2.5 give, with the extra bits that say
// which of it.
func TestRFC1951_Section3_2_5_Lengths(t *testing.T) {
	for length := minMatch; length <= maxMatch; length++ {
		symbol, extra, n := lengthSymbol(length)
		want := lengthBase[symbol-firstLength]
		if int(extra)+want.base != length || int(n) != want.extra || lengthExtra(symbol) != want.extra || extra>>n != 0 {
			t.Errorf("length %d: symbol %d, extra bits %0*b", length, symbol, n, extra)
		}
	}
	if symbol, _, _ := lengthSymbol(maxMatch); symbol != 285 {
		t.Errorf("258 is %d, want 285", symbol)
	}
}

func TestRFC1951_Section3_2_5_Distances(t *testing.T) {
	for distance := 1; distance <= 1<<MaxWindowBits; distance++ {
		symbol, extra, n := distanceSymbol(distance)
		want := distanceBase[symbol]
		if int(extra)+want.base != distance || int(n) != want.extra || distanceExtra(symbol) != want.extra || extra>>n != 0 {
			t.Fatalf("distance %d: symbol %d, extra bits %0*b", distance, symbol, n, extra)
		}
	}
}

// RFC 1951 §3.2.6: the first and last code of each length, most significant bit first.
func TestRFC1951_Section3_2_6_FixedCodes(t *testing.T) {
	for symbol, want := range map[int]string{
		0: "00110000", 143: "10111111", 144: "110010000", 255: "111111111", 256: "0000000", 279: "0010111", 280: "11000000",
	} {
		var c code
		switch {
		case symbol < 256:
			c = fixed.literals[symbol]
		case symbol == endOfBlock:
			c = fixed.end
		default: // the first length of a range has extra bits of 0
			c = fixed.lengths[lengthBase[symbol-firstLength].base-minMatch]
			c = newCode(uint32(c.bits()), c.len()-uint(lengthBase[symbol-firstLength].extra))
		}
		got := ""
		for i := range c.len() {
			got += string('0' + rune(c.bits()>>i&1))
		}
		if got != want {
			t.Errorf("%d: %s, want %s", symbol, got, want)
		}
	}
}
