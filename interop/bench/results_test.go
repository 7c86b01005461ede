package main

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.com/tandem/interop/bench/sample"
)

func TestMedianAndSpread(t *testing.T) {
	for _, test := range []struct {
		figures        []float64
		median, spread float64
	}{
		{[]float64{4}, 4, 0},
		{[]float64{3, 9, 6}, 6, 1},
		{[]float64{8, 2, 4, 6}, 5, 6.0 / 5},
	} {
		if got := median(test.figures); got != test.median {
			t.Errorf("median of %v is %v, want %v", test.figures, got, test.median)
		}
		if got := spread(test.figures); got != test.spread {
			t.Errorf("spread of %v is %v, want %v", test.figures, got, test.spread)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("there is a median of nothing")
	}
}

func TestBestIsAPeer(t *testing.T) {
	c := column{ours: 10, "a": 4, "b": 7}
	if got := c.best(more); got != 7 {
		t.Errorf("the most is %v, want 7", got)
	}
	if got := c.best(less); got != 4 {
		t.Errorf("the least is %v, want 4", got)
	}
	if got := (column{ours: 10}).best(more); !math.IsNaN(got) {
		t.Errorf("without a peer the best is %v", got)
	}
}

func TestMeasures(t *testing.T) {
	r := sample.Report{Echo: sample.Echo{Messages: 1000, Seconds: 2, ServerCPU: 0.5, LoadCPU: 1, RSS: 3 << 20},
		Rests: []sample.Rest{{Conns: 2000, RSS: 10_000_000}, {Conns: 10_000, RSS: 90_000_000}}}
	for _, test := range []struct {
		name      string
		got, want float64
	}{
		{"messages/s", rate(r), 500},
		{"µs of CPU", cpu(r), 500},
		{"server busy", serverBusy(r), 0.25},
		{"load busy", loadBusy(r), 0.5},
		{"MiB", rss(r), 3},
		{"bytes for each connection", slope(r), 10_000},
	} {
		if test.got != test.want {
			t.Errorf("%s: %v, want %v", test.name, test.got, test.want)
		}
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
		{ratio(3, 2), "1.50"},
		{ratio(3, math.NaN()), "–"},
		{percent(0.256), "26%"},
		{bytesName(16), "16 B"},
		{bytesName(64 << 10), "64 KiB"},
		{bytesName(1 << 20), "1 MiB"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

// One short round of everything, so that the benchmark still works on the day that it is needed.
func TestBenchRuns(t *testing.T) {
	for _, folder := range []string{"load", "sample", "serve", "servers/" + ours} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(folder, err)
		}
		for _, file := range files {
			if _, err := os.Stat(file); err != nil { // now go test knows what this result depends on
				t.Fatal(err)
			}
		}
	}
	dir := t.TempDir()
	built, err := build(dir, []string{ours})
	if err != nil {
		t.Fatal(err)
	}
	o := options{servers: built.servers, rounds: 1, length: 50 * time.Millisecond,
		scenarios: []scenario{{conns: 2, size: 16, inFlight: 2}, {conns: 2, size: 300_000, inFlight: 1}, {rest: "10,20"}}}
	r, err := measure(o, built.load)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range o.scenarios {
		reports := r[s][ours]
		if len(reports) != 1 {
			t.Fatalf("%s: %d reports", s.name(), len(reports))
		}
		if s.rest == "" && reports[0].Echo.Messages == 0 || s.rest != "" && len(reports[0].Rests) != 2 {
			t.Errorf("%s: %+v", s.name(), reports[0])
		}
	}
}
