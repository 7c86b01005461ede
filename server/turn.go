package server

import (
	"cmp"
	"context"
	"slices"
)

// A turn lets the senders of data messages go one after the other, first come, first served, so that the fragments of
// one message never mix with another's (RFC 6455 §5.4) and a long message is not overtaken for ever by short ones.
// Its fields are guarded by the lock of the outgoing bytes.
type turn struct {
	taken   bool
	written bool        // taken by a message writer
	waiting []chan bool // each is told true when it is its turn, and closed when it never will be
	last    func()      // what Close has left to do for whoever has the turn; nobody gets it after that
}

// take waits for the turn. o.mu is held when it is called and when it returns, and not while it waits.
func (t *turn) take(ctx context.Context, o *outgoing) error {
	switch {
	case t.last != nil:
		return errClosing
	case !t.taken:
		t.taken = true
		return nil
	}
	mine := make(chan bool, 1)
	t.waiting = append(t.waiting, mine)
	o.mu.Unlock()
	var given bool
	select {
	case given = <-mine:
		o.mu.Lock()
	case <-ctx.Done():
		o.mu.Lock()
		if i := slices.Index(t.waiting, mine); i >= 0 {
			t.waiting = slices.Delete(t.waiting, i, i+1)
			return o.refusalOr(ctx, "Send")
		}
		given = <-mine // it came at the same moment
	}
	switch {
	case !given:
		return cmp.Or(o.refusal(), error(errClosing))
	case t.last != nil: // Close was called at the same moment
		t.pass()
		return errClosing
	}
	return nil
}

// pass gives the turn to whoever has waited longest.
func (t *turn) pass() {
	t.written = false
	if t.last != nil {
		t.last()
		t.last = nil
	}
	if len(t.waiting) == 0 {
		t.taken, t.waiting = false, nil
		return
	}
	t.waiting[0] <- true
	t.waiting = t.waiting[1:]
}

// dismiss tells all that wait that their turn will not come.
func (t *turn) dismiss() {
	for _, w := range t.waiting {
		close(w)
	}
	t.waiting = nil
}
