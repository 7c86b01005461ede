package main

import (
	"testing"
	"time"
)

func TestHistogramIsWithinAThirtySecond(t *testing.T) {
	var h histogram
	for i := range 100_000 {
		h.add(time.Duration(i) * time.Microsecond)
	}
	for _, test := range []struct {
		q    float64
		want time.Duration
	}{{0, 0}, {.5, 50 * time.Millisecond}, {.99, 99 * time.Millisecond}, {.999, 99900 * time.Microsecond}, {1, 99999 * time.Microsecond}} {
		got := h.quantile(test.q)
		if got < test.want || got > test.want+test.want/32 {
			t.Errorf("quantile %v: %v, want %v", test.q, got, test.want)
		}
	}
	if l := h.latency(); l.Max != 99_999 || l.P50 < 50_000 || l.P50 > 52_000 {
		t.Errorf("%+v: want microseconds", l)
	}
}

func TestHistogramClassesFollowEachOther(t *testing.T) {
	next := time.Duration(0)
	for c := range 1500 {
		if got := class(uint64(next)); got != c {
			t.Fatalf("%d is in class %d, want %d", next, got, c)
		}
		last := upper(c)
		if got := class(uint64(last)); got != c {
			t.Fatalf("class %d ends with %d, which is in class %d", c, last, got)
		}
		next = last + 1
	}
}

func TestHistogramOfNothing(t *testing.T) {
	var h histogram
	if got := h.quantile(.99); got != 0 {
		t.Error(got)
	}
	h.add(-time.Second) // a clock that two processors see differently
	if got := h.quantile(.99); got != 0 {
		t.Error(got)
	}
}
