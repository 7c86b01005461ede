package server

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// A speech is one conversation in which a Conn does most of the talking.
type speech struct {
	client   bool
	which    uint8  // of fuzzAgreements
	outgoing uint16 // Limits.Outgoing above its least
	program  []byte // what is called: a byte for the call and two for a size
	reads    []byte // how the peer reads: so much, then a pause; the rest without
	ending   uint8  // how the connection ends
}

// A spoken is what came of it.
type spoken struct {
	accepted []shared.Message // by Send or a message writer, in this order
	cut      *shared.Message  // a message that ended the connection
	pings    [][]byte         // that the peer sent
	end      *shared.EndError
	stats    Stats
	wire     []byte
}

const fuzzText = "Größe 大小 📏, "

// fuzzPayload is a message of n bytes that tells which one it is.
func fuzzPayload(op shared.Opcode, number, n int) []byte {
	b := make([]byte, 0, n)
	if op == shared.OpcodeText {
		for len(b)+len(fuzzText) <= n {
			b = append(b, fuzzText...)
		}
		return append(b, strings.Repeat(string(rune('a'+number%26)), n-len(b))...)
	}
	for i := range n {
		b = append(b, byte(number+i+i>>8))
	}
	return b
}

func (s speech) play(t *testing.T) (r spoken) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, s.client, Limits{Outgoing: minOutgoing + int(s.outgoing), Heartbeat: -1, Close: time.Hour, Write: time.Hour})
		if a := fuzzAgreement(s.which); a != nil {
			c.compress(a)
		}
		done := make(chan struct{})
		go func() { // the peer, which answers the Close frame
			defer close(done)
			r.wire = s.read(c, p)
		}()
		go c.Receive(context.Background()) // so that Pings are answered
		s.run(t, c, p, &r)
		switch s.ending % 4 {
		case 0:
			c.CloseNow()
		case 1:
			p.Close()
		default:
			if err := c.Close(1000, "done"); err != nil && r.cut == nil {
				t.Errorf("Close: %v", err)
			}
		}
		<-done
		c.CloseNow()
		r.end, r.stats = c.End(), c.Stats()
	})
	return r
}

// hear is a plain reader's view of what was sent.
func (s speech) hear(wire []byte) hearing {
	a := fuzzAgreement(s.which)
	if a == nil {
		return hear(wire, s.client, 1<<40)
	}
	return hearDeflated(wire, s.client, 1<<40, plainInflater{on: true, takeover: a.sendTakeover, bits: a.sendBits})
}

// read reads all that the Conn sends, at the pace that reads sets, and answers a Close frame.
func (s speech) read(c *Conn, p *wirePeer) (wire []byte) {
	buf := make([]byte, 64<<10)
	for answered := false; ; {
		size := len(buf)
		if len(s.reads) > 0 {
			time.Sleep(fuzzPause)
			size = 1 + int(s.reads[0])<<6
			s.reads = s.reads[1:]
		}
		n, err := p.Read(buf[:size])
		wire = append(wire, buf[:n]...)
		if err != nil {
			p.Close()
			return wire
		}
		if !answered && s.hear(wire).how == "Close" {
			answered = true
			p.Write(frames("88 02 03 e8", p.client))
		}
	}
}

// run calls what the program says.
func (s speech) run(t *testing.T, c *Conn, p *wirePeer, r *spoken) {
	for i := 0; i+2 < len(s.program) && i < 3*40; i += 3 {
		call, size := s.program[i], int(s.program[i+1])<<6|int(s.program[i+2]>>2)
		op := shared.OpcodeBinary
		if call&0x80 != 0 {
			op = shared.OpcodeText
		}
		m := shared.Message{Opcode: op, Payload: fuzzPayload(op, i, size)}
		ctx, cancel := context.Background(), func() {}
		if call&0x40 != 0 {
			ctx, cancel = context.WithTimeout(ctx, fuzzWait)
		}
		var err error
		switch call & 7 {
		case 0, 1, 2:
			err = c.Send(ctx, m)
		case 3, 4:
			err = writeInPieces(ctx, c, m, int(s.program[i+2]))
		case 5:
			short, cancel := context.WithTimeout(context.Background(), fuzzWait/7)
			c.Ping(short)
			cancel()
			m.Opcode = 0
		case 6:
			time.Sleep(fuzzPause)
			m.Opcode = 0
		case 7:
			ping := fuzzPayload(shared.OpcodeBinary, i, size%126)
			p.Write(frames(frame(0x89, string(ping)), p.client))
			r.pings = append(r.pings, ping)
			synctest.Wait()
			m.Opcode = 0
		}
		cancel()
		var late *ContextError
		switch {
		case m.Opcode == 0:
		case err == nil:
			r.accepted = append(r.accepted, m)
		case errors.As(err, &late) && c.End() == nil: // nothing of it was sent
		case errors.As(err, &late) && c.End().Layer == shared.LayerContext:
			r.cut = &m
			return
		default:
			t.Errorf("call %#x with %d bytes: %v", call, size, err)
			return
		}
	}
}

