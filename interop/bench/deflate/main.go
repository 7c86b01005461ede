// Command deflate compares this project's encoder for permessage-deflate with others: how much shorter it makes
// messages, the processor time of each, and the memory that one encoder holds. Absolute figures hold for one machine and
// one hour; the ratios are what to look at.
//
//	cd interop && go run ./bench/deflate             about half a minute
//	cd interop && go run ./bench/deflate -o FILE     the same page to a file too, such as bench/deflate/RESULTS.md
//	cd interop && go test -bench . ./bench/deflate   the same as Go benchmarks
package main

import (
	"flag"
	"io"
	"log"
	"os"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("deflate: ")
	rounds := flag.Int("rounds", 7, "rounds")
	length := flag.Duration("time", 40*time.Millisecond, "how long each is measured on each feed in each round")
	file := flag.String("o", "", "write the page to this file too")
	flag.Parse()
	to := io.Writer(os.Stdout)
	if *file != "" {
		f, err := os.Create(*file)
		if err != nil {
			log.Fatal(err)
		}
		to = io.MultiWriter(to, f)
	}
	if err := run(to, traffics(), *rounds, *length); err != nil {
		log.Fatal(err)
	}
}

// run measures all candidates on all traffic and writes the page.
func run(to io.Writer, all []traffic, rounds int, length time.Duration) error {
	p := page{began: time.Now(), rounds: rounds, length: length, traffics: all}
	for _, c := range candidates() {
		p.states = append(p.states, state(c))
	}
	for _, t := range all {
		p.figures = append(p.figures, measure(candidates(), t.messages, rounds, length))
		p.inflating = append(p.inflating, measureInflations(inflations(), t.messages, rounds, length))
	}
	return p.write(to)
}
