package shared

import (
	"bytes"
	"strings"
	"testing"
)

const someKey = 0x0403FF8004030201

// A blockTwin is one of the forms in which blocks are masked and looked at.
type blockTwin struct {
	name string
	mask func([]byte, uint64) bool
	look func([]byte) int
}

var blockTwins = []blockTwin{{"what this processor runs", maskBlocks, asciiBlocks}, {"words", maskWords, asciiWords}}

// compareBlocks holds what this processor runs, what a lesser one would, and their twin for any processor to the formula.
func compareBlocks(t *testing.T, p []byte, k uint64) {
	t.Helper()
	p = p[:len(p)&^(blockSize-1)]
	if len(p) == 0 {
		return
	}
	masked, ascii := bytes.Clone(p), true
	for i := range masked {
		masked[i] ^= byte(k >> (i % 8 * 8))
		ascii = ascii && masked[i] < 0x80
	}
	for _, twin := range blockTwins {
		b := bytes.Clone(p)
		if got := twin.mask(b, k); got != ascii || !bytes.Equal(b, masked) {
			t.Fatalf("%s of % x: % x, %v, want % x, %v", twin.name, p, b, got, masked, ascii)
		}
		other := strings.IndexFunc(string(masked), func(r rune) bool { return r >= 0x80 })
		if other < 0 {
			other = len(masked)
		}
		if got := twin.look(b); got != other&^(blockSize-1) {
			t.Fatalf("%s, % x: %d bytes of ASCII in blocks, and the first other byte is %d", twin.name, b, got, other)
		}
	}
}

// Each length and alignment, with one byte that is not ASCII anywhere, and with none.
func TestBlocks(t *testing.T) {
	for length := blockSize; length <= 5*blockSize; length += blockSize {
		for alignment := range 16 {
			room := bytes.Repeat([]byte{0x55}, alignment+length+blockSize)
			b := room[alignment : alignment+length]
			for wrong := -1; wrong < length; wrong++ {
				for i := range b {
					b[i] = byte(i%0x80) ^ byte(uint64(someKey)>>(i%8*8))
				}
				if wrong >= 0 {
					b[wrong] ^= 0x80
				}
				compareBlocks(t, b, someKey)
			}
			maskBlocks(b, someKey)
			if !bytes.Equal(room[:alignment], bytes.Repeat([]byte{0x55}, alignment)) ||
				!bytes.Equal(room[alignment+length:], bytes.Repeat([]byte{0x55}, blockSize)) {
				t.Fatalf("length %d, alignment %d: bytes around the blocks have changed", length, alignment)
			}
		}
	}
}

func FuzzBlocks(f *testing.F) {
	f.Add(prose(3*blockSize, "all ASCII "), uint64(0))
	f.Add(prose(2*blockSize, "не всё ASCII"), uint64(someKey))
	f.Add(make([]byte, 5*blockSize), uint64(0x2020202020202020))
	f.Fuzz(compareBlocks)
}
