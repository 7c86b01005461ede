package server

import (
	"context"
	"errors"
	"iter"

	"example.com/tandem/shared"
)

// ErrTooLongToBroadcast is returned by Broadcast when the most that the message could take, its payload and the 14 bytes of
// the longest header (and, compressed with context takeover, a little more), is longer than Limits.Outgoing of a connection,
// which then does not get it: only Send and SendPrepared, which wait, can send such a message.
var ErrTooLongToBroadcast = errors.New("websocket: the message is longer than Limits.Outgoing of a connection")

// A SlowPolicy says what Broadcast does with a connection that has no room for the message among its outgoing bytes.
type SlowPolicy int

const (
	// SkipSlow leaves the message out: it is not for this connection. The next one may be.
	SkipSlow SlowPolicy = iota

	// CloseSlow closes the connection with 1008 (RFC 6455 §7.4.1) and the reason "too slow", as Close does and therefore
	// within Limits.Close, in a goroutine of its own.
	CloseSlow
)

// A BroadcastReport counts the connections of a Broadcast by what became of the message on each.
type BroadcastReport struct {
	Sent    int // with the kernel, or among the outgoing bytes
	Slow    int // no room: SkipSlow has left the message out, CloseSlow closes the connection
	TooLong int // the frame could be longer than their Limits.Outgoing: left out
	Closed  int // closing, or at their end
}

// Broadcast sends a message to each of the connections and never waits for one: its frame goes to the kernel, and what
// the kernel does not take goes among the outgoing bytes, which are bounded (Limits.Outgoing). A connection without room
// for it is slow, and the policy says what happens to it; so it is when a message writer is open on it for so long that
// the messages behind it fill that room. What waits behind a message writer is lost if Close is called before that is closed.
// A connection that comes twice gets the message twice.
//
// The frame is made, and without context takeover compressed, once for all of them, and no memory is allocated for a
// connection. With context takeover each compresses its own. Any number of goroutines may broadcast, also to the same
// connections: each connection gets the messages of one goroutine in their order. conns is called without a lock held.
//
// The error is nil or ErrTooLongToBroadcast; where p was not made by Prepare, a *shared.MessageError, and nothing is sent.
func Broadcast(conns iter.Seq[*Conn], p *Prepared, slow SlowPolicy) (r BroadcastReport, err error) {
	if !p.made() {
		return r, errNotPrepared
	}
	for c := range conns {
		switch c.offer(p, slow) {
		case offerSent:
			r.Sent++
		case offerSlow:
			r.Slow++
		case offerTooLong:
			r.TooLong++
			err = ErrTooLongToBroadcast
		case offerClosed:
			r.Closed++
		}
	}
	return
}

// An offer is what became of a message on one connection.
type offer int

const (
	offerSent offer = iota
	offerSlow
	offerTooLong
	offerClosed
)

// offer sends a prepared message if that can be done without waiting.
func (c *Conn) offer(p *Prepared, slow SlowPolicy) offer {
	o := &c.out
	s := p.on(o.deflater)
	o.mu.Lock()
	defer o.mu.Unlock()
	room := frameRoom(len(s.payload), s.compress)
	if !o.fits(room + o.queue.room()) {
		o.flush() // what was gathered is in nobody's way
	}
	switch {
	case o.refusal() != nil || o.closesNext() || o.givenUp:
		return offerClosed
	case room > o.limits.Outgoing:
		return offerTooLong
	case !o.fits(room + o.queue.room()):
		if slow == CloseSlow {
			o.givenUp = true
			go c.Close(shared.StatusPolicyViolation, "too slow")
		}
		return offerSlow
	case o.turn != turnFree:
		q := o.behind()
		q.messages = append(q.messages, p)
		q.size += room
	case s.compress:
		o.turn = turnTaken
		_, err := o.fragment(expired, "Broadcast", &s) // there is room for it
		o.passTurn()
		if err != nil { // it was closed meanwhile
			return offerClosed
		}
	default:
		o.put(&s)
	}
	return offerSent
}

// passTurn gives the turn of sending on, first to the messages that Broadcast has left meanwhile. o.mu is held.
func (o *outgoing) passTurn() {
	if !o.queue.holds() {
		o.freeTurn()
		return
	}
	o.turn = turnTaken
	go o.sendQueue()
}

// sendQueue sends the messages that Broadcast has left. It has the turn.
func (o *outgoing) sendQueue() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.queue.holds() {
		s := o.queue.messages[0].on(o.deflater)
		o.queue.messages[0], o.queue.messages = nil, o.queue.messages[1:]
		o.queue.size -= frameRoom(len(s.payload), s.compress)
		if _, err := o.fragment(context.Background(), "Broadcast", &s); err != nil {
			break // the connection has ended
		}
	}
	o.queue.drop()
	o.freeTurn()
}
