package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"example.com/tandem/interop/bench/inside"
)

// An aim is a row of the table of aims.
type aim struct {
	work, goal string
	claims     []claim
}

// A claim is one figure with its bound.
type claim struct {
	text  string  // what the figure is
	value float64 // not a number: it was not measured
	bound float64
	least bool // the bound is the least, not the most
	unit  string
	note  string // what else is to be known about it
}

// met compares what is written, so that the page does not say that 1.00 misses 1.
func (c claim) met() bool {
	v := c.value
	if c.unit == "" {
		v = math.Round(v*100) / 100
	}
	return v <= c.bound && !c.least || v >= c.bound && c.least
}

func (c claim) String() string { return strings.TrimSpace(c.text + " " + c.figure()) }

func (c claim) figure() string {
	if c.unit == "" {
		return fmt.Sprintf("%.2f", c.value)
	}
	return thousands(c.value) + " " + c.unit
}

// aims compares what was measured with what is aimed at.
func aims(r *results, in inside.Figures) []aim {
	pipelined := echoOf(64, 16, 16, "binary")
	small, kilo, crowd := saturation, echoOf(64, 1<<10, 1, "binary"), echoOf(1000, 16, 1, "binary")

	rows := []aim{{"64 connections, 16 B, 16 in flight", "messages/s at least 10 × the best Go peer, both forms", []claim{
		r.faster(pipelined, blocking, r.best(pipelined, rate), 10), r.faster(pipelined, handler, r.best(pipelined, rate), 10),
	}}}
	for _, s := range r.servers {
		if s.isUWebSockets() {
			rows = append(rows, aim{"the same beside " + s.name, "messages/s at least 0.75 × it blocking, 0.9 × in the handler form", []claim{
				r.faster(pipelined, blocking, s.name, .75), r.faster(pipelined, handler, s.name, .9),
			}})
		}
	}
	for _, s := range []scenario{small, kilo} {
		better, other := r.against(s, blocking, cpu, .85), r.against(s, handler, cpu, .85)
		if other.value < better.value {
			better, other = other, better
		}
		other.bound = 1
		rows = append(rows, aim{s.name(), "CPU at most 0.85 × the best Go peer in the better form, 1 × in the other", []claim{better, other}})
	}
	rows = append(rows, aim{crowd.name(), "CPU at most 0.85 × the best Go peer in the handler form, 1 × blocking", []claim{
		r.against(crowd, handler, cpu, .85), r.against(crowd, blocking, cpu, 1),
	}})
	for _, size := range []int{64 << 10, 1 << 20} {
		for _, content := range []string{"binary", "ascii", "cyrillic"} {
			s := echoOf(64, size, 1, content)
			goal := "CPU at most 0.9 × the best Go peer"
			if content == "cyrillic" {
				goal += ", which checks UTF-8"
			}
			rows = append(rows, aim{s.name(), goal, []claim{r.against(s, blocking, cpu, .9), r.against(s, handler, cpu, .9)}})
		}
	}
	for _, together := range []bool{false, true} {
		s := pacedOf(together)
		rows = append(rows, aim{"p99.9 latency, " + s.name(), "at most 1.15 × the best Go peer", []claim{
			r.against(s, blocking, p999, 1.15), r.against(s, handler, p999, 1.15),
		}})
	}
	rows = append(rows, r.memoryAims()...)
	rows = append(rows, r.broadcastAims()...)
	rows = append(rows,
		aim{"masking", "at least 0.5 × the speed of copy", comparisons(in.Masking, .5)},
		aim{"UTF-8 validation", "at least the speed of utf8.Valid", comparisons(in.UTF8, 1)})
	var counts []claim
	for _, a := range in.Allocations {
		counts = append(counts, claim{text: a.Form, value: a.Count})
	}
	return append(rows, aim{"allocations", "0 for each message, there and back", counts})
}

// against is the ratio of a form to the best peer.
func (r *results) against(s scenario, form string, f figure, bound float64) claim {
	best := r.best(s, f)
	return claim{text: form + " × " + best, value: r.ratio(s, form, best, f), bound: bound, least: f.more}
}

