package main

import (
	"context"
	"errors"
	"io"
	"net"

	"example.com/tandem/shared"
)

// A talk is one connection, from its plan to its judgement. Both sides are in this process, so that each can wait for
// what the other has seen.
type talk struct {
	plan
	tally    *tally
	stop     <-chan struct{} // the time is over: say no more and come to the end
	stations [2]*station
}

func newTalk(p plan, t *tally, stop <-chan struct{}) *talk {
	k := &talk{plan: p, tally: t, stop: stop}
	for _, side := range []side{client, serving} {
		s := &station{talk: k, side: side, progress: make(chan struct{}, 1), spoken: make(chan struct{}),
			deaf: make(chan struct{}), resume: make(chan struct{}), heard: make(chan struct{}), done: make(chan struct{})}
		s.hearing, s.deafen = context.WithCancel(context.Background())
		k.stations[side] = s
	}
	return k
}

// judge says whether the talk went as it had to.
func (k *talk) judge() {
	gaveUp := k.stations[client].gaveUp()
	for _, s := range k.stations {
		k.tally.count(s, gaveUp)
		got, accepted, attempted := s.received.Load(), s.peer().accepted.Load(), s.peer().attempted.Load()
		if got > attempted || got < accepted && s.hadToHear() && !gaveUp {
			s.fault("the %v received %d messages of %d that were sent", s.side, got, accepted)
		}
		if s.closed != nil && !gaveUp {
			s.fault("Close gives the %v %v", s.side, s.closed)
		}
		if s.early && !gaveUp {
			s.fault("the connection ended before the %v could end it", s.side)
		}
		if s.conn == nil {
			continue
		}
		e := s.conn.End()
		if e == nil {
			s.fault("the %v has not ended", s.side)
			continue
		}
		allowed := k.ending.other
		if s.side == k.by {
			allowed = k.ending.by
		}
		if gaveUp {
			allowed = append(lost, allowed...)
		}
		if !allows(allowed, e, k.code) {
			s.fault("the %v ended with: %v", s.side, e)
		}
		normal := e.Layer == shared.LayerClosingHandshake && e.Code.IsNormal()
		inside := e.By == shared.PartyLocal && errors.Is(s.last, io.ErrUnexpectedEOF) // Close met a reader of a message
		if normal != (s.last == io.EOF) && !inside {
			s.fault("the %v ended with %v, its receiver with %v", s.side, e, s.last)
		}
	}
}

// gaveUp reports whether the reference's client let go of the connection by itself: it does so when the network takes more
// than 5 s for a control frame, as it may where thousands share it.
func (s *station) gaveUp() bool {
	return s.conn == nil && !s.letGo && (errors.Is(s.last, net.ErrClosed) || errors.Is(s.last, context.DeadlineExceeded))
}

// hadToHear reports whether nothing that was sent to this side may be missing: it did not close, and the other side said
// Close when it had said all.
func (s *station) hadToHear() bool {
	switch {
	case s.ending.whole:
		return true
	case s.side == s.by || s.ending.answer != nil:
		return false
	case s.conn != nil:
		e := s.conn.End()
		return e != nil && e.By == shared.PartyPeer && e.Layer == shared.LayerClosingHandshake
	}
	return s.ending.closes
}
