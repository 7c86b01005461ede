package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/tandem/interop/bench/sample"
)

// Resting is reading the server's memory with so many connections that have exchanged one message each and say nothing
// now but Pong, where the server wants to know whether they are still there. A mute server is one that does not echo.
type resting struct {
	target
	pid    int
	counts string
	mute   bool

	conns   int
	engines []*engine
}

// turn can be called once: the connections stay.
func (q *resting) turn(window) (r sample.Report, err error) {
	s, err := newScript("binary", 16, false)
	if err != nil {
		return r, err
	}
	for _, count := range strings.Split(q.counts, ",") {
		n, err := strconv.Atoi(count)
		if err != nil || n <= q.conns {
			return r, fmt.Errorf("-rests has to be a list of growing numbers, not %q", q.counts)
		}
		for q.conns < n {
			if err := q.join(s, min(1000, n-q.conns)); err != nil {
				return r, err
			}
		}
		free(q.addr)
		rss, err := rssOf(q.pid)
		if err != nil {
			return r, err
		}
		r.Rests = append(r.Rests, sample.Rest{Conns: n, RSS: rss})
	}
	return r, nil
}

// join opens n connections more.
func (q *resting) join(s *script, n int) error {
	more, err := q.connect(q.conns, n, false)
	if err != nil {
		return err
	}
	for _, c := range more {
		if q.mute {
			break
		}
		if err := exchange(c, newDialogue(s, 0)); err != nil {
			return err
		}
	}
	e, err := newEngine(more, s, 0, true)
	if err != nil {
		return err
	}
	q.conns += n
	q.engines = append(q.engines, e)
	for _, e := range q.engines {
		if err := e.answer(); err != nil {
			return err
		}
	}
	return nil
}

func (q *resting) Close() {
	for _, e := range q.engines {
		e.Close()
	}
}

// answer deals with what has come meanwhile, which must not be messages.
func (e *engine) answer() (err error) {
	if e.ready, err = e.poller.wait(e.ready[:0], 0); err != nil {
		return err
	}
	for _, i := range e.ready {
		if err := e.turn(e.lines[i], func(*line, int) error { return errWrongFrame }); err != nil {
			return fmt.Errorf("silent connection %d: %w", i+1, err)
		}
	}
	return nil
}

// free asks the server to give back memory that is not in use. One that does not know how to has none to give.
func free(addr string) {
	client := http.Client{Timeout: 30 * time.Second}
	for range 2 { // what finalizers let go is free only after the next collection
		if response, err := client.Get("http://" + addr + "/free"); err == nil {
			response.Body.Close()
		}
	}
	client.CloseIdleConnections()
	time.Sleep(100 * time.Millisecond)
}
