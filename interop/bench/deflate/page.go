package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// A page is all that was measured.
type page struct {
	began     time.Time
	rounds    int
	length    time.Duration
	traffics  []traffic
	states    []int      // by candidate
	figures   [][]figure // by traffic, then by candidate
	inflating [][]figure // by traffic, then by inflation
}

// write writes the page in Markdown.
func (p page) write(to io.Writer) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, "# Compressing short messages\n\n")
	fmt.Fprintf(w, "%s, %s/%s, %s, %d cores, %s, klauspost/compress %s.\nCommand: `go run ./bench/deflate %s`.\n\n",
		p.began.UTC().Format("2006-01-02 15:04 MST"), runtime.GOOS, runtime.GOARCH, processor(), runtime.NumCPU(),
		runtime.Version(), version("github.com/klauspost/compress"), strings.Join(os.Args[1:], " "))
	fmt.Fprintf(w, `All run in one process and one thread, in turn; times are medians of %d rounds of %v each. Ratio is bytes in for each byte
out, without the four bytes of a sync flush that permessage-deflate takes off. CPU is processor time for each message, with
its ratio to "%s". State is what each of 64 encoders holds on the heap; without context takeover one encoder, from a pool,
can serve all connections.
`, p.rounds, p.length, yardstick)
	for i, t := range p.traffics {
		fmt.Fprintf(w, "\n## %s\n\n", t.name)
		fmt.Fprintf(w, "| encoder | context takeover | ratio | CPU of a message | × %s | state | allocations |\n|---|---|--:|--:|--:|--:|--:|\n", yardstick)
		p.writeEncoders(w, p.figures[i])
		fmt.Fprintf(w, "\n| inflater, reset for each message | dictionary | CPU of a message | allocations |\n|---|---|--:|--:|\n")
		for j, in := range inflations() {
			f := p.inflating[i][j]
			fmt.Fprintf(w, "| %s | %s | %d ns | %.1f |\n", in.name, word(in.takeover, "4 KiB", "none"), f.time().Nanoseconds(), f.allocations)
		}
	}
	return w.Flush()
}

func (p page) writeEncoders(w io.Writer, figures []figure) {
	yard := make(map[bool]time.Duration) // by takeover
	for i, c := range candidates() {
		if c.name == yardstick {
			yard[c.takeover] = figures[i].time()
		}
	}
	for i, c := range candidates() {
		f := figures[i]
		fmt.Fprintf(w, "| %s | %s | %.2f | %d ns | %.2f | %s | %.1f |\n", c.name, word(c.takeover, "yes", "no"), f.ratio,
			f.time().Nanoseconds(), float64(f.time())/float64(yard[c.takeover]), thousands(p.states[i]), f.allocations)
	}
}

func word(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

// thousands writes a number as people read it: 1,234,567.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// version returns the version of a module that the program was built with.
func version(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == path {
				return m.Version
			}
		}
	}
	return "(version unknown)"
}

// processor returns the processor's name, where the system tells it.
func processor() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "processor unknown"
}
