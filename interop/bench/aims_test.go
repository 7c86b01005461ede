package main

import (
	"errors"
	"math"
	"strings"
	"testing"

	"example.com/tandem/interop/bench/inside"
	"example.com/tandem/interop/bench/sample"
)

func verdictOf(t *testing.T, rows []aim, work string) string {
	t.Helper()
	for _, a := range rows {
		if a.work == work {
			return a.verdict()
		}
	}
	t.Fatalf("no row %q", work)
	return ""
}

func TestAimsAreMetOrMissed(t *testing.T) {
	const work = "64 connections, 16 B, 16 in flight"
	pipelined := echoOf(64, 16, 16, "binary")
	for _, test := range []struct {
		tandem, handed int
		want           string
	}{{1000, 1000, "met"}, {1200, 990, "**missed**"}, {990, 1200, "**missed**"}} {
		r := reportsOf(pipelined, map[string][]int{"tandem": {test.tandem}, "tandem-handler": {test.handed}, "gws": {100}, "nhooyr": {50}})
		if got := verdictOf(t, aims(r, inside.Figures{}), work); got != test.want {
			t.Errorf("%d and %d beside 100: %s, want %s", test.tandem, test.handed, got, test.want)
		}
	}
	if got := verdictOf(t, aims(newResults(known), inside.Figures{}), work); got != "not measured" {
		t.Errorf("without figures: %s", got)
	}
}

// In the small echoes either form may be the better one.
func TestTheBetterFormHasTheTighterBound(t *testing.T) {
	for _, test := range []struct {
		tandem, handed int
		want           string
	}{{130, 101, "met"}, {101, 130, "met"}, {110, 110, "**missed**"}, {130, 90, "**missed**"}} {
		r := reportsOf(saturation, map[string][]int{"tandem": {test.tandem}, "tandem-handler": {test.handed}, "gws": {100}})
		if got := verdictOf(t, aims(r, inside.Figures{}), saturation.name()); got != test.want {
			t.Errorf("%d and %d beside 100: %s, want %s", test.tandem, test.handed, got, test.want)
		}
	}
}

func TestMemoryIsComparedWithABareHandler(t *testing.T) {
	s := scenario{kind: rest, rests: "1000,2000"}
	r := newResults(known)
	for name, each := range map[string]int64{"tandem": 9_301, "tandem-accept": 9_300, "bare": 12_600, "bare-emptied": 8_300, "tandem-goroutine": 4_001, "tandem-handler": 1_300} {
		r.add(s, server{name: name}, sample.Report{Rests: []sample.Rest{{Conns: 1000, RSS: 1000 * each}, {Conns: 2000, RSS: 2000 * each}}})
	}
	rows := aims(r, inside.Figures{})
	for work, want := range map[string]string{
		"idle memory, blocking, inside a net/http handler: Accept":    "met",
		"the same with a context that follows the request's: Handler": "**missed**",
		"idle memory, blocking, in a goroutine of its own":            "**missed**",
		"idle memory, handler form":                                   "met",
	} {
		if got := verdictOf(t, rows, work); got != want {
			t.Errorf("%s: %s, want %s", work, got, want)
		}
	}
}

