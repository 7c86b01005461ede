package main

import (
	"math"
	"testing"

	"example.com/tandem/interop/bench/sample"
)

// reportsOf makes results in which a server's reports have these rates, one for each round, with a CPU of 1/rate.
func reportsOf(s scenario, rates map[string][]int) *results {
	r := newResults(known)
	for name, all := range rates {
		for _, rate := range all {
			u := sample.Usage{Seconds: 1, ServerCPU: 1, LoadCPU: .5, RSS: 3 << 20}
			r.add(s, server{name: name}, sample.Report{Usage: u, Events: rate, Reads: rate, Latency: sample.Latency{P50: 5, P99: 50, P999: 500}})
		}
	}
	return r
}

func TestMedianAndSpread(t *testing.T) {
	for _, test := range []struct {
		figures        []float64
		median, spread float64
	}{
		{[]float64{4}, 4, 0},
		{[]float64{3, 9, 6}, 6, 1},
		{[]float64{8, 2, 4, 6}, 5, 2.0 / 5},
		{[]float64{1, 90, 12, 9, 10, 8, 11, 0}, 9.5, 3 / 9.5},
	} {
		if got := median(test.figures); got != test.median {
			t.Errorf("median of %v is %v, want %v", test.figures, got, test.median)
		}
		if got := spread(test.figures); got != test.spread {
			t.Errorf("spread of %v is %v, want %v", test.figures, got, test.spread)
		}
	}
	if !math.IsNaN(median(nil)) || !math.IsNaN(spread(nil)) {
		t.Error("there is a median of nothing")
	}
}

func TestRatioIsOfTheSameRound(t *testing.T) {
	r := reportsOf(saturation, map[string][]int{"tandem": {20, 200, 2000}, "gws": {10, 100, 500}})
	if got := r.ratio(saturation, "tandem", "gws", rate); got != 2 {
		t.Errorf("%v, want 2: the median of 2, 2 and 4", got)
	}
	if got := r.ratio(saturation, "tandem", "gws", cpu); got != .5 {
		t.Errorf("%v, want 0.5", got)
	}
	if got := r.ratio(saturation, "tandem", "nhooyr", rate); !math.IsNaN(got) {
		t.Errorf("%v, of a server that was not measured", got)
	}
}

func TestBestIsAPeer(t *testing.T) {
	r := reportsOf(saturation, map[string][]int{"tandem": {90}, "nhooyr": {40}, "gws": {70}, "bare": {100}})
	for _, f := range []figure{rate, cpu} {
		if got := r.best(saturation, f); got != "gws" {
			t.Errorf("the best is %q, want gws", got)
		}
	}
	if got := reportsOf(saturation, map[string][]int{"tandem": {90}}).best(saturation, rate); got != "" {
		t.Errorf("without a peer the best is %q", got)
	}
}

func TestSlopeIsThatOfTheLine(t *testing.T) {
	for _, test := range []struct {
		rests []sample.Rest
		want  float64
	}{
		{[]sample.Rest{{Conns: 2000, RSS: 10_000_000}, {Conns: 10_000, RSS: 90_000_000}}, 10_000},
		{[]sample.Rest{{Conns: 1, RSS: 10}, {Conns: 2, RSS: 14}, {Conns: 3, RSS: 12}, {Conns: 4, RSS: 16}}, 1.6},
	} {
		if got := slope(test.rests); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%v, want %v", got, test.want)
		}
	}
}

func TestFigures(t *testing.T) {
	r := sample.Report{Usage: sample.Usage{Seconds: 2, ServerCPU: .5, LoadCPU: 1, RSS: 3 << 20}, Events: 1000, Reads: 250, Wire: 18_000,
		Latency: sample.Latency{P50: 1, P99: 2, P999: 3}, Rests: []sample.Rest{{Conns: 1, RSS: 1}, {Conns: 2, RSS: 6}}}
	for _, test := range []struct {
		name string
		f    figure
		want float64
	}{
		{"messages/s", rate, 500},
		{"µs of CPU", cpu, 500},
		{"server busy", serverBusy, .25},
		{"load busy", loadBusy, .5},
		{"MiB", rss, 3},
		{"answers in a read", perRead, 4},
		{"bytes of an answer", answer, 18},
		{"bytes for each connection", perConn, 5},
		{"p50", p50, 1}, {"p99", p99, 2}, {"p99.9", p999, 3},
	} {
		if got := test.f.of(r); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestPaceIsHalfOfSaturation(t *testing.T) {
	r := reportsOf(saturation, map[string][]int{"tandem": {900, 1000, 1100}, "gws": {600}, "gorilla": {500}})
	for _, test := range []struct {
		together bool
		name     string
		want     float64
	}{{false, "tandem", 500}, {false, "gws", 300}, {true, "tandem", 250}, {true, "gws", 250}} {
		if got := r.pace(pacedOf(test.together), server{name: test.name}); got != test.want {
			t.Errorf("%s, together %t: %v, want %v", test.name, test.together, got, test.want)
		}
	}
	if got := r.pace(pacedOf(false), server{name: "nhooyr"}); !math.IsNaN(got) {
		t.Errorf("%v, of a server whose saturation is not known", got)
	}
}

func TestNumbersAsPeopleReadThem(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{thousands(0), "0"},
		{thousands(999), "999"},
		{thousands(1000), "1,000"},
		{thousands(1234567.4), "1,234,567"},
		{thousands(-1234), "-1,234"},
		{thousands(math.NaN()), "–"},
		{factor(1.5), "1.50"},
		{factor(math.NaN()), "–"},
		{percent(0.256), "26%"},
		{micros(0.714), "0.71 µs"},
		{micros(12.34), "12.3 µs"},
		{micros(99.96), "100 µs"},
		{micros(1234), "1.23 ms"},
		{micros(123456), "123 ms"},
		{bytesName(16), "16 B"},
		{bytesName(64 << 10), "64 KiB"},
		{bytesName(1 << 20), "1 MiB"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}
