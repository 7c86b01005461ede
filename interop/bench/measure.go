package main

import (
	"fmt"
	"math"
	"os"
	"slices"
	"time"
)

// A plan is what is to be measured.
type plan struct {
	programs
	scenarios []scenario
	rounds    int
	length    time.Duration
}

// measure puts every server through every scenario in every round. Each round begins with another server, so that none
// always follows the same one. What fails once is noted and not tried again.
func measure(p plan) *results {
	r := newResults(p.servers)
	most := 0
	for _, s := range p.scenarios {
		most = max(most, s.rounds(p.rounds))
	}
	for round := range most {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, most)
		for _, s := range p.scenarios {
			if round >= s.rounds(p.rounds) {
				continue
			}
			first := round % len(p.servers)
			for _, server := range slices.Concat(p.servers[first:], p.servers[:first]) {
				if !server.takes(s) || r.failed(s, server) {
					continue
				}
				rate := 0.0
				if s.kind == paced {
					if rate = r.pace(s, server); math.IsNaN(rate) {
						continue // its saturation could not be measured
					}
				}
				report, err := p.try(server, s, p.length, rate)
				if err != nil {
					r.fail(s, server, err)
					fmt.Fprintf(os.Stderr, "%s, %s: %v\n", s.name(), server.name, err)
					continue
				}
				r.add(s, server, report)
			}
		}
	}
	return r
}

// pace returns the messages a second at which a server is measured: half of its own saturation, as far as that is known,
// or half of the lowest.
func (r *results) pace(s scenario, server server) float64 {
	if !s.together {
		return r.median(saturation, server.name, rate) / 2
	}
	lowest := math.NaN()
	for _, server := range r.servers {
		if m := r.median(saturation, server.name, rate); !math.IsNaN(m) && !(m >= lowest) {
			lowest = m
		}
	}
	return lowest / 2
}
