package main

import (
	"math"
	"slices"

	"example.com/tandem/interop/bench/sample"
)

// results hold the reports of all rounds, by scenario and name of the server.
type results struct {
	servers  []server
	reports  map[scenario]map[string][]sample.Report
	failures []failure
	begun    int // scenarios
}

type failure struct {
	what   scenario
	server server
	err    error
}

func newResults(servers []server) *results {
	return &results{servers: servers, reports: make(map[scenario]map[string][]sample.Report)}
}

func (r *results) add(s scenario, server server, report sample.Report) {
	if r.reports[s] == nil {
		r.reports[s] = make(map[string][]sample.Report)
	}
	r.reports[s][server.name] = append(r.reports[s][server.name], report)
}

func (r *results) fail(s scenario, server server, err error) {
	r.failures = append(r.failures, failure{s, server, err})
}

func (r *results) failed(s scenario, server server) bool {
	return slices.ContainsFunc(r.failures, func(f failure) bool { return f.what == s && f.server.name == server.name })
}

// A figure is what is looked at in a report.
type figure struct {
	of   func(sample.Report) float64
	more bool // more is better
}

var (
	rate = figure{func(r sample.Report) float64 { return float64(r.Events) / r.Seconds }, true}
	cpu  = figure{func(r sample.Report) float64 { return r.ServerCPU / float64(r.Events) * 1e6 }, false} // µs
	p50  = figure{func(r sample.Report) float64 { return r.Latency.P50 }, false}                         // µs
	p99  = figure{func(r sample.Report) float64 { return r.Latency.P99 }, false}
	p999 = figure{func(r sample.Report) float64 { return r.Latency.P999 }, false}
	rss  = figure{func(r sample.Report) float64 { return float64(r.RSS) / (1 << 20) }, false} // MiB

	serverBusy = figure{func(r sample.Report) float64 { return r.ServerCPU / r.Seconds }, false}
	loadBusy   = figure{func(r sample.Report) float64 { return r.LoadCPU / r.Seconds }, false}
	perRead    = figure{func(r sample.Report) float64 { return float64(r.Events) / float64(r.Reads) }, true}
	answer     = figure{func(r sample.Report) float64 { return float64(r.Wire) / float64(r.Events) }, false} // bytes

	perConn = figure{func(r sample.Report) float64 { return slope(r.Rests) }, false} // bytes
)

// slope is how many bytes each further silent connection costs, by least squares.
func slope(rests []sample.Rest) float64 {
	var n, x, y, xx, xy float64
	for _, r := range rests {
		c, b := float64(r.Conns), float64(r.RSS)
		n, x, y, xx, xy = n+1, x+c, y+b, xx+c*c, xy+c*b
	}
	return (n*xy - x*y) / (n*xx - x*x)
}

// figures returns a server's figure of each round.
func (r *results) figures(s scenario, name string, f figure) (all []float64) {
	for _, report := range r.reports[s][name] {
		all = append(all, f.of(report))
	}
	return all
}

// median returns the median of a server's rounds, which is not a number when there are none.
func (r *results) median(s scenario, name string, f figure) float64 {
	return median(r.figures(s, name, f))
}

// ratio returns the median over the rounds of a's figure divided by b's in the same round: what the machine did to both
// is not in it.
func (r *results) ratio(s scenario, a, b string, f figure) float64 {
	x, y := r.figures(s, a, f), r.figures(s, b, f)
	var ratios []float64
	for i := range min(len(x), len(y)) {
		ratios = append(ratios, x[i]/y[i])
	}
	return median(ratios)
}

// best returns the name of the peer with the best median, or "".
func (r *results) best(s scenario, f figure) (name string) {
	var figure float64
	for _, server := range r.servers {
		m := r.median(s, server.name, f)
		if server.role != peer || math.IsNaN(m) {
			continue
		}
		if name == "" || f.more && m > figure || !f.more && m < figure {
			name, figure = server.name, m
		}
	}
	return name
}

func median(figures []float64) float64 {
	if len(figures) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(figures))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// spread is how far the quarters lie apart between which half of the rounds are, as a part of the median.
func spread(figures []float64) float64 {
	if len(figures) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(figures))
	quarter := len(sorted) / 4
	return (sorted[len(sorted)-1-quarter] - sorted[quarter]) / median(figures)
}
