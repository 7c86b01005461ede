package server

import (
	"sync"
	"time"
)

// A supervision is the heartbeat of a connection whose descriptor is watched. A timer for each would be a good part of
// what such a connection costs: those with the same interval share one, and stand in a queue whose first is always the
// next, since whoever was looked at goes to its end.
type supervision struct {
	conn       *Conn
	prev, next *supervision
	due        time.Duration // by the clock of sinceStart
	seen       uint32        // reads, when it was last looked at
	pinged     bool          // and a Ping has been sent since
	queued     bool          // it stands in the queue of its interval
}

// beats is one queue.
type beats struct {
	interval    time.Duration
	first, last *supervision
	timer       *time.Timer
}

var allBeats = struct {
	mu     sync.Mutex
	queues map[time.Duration]*beats // those that are not empty
}{queues: make(map[time.Duration]*beats)}

// begin goes to the end of the queue.
func (s *supervision) begin() {
	interval := s.conn.out.limits.Heartbeat
	allBeats.mu.Lock()
	defer allBeats.mu.Unlock()
	q := allBeats.queues[interval]
	if q == nil {
		q = &beats{interval: interval}
		q.timer = time.AfterFunc(interval, q.beat)
		allBeats.queues[interval] = q
	}
	s.queued, s.prev, s.due = true, q.last, sinceStart()+interval
	if q.last != nil {
		q.last.next = s
	} else {
		q.first = s
	}
	q.last = s
}

// stop leaves the queue.
func (s *supervision) stop() {
	allBeats.mu.Lock()
	defer allBeats.mu.Unlock()
	if s.queued {
		q := allBeats.queues[s.conn.out.limits.Heartbeat]
		q.remove(s)
		if q.first == nil {
			q.timer.Stop()
			delete(allBeats.queues, q.interval)
		}
	}
}

func (q *beats) remove(s *supervision) {
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		q.first = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	} else {
		q.last = s.prev
	}
	s.queued, s.prev, s.next = false, nil, nil
}

// beat looks at those that are due.
func (q *beats) beat() {
	var due []*supervision
	allBeats.mu.Lock()
	now := sinceStart()
	for q.first != nil && q.first.due <= now {
		due = append(due, q.first)
		q.remove(q.first)
	}
	switch {
	case q.first != nil:
		q.timer.Reset(max(q.first.due-now, q.interval/256)) // many at once, if they come close together
	case allBeats.queues[q.interval] == q:
		delete(allBeats.queues, q.interval)
	}
	allBeats.mu.Unlock()
	for _, s := range due {
		s.beat()
	}
}

// beat is what the heartbeat of any connection does. That of one that was handed over needs nobody to wait for the
// answer: what arrives is read in any case, unless the handler is running.
func (s *supervision) beat() {
	c := s.conn
	now := c.in.reads.Load()
	switch d := c.t.descriptor; {
	case now != s.seen:
		s.seen, s.pinged = now, false
	case !d.attended.Load() || d.queued.Load():
		go func() {
			if c.beat(now) {
				s.seen, s.pinged = c.in.reads.Load(), false
				s.goOn()
			}
		}()
		return
	case c.closing(): // no Ping can be sent: the closing handshake has its own time limit
	case s.pinged && !c.t.readable() && c.in.reads.Load() == now: // what is in front is the beginning of a frame: the handler has had the rest
		go c.finish(abrupt, noAnswer(c.out.limits.Heartbeat)) // which calls a Trace
		return
	case c.out.tracer != nil:
		s.pinged = true
		go c.sendPing(expired) // what is called for a trace may take its time
	default:
		s.pinged = true
		c.sendPing(expired)
	}
	s.goOn()
}

// goOn supervises until the end.
func (s *supervision) goOn() {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if s.conn.end == nil {
		s.begin()
	}
}
