package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"time"
)

// A plan is what is to be measured.
type plan struct {
	programs
	scenarios []scenario
	rounds    int
	length    time.Duration
}

// measure puts every server through every scenario. All are there at the same time, each with its load, and measured in
// short turns, in every round in another order: what the machine does meanwhile, it does to all of them. What fails is
// noted and not tried again. When ctx ends, it does so after the turn that it is in.
func measure(ctx context.Context, p plan) *results {
	r := newResults(p.servers)
	for i, s := range p.scenarios {
		if ctx.Err() != nil {
			break
		}
		r.begun++
		fmt.Fprintf(os.Stderr, "%d of %d: %s\n", i+1, len(p.scenarios), s.name())
		c := &course{p, r, s, make(map[string]*session)}
		c.run(ctx)
	}
	return r
}

// life is how many turns a process has: where its memory happens to lie makes a difference, too.
const life = 5

// A course is one scenario, with the servers that are there.
type course struct {
	plan
	*results
	what     scenario
	sessions map[string]*session
}

func (c *course) run(ctx context.Context) {
	random := rand.New(rand.NewPCG(6455, 5)) // the same orders each time
	rounds, length := c.what.turns(c.rounds, c.length)
	for round := range rounds {
		if round%life == 0 {
			c.leaveAll()
		}
		for _, i := range random.Perm(len(c.plan.servers)) {
			if server := c.plan.servers[i]; ctx.Err() == nil && server.takes(c.what) && !c.failed(c.what, server) {
				c.turn(ctx, server, length)
			}
		}
	}
	c.leaveAll()
}

// turn measures one server once.
func (c *course) turn(ctx context.Context, server server, length time.Duration) {
	fail := func(err error) {
		delete(c.sessions, server.name)
		if ctx.Err() != nil {
			return // a terminal interrupts these processes too
		}
		c.fail(c.what, server, err)
		fmt.Fprintf(os.Stderr, "%s: %v\n", server.name, err)
	}
	if session := c.sessions[server.name]; session != nil && session.stale() {
		c.leave(server.name)
	}
	if c.sessions[server.name] == nil {
		rate := 0.0
		if c.what.kind == paced {
			if rate = c.pace(c.what, server); math.IsNaN(rate) {
				return // its saturation could not be measured
			}
		}
		session, err := c.open(server, c.what, length, rate)
		if err != nil {
			fail(err)
			return
		}
		c.sessions[server.name] = session
	}
	report, err := c.sessions[server.name].turn()
	if err != nil {
		fail(err)
		return
	}
	c.add(c.what, server, report)
	if c.what.alone() {
		c.leave(server.name)
	}
}

func (c *course) leaveAll() {
	for name := range c.sessions {
		c.leave(name)
	}
}

func (c *course) leave(name string) {
	c.sessions[name].close()
	delete(c.sessions, name)
}

// pace returns the messages a second at which a server is measured: half of its own saturation, or half of the lowest.
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
