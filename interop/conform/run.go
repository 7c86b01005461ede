package conform

import (
	"bufio"
	"cmp"
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Suite is how cases are run. The zero value runs all of them, one after the other. It is only read, and may be used
// by several goroutines.
type Suite struct {
	Full     bool             // the field's customary numbers of repetitions
	Pick     func(*Case) bool // which cases; nil: all
	Parallel int              // how many cases run at once; 0: 1
	Patience time.Duration    // how long a peer may take over what it should do at once; 0: 1 s
}

// Cases returns the cases that the suite runs with peers in that role, in the order of reports.
func (s *Suite) Cases(r Role) []*Case {
	return slices.DeleteFunc(Cases(r, s.Full), func(c *Case) bool { return s.Pick != nil && !s.Pick(c) })
}

// Only returns a suite that runs, of the cases of this one, those that pick chooses.
func (s *Suite) Only(pick func(*Case) bool) *Suite {
	only := *s
	only.Pick = func(c *Case) bool { return (s.Pick == nil || s.Pick(c)) && pick(c) }
	return &only
}

// TestServer runs the cases against the server at a ws or wss address, whose echo it is, and returns a report with as
// many results as there are cases; those that ctx did not leave time for are failures.
func (s *Suite) TestServer(ctx context.Context, address string) (*Report, error) {
	t, err := parseTarget(address)
	if err != nil {
		return nil, err
	}
	report := &Report{Peer: address, Role: Server}
	report.Results = s.each(s.Cases(Server), func(c *Case) Result {
		ctx, cancel := context.WithTimeout(ctx, caseLimit)
		defer cancel()
		conn, err := t.dial(ctx)
		if err != nil {
			return Result{ID: c.ID, Verdict: Fail, Problem: "no connection: " + err.Error()}
		}
		return s.run(c, &Peer{tested: Server, target: t, conn: conn, reader: bufferedReader(conn)})
	})
	return report, nil
}

// each runs the cases, several at once, and returns their results in order.
func (s *Suite) each(cases []*Case, run func(*Case) Result) []Result {
	results := make([]Result, len(cases))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, s.Parallel) {
		workers.Go(func() {
			for i := range next {
				results[i] = run(cases[i])
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}

// run runs a case on a new connection, and closes it.
func (s *Suite) run(c *Case, p *Peer) Result {
	begun := time.Now()
	p.log = &transcript{begun: begun}
	if len(p.head.raw) > 0 {
		p.log.addHead(false, p.head.line, p.head.raw)
	}
	p.patience = cmp.Or(s.Patience, time.Second)
	p.deflate = c.deflate
	p.conn.SetDeadline(begun.Add(cmp.Or(c.limit, caseLimit)))
	p.play(c)
	if p.wire != nil {
		p.wire.close()
	} else {
		p.conn.Close()
	}
	r := Result{ID: c.ID, Verdict: Pass, CloseCode: p.closeCode, End: p.end, Duration: time.Since(begun), Wire: p.log.kept()}
	problems := slices.Concat(p.failed, p.tolerated)
	switch {
	case len(p.failed) > 0:
		r.Verdict = Fail
	case p.unimplemented != "":
		r.Verdict, problems = Unimplemented, []string{p.unimplemented}
	case len(p.tolerated) > 0:
		r.Verdict = Tolerated
	}
	slices.Sort(p.tolerated)
	r.Problem = strings.Join(slices.Compact(problems), "; ")
	return r
}

// play runs the case until it ends or stops.
func (p *Peer) play(c *Case) {
	defer func() {
		if r := recover(); r != nil {
			if _, ours := r.(stop); !ours {
				panic(r)
			}
		}
	}()
	if !c.own {
		p.open()
	}
	c.run(p)
}

// A connection is a tested client's, whose request was read.
type connection struct {
	conn   net.Conn
	reader *bufio.Reader
	head   head
}

func (s *Suite) runClient(c *Case, n connection) Result {
	return s.run(c, &Peer{tested: Client, head: n.head, conn: n.conn, reader: n.reader})
}