// faster is how many times as many messages a form does as another server. Where the load was the limit with one of them,
// that tells how fast the load is, and CPU tells more.
func (r *results) faster(s scenario, form, other string, bound float64) claim {
	c := claim{text: form + " × " + other, value: r.ratio(s, form, other, rate), bound: bound, least: true}
	var limited []string
	for _, name := range []string{form, other} {
		if r.loadLimits(s, name) {
			limited = append(limited, name)
		}
	}
	if len(limited) > 0 {
		c.note = fmt.Sprintf(" (the load was the limit with %s; CPU × %s)", strings.Join(limited, " and "), factor(r.ratio(s, form, other, cpu)))
	}
	return c
}

// loadLimits reports whether a server may have waited for the load: it was as busy as the server, or had hardly any
// time left. Where the system tells no processor time, nothing is known.
func (r *results) loadLimits(s scenario, name string) bool {
	load := r.median(s, name, loadBusy)
	return load > 0 && (load >= r.median(s, name, serverBusy) || load >= .95)
}

func comparisons(all []inside.Comparison, bound float64) (claims []claim) {
	for _, c := range all {
		claims = append(claims, claim{text: c.Work, value: c.Ratio, bound: bound, least: true})
	}
	return claims
}

func (r *results) memoryAims() []aim {
	var s scenario
	for what := range r.reports {
		if what.kind == rest {
			s = what
		}
	}
	of := func(name string) float64 { return r.median(s, name, perConn) }
	aboveBare := func(name string) []claim {
		return []claim{
			{value: of(name) - of("bare"), bound: 1000, unit: "B above bare"},
			{value: of(name) - of("bare-emptied"), bound: 1000, unit: "B above bare with its buffers emptied"},
		}
	}
	return []aim{
		{"idle memory, blocking, inside a net/http handler: Accept", "at most 1 KB above a bare handler", aboveBare("tandem-accept")},
		{"the same with a context that follows the request's: Handler", "at most 1 KB above a bare handler", aboveBare(blocking)},
		{"idle memory, blocking, in a goroutine of its own", "at most 4.0 KB", []claim{{value: of("tandem-goroutine"), bound: 4000, unit: "B"}}},
		{"idle memory, handler form", "at most 1.3 KB; stretch 0.5 KB", []claim{{value: of(handler), bound: 1300, unit: "B"}}},
	}
}

func (r *results) broadcastAims() (rows []aim) {
	for _, size := range []int{128, 1 << 10} {
		s := broadcastTo(10_000, size, false)
		rows = append(rows, aim{s.name(), "CPU at most 0.9 × the best Go peer", []claim{r.against(s, blocking, cpu, .9), r.against(s, handler, cpu, .9)}})
	}
	free, hampered := broadcastTo(10_000, 128, false), broadcastTo(10_000, 128, true)
	row := aim{hampered.name(), "a slow receiver delays no other: p99 as without, up to noise (1.25 ×), and memory stays bounded: at most 256 KiB more for each slow one, the 128 of Limits.Outgoing and as much for the collector", nil}
	for _, form := range []string{blocking, handler} {
		row.claims = append(row.claims,
			claim{text: form + " p99", value: r.median(hampered, form, p99) / r.median(free, form, p99), bound: 1.25},
			claim{text: form, value: (r.median(hampered, form, rss) - r.median(free, form, rss)) * 1024 / 1000, bound: 256, unit: "KiB more for each slow one"})
	}
	return append(rows, row)
}

// writeAims writes the table.
func writeAims(w io.Writer, rows []aim) {
	fmt.Fprintf(w, "| work | aim | figure | |\n|---|---|---|---|\n")
	for _, a := range rows {
		var figures []string
		for _, c := range a.claims {
			if math.IsNaN(c.value) {
				continue
			}
			text := c.String()
			if !c.met() {
				text = "**" + text + "**"
			}
			figures = append(figures, text+c.note)
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", a.work, a.goal, strings.Join(figures, "; "), a.verdict())
	}
}

func (a aim) verdict() string {
	switch {
	case slices.ContainsFunc(a.claims, func(c claim) bool { return math.IsNaN(c.value) }) || len(a.claims) == 0:
		return "not measured"
	case slices.ContainsFunc(a.claims, func(c claim) bool { return !c.met() }):
		return "**missed**"
	}
	return "met"
}