func TestASlowReceiverHasToDelayNoOther(t *testing.T) {
	free, hampered := broadcastTo(10_000, 128, false), broadcastTo(10_000, 128, true)
	report := func(p99 float64, mb int64) sample.Report {
		return sample.Report{Usage: sample.Usage{Seconds: 1, RSS: mb << 20}, Events: 1, Latency: sample.Latency{P99: p99}}
	}
	for _, test := range []struct {
		p99  float64
		mb   int64
		want string
	}{{110, 200, "met"}, {200, 200, "**missed**"}, {110, 400, "**missed**"}} {
		r := newResults(known)
		for _, form := range []string{blocking, handler} {
			r.add(free, server{name: form}, report(100, 100))
			r.add(hampered, server{name: form}, report(test.p99, test.mb))
		}
		if got := verdictOf(t, aims(r, inside.Figures{}), hampered.name()); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestAimsInsideTheProcess(t *testing.T) {
	rows := aims(newResults(known), inside.Figures{
		Masking:     []inside.Comparison{{Work: "1 KiB", Ratio: .499}, {Work: "1 MiB", Ratio: .6}},
		UTF8:        []inside.Comparison{{Work: "ASCII", Ratio: .98}},
		Allocations: []inside.Allocation{{Form: "tandem", Count: 0}},
	})
	for work, want := range map[string]string{"masking": "met", "UTF-8 validation": "**missed**", "allocations": "met"} {
		if got := verdictOf(t, rows, work); got != want {
			t.Errorf("%s: %s, want %s", work, got, want)
		}
	}
	var b strings.Builder
	writeAims(&b, rows)
	for _, want := range []string{"| masking | at least 0.5 × the speed of copy | 1 KiB 0.50; 1 MiB 0.60 | met |", "| **ASCII 0.98** | **missed** |"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not on the page:\n%s", want, b.String())
		}
	}
}

// Its name may hold the version. There is no aim for another server from outside.
func TestUWebSocketsHasARow(t *testing.T) {
	r := newResults(append([]server{{name: "uWebSockets v1", role: outside}, {name: "UWEBSOCKETS", role: outside}, {name: "nbio", role: outside}}, known...))
	s := echoOf(64, 16, 16, "binary")
	for name, rate := range map[string]int{"uWebSockets v1": 100, "UWEBSOCKETS": 90, "nbio": 100, "tandem": 76, "tandem-handler": 89} {
		r.add(s, server{name: name}, sample.Report{Usage: sample.Usage{Seconds: 1}, Events: rate})
	}
	rows := aims(r, inside.Figures{})
	for name, want := range map[string]string{"uWebSockets v1": "**missed**", "UWEBSOCKETS": "met"} {
		if got := verdictOf(t, rows, "the same beside "+name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, a := range rows {
		if strings.Contains(a.work, "nbio") {
			t.Errorf("there is a row %q", a.work)
		}
	}
	if got := r.best(s, rate); got != "" {
		t.Errorf("%q is taken for a Go peer", got)
	}
}

func TestARowSaysWhereTheLoadWasTheLimit(t *testing.T) {
	const name = "uWebSockets"
	s := echoOf(64, 16, 16, "binary")
	type busy struct{ server, load float64 }
	for _, test := range []struct {
		tandem, other busy
		want          string
	}{
		{busy{1, .8}, busy{1, .94}, "| tandem × uWebSockets 0.80; tandem-handler × uWebSockets 1.00 |"},
		{busy{1, .8}, busy{.6, .6}, "| tandem × uWebSockets 0.80 (the load was the limit with uWebSockets; CPU × 2.08);"},
		{busy{1, .95}, busy{1, .8}, "| tandem × uWebSockets 0.80 (the load was the limit with tandem; CPU × 1.25);"},
		{busy{1, .95}, busy{.5, .9}, "(the load was the limit with tandem and uWebSockets; CPU × 2.50);"},
		{busy{0, 0}, busy{0, 0}, "| tandem × uWebSockets 0.80; tandem-handler × uWebSockets 1.00 |"}, // nothing is known
	} {
		r := newResults(append([]server{{name: name, role: outside}}, known...))
		add := func(name string, events int, b busy) {
			r.add(s, server{name: name}, sample.Report{Usage: sample.Usage{Seconds: 1, ServerCPU: b.server, LoadCPU: b.load}, Events: events})
		}
		add(blocking, 80, test.tandem)
		add(handler, 100, test.other)
		add(name, 100, test.other)
		var b strings.Builder
		writeAims(&b, aims(r, inside.Figures{}))
		if !strings.Contains(b.String(), test.want) {
			t.Errorf("%+v: %q is not on the page:\n%s", test, test.want, b.String())
		}
	}
}

func TestWhatFailedOnceIsNotTriedAgain(t *testing.T) {
	r := newResults(known)
	r.fail(saturation, known[0], errors.New("no answer"))
	if !r.failed(saturation, known[0]) || r.failed(saturation, known[1]) || r.failed(pacedOf(true), known[0]) {
		t.Error("the wrong one has failed")
	}
	if !math.IsNaN(r.median(saturation, known[0].name, rate)) {
		t.Error("a failure has a figure")
	}
}
