// Command bench measures this project's server and its peers side by side: each is a process of its own, pinned to one
// core where the system can, under the same load from a process on another core. They take turns, in several rounds, and
// medians are printed as tables in Markdown. Absolute figures hold for one machine and one hour; the ratios are what to
// look at.
//
//	cd interop && go run ./bench              all servers, about five minutes
//	cd interop && go run ./bench -short       this project's and nhooyr's, about one minute
//	cd interop && go run ./bench -o FILE      the same page to a file too, such as bench/RESULTS.md
//	cd interop && go run ./bench -servers tandem,gws -run 'in flight' -rounds 5 -time 3s
//	cd interop && go run ./bench -with 'uws=./echo-server'   any other server, which has to listen on $ADDR
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	var o options
	short := flag.Bool("short", false, "-servers tandem,nhooyr -rounds 2 -time 1.5s, where nothing else is said: about a minute")
	servers := flag.String("servers", "", "which servers, by name, separated by commas (tandem,nhooyr,gorilla,gobwas,gws)")
	run := flag.String("run", "", "which scenarios: a regular expression for their names (all)")
	flag.IntVar(&o.rounds, "rounds", 0, "rounds (3)")
	flag.DurationVar(&o.length, "time", 0, "how long to measure each server in each scenario of each round (2s)")
	file := flag.String("o", "", "write the page to this file too")
	flag.Func("with", "`name=command` of one more server; it listens on the address in the environment variable ADDR", func(s string) error {
		name, command, ok := strings.Cut(s, "=")
		if !ok || name == "" || len(strings.Fields(command)) == 0 {
			return fmt.Errorf("want name=command")
		}
		o.servers = append(o.servers, server{name, strings.Fields(command)})
		return nil
	})
	flag.Parse()

	names := []string{ours, "nhooyr", "gorilla", "gobwas", "gws"}
	rounds, length := 3, 2*time.Second
	if *short {
		names, rounds, length = names[:2], 2, 1500*time.Millisecond
	}
	o.rounds, o.length = cmp.Or(o.rounds, rounds), cmp.Or(o.length, length)
	if *servers != "" {
		names = strings.Split(*servers, ",")
	}
	pattern, err := regexp.Compile(*run)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range scenarios {
		if pattern.MatchString(s.name()) {
			o.scenarios = append(o.scenarios, s)
		}
	}
	if err := bench(o, names, *file); err != nil {
		log.Fatal(err)
	}
}

type options struct {
	servers   []server
	scenarios []scenario
	rounds    int
	length    time.Duration
}

func bench(o options, names []string, file string) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	built, err := build(dir, names)
	if err != nil {
		return err
	}
	o.servers = append(built.servers, o.servers...)

	began := time.Now()
	results, err := measure(o, built.load)
	if err != nil {
		return err
	}
	to := []io.Writer{os.Stdout}
	if file != "" {
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		defer f.Close()
		to = append(to, f)
	}
	return writePage(io.MultiWriter(to...), o, results, began)
}

// measure runs every scenario on every server in every round. Each round begins with another server, so that none
// always follows the same one.
func measure(o options, load string) (results, error) {
	r := make(results)
	for round := range o.rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
		for _, s := range o.scenarios {
			turn := slices.Concat(o.servers[round%len(o.servers):], o.servers[:round%len(o.servers)])
			for _, server := range turn {
				report, err := try(server, load, s, o.length)
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", s.name(), server.name, err)
				}
				r.add(s, server, report)
			}
		}
	}
	return r, nil
}
