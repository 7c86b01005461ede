package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"example.com/tandem/interop/bench/sample"
)

// A paced job sends so many messages a second over all connections together, at moments and on connections drawn by
// chance (the same for every server), whether the answers come or not: an open loop. Latency counts from the moment at
// which a message was due, so that waiting because of a slow answer before it is part of it. It does not sleep between, so
// as to be on time.
type paced struct {
	*engine
	rate  float64
	turns uint64
}

func (p *paced) turn(w window) (r sample.Report, err error) {
	p.rewind()
	begin, end := w.warm, w.warm+w.length
	missing := 0
	heard := func(l *line, completed int) error {
		now := p.now()
		for range completed {
			missing--
			if due := l.since.pop(); due >= begin && due < end {
				p.latency.add(now - due)
				p.report.Events++
			}
		}
		return nil
	}
	p.turns++
	random := rand.New(rand.NewPCG(6455, p.turns))
	for due := time.Duration(0); ; {
		now := p.now()
		if !p.counting && now >= begin {
			if err := p.begin(); err != nil {
				return r, err
			}
		}
		for ; due <= now && due < end; due += time.Duration(random.ExpFloat64() / p.rate * float64(time.Second)) {
			l := p.lines[random.IntN(len(p.lines))]
			if err := l.ask(1, due); err != nil {
				return r, err
			}
			missing++
		}
		if due >= end && missing == 0 {
			return p.end()
		}
		if now > end+w.length+stall {
			return r, fmt.Errorf("%d answers are missing %v after the last message", missing, now-end)
		}
		if err := p.wait(0, heard); err != nil {
			return r, err
		}
	}
}
