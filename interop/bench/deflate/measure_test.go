package main

import (
	"slices"
	"testing"
	"time"
)

// The feed is like those that others have measured on: compress/flate makes it half as long at its fastest, klauspost a
// third. And the encoder of this project earns its place: as short as klauspost's fastest, in far less memory.
func TestRatiosOnTheTicker(t *testing.T) {
	ticker := traffics()[0].messages[:200]
	ratios := make(map[string]float64)
	for _, c := range candidates() {
		if c.takeover {
			ratios[c.name] = ratio(c, ticker)
		}
	}
	for name, want := range map[string][2]float64{
		"compress/flate 1": {2, 2.3}, yardstick: {2.9, 3.2}, "tandem 12 bits": {3.5, 4}, "tandem 15 bits": {3.7, 4.2},
	} {
		if got := ratios[name]; got < want[0] || got > want[1] {
			t.Errorf("%s: %.2f, want within %v", name, got, want)
		}
	}
}

func TestState(t *testing.T) {
	for _, c := range candidates() {
		want, ok := map[string][2]int{
			"tandem 12 bits":             {13_000, 18 << 10},
			"compress/flate 6":           {700_000, 900_000},
			"klauspost stateless, 4 KiB": {3000, 5000},
		}[c.name]
		if got := state(c); ok && (got < want[0] || got > want[1]) {
			t.Errorf("%s: %d bytes, want within %d", c.name, got, want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		times []time.Duration
		want  time.Duration
	}{{[]time.Duration{3}, 3}, {[]time.Duration{9, 1, 2}, 2}, {[]time.Duration{8, 2, 4, 100}, 6}} {
		if got := median(c.times); got != c.want {
			t.Errorf("%d: %d, want %d", c.times, got, c.want)
		}
	}
}

func TestEachRoundBeginsWithAnother(t *testing.T) {
	var order []int
	calls := 0
	figures := make([]figure, 3)
	inTurn(figures, 1, 4, time.Nanosecond, func(i int) func() {
		order = append(order, i)
		return func() { calls++ }
	})
	if want := []int{0, 1, 2, 1, 2, 0, 2, 0, 1, 0, 1, 2}; !slices.Equal(order, want) {
		t.Errorf("the turns are %d, want %d", order, want)
	}
	for i, f := range figures {
		if len(f.times) != 4 {
			t.Errorf("figure %d has %d times, want one for each of 4 rounds", i, len(f.times))
		}
	}
	if calls < 2*len(order) {
		t.Errorf("%d calls in %d turns: one of each is to warm up, and one at least is timed", calls, len(order))
	}
}
