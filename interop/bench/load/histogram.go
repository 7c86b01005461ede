package main

import (
	"math/bits"
	"time"

	"example.com/tandem/interop/bench/sample"
)

// A histogram counts durations in classes that are 1/32 of their value wide, which costs the load next to nothing.
type histogram struct {
	counts [64 << precision]int
	total  int
	max    time.Duration
}

const precision = 5

func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.counts[class(uint64(d))]++
	h.total++
	h.max = max(h.max, d)
}

// class has the numbers below 32 for themselves, and then 32 classes for each power of two.
func class(v uint64) int {
	shift := max(0, bits.Len64(v)-precision-1)
	return shift<<precision + int(v>>shift)
}

// upper is the largest duration of a class.
func upper(class int) time.Duration {
	shift := max(0, class>>precision-1)
	return time.Duration(uint64(class-shift<<precision+1)<<shift - 1)
}

// quantile returns the duration that the part q of all do not exceed, at most 1/32 too high.
func (h *histogram) quantile(q float64) time.Duration {
	rank := int(q * float64(h.total))
	seen := 0
	for c, n := range h.counts {
		if seen += n; seen > rank {
			return min(upper(c), h.max)
		}
	}
	return h.max
}

func (h *histogram) latency() sample.Latency {
	micro := func(d time.Duration) float64 { return float64(d) / 1e3 }
	return sample.Latency{P50: micro(h.quantile(.5)), P90: micro(h.quantile(.9)), P99: micro(h.quantile(.99)),
		P999: micro(h.quantile(.999)), P9999: micro(h.quantile(.9999)), Max: micro(h.max)}
}
