package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"example.com/tandem/interop/bench/sample"
)

// A window is when messages are counted: for length, after a time of warming up.
type window struct {
	warm, length time.Duration
}

// echo keeps inFlight messages on the way on each connection: for each answer a new message goes out at once, for all
// answers of one read in one write. The messages of the beginning go out one at a time, in a turn over all connections, so
// that only the server decides whether they come to travel together.
func echo(conns []net.Conn, s *script, pid, inFlight int, w window) (r sample.Report, err error) {
	e, err := newEngine(conns, s, pid, false)
	if err != nil {
		return r, err
	}
	defer e.Close()
	heard := func(l *line, completed int) error {
		now := e.now()
		e.count(l, now, completed)
		return l.ask(completed, now)
	}
	for range inFlight {
		for _, l := range e.lines {
			if err := l.ask(1, e.now()); err != nil {
				return r, err
			}
		}
	}
	for e.now() < w.warm {
		if err := e.wait(100*time.Millisecond, heard); err != nil {
			return r, err
		}
	}
	if err := e.begin(); err != nil {
		return r, err
	}
	for end := e.now() + w.length; e.now() < end; {
		if err := e.wait(100*time.Millisecond, heard); err != nil {
			return r, err
		}
	}
	return e.end()
}

// count notes messages that have been answered now.
func (e *engine) count(l *line, now time.Duration, completed int) {
	for range completed {
		since := l.since.pop()
		if e.counting {
			e.latency.add(now - since)
			e.report.Events++
		}
	}
}

// paced sends so many messages a second over all connections together, at moments and on connections drawn by chance (the
// same in every run), whether the answers come or not: an open loop. Latency counts from the moment at which a message was
// due, so that waiting because of a slow answer before it is part of it. It does not sleep between, so as to be on time.
func paced(conns []net.Conn, s *script, pid int, rate float64, w window) (r sample.Report, err error) {
	e, err := newEngine(conns, s, pid, false)
	if err != nil {
		return r, err
	}
	defer e.Close()
	begin, end := w.warm, w.warm+w.length
	missing := 0
	heard := func(l *line, completed int) error {
		now := e.now()
		for range completed {
			missing--
			if due := l.since.pop(); due >= begin && due < end {
				e.latency.add(now - due)
				e.report.Events++
			}
		}
		return nil
	}
	random := rand.New(rand.NewPCG(6455, 11))
	for due := time.Duration(0); ; {
		now := e.now()
		if !e.counting && now >= begin {
			if err := e.begin(); err != nil {
				return r, err
			}
		}
		for ; due <= now && due < end; due += time.Duration(random.ExpFloat64() / rate * float64(time.Second)) {
			l := e.lines[random.IntN(len(e.lines))]
			if err := l.ask(1, due); err != nil {
				return r, err
			}
			missing++
		}
		if due >= end && missing == 0 {
			return e.end()
		}
		if now > end+w.length+stall {
			return r, fmt.Errorf("%d answers are missing %v after the last message", missing, now-end)
		}
		if err := e.wait(0, heard); err != nil {
			return r, err
		}
	}
}
