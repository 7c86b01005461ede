package main

import (
	"math"
	"slices"

	"example.com/tandem/interop/bench/sample"
)

// A drawing is a chart with the name of its file.
type drawing struct {
	file string
	*chart
}

// draw returns the charts that the results are enough for.
func draw(r *results) (all []drawing) {
	add := func(file string, c *chart) {
		if c != nil {
			all = append(all, drawing{file + ".svg", c})
		}
	}
	add("pipelined", r.barChart("Messages a second, 64 connections × 16 B, 16 in flight", []scenario{echoOf(64, 16, 16, "binary")}, rate, thousands))
	add("cpu", r.barChart("Server CPU of a message", []scenario{
		echoOf(64, 16, 1, "binary"), echoOf(64, 1<<10, 1, "binary"), echoOf(1000, 16, 1, "binary"), echoOf(64, 64<<10, 1, "binary"),
		echoOf(64, 1<<20, 1, "binary"),
	}, cpu, micros))
	add("latency", r.latencyChart())
	add("broadcast", r.barChart("Server CPU of a delivery", []scenario{
		broadcastTo(10_000, 128, false), broadcastTo(10_000, 1<<10, false), broadcastTo(10_000, 128, true),
	}, cpu, micros))
	add("handshakes", r.barChart("Server CPU of an opening handshake", []scenario{{kind: handshakes}}, cpu, micros))
	add("memory", r.memoryChart())
	small := func(conns int) scenario { return echoOf(conns, 16, 1, "binary") }
	add("growth-rate", r.growthChart("Messages a second, 16 B, 1 in flight", small, rate, thousands))
	add("growth-cpu", r.growthChart("Server CPU of a message, 16 B, 1 in flight", small, cpu, micros))
	add("growth-latency", r.growthChart("p99 latency, 16 B, 1 in flight: each connection waits for all others", small, p99, micros))
	add("growth-memory", r.growthChart("Resident memory of the server under load, 16 B, 1 in flight", small, rss,
		func(f float64) string { return number(f, "%.0f MiB") }))
	add("growth-broadcast", r.growthChart("Server CPU of a delivery, broadcast of 128 B",
		func(conns int) scenario { return broadcastTo(conns, 128, false) }, cpu, micros))
	return all
}

func (r *results) colour(name string) string {
	i := slices.IndexFunc(r.servers, func(s server) bool { return s.name == name })
	return colours[i%len(colours)]
}

// barChart has a group for each scenario. Each has a scale of its own, since one would hide the small.
func (r *results) barChart(title string, what []scenario, f figure, label func(float64) string) *chart {
	var c *chart
	for _, s := range what {
		var group []bar
		most := 0.0
		for _, server := range r.servers {
			if v := r.median(s, server.name, f); !math.IsNaN(v) {
				group = append(group, bar{server.name, v, label(v), r.colour(server.name)})
				most = max(most, v)
			}
		}
		if len(group) == 0 {
			continue
		}
		if c == nil {
			c = newChart(title)
		}
		heading := ""
		if len(what) > 1 {
			heading = s.name()
		}
		c.bars(heading, most, group)
	}
	return c
}

// lineChart is nil where there are no points. The ticks of y come from the points.
func lineChart(title string, x, y axis, label func(float64) string, all []series) *chart {
	low, high := math.Inf(1), 0.0
	for _, s := range all {
		for _, p := range s.points {
			low, high = min(low, p.y), max(high, p.y)
		}
	}
	if !(low > 0) || math.IsInf(low, 0) {
		return nil
	}
	if y.log {
		y.ticks = decades(low, high, label)
	} else {
		y.ticks = steps(high, label)
	}
	c := newChart(title)
	c.lines(x, y, all)
	return c
}

// series returns the line of each server that has points.
func (r *results) series(points func(server) []point) (all []series) {
	for _, s := range r.servers {
		if p := points(s); len(p) > 1 {
			all = append(all, series{s.name, r.colour(s.name), p})
		}
	}
	return all
}

func (r *results) latencyChart() *chart {
	s := pacedOf(false)
	ranks := []struct {
		rank  tick // how many answers there are to one that is slower
		value func(sample.Latency) float64
	}{
		{tick{2, "p50"}, func(l sample.Latency) float64 { return l.P50 }},
		{tick{10, "p90"}, func(l sample.Latency) float64 { return l.P90 }},
		{tick{100, "p99"}, func(l sample.Latency) float64 { return l.P99 }},
		{tick{1000, "p99.9"}, func(l sample.Latency) float64 { return l.P999 }},
		{tick{10_000, "p99.99"}, func(l sample.Latency) float64 { return l.P9999 }},
	}
	x := axis{log: true}
	for _, q := range ranks {
		x.ticks = append(x.ticks, q.rank)
	}
	return lineChart("Latency, "+s.name(), x, axis{log: true}, micros, r.series(func(server server) (points []point) {
		for _, q := range ranks {
			v := r.median(s, server.name, figure{of: func(r sample.Report) float64 { return q.value(r.Latency) }})
			if v > 0 {
				points = append(points, point{q.rank.at, v})
			}
		}
		return points
	}))
}

func (r *results) memoryChart() *chart {
	var c *chart
	for s, reports := range r.reports {
		if s.kind != rest {
			continue
		}
		last := 0.0
		all := r.series(func(server server) (points []point) {
			for _, one := range reports[server.name] {
				for _, at := range one.Rests {
					last = max(last, float64(at.Conns))
					points = append(points, point{float64(at.Conns), float64(at.RSS) / (1 << 20)})
				}
			}
			return points
		})
		if last > 0 {
			c = lineChart("Resident memory with silent connections", axis{name: "connections", ticks: steps(last, thousands)}, axis{},
				func(f float64) string { return thousands(f) + " MiB" }, all)
		}
	}
	return c
}

func (r *results) growthChart(title string, of func(conns int) scenario, f figure, label func(float64) string) *chart {
	x := axis{name: "connections", log: true}
	for _, conns := range grown {
		x.ticks = append(x.ticks, tick{float64(conns), thousands(float64(conns))})
	}
	return lineChart(title, x, axis{log: true}, label, r.series(func(server server) (points []point) {
		for _, conns := range grown {
			if v := r.median(of(conns), server.name, f); v > 0 {
				points = append(points, point{float64(conns), v})
			}
		}
		return points
	}))
}
