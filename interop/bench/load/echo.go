package main

import (
	"time"

	"example.com/tandem/interop/bench/sample"
)

// An echo keeps inFlight messages on the way on each connection: for each answer a new message goes out at once, for all
// answers of one read in one write. The messages of the beginning go out one at a time, in a turn over all connections, so
// that only the server decides whether they come to travel together.
type echo struct {
	*engine
	inFlight int
}

func (e *echo) turn(w window) (r sample.Report, err error) {
	e.rewind()
	missing, again := 0, true
	heard := func(l *line, completed int) error {
		now := e.now()
		for range completed {
			since := l.since.pop()
			if e.counting {
				e.latency.add(now - since)
				e.report.Events++
			}
		}
		if !again {
			missing -= completed
			return nil
		}
		return l.ask(completed, now)
	}
	until := func(end time.Duration) error {
		for e.now() < end {
			if err := e.wait(100*time.Millisecond, heard); err != nil {
				return err
			}
		}
		return nil
	}

	// 1. Fill the connections, and warm up.
	for range e.inFlight {
		for _, l := range e.lines {
			if err := l.ask(1, e.now()); err != nil {
				return r, err
			}
			missing++
		}
	}
	if err := until(w.warm); err != nil {
		return r, err
	}

	// 2. Count.
	if err := e.begin(); err != nil {
		return r, err
	}
	if err := until(e.now() + w.length); err != nil {
		return r, err
	}
	if r, err = e.end(); err != nil {
		return r, err
	}

	// 3. Let what is on the way arrive.
	for again = false; missing > 0; {
		if err := e.wait(100*time.Millisecond, heard); err != nil {
			return r, err
		}
	}
	return r, nil
}
