package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// An ending is how a connection comes to its end: what one side does about it, and what our ends may then tell of it.
type ending struct {
	name      string
	weight    int
	reference bool                                                // the reference's client takes part in it too
	deafens   party                                               // stops receiving, in the middle of a message perhaps
	closes    bool                                                // with a closing handshake that one side begins
	breaks    bool                                                // a rule
	whole     bool                                                // after all that was sent has been received
	limits    func(by, other *server.Limits, short time.Duration) // where it needs short ones
	do        func(s *station)                                    // for the side that brings it about
	answer    func(s *station)                                    // for the other
	by, other []how
}

// A party is a side as an ending sees it.
type party int

const (
	nobody   party = iota
	theOne         // who brings the ending about
	theOther       // of the two
)

// how is what a Conn tells about its end. Code 0 is the plan's.
type how struct {
	by    shared.Party
	layer shared.Layer
	code  shared.StatusCode
}

func allows(all []how, e *shared.EndError, code shared.StatusCode) bool {
	for _, h := range all {
		if h.code == 0 {
			h.code = code
		}
		if h.by == e.By && h.layer == e.Layer && h.code == e.Code {
			return true
		}
	}
	return false
}

var (
	weClosed   = how{shared.PartyLocal, shared.LayerClosingHandshake, 0}
	theyClosed = how{shared.PartyPeer, shared.LayerClosingHandshake, 0}
	weLetGo    = how{shared.PartyLocal, shared.LayerLocal, 1006}
	weGaveUp   = how{shared.PartyLocal, shared.LayerTimeLimit, 1006}
	weCut      = how{shared.PartyLocal, shared.LayerContext, 1006}
	lost       = []how{{shared.PartyPeer, shared.LayerTCP, 1006}, {shared.PartyNetwork, shared.LayerTCP, 1006}}
)

// A violation is a frame that breaks a rule, as a server sends it, and the status code that it is answered with.
type violation struct {
	frame string
	code  shared.StatusCode
}

