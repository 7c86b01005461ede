package server

import (
	"sync"
	"time"
)

// Replies that gather leave when the reader is about to wait; but before that the application may be busy for long with what it
// received. So each connection that gathers is looked at once after lateness. One that goes on gathering is put down anew only
// then: a look for each read, by a goroutine or a timer of its own, costs more than the frames in it.
const lateness = 2 * time.Millisecond

var late struct {
	mu    sync.Mutex
	all   []*outgoing // that gather
	spare []*outgoing // memory for as many
	timer *time.Timer // runs while there are any
}

// expect has o looked at soon, which it does not expect yet. o.mu is held.
func (o *outgoing) expect() {
	o.expected = true
	late.mu.Lock()
	defer late.mu.Unlock()
	if late.all = append(late.all, o); len(late.all) > 1 {
		return
	}
	if late.timer == nil {
		late.timer = time.AfterFunc(lateness, flushLate)
	} else {
		late.timer.Reset(lateness)
	}
}

// flushLate sends what the connections that were put down have gathered since.
func flushLate() {
	late.mu.Lock()
	all := late.all
	late.all, late.spare = late.spare, nil
	late.mu.Unlock()
	for i, o := range all {
		o.mu.Lock()
		o.expected = false
		o.flush()
		o.mu.Unlock()
		all[i] = nil
	}
	late.mu.Lock()
	late.spare = all[:0]
	late.mu.Unlock()
}
