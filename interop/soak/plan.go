package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// settings are what the command was asked for.
type settings struct {
	length      time.Duration
	connections int
	seed        uint64
	pause       time.Duration
}

// A side is the client or the server of a connection.
type side int

const (
	client side = iota
	serving
)

func (s side) String() string { return [...]string{"client", "server"}[s] }
func (s side) other() side    { return 1 - s }

// A plan is all that is decided about a connection before it is opened.
type plan struct {
	seed, id   uint64
	pause      time.Duration
	reference  bool // the client is the reference's
	compressed bool
	handed     [2]bool // the side's end is handed over to a handler, if it is ours
	messages   [2]int  // of each side, at most
	stallAfter [2]int  // so many messages, each side stops receiving for a while; -1: never
	stall      time.Duration
	limits     [2]server.Limits
	ending     *ending
	by         side // who brings it about
	patient    bool // and waits for all that the other has to say
	violation  violation
	code       shared.StatusCode // of the Close frame, ours or the answer to the violation
}

// random is a source of choices for one purpose of one connection.
func (p plan) random(purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(p.seed^p.id<<1, purpose^p.id<<33))
}

// long is more than anything takes that is not meant to end by a limit.
const long = 2 * time.Minute

// short is a limit that is meant to end something.
func (p plan) short() time.Duration { return max(200*time.Millisecond, 2*p.pause) }

// makePlan decides on the connection with this number.
func makePlan(s settings, id uint64) plan {
	p := plan{seed: s.seed, id: id, pause: s.pause}
	r := p.random(0)
	p.reference = r.IntN(4) == 0
	p.compressed = r.IntN(2) == 0
	p.stall = time.Duration(r.Int64N(int64(4*s.pause) + 1))
	for side := range p.messages {
		p.messages[side] = r.IntN(24)
		p.stallAfter[side] = -1
		if r.IntN(4) == 0 {
			p.stallAfter[side] = r.IntN(24)
		}
		p.limits[side] = server.Limits{
			Outgoing:  []int{4 << 10, 16 << 10, 0}[r.IntN(3)],
			Handshake: long, Write: long, Close: long,
			Heartbeat: []time.Duration{-1, long}[r.IntN(2)],
		}
	}
	p.by = side(r.IntN(2))
	p.patient = r.IntN(2) == 0
	p.code = []shared.StatusCode{1000, 1000, 1001, 1005, 1008, 1011, 3000, 4999}[r.IntN(8)]
	p.ending = chooseEnding(r, p)
	for side := range p.handed {
		p.handed[side] = r.IntN(2) == 0
	}
	switch p.ending.deafens { // a call gives up, a handler can't
	case theOne:
		p.handed[p.by] = false
	case theOther:
		p.handed[p.by.other()] = false
	}
	if p.ending.breaks {
		p.violation = violations[r.IntN(len(violations))]
		if p.reference && p.by == serving {
			p.violation = violations[0] // the reference lets others pass
		}
		p.code = p.violation.code
	}
	if p.ending.limits != nil {
		p.ending.limits(&p.limits[p.by], &p.limits[p.by.other()], p.short())
	}
	return p
}

func (p plan) String() string {
	kind := "ours"
	if p.reference {
		kind = "the reference's"
	}
	return fmt.Sprintf("connection %d of seed %d: client %s, compressed %v, handed over %v, %d and %d messages, %q by the %v, patient %v",
		p.id, p.seed, kind, p.compressed, p.handed, p.messages[client], p.messages[serving], p.ending.name, p.by, p.patient)
}