var violations = []violation{
	{"\x83\x00", 1002},                                 // a reserved opcode
	{"\xa1\x00", 1002},                                 // RSV2
	{"\x80\x00", 1002},                                 // a continuation of nothing
	{"\x82\x7e\x00\x05", 1002},                         // a length that is not the shortest
	{"\x89\x7e\x00\x7e", 1002},                         // a Ping that is too long
	{"\x88\x01\x03", 1002},                             // a Close frame of one byte
	{"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 1009}, // a message that is too long
}

var endings = []*ending{
	{name: "Close", weight: 30, reference: true, closes: true, do: (*station).closes,
		by: []how{weClosed}, other: []how{theyClosed}},
	{name: "Closes that cross", weight: 10, do: (*station).cross, answer: (*station).cross,
		by: []how{weClosed, theyClosed}, other: []how{weClosed, theyClosed}},
	{name: "CloseNow", weight: 4, reference: true, do: (*station).drop,
		by: []how{weLetGo}, other: lost},
	{name: "RST", weight: 4, reference: true, do: func(s *station) { s.reset() },
		by: []how{weLetGo}, other: lost},
	{name: "FIN", weight: 4, reference: true, whole: true, do: func(s *station) { s.interject("", s.raw.CloseWrite) },
		by: lost, other: lost},
	{name: "FIN in a frame", weight: 4, reference: true, whole: true, do: func(s *station) { s.interject("\x82\x05a", s.raw.CloseWrite) },
		by: lost, other: lost},
	{name: "RST in a frame", weight: 4, reference: true, whole: true, do: func(s *station) { s.interject("\x01\x05abcde\x80", s.reset) },
		by: []how{weLetGo}, other: lost},
	{name: "violation", weight: 10, reference: true, breaks: true, whole: true, do: (*station).violate,
		by: []how{theyClosed}, other: []how{{shared.PartyLocal, shared.LayerViolation, 0}}},
	{name: "no sign of life", weight: 3, deafens: theOne, do: (*station).vanish,
		limits: func(by, other *server.Limits, short time.Duration) { by.Heartbeat, other.Heartbeat = -1, short },
		by:     append(lost, weLetGo), other: []how{weGaveUp}},
	{name: "nothing is read", weight: 3, deafens: theOne, do: (*station).vanish, answer: (*station).flood,
		limits: func(by, other *server.Limits, short time.Duration) {
			by.Heartbeat, other.Heartbeat, other.Write = -1, -1, short
		},
		by: append(lost, weLetGo), other: []how{weGaveUp}},
	{name: "no answer to Close", weight: 3, deafens: theOther, do: (*station).closeToTheDeaf,
		limits: func(by, other *server.Limits, short time.Duration) { by.Close, other.Heartbeat = short, -1 },
		by:     []how{weGaveUp}, other: append(lost, theyClosed)},
	{name: "a message that is cut", weight: 3, deafens: theOther, do: (*station).cut,
		limits: func(by, other *server.Limits, short time.Duration) { other.Heartbeat = -1 },
		by:     []how{weCut}, other: lost},
}

func chooseEnding(r *rand.Rand, p plan) *ending {
	sum := 0
	for _, e := range endings {
		if e.reference || !p.reference {
			sum += e.weight
		}
	}
	k := r.IntN(sum)
	for _, e := range endings {
		if e.reference || !p.reference {
			if k -= e.weight; k < 0 {
				return e
			}
		}
	}
	panic("unreachable")
}

func (s *station) closes() {
	if s.patient {
		s.hearAll()
	}
	if err := s.end.close(s.code); s.conn != nil {
		s.closed = err
	}
}

// cross has both sides call Close at the same moment, more or less.
func (s *station) cross() {
	if s.patient {
		s.hearAll()
	}
	select {
	case <-s.peer().spoken:
	case <-s.heard:
	}
	s.closed = s.end.close(s.code)
}

// reset closes TCP with a RST.
func (s *station) reset() error {
	s.raw.SetLinger(0)
	s.drop()
	return nil
}

func (s *station) drop() {
	select {
	case <-s.heard: // it has ended already, by itself
	default:
		s.letGo = true
	}
	s.end.closeNow()
}

// interject writes bytes below the connection once all that was sent has arrived, and then ends it. A client's are not
// masked: what they break, they break sooner.
func (s *station) interject(b string, then func() error) {
	s.hearAll()
	if !s.delivered() {
		s.early = true
		return
	}
	if s.side == client && len(b) > 0 {
		b = maskZero(b)
	}
	s.raw.Write([]byte(b))
	then()
}

// maskZero makes a server's frame a client's, with a masking key of zeros.
func maskZero(b string) string {
	header := 2
	switch b[1] & 0x7f {
	case 126:
		header = 4
	case 127:
		header = 10
	}
	return b[:1] + string([]byte{b[1] | 0x80}) + b[2:header] + "\x00\x00\x00\x00" + b[header:]
}

func (s *station) violate() {
	s.interject(s.violation.frame, func() error { return nil })
}

// vanish stops reading, and waits for the other side to give up.
func (s *station) vanish() {
	s.stopHearing()
	<-s.peer().heard
	s.end.closeNow()
	close(s.resume)
}

// flood sends to a peer that does not read.
func (s *station) flood() {
	select {
	case <-s.peer().deaf:
	case <-s.heard:
		return
	}
	s.smallBuffers()
	for {
		if err := s.end.send(context.Background(), shared.Message{Opcode: shared.OpcodeBinary, Payload: noise[:longest]}); err != nil {
			return
		}
	}
}

// smallBuffers has the kernel take little, so that it is full soon.
func (s *station) smallBuffers() {
	s.raw.SetWriteBuffer(64 << 10)
}

// deafPeer makes the other side deaf once it has said all.
func (s *station) deafPeer() {
	<-s.peer().spoken
	s.peer().stopHearing()
}

func (s *station) closeToTheDeaf() {
	s.deafPeer()
	if err := s.end.close(s.code); err == nil {
		s.fault("Close gives the %v nil, and the other side did not answer", s.side)
	}
	close(s.peer().resume)
}

// endless is a message that no kernel takes, compressed or not.
var endless = bytes.Repeat(noise, 12)

// cut gives up a message in the middle.
func (s *station) cut() {
	s.deafPeer()
	s.smallBuffers()
	for s.conn.End() == nil { // where time is so short that the message was not even begun, nothing was cut
		ctx, cancel := context.WithTimeout(context.Background(), s.short())
		err := s.end.send(ctx, shared.Message{Opcode: shared.OpcodeBinary, Payload: endless})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			s.fault("a message of 12 MiB that nobody reads gives the %v %v", s.side, err)
			break
		}
	}
	close(s.peer().resume)
}
