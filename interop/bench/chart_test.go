package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"example.com/tandem/interop/bench/sample"
)

// elements reads a whole SVG file and counts its elements by name.
func elements(t *testing.T, file string) map[string]int {
	t.Helper()
	count := make(map[string]int)
	d := xml.NewDecoder(strings.NewReader(file))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, file)
		}
		if start, ok := token.(xml.StartElement); ok {
			count[start.Name.Local]++
		}
	}
}

func TestChartsAreWellFormed(t *testing.T) {
	r := newResults(known)
	scenarios := append(usual("1000,5000"), broadcastTo(1000, 128, false))
	for i, s := range scenarios {
		for j, server := range known {
			if !server.takes(s) {
				continue
			}
			f := float64(10 + i + j)
			r.add(s, server, sample.Report{
				Usage: sample.Usage{Seconds: 1, ServerCPU: f / 20, RSS: int64(f) << 20}, Events: int(f * 1000), Reads: 1000,
				Latency: sample.Latency{P50: f, P90: 2 * f, P99: 3 * f, P999: 40 * f, P9999: 50 * f},
				Rests:   []sample.Rest{{Conns: 1000, RSS: 10 << 20}, {Conns: 5000, RSS: int64(f) << 20}},
			})
		}
	}
	all := draw(r)
	if len(all) != 11 {
		t.Errorf("%d charts, want 11", len(all))
	}
	for _, d := range all {
		file := d.String()
		count := elements(t, file)
		if count["rect"]+count["circle"] < 2*3 || count["text"] < 6 {
			t.Errorf("%s: %v", d.file, count)
		}
		if len(file) > 20_000 {
			t.Errorf("%s has %d bytes", d.file, len(file))
		}
		for _, wrong := range []string{"NaN", "Inf"} {
			if strings.Contains(file, wrong) {
				t.Errorf("%s holds %s", d.file, wrong)
			}
		}
	}
}

func TestChartsNeedFigures(t *testing.T) {
	if all := draw(newResults(known)); len(all) != 0 {
		t.Errorf("%d charts of nothing", len(all))
	}
}

func TestNamesOfServersAreText(t *testing.T) {
	c := newChart("<b> & co")
	c.bars("", 2, []bar{{"<i>", 1, "1", colours[0]}})
	if count := elements(t, c.String()); count["b"]+count["i"] != 0 {
		t.Errorf("%v", count)
	}
}

func TestBarsAreInProportion(t *testing.T) {
	c := newChart("")
	c.bars("", 100, []bar{{"a", 100, "", ""}, {"b", 25, "", ""}})
	for _, want := range []string{`width="470"`, `width="117.5"`} {
		if !strings.Contains(c.String(), want) {
			t.Errorf("no %s in\n%s", want, c)
		}
	}
}

func TestAxesPlaceTheirEndsAndMiddle(t *testing.T) {
	for _, test := range []struct {
		a    axis
		v    float64
		want float64
	}{
		{axis{ticks: []tick{{at: 0}, {at: 8}}}, 2, .25},
		{axis{log: true, ticks: []tick{{at: 1}, {at: 100}}}, 10, .5},
		{axis{log: true, ticks: []tick{{at: 1}, {at: 100}}}, 100, 1},
	} {
		if got := test.a.place(test.v); got < test.want-1e-9 || got > test.want+1e-9 {
			t.Errorf("%v, want %v", got, test.want)
		}
	}
}

func TestTicksEncloseTheFigures(t *testing.T) {
	for _, high := range []float64{0.3, 1, 7, 99, 100, 101, 19_500} {
		ticks := steps(high, thousands)
		if n := len(ticks); n < 3 || n > 8 || ticks[n-1].at < high || ticks[n-2].at >= high || ticks[0].at != 0 {
			t.Errorf("up to %v: %v", high, ticks)
		}
	}
	for _, test := range []struct {
		low, high float64
		count     int
	}{{1, 1, 2}, {3, 45, 3}, {10, 1000, 3}, {0.5, 2, 3}} {
		ticks := decades(test.low, test.high, micros)
		if n := len(ticks); n != test.count || ticks[0].at > test.low || ticks[n-1].at < test.high {
			t.Errorf("from %v to %v: %v", test.low, test.high, ticks)
		}
	}
}
