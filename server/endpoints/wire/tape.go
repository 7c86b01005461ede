package wire

import (
	"context"
	"slices"
	"sync"
	"time"
)

// maxRemembered is how many beginnings and ends of connections outlive the frames between them.
const maxRemembered = 64

// A tape is a numbered sequence of events that keeps the latest of them.
type tape struct {
	name   string // tells it from another that the same token had, or has after it
	limits limits

	users     int         // guarded by the lock of the Tapes, as are the other two
	listeners int         // of the users
	left      time.Time   // when the last one left
	expiry    *time.Timer // runs while there is none

	mu              sync.Mutex
	connections     int     // so far
	last            uint64  // number of the latest event, counted from 1
	kept            []event // the latest ones, up to last
	bytes           int     // of their frames
	remembered      []event // beginnings and ends of connections that are not among them any more
	rememberedBytes int     // of these
	changed         chan struct{}
}

func newTape(name string, l limits) *tape { return &tape{name: name, limits: l} }

// connection numbers a new connection, from 1.
func (t *tape) connection() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.connections++
	return t.connections
}

// add puts an event on the tape. It never waits for who reads it.
func (t *tape) add(e event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last++
	e.number = t.last
	t.kept = append(t.kept, e)
	t.bytes += e.size()
	for len(t.kept) > t.limits.events || t.bytes > t.limits.bytes {
		t.drop()
	}
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

// drop makes room. A beginning and an end are remembered: what comes between them makes no sense without.
func (t *tape) drop() {
	oldest := t.kept[0]
	t.kept[0] = event{} // the array is still there
	t.kept = t.kept[1:]
	t.bytes -= oldest.size()
	if oldest.Open == nil && oldest.End == nil {
		return
	}
	t.remembered = append(t.remembered, oldest)
	t.rememberedBytes += oldest.size()
	for len(t.remembered) > maxRemembered || t.rememberedBytes > t.limits.bytes && len(t.remembered) > 1 {
		t.rememberedBytes -= t.remembered[0].size()
		t.remembered = slices.Delete(t.remembered, 0, 1)
	}
}

// A batch is what there is after a cursor.
type batch struct {
	Tape   string  `json:"tape"` // another name than before: another tape, whose connections are numbered anew
	Next   uint64  `json:"next"` // the number of the last event
	Lost   uint64  `json:"lost"` // how many after the cursor are not here
	Events []event `json:"events"`
}

// after gives what is kept after the cursor; if that is more than a batch, the end of it.
func (t *tape) after(cursor uint64) batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	wanted := t.last - cursor
	n := int(min(wanted, uint64(len(t.kept)), uint64(t.limits.batch)))
	latest := t.kept[len(t.kept)-n:]
	var events []event
	for _, older := range [][]event{t.remembered, t.kept[:len(t.kept)-n]} {
		for _, e := range older {
			if e.number > cursor && (e.Open != nil || e.End != nil) {
				events = append(events, e)
			}
		}
	}
	events = append(events, latest...)
	return batch{Tape: t.name, Next: t.last, Lost: wanted - uint64(len(events)), Events: events}
}

// await waits until there is an event after the cursor, or reports false when ctx ends first.
func (t *tape) await(ctx context.Context, cursor uint64) bool {
	for {
		t.mu.Lock()
		if t.last > cursor {
			t.mu.Unlock()
			return true
		}
		if t.changed == nil {
			t.changed = make(chan struct{})
		}
		changed := t.changed
		t.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// published is the number of events so far.
func (t *tape) published() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}
