package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// writePage writes the tables in Markdown.
func writePage(w io.Writer, o options, r results, began time.Time) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# Benchmark\n\n")
	writeConditions(b, o, began)
	fmt.Fprintf(b, "Medians of %d rounds of %s; spread is the distance between the best and the worst of them. \"× best\" is the ratio to\n"+
		"the best of the peers: higher is better for messages, lower for CPU and memory. Busy is the part of its core that each\n"+
		"used: a server well below 100%% waited for a load at 100%%, or else for other work on the machine, and then its CPU\n"+
		"tells more than its messages.\n", o.rounds, o.length)
	for _, s := range o.scenarios {
		fmt.Fprintf(b, "\n## %s\n\n", s.name())
		if s.rest != "" {
			writeRest(b, o, r, s)
		} else {
			writeEcho(b, o, r, s)
		}
	}
	return b.Flush()
}

func writeEcho(w io.Writer, o options, r results, s scenario) {
	rates, costs := columnOf(r[s], rate), columnOf(r[s], cpu)
	fmt.Fprintf(w, "| server | messages/s | spread | × nhooyr | × best | CPU of a message | × nhooyr | × best | busy: server, load | resident |\n")
	fmt.Fprintf(w, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, server := range o.servers {
		reports := r[s][server.name]
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s | %s, %s | %s |\n", server.name,
			thousands(rates[server.name]), percent(spread(of(reports, rate))),
			ratio(rates[server.name], rates["nhooyr"]), ratio(rates[server.name], rates.best(more)),
			figure(costs[server.name], "%.2f µs"), ratio(costs[server.name], costs["nhooyr"]), ratio(costs[server.name], costs.best(less)),
			percent(median(of(reports, serverBusy))), percent(median(of(reports, loadBusy))), figure(median(of(reports, rss)), "%.0f MiB"))
	}
}

func writeRest(w io.Writer, o options, r results, s scenario) {
	slopes := columnOf(r[s], slope)
	fmt.Fprintf(w, "| server | bytes for each connection | spread | × nhooyr | × best | resident in the end |\n|---|--:|--:|--:|--:|--:|\n")
	for _, server := range o.servers {
		reports := r[s][server.name]
		rests := reports[len(reports)-1].Rests
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", server.name, thousands(slopes[server.name]), percent(spread(of(reports, slope))),
			ratio(slopes[server.name], slopes["nhooyr"]), ratio(slopes[server.name], slopes.best(less)),
			figure(float64(rests[len(rests)-1].RSS)/(1<<20), "%.0f MiB"))
	}
}

// thousands writes a whole number as people read it: 1,234,567.
func thousands(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "–"
	}
	s := strconv.FormatFloat(math.Abs(math.Round(f)), 'f', 0, 64)
	var b strings.Builder
	if f < 0 {
		b.WriteByte('-')
	}
	for i, digit := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// figure writes a number, and a dash when it is 0 because the system does not tell it.
func figure(f float64, format string) string {
	if f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return "–"
	}
	return fmt.Sprintf(format, f)
}

func ratio(a, b float64) string { return figure(a/b, "%.2f") }
func percent(f float64) string  { return figure(f*100, "%.0f%%") }
