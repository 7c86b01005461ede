package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"example.com/tandem/interop/bench/inside"
)

// A page is what is written at the end.
type page struct {
	plan
	*results
	inside.Figures
	charts      []drawing
	began       time.Time
	command     string
	interrupted bool
}

// write writes it in Markdown.
func (p *page) write(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# Benchmark\n\n")
	p.writeConditions(b)
	if p.interrupted {
		fmt.Fprintf(b, "**Interrupted**: the last scenario lacks turns, and those that come after it are not here.\n")
	}
	p.writeMethod(b)
	fmt.Fprintf(b, "\n## Aims\n\nRatios are medians over the rounds of the ratio in one round. What misses its aim is bold.\n\n")
	writeAims(b, aims(p.results, p.Figures))
	for _, f := range p.failures {
		fmt.Fprintf(b, "\nFailed: %s, %s: %v\n", f.what.name(), f.server.name, f.err)
	}
	if len(p.charts) > 0 {
		fmt.Fprintf(b, "\n## Charts\n")
		for _, c := range p.charts {
			fmt.Fprintf(b, "\n![%s](%s)\n", c.title, c.file)
		}
	}
	for _, s := range p.scenarios {
		fmt.Fprintf(b, "\n## %s\n\n", s.name())
		if s.kind == rest {
			p.writeRest(b, s)
		} else {
			p.writeTable(b, s)
		}
	}
	p.writeInside(b)
	return b.Flush()
}

// A column of a table.
type column struct {
	head  string
	value func(server) string
}

// writeTable writes a row for each server, with what this project's forms use of what it uses.
func (p *page) writeTable(w io.Writer, s scenario) {
	figureOf := func(head string, f figure, format func(float64) string) column {
		return column{head, func(server server) string { return format(p.median(s, server.name, f)) }}
	}
	counted := map[kind]string{broadcast: "deliveries", handshakes: "handshakes"}[s.kind]
	if counted == "" {
		counted = "messages"
	}
	columns := []column{
		figureOf(counted+"/s", rate, thousands),
		figureOf("CPU of one", cpu, micros),
		{"spread", func(server server) string { return percent(spread(p.figures(s, server.name, cpu))) }},
	}
	for _, form := range []string{blocking, handler} {
		for _, c := range []struct {
			head string
			f    figure
		}{{form + " ÷ its rate", rate}, {form + " ÷ its CPU", cpu}} {
			columns = append(columns, column{c.head, func(server server) string { return factor(p.ratio(s, form, server.name, c.f)) }})
		}
	}
	columns = append(columns, figureOf("p50", p50, micros), figureOf("p99", p99, micros), figureOf("p99.9", p999, micros),
		figureOf("resident", rss, func(f float64) string { return number(f, "%.0f MiB") }),
		column{"busy: server, load", func(server server) string {
			return percent(p.median(s, server.name, serverBusy)) + ", " + percent(p.median(s, server.name, loadBusy))
		}})
	if s.inFlight > 1 {
		columns = append(columns, figureOf("answers in a read", perRead, func(f float64) string { return number(f, "%.1f") }))
	}
	if s.deflate {
		columns = append(columns, figureOf("bytes of an answer", answer, thousands))
	}
	p.writeColumns(w, s, columns, cpu)
}

// writeColumns writes a table of all servers that have reports; the best peer is bold.
func (p *page) writeColumns(w io.Writer, s scenario, columns []column, judged figure) {
	fmt.Fprint(w, "| server |")
	for _, c := range columns {
		fmt.Fprintf(w, " %s |", c.head)
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("--:|", len(columns)))
	best := p.best(s, judged)
	for _, server := range p.results.servers {
		if len(p.reports[s][server.name]) == 0 {
			continue
		}
		name := server.name
		if name == best {
			name = "**" + name + "**"
		}
		fmt.Fprintf(w, "| %s |", name)
		for _, c := range columns {
			fmt.Fprintf(w, " %s |", c.value(server))
		}
		fmt.Fprintln(w)
	}
}

func (p *page) writeRest(w io.Writer, s scenario) {
	columns := []column{{"bytes for each connection", func(server server) string { return thousands(p.median(s, server.name, perConn)) }}}
	for _, form := range []string{blocking, handler} {
		columns = append(columns, column{form + " ÷ it", func(server server) string { return factor(p.ratio(s, form, server.name, perConn)) }})
	}
	for i, n := range strings.Split(s.rests, ",") {
		columns = append(columns, column{"MiB with " + n, func(server server) string {
			reports := p.reports[s][server.name]
			return number(float64(reports[len(reports)-1].Rests[i].RSS)/(1<<20), "%.0f")
		}})
	}
	columns = append(columns, column{"with 1,000,000, by the slope", func(server server) string {
		return number(p.median(s, server.name, perConn)*1e6/(1<<30), "%.2f GiB")
	}})
	p.writeColumns(w, s, columns, perConn)
	fmt.Fprintf(w, `
Resident bytes of the server's process, what the kernel holds for its sockets not among them, after each connection has
exchanged a message of 16 B and the server was asked for debug.FreeOSMemory twice. The slope is by least squares. Where the
system allows a process so many descriptors, a million connections are measured, not projected, by:

    sysctl -w fs.nr_open=1100000 fs.file-max=2500000 && ulimit -n 1100000
    cd interop && go run ./bench -run silent -silent 1000000

They leave from 67 addresses, 127.0.0.2 and on, 15,000 from each.
`)
}

func (p *page) writeInside(w io.Writer) {
	fmt.Fprintf(w, "\n## Masking, UTF-8, allocations\n\n| work | beside | × its speed |\n|---|---|--:|\n")
	for _, c := range p.Masking {
		fmt.Fprintf(w, "| masking %s | %s | %s |\n", c.Work, c.Beside, factor(c.Ratio))
	}
	for _, c := range p.UTF8 {
		fmt.Fprintf(w, "| UTF-8, %s | %s | %s |\n", c.Work, c.Beside, factor(c.Ratio))
	}
	fmt.Fprintf(w, "\n| echo over TCP, client and server in one process | allocations for each message |\n|---|--:|\n")
	for _, a := range p.Allocations {
		fmt.Fprintf(w, "| %s | %.0f |\n", a.Form, a.Count)
	}
	fmt.Fprintf(w, "\nThe pieces one by one, with allocations: `make bench-go`.\n")
}
