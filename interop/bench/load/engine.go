package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"example.com/tandem/interop/bench/sample"
)

// An engine keeps many dialogues going in one loop, and counts what ends between begin and end.
type engine struct {
	poller poller
	lines  []*line
	meter  meter
	start  time.Time // of the engine's clock

	counting bool
	report   sample.Report
	latency  histogram

	ready  []int
	buffer []byte
	heard  time.Duration // when something last came
}

// A line is a connection and the dialogue over it.
type line struct {
	wire
	*dialogue
	since times // when each message that is not answered yet was sent, or was due
}

// newEngine takes over the connections; what each says begins at another place of the script, unless together is set.
func newEngine(conns []net.Conn, s *script, pid int, together bool) (*engine, error) {
	e := &engine{meter: meter{pid: pid}, buffer: make([]byte, 256<<10)}
	under := make([]net.Conn, len(conns))
	for i, c := range conns {
		under[i] = c
		if c, ok := c.(*secured); ok {
			under[i] = c.under.Conn
		}
	}
	p, wires, err := newPoller(under)
	if err != nil {
		return nil, err
	}
	e.poller = p
	for i, w := range wires {
		if c, ok := conns[i].(*secured); ok {
			c.under.wire = w
			w = c
		}
		place := i
		if together {
			place = 0
		}
		e.lines = append(e.lines, &line{wire: w, dialogue: newDialogue(s, place)})
	}
	return e, nil
}

func (e *engine) Close() {
	for _, l := range e.lines {
		l.wire.Close()
	}
	e.poller.Close()
}

func (e *engine) now() time.Duration { return time.Since(e.start) }

// rewind sets the clock to the beginning of a turn.
func (e *engine) rewind() { e.start, e.heard = time.Now(), 0 }

func (e *engine) begin() error {
	e.counting, e.report, e.latency = true, sample.Report{}, histogram{}
	return e.meter.begin()
}

func (e *engine) end() (sample.Report, error) {
	e.counting = false
	e.report.Latency = e.latency.latency()
	var err error
	e.report.Usage, err = e.meter.end()
	return e.report, err
}

// stall is how long no answer at all may come.
const stall = 10 * time.Second

var errStalled = errors.New("no answer from the server for 10 s")

// wait waits for at most timeout, and calls heard for each line on which messages ended, with their number.
func (e *engine) wait(timeout time.Duration, heard func(l *line, completed int) error) (err error) {
	e.ready, err = e.poller.wait(e.ready[:0], timeout)
	if err != nil {
		return err
	}
	if len(e.ready) > 0 {
		e.heard = e.now()
	} else if e.now() > e.heard+stall {
		return errStalled
	}
	for _, i := range e.ready {
		if err := e.turn(e.lines[i], heard); err != nil {
			return fmt.Errorf("connection %d: %w", i+1, err)
		}
	}
	return nil
}

// turn does all on a line that can be done without waiting.
func (e *engine) turn(l *line, heard func(l *line, completed int) error) error {
	if err := l.send(); err != nil {
		return err
	}
	for {
		n, err := l.Read(e.buffer)
		if err == errWait {
			return nil
		} else if err != nil {
			return err
		}
		completed, err := l.hear(e.buffer[:n])
		if err != nil {
			return err
		}
		if e.counting {
			e.report.Wire += int64(n)
			if completed > 0 {
				e.report.Reads++
			}
		}
		if completed > 0 {
			if err := heard(l, completed); err != nil {
				return err
			}
		}
		if len(l.pongs) > 0 {
			if err := l.send(); err != nil {
				return err
			}
		}
		if _, records := l.wire.(*secured); n < len(e.buffer) && !records {
			return nil // whatever comes now is a new event
		}
	}
}

// ask puts n more messages out, which count from the moment since on, and sends what the system takes.
func (l *line) ask(n int, since time.Duration) error {
	l.asked += n
	l.since.push(since, n)
	return l.send()
}

func (l *line) send() error {
	for {
		n, err := l.Write(l.waiting())
		if err == errWait {
			return nil
		} else if err != nil {
			return err
		}
		if l.took(n); len(l.waiting()) == 0 {
			return nil
		}
	}
}

// times is a queue of moments. Those of messages that go together are kept as one.
type times struct {
	runs []run
}

type run struct {
	at time.Duration
	n  int
}

func (q *times) push(at time.Duration, n int) {
	q.runs = append(q.runs, run{at, n})
}

// pop takes the first moment off.
func (q *times) pop() time.Duration {
	at := q.runs[0].at
	if q.runs[0].n--; q.runs[0].n == 0 {
		copy(q.runs, q.runs[1:]) // as few as there are messages in flight
		q.runs = q.runs[:len(q.runs)-1]
	}
	return at
}
