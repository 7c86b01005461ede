package main

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/tandem/interop/bench/inside"
	"example.com/tandem/interop/bench/sample"
)

func TestThePageHasATableForEachScenario(t *testing.T) {
	s := echoOf(64, 16, 16, "binary")
	r := reportsOf(s, map[string][]int{"tandem": {1_000_000, 2_000_000}, "tandem-handler": {3_000_000}, "gws": {100_000, 125_000}})
	p := &page{plan: plan{scenarios: []scenario{s}, rounds: 2, length: time.Second}, results: r, charts: draw(r), began: time.Now(), command: "go run ./bench -short"}
	var b strings.Builder
	if err := p.write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Command, in interop: `go run ./bench -short`.", "## Aims", "## 64 connections × 16 B, 16 in flight\n", "![Messages a second, 64 connections × 16 B, 16 in flight](pipelined.svg)",
		"| tandem | 1,500,000 | 0.75 µs | 67% | 1.00 | 1.00 |",
		"| **gws** | 112,500 | 9.00 µs | 22% | 13.00 | 0.08 | 30.00 | 0.03 | 5.00 µs | 50.0 µs | 500 µs | 3 MiB | 100%, 50% | 1.0 |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not on the page:\n%s", want, b.String())
		}
	}
	columns := -1
	for _, line := range strings.Split(b.String(), "\n") {
		n := strings.Count(line, "|")
		if n > 0 && columns > 0 && n != columns {
			t.Errorf("%d columns under a head of %d: %s", n, columns, line)
		}
		columns = n
	}
}

// One short round of everything, so that the benchmark still works on the day that it is needed.
func TestBenchRuns(t *testing.T) {
	for _, folder := range []string{"load", "sample", "serve", "echo/*", "servers/*", "feed", "../../server", "../../shared"} {
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
	small := saturation
	small.conns = 2
	p := plan{rounds: 1, length: 20 * time.Millisecond, scenarios: []scenario{
		saturation, small.withDeflate().withTLS(), pacedOf(false), pacedOf(true), broadcastTo(20, 128, false), {kind: handshakes},
		{kind: rest, rests: "10,20"},
	}}
	var err error
	if p.programs, err = build(dir, known); err != nil {
		t.Fatal(err)
	}
	r := measure(t.Context(), p)
	for _, f := range r.failures {
		t.Errorf("%s, %s: %v", f.what.name(), f.server.name, f.err)
	}
	for _, s := range p.scenarios {
		told := false // by one of them: the time is so short that a busy machine may leave another nothing to tell
		for _, server := range known {
			if got, want := len(r.reports[s][server.name]), map[bool]int{true: 1}[server.takes(s)]; got != want {
				t.Errorf("%s, %s: %d reports, want %d", s.name(), server.name, got, want)
			}
			told = told || slices.ContainsFunc(r.reports[s][server.name], func(r sample.Report) bool { return tells(s, r) })
		}
		if !told {
			t.Errorf("%s: no figures: %+v", s.name(), r.reports[s])
		}
	}
	for _, server := range p.servers {
		if server.module != "" && !regexp.MustCompile(`^\S+ v\d`).MatchString(server.version()) {
			t.Errorf("%s: version %q", server.name, server.version())
		}
	}
}

// tells reports whether a report has the figures that its scenario is about.
func tells(s scenario, r sample.Report) bool {
	if s.kind == rest {
		return len(r.Rests) == 2 && r.Rests[0].Conns == 10 && r.Rests[1].Conns == 20 && (r.Rests[0].RSS > 0 || runtime.GOOS != "linux")
	}
	l := r.Latency
	return r.Events > 0 && r.Seconds > 0 && (r.ServerCPU > 0 && r.LoadCPU > 0 && r.RSS > 0 || runtime.GOOS != "linux") &&
		(s.kind != echo && s.kind != paced || r.Reads > 0 && int(r.Wire) >= r.Events && l.P50 > 0 && l.P50 <= l.P99 && l.P99 <= l.P9999)
}

func TestInsideIsMeasured(t *testing.T) {
	in, err := inside.Measure()
	if err != nil || len(in.Masking) != 3 || len(in.UTF8) != 6 || len(in.Allocations) != 4 {
		t.Fatal(in, err)
	}
	for _, c := range append(in.Masking, in.UTF8...) {
		if !(c.Ratio > 0.001 && c.Ratio < 1000) {
			t.Errorf("%+v", c)
		}
	}
}
