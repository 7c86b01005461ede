package server

import (
	"cmp"
	"context"
	"slices"
)

// A turn says who sends a data message. Senders go one after the other, first come, first served, so that the fragments of
// one message never mix with another's (RFC 6455 §5.4) and a long message is not overtaken for ever by short ones.
type turn uint8

const (
	turnFree turn = iota
	turnTaken
	turnWritten // taken by a message writer
)

// A queue is what waits for the turn. It is there while the turn is taken and somebody waits.
type queue struct {
	senders  []chan bool // each is told true when it is its turn, and closed when it never will be
	messages []*Prepared // that Broadcast has left for whoever has the turn
	size     int         // of the outgoing bytes that these will take, which is more than they take here: it bounds both
	last     func()      // what Close has left to do for whoever has the turn; nobody gets it after that
}

// behind returns the queue, to be added to. o.mu is held, as in all that follows.
func (o *outgoing) behind() *queue {
	if o.queue == nil {
		o.queue = new(queue)
	}
	return o.queue
}

// closesNext reports whether Close waits for the turn.
func (o *outgoing) closesNext() bool { return o.queue != nil && o.queue.last != nil }

// takeTurn waits for the turn. o.mu is not held while it waits.
func (o *outgoing) takeTurn(ctx context.Context) error {
	switch {
	case o.closesNext():
		return errClosing
	case o.turn == turnFree:
		o.turn = turnTaken
		return nil
	}
	mine := make(chan bool, 1)
	q := o.behind()
	q.senders = append(q.senders, mine)
	o.mu.Unlock()
	var given bool
	select {
	case given = <-mine:
		o.mu.Lock()
	case <-ctx.Done():
		o.mu.Lock()
		if i := slices.Index(q.senders, mine); i >= 0 {
			q.senders = slices.Delete(q.senders, i, i+1)
			return o.refusalOr(ctx, "Send")
		}
		given = <-mine // it came at the same moment
	}
	switch {
	case !given:
		return cmp.Or(o.refusal(), error(errClosing))
	case o.closesNext(): // Close was called at the same moment
		o.freeTurn()
		return errClosing
	}
	return nil
}

// freeTurn gives the turn to the sender that has waited longest.
func (o *outgoing) freeTurn() {
	o.turn = turnTaken
	if o.closesNext() {
		o.queue.last()
		o.queue.last = nil
	}
	if o.queue == nil || len(o.queue.senders) == 0 {
		o.turn, o.queue = turnFree, nil
		return
	}
	o.queue.senders[0] <- true
	o.queue.senders = o.queue.senders[1:]
}

// dismissSenders tells all that wait that their turn will not come.
func (o *outgoing) dismissSenders() {
	if o.queue != nil {
		for _, w := range o.queue.senders {
			close(w)
		}
		o.queue.senders = nil
	}
}

// room is what the messages will take of the outgoing bytes. The receiver may be nil, as in what follows.
func (q *queue) room() int {
	if q == nil {
		return 0
	}
	return q.size
}

// holds reports whether there are messages.
func (q *queue) holds() bool { return q != nil && len(q.messages) > 0 }

// drop drops them.
func (q *queue) drop() {
	if q != nil {
		q.messages, q.size = nil, 0
	}
}
