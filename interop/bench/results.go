package main

import (
	"math"
	"slices"

	"example.com/tandem/interop/bench/sample"
)

// results hold the reports of all rounds, by scenario and name of the server.
type results map[scenario]map[string][]sample.Report

func (r results) add(s scenario, server server, report sample.Report) {
	if r[s] == nil {
		r[s] = make(map[string][]sample.Report)
	}
	r[s][server.name] = append(r[s][server.name], report)
}

// of applies a measure to each round's report.
func of(reports []sample.Report, measure func(sample.Report) float64) (figures []float64) {
	for _, r := range reports {
		figures = append(figures, measure(r))
	}
	return figures
}

func rate(r sample.Report) float64       { return float64(r.Echo.Messages) / r.Echo.Seconds }
func cpu(r sample.Report) float64        { return r.Echo.ServerCPU / float64(r.Echo.Messages) * 1e6 } // µs a message
func serverBusy(r sample.Report) float64 { return r.Echo.ServerCPU / r.Echo.Seconds }
func loadBusy(r sample.Report) float64   { return r.Echo.LoadCPU / r.Echo.Seconds }
func rss(r sample.Report) float64        { return float64(r.Echo.RSS) / (1 << 20) } // MiB

// slope is how many bytes each further silent connection costs.
func slope(r sample.Report) float64 {
	first, last := r.Rests[0], r.Rests[len(r.Rests)-1]
	return float64(last.RSS-first.RSS) / float64(last.Conns-first.Conns)
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

// spread is how far the rounds lie apart, as a part of their median.
func spread(figures []float64) float64 {
	return (slices.Max(figures) - slices.Min(figures)) / median(figures)
}

// A column is one measure's median for each server, with what it is compared with.
type column map[string]float64

func columnOf(reports map[string][]sample.Report, measure func(sample.Report) float64) column {
	c := make(column)
	for name, r := range reports {
		c[name] = median(of(r, measure))
	}
	return c
}

// best returns the best figure of the peers; better says whether the first is better than the second. It is not a
// number when there is no peer.
func (c column) best(better func(a, b float64) bool) float64 {
	best := math.NaN()
	for name, figure := range c {
		if name != ours && (math.IsNaN(best) || better(figure, best)) {
			best = figure
		}
	}
	return best
}

func more(a, b float64) bool { return a > b }
func less(a, b float64) bool { return a < b }
