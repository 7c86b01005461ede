package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"example.com/tandem/server"
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

// A station is one side of a talk.
type station struct {
	*talk
	side side
	end  end
	conn *server.Conn // end, if it is ours
	raw  *net.TCPConn // below it: a duplicate, where it is ours

	attempted, accepted atomic.Int64 // messages that were sent
	received            atomic.Int64
	progress            chan struct{} // one more was received

	hearing context.Context // ends when this side is to stop receiving
	deafen  context.CancelFunc
	deaf    chan struct{} // it has stopped
	resume  chan struct{} // it goes on

	spoken chan struct{} // it sends no more
	heard  chan struct{} // its receiver has met the end
	last   error         // the receiver's
	early  bool          // the connection ended before this side could end it
	closed error         // what Close gave this side
	letGo  bool          // this side closed it without a closing handshake
	done   chan struct{}
}

func (s *station) peer() *station { return s.stations[s.side.other()] }

// run holds one side's part of the talk.
func (s *station) run() {
	defer close(s.done)
	go s.listen(s.random(uint64(s.side) + 10))
	s.speak(s.random(uint64(s.side) + 20))
	if s.side == s.by {
		s.ending.do(s)
	} else if s.ending.answer != nil {
		s.ending.answer(s)
	}
	select {
	case <-s.heard:
	case <-time.After(2 * long):
		s.fault("the %v hangs", s.side)
		s.end.closeNow()
	}
	s.end.gone()
	s.deafen()
}

// listen receives until the end, and checks every message.
func (s *station) listen(r *rand.Rand) {
	defer close(s.heard)
	defer func() {
		if s.conn != nil {
			s.raw.Close() // or the other side would not see that ours is closed
		}
	}()
	hearing := s.hearing
	for n := 0; ; {
		if n == s.stallAfter[s.side] {
			s.sleep(hearing.Done(), s.stall)
		}
		m, err := s.end.receive(hearing, r)
		if hearing.Err() != nil && errors.Is(err, context.Canceled) && s.conn.End() == nil {
			close(s.deaf)
			<-s.resume
			hearing = context.Background()
			continue
		}
		if err != nil {
			s.last = err
			return
		}
		want := s.message(s.side.other(), n)
		if s.conn == nil && len(m.Payload) < len(want.Payload) && bytes.HasPrefix(want.Payload, m.Payload) {
			s.last = io.ErrUnexpectedEOF // the reference takes the end of TCP for the end of a message
			return
		}
		if m.Opcode != want.Opcode || !bytes.Equal(m.Payload, want.Payload) {
			s.fault("the %v received message %d as %d bytes of %v, not as the %d bytes of %v that it is", s.side, n,
				len(m.Payload), m.Opcode, len(want.Payload), want.Opcode)
			s.raw.Close()
			return
		}
		n++
		s.received.Store(int64(n))
		s.tally.messages.Add(1)
		s.tally.bytes.Add(uint64(len(m.Payload)))
		select {
		case s.progress <- struct{}{}:
		default:
		}
	}
}

// speak sends the messages of this side.
func (s *station) speak(r *rand.Rand) {
	defer close(s.spoken)
	for n := range s.messages[s.side] {
		if !s.sleep(s.heard, time.Duration(r.ExpFloat64()*float64(s.pause))) {
			return
		}
		if r.IntN(8) == 0 && s.ping(r) != nil {
			return
		}
		s.attempted.Store(int64(n + 1))
		m := s.message(s.side, n)
		var err error
		if r.IntN(3) == 0 {
			err = s.write(r, m)
		} else {
			err = s.end.send(context.Background(), m)
		}
		if err != nil {
			if s.conn != nil && !errors.Is(err, shared.ErrClosed) {
				s.fault("the %v could not send message %d: %v", s.side, n, err)
			}
			return
		}
		s.accepted.Store(int64(n + 1))
	}
}

// write sends a message in pieces.
func (s *station) write(r *rand.Rand, m shared.Message) error {
	w, err := s.end.nextWriter(context.Background(), m.Opcode)
	for rest := m.Payload; err == nil && len(rest) > 0; {
		n := min(len(rest), r.IntN(20_000))
		_, err = w.Write(rest[:n])
		rest = rest[n:]
	}
	if err != nil {
		return err
	}
	return w.Close()
}

// ping sends a Ping. Our end gives up waiting, now and then at once. The error is that of a connection that has ended.
func (s *station) ping(r *rand.Rand) error {
	limit := 5 * s.short()
	if s.conn != nil && r.IntN(2) == 0 {
		limit = time.Millisecond // the reference's connection would not survive it
	}
	ctx, cancel := context.WithTimeout(s.hearing, limit)
	defer cancel()
	err := s.end.ping(ctx)
	if ctx.Err() != nil && (s.conn == nil || s.conn.End() == nil) {
		return nil
	}
	return err
}

// sleep reports false if the talk is to come to its end, or what happened first.
func (s *station) sleep(what <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-what:
	case <-s.stop:
	}
	return false
}

// hearAll waits until this side has received all that the other has to say, or the connection has ended.
func (s *station) hearAll() {
	select {
	case <-s.peer().spoken:
	case <-s.heard:
	}
	s.await(s, s.peer())
}

// delivered waits until the other side has received all that was sent here. It reports false if the connection ended.
func (s *station) delivered() bool { return s.await(s.peer(), s) }

func (s *station) await(receiver, sender *station) bool {
	patience := time.NewTimer(long)
	defer patience.Stop()
	for receiver.received.Load() < sender.accepted.Load() {
		select {
		case <-receiver.progress:
		case <-receiver.heard:
			return receiver.received.Load() >= sender.accepted.Load()
		case <-sender.heard:
			return false
		case <-patience.C:
			s.fault("the %v has received %d messages of %d, and no more come", receiver.side, receiver.received.Load(), sender.accepted.Load())
			s.end.closeNow()
			return false
		}
	}
	return true
}

// stopHearing makes this side deaf, or finds that the connection has ended.
func (s *station) stopHearing() {
	s.deafen()
	select {
	case <-s.deaf:
	case <-s.heard:
	}
}

func (s *station) fault(format string, a ...any) {
	s.tally.fault(fmt.Sprintf(format, a...) + "\n\t" + s.plan.String())
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
