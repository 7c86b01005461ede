package server

import "context"

// A turn lets the senders of data messages go one after the other, first come, first served, so that the fragments of
// one message never mix with another's (RFC 6455 §5.4) and a long message is not overtaken for ever by short ones.
// Its fields are guarded by the lock of the outgoing bytes.
type turn struct {
	taken   bool
	waiting []chan struct{}
	written bool // taken by a message writer
}

// take waits for the turn. o.mu is held when it is called and when it returns, and not while it waits.
func (t *turn) take(ctx context.Context, o *outgoing) error {
	if !t.taken {
		t.taken = true
		return nil
	}
	mine := make(chan struct{})
	t.waiting = append(t.waiting, mine)
	o.mu.Unlock()
	select {
	case <-mine:
		o.mu.Lock()
		return nil
	case <-ctx.Done():
		o.mu.Lock()
	}
	for i, w := range t.waiting {
		if w == mine {
			t.waiting = append(t.waiting[:i], t.waiting[i+1:]...)
			return o.refusalOr(ctx, "Send")
		}
	}
	t.pass() // it came at the same moment
	return o.refusalOr(ctx, "Send")
}

// pass gives the turn to whoever has waited longest.
func (t *turn) pass() {
	t.written = false
	if len(t.waiting) == 0 {
		t.taken, t.waiting = false, nil
		return
	}
	close(t.waiting[0])
	t.waiting = t.waiting[1:]
}

// dismiss lets all that wait go on: there is nothing to wait for once no frame can be added.
func (t *turn) dismiss() {
	for _, w := range t.waiting {
		close(w)
	}
	t.waiting = nil
}
