//go:build !race

package shared

import (
	"os"
	"strings"
	"testing"
)

func init() {
	blockTwins = append(blockTwins, blockTwin{"words of 128 bits",
		func(b []byte, k uint64) bool { defer withoutAVX2()(); return maskBlocks(b, k) },
		func(b []byte) int { defer withoutAVX2()(); return asciiBlocks(b) }})
}

func withoutAVX2() (back func()) {
	had := hasAVX2
	hasAVX2 = false
	return func() { hasAVX2 = had }
}

// TestDetectAVX2 asks Linux, too.
func TestDetectAVX2(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Contains(string(info), " avx2 "); detectAVX2() != want {
		t.Errorf("%v, but the system says %v", !want, want)
	}
}