// writeInPieces sends a message with a writer. One that cannot be begun has sent nothing.
func writeInPieces(ctx context.Context, c *Conn, m shared.Message, seed int) error {
	w, err := c.NextWriter(ctx, m.Opcode)
	if err != nil {
		return err
	}
	for rest := m.Payload; len(rest) > 0 && err == nil; seed = (seed*7 + 1) % 5000 {
		n := min(len(rest), seed)
		_, err = w.Write(rest[:n])
		rest = rest[n:]
	}
	if err != nil {
		return err
	}
	return w.Close()
}

// check compares what the Conn sent, as a plain reader hears it, with what was called.
func (r spoken) check(t *testing.T, s speech) {
	t.Helper()
	got := s.hear(r.wire)
	same := func(a, b shared.Message) bool { return a.Opcode == b.Opcode && bytes.Equal(a.Payload, b.Payload) }
	clean := s.ending%4 > 1 && r.cut == nil
	if clean && (got.how != "Close" || got.code != 1000 || got.reason != "done" || got.begun != nil || len(got.messages) != len(r.accepted) || got.behind > 0) || !clean && got.how != "EOF" {
		t.Fatalf("%d messages were accepted; it sent %v", len(r.accepted), got)
	}
	if n := len(got.messages); n > len(r.accepted) || !slices.EqualFunc(got.messages, r.accepted[:n], same) {
		t.Fatalf("%d of %d messages, %v", n, len(r.accepted), got)
	}
	if got.begun != nil {
		next := slices.Clip(r.accepted)
		if r.cut != nil {
			next = append(next, *r.cut)
		}
		if n := len(got.messages); n >= len(next) || !bytes.HasPrefix(next[n].Payload, got.begun.Payload) {
			t.Fatalf("behind %d messages there is a part of none: %v", n, got)
		}
	}
	if clean && len(r.pings) > 0 && !latest(got.pongs, r.pings) || len(got.pongs) > len(r.pings) {
		t.Errorf("Pongs %.200q for Pings %.200q", got.pongs, r.pings)
	}
	size := 0
	for _, m := range r.accepted {
		size += len(m.Payload)
	}
	if r.stats.MessagesSent != uint64(len(r.accepted)) || r.stats.BytesSent != uint64(size) {
		t.Errorf("counted %+v, accepted %d messages of %d bytes", r.stats, len(r.accepted), size)
	}
	if clean != (r.end.Layer == shared.LayerClosingHandshake) {
		t.Errorf("ended with %v", r.end)
	}
}

// FuzzSending has a Conn send in any way: Send, message writers, Pings and Pongs, with contexts that end, to a peer that
// reads as slowly as it likes, within any bound of outgoing bytes. A plain reader of RFC 6455 hears just the messages that were accepted, in
// their order, and no frame that breaks a rule.
func FuzzSending(f *testing.F) {
	every := []byte{0x00, 0, 20, 0x81, 1, 0xf4, 0x02, 0x10, 0, 0x83, 0xff, 0x18, 0x44, 0x80, 0x08, 0x05, 0, 0, 0x07, 0, 0xff, 0xc0, 0xff, 0xff, 0x06, 0, 0, 0x42, 0xff, 0}
	slow := bytes.Repeat([]byte{0x01, 0x00, 0x10}, 30)
	for ending := range uint8(4) {
		for _, client := range []bool{false, true} {
			f.Add(client, ending+1, uint16(0), every, []byte(nil), ending)
			f.Add(client, ending+1, uint16(0), every, slow, ending)
			f.Add(client, ending+1, uint16(60_000), slices.Concat(every, every), slow, ending)
			f.Add(client, ending+1, uint16(100), bytes.Repeat([]byte{0x07, 0, 0x10, 0x00, 0xf0, 0}, 20), bytes.Repeat([]byte{0x20}, 40), ending)
		}
	}
	f.Fuzz(func(t *testing.T, client bool, which uint8, outgoing uint16, program, reads []byte, ending uint8) {
		if len(reads) > 100 || len(program) > 90 {
			return
		}
		s := speech{client, which, outgoing, program, reads, ending}
		s.play(t).check(t, s)
	})
}
