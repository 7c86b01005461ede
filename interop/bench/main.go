// Command bench measures this project's server and its peers side by side: each is a process of its own, pinned to one
// core where the system can, under the same load from a process on another core. They take short turns, in many rounds, and
// medians are written as a page in Markdown, with charts in SVG. Absolute figures hold for one machine and one hour; the
// ratios are what to look at.
//
//	cd interop && go run ./bench -o bench/RESULTS.md   what the aims and the charts need, in some twenty minutes; charts beside the page
//	cd interop && go run ./bench -short                whether everything works, in about a minute
//	cd interop && go run ./bench -full                 the whole matrix, in hours
//	cd interop && go run ./bench -servers tandem,gws -run 'in flight' -rounds 60 -time 250ms
//	cd interop && go run ./bench -o page.md -with 'uWebSockets v20.79.0=/opt/echo/uwebsockets'
//
// When it is interrupted it ends after the turn that it is in, and prints the page with what was measured.
//
// With -with any other server takes part whose command is the server itself, not a script that starts it without exec. It
// listens on the address in the environment variable ADDR (host:port) without TLS, echoes at every path, and may give memory
// back to the system at GET /free. The command is split at spaces, by no shell. The folder outside has such a server.
// The page is written where -o says: make bench writes bench/RESULTS.md, and its FLAGS may hold another -o.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"

	"example.com/tandem/interop/bench/inside"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	var c choice
	f := c.flags()
	f.Parse(os.Args[1:])
	if f.NArg() > 0 {
		log.Fatalf("%q is no flag; a command with spaces has to be quoted", f.Arg(0))
	}
	c.line = commandLine(f, c.with)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal does not wait
	if err := bench(ctx, c); err != nil {
		log.Fatal(err)
	}
}

// A choice is what the command line says.
type choice struct {
	short, full  bool
	servers, run string
	rounds       int
	length       time.Duration
	silent       int
	with         []server
	file         string // "": no file
	line         string // the command
}

// flags returns the flags that make a choice.
func (c *choice) flags() *flag.FlagSet {
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	f.BoolVar(&c.short, "short", false, "few scenarios, and 3 rounds of 100ms where nothing else is said: about a minute")
	f.BoolVar(&c.full, "full", false, "the whole matrix: hours")
	f.StringVar(&c.servers, "servers", "", "which servers, by name, separated by commas (all)")
	f.StringVar(&c.run, "run", "", "which scenarios: a regular expression for their names (all)")
	f.IntVar(&c.rounds, "rounds", 0, "rounds (25)")
	f.DurationVar(&c.length, "time", 0, "how long to measure each server in each scenario of each round (120ms)")
	f.IntVar(&c.silent, "silent", min(descriptors()-500, 1_000_000), "the most silent connections of which to measure the memory")
	f.StringVar(&c.file, "o", "", "write the page to this file too, and charts beside it; the last one counts, so that FLAGS of make bench\n"+
		"can choose another than bench/RESULTS.md")
	f.Func("with", withHelp, func(s string) error {
		server, err := parseWith(s)
		c.with = append(c.with, server)
		return err
	})
	return f
}

// plan makes a plan of the choice; its programs are to be built.
func (c choice) plan() (p plan, err error) {
	if p.servers, err = choose(c.servers); err != nil {
		return p, err
	}
	if err := distinct(c.with); err != nil {
		return p, err
	}
	p.servers = append(p.servers, c.with...)
	pattern, err := regexp.Compile(c.run)
	if err != nil {
		return p, err
	}
	all := usual(silent(c.silent))
	p.rounds, p.length = 25, 120*time.Millisecond // ratios are taken within a round: many short ones bear with a noisy machine
	switch {
	case c.full:
		all = full(silent(c.silent))
	case c.short:
		all = short()
		p.rounds, p.length = 3, 100*time.Millisecond
	}
	p.rounds, p.length = cmp.Or(c.rounds, p.rounds), cmp.Or(c.length, p.length)
	for _, s := range all {
		if !pattern.MatchString(s.name()) {
			continue
		}
		if s.kind == paced && !slices.Contains(p.scenarios, saturation) {
			p.scenarios = append(p.scenarios, saturation)
		}
		if !slices.Contains(p.scenarios, s) {
			p.scenarios = append(p.scenarios, s)
		}
	}
	if len(p.scenarios) == 0 {
		return p, fmt.Errorf("no scenario's name matches %q", c.run)
	}
	return p, nil
}

// bench measures and writes the page. When ctx ends it writes what was measured until then, but to no file: the page in there is
// to be whole.
func bench(ctx context.Context, c choice) error {
	plan, err := c.plan()
	if err != nil {
		return err
	}
	if c.file != "" { // now, and not when all has been measured
		if err := writable(c.file); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if plan.programs, err = build(dir, plan.servers); err != nil {
		return err
	}
	p := &page{plan: plan, began: time.Now(), command: c.line}
	if p.Figures, err = inside.Measure(); err != nil {
		return err
	}
	p.results = measure(ctx, plan)
	p.scenarios, p.interrupted = plan.scenarios[:p.begun], ctx.Err() != nil

	to := []io.Writer{os.Stdout}
	if c.file != "" && !p.interrupted {
		p.charts = draw(p.results)
		for _, d := range p.charts {
			if err := os.WriteFile(filepath.Join(filepath.Dir(c.file), d.file), []byte(d.String()), 0o644); err != nil {
				return err
			}
		}
		f, err := os.Create(c.file)
		if err != nil {
			return err
		}
		defer f.Close()
		to = append(to, f)
	}
	if err := p.write(io.MultiWriter(to...)); err != nil {
		return err
	}
	if p.interrupted {
		return fmt.Errorf("interrupted in scenario %d of %d: the page has what was measured, and is in no file", p.begun, len(plan.scenarios))
	}
	if n := len(p.failures); n > 0 {
		return fmt.Errorf("%d measurements failed, see the page", n)
	}
	return nil
}

// writable makes the folder of a file, and says why the file can't be written. What it holds stays.
func writable(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}
