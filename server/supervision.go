package server

import (
	"sync"
	"time"

	"example.com/tandem/shared"
)

// A supervision is the heartbeat of a connection that is watched. A timer for each would be a good part of what such a
// connection costs: those with the same interval share one, and stand in a queue whose first is always the next,
// since whoever was looked at goes to its end.
type supervision struct {
	queue      *beats // nil while it stands in none
	prev, next *attendance
	due        time.Duration // by the clock of sinceStart
	seen       uint64        // reads, when it was last looked at
	pinged     bool          // and a Ping has been sent since
}

// beats is one queue.
type beats struct {
	interval    time.Duration
	first, last *attendance
	timer       *time.Timer
}

var allBeats = struct {
	mu     sync.Mutex
	queues map[time.Duration]*beats // those that are not empty
}{queues: make(map[time.Duration]*beats)}

// supervise puts the connection at the end of its queue.
func (a *attendance) supervise() {
	interval := a.c.limits.Heartbeat
	if interval < 0 {
		return
	}
	allBeats.mu.Lock()
	defer allBeats.mu.Unlock()
	q := allBeats.queues[interval]
	if q == nil {
		q = &beats{interval: interval}
		q.timer = time.AfterFunc(interval, q.beat)
		allBeats.queues[interval] = q
	}
	s := &a.supervision
	s.queue, s.prev, s.due = q, q.last, sinceStart()+interval
	if q.last != nil {
		q.last.supervision.next = a
	} else {
		q.first = a
	}
	q.last = a
}

// unsupervise takes the connection out of its queue.
func (a *attendance) unsupervise() {
	allBeats.mu.Lock()
	defer allBeats.mu.Unlock()
	if q := a.supervision.queue; q != nil {
		q.remove(a)
		if q.first == nil {
			q.timer.Stop()
			delete(allBeats.queues, q.interval)
		}
	}
}

func (q *beats) remove(a *attendance) {
	s := &a.supervision
	if s.prev != nil {
		s.prev.supervision.next = s.next
	} else {
		q.first = s.next
	}
	if s.next != nil {
		s.next.supervision.prev = s.prev
	} else {
		q.last = s.prev
	}
	s.queue, s.prev, s.next = nil, nil, nil
}

// beat looks at those that are due.
func (q *beats) beat() {
	var due []*attendance
	allBeats.mu.Lock()
	now := sinceStart()
	for q.first != nil && q.first.supervision.due <= now {
		due = append(due, q.first)
		q.remove(q.first)
	}
	switch {
	case q.first != nil:
		q.timer.Reset(max(q.first.supervision.due-now, q.interval/256)) // many at once, if they come close together
	case allBeats.queues[q.interval] == q:
		delete(allBeats.queues, q.interval)
	}
	allBeats.mu.Unlock()
	for _, a := range due {
		a.beat()
	}
}

// beat is what the heartbeat of any connection does, but needs nobody to wait for the answer: what arrives is read in any
// case.
func (a *attendance) beat() {
	c, s := a.c, &a.supervision
	now := c.reads.Load()
	switch {
	case now != s.seen:
		s.seen, s.pinged = now, false
	case a.descriptor.queued.Load(): // the handler is running: somebody has to read in its place
		go func() {
			if c.beat(now) {
				a.goOn()
			}
		}()
		return
	case c.isClosing(): // no Ping can be sent: the closing handshake has its own time limit
	case s.pinged:
		c.finish(abrupt, noAnswer(c.limits.Heartbeat))
		return
	case c.tracer != nil:
		s.pinged = true
		go c.sendPing(expired) // what is called for a trace may take its time
	default:
		s.pinged = true
		c.sendPing(expired)
	}
	a.goOn()
}

// goOn supervises until the end.
func (a *attendance) goOn() {
	a.c.mu.Lock()
	defer a.c.mu.Unlock()
	if a.c.end == nil {
		a.supervise()
	}
}

// noAnswer is the end of a connection whose peer is silent.
func noAnswer(limit time.Duration) shared.EndError {
	return timeLimitEnd("no answer to a Ping within " + limit.String())
}
