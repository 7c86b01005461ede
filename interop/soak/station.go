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
