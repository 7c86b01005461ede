package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"testing"

	"example.com/tandem/shared"
)

// FuzzConnectionOverSocket is FuzzConnection through the kernel, where a Conn reads and writes without net.Conn, in both
// forms: handed 0 is the blocking one, and any other number the message before which the Conn is handed over to a handler. The pieces
// arrive as the kernel likes.
func FuzzConnectionOverSocket(f *testing.F) {
	bytewise := bytes.Repeat([]byte{0x40}, 64)
	for i, stream := range fuzzStreams() {
		for _, client := range []bool{false, true} {
			calls := []byte{0x01, 0x22, 0x00, 0x43}
			f.Add(client, uint8(0), uint8(0), frames(stream, !client), []byte{0x00, 0x05, 0x9f}, calls)
			f.Add(client, uint8(0), uint8(1+i%3), frames(stream, !client), bytewise, calls)
		}
	}
	for i, stream := range deflatedStreams {
		f.Add(false, uint8(1), uint8(0), frames(stream, true), []byte{0x03, 0x01}, []byte{0x00, 0x02})
		f.Add(false, uint8(1), uint8(1+i%3), frames(stream, true), bytewise, []byte{0x01, 0x02})
	}
	ln, err := net.Listen("unix", filepath.Join(f.TempDir(), "s"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { ln.Close() })
	f.Fuzz(func(t *testing.T, client bool, which, handed uint8, stream, chops, calls []byte) {
		if len(stream) > 16<<10 || len(chops) > 200 || len(calls) > 50 {
			return
		}
		a := fuzzAgreement(which)
		patient := bytes.Clone(calls)
		for i := range patient {
			patient[i] &^= 0x0c // no call gives up: there is no clock to agree on
		}
		limits, err := Limits{Message: fuzzMessage, Heartbeat: -1}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		peer, err := net.Dial("unix", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		nc, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c := newConn(nc, &setup{client: client, limits: limits, compression: a})
		defer c.CloseNow()
		want := hearDeflated(stream, !client, fuzzMessage, a.plain())

		var o outcome
		received := make(chan struct{})
		go func() {
			defer close(received)
			if handed > 0 {
				o.attend(t, c, int(handed)-1, calls)
			} else {
				o.receive(t, c, patient)
			}
		}()
		sent := make(chan []byte)
		go func() { b, _ := io.ReadAll(peer); sent <- b }()
		for _, chop := range chops {
			size, pause := piece(chop)
			size = min(size, len(stream))
			peer.Write(stream[:size])
			stream = stream[size:]
			if pause {
				runtime.Gosched()
			}
		}
		peer.Write(stream)
		peer.(*net.UnixConn).CloseWrite()
		<-received
		o.wire = <-sent
		o.end, o.stats = c.End(), c.Stats()
		if want.how == "EOF" { // it may come before the Pongs have left
			want.pings = hear(o.wire, client, 1<<40).pongs
		}
		o.check(t, client, want)
	})
}

// attend receives so many messages and hands the connection over then. Each of the calls chooses what the handler does
// about a message.
func (o *outcome) attend(t *testing.T, c *Conn, before int, calls []byte) {
	keep := func(m shared.Message) {
		o.messages = append(o.messages, m)
		o.partial = append(o.partial, false)
	}
	for range before {
		m, err := c.Receive(context.Background())
		if err != nil {
			o.last = err
			return
		}
		keep(m)
	}
	a := newAttendant(t, c, func(c *Conn, m shared.Message) error {
		var call byte
		if len(calls) > 0 {
			call, calls = calls[0], calls[1:]
		}
		if call&0x01 != 0 {
			if _, err := c.Receive(context.Background()); !errors.Is(err, ErrConcurrentReceive) {
				t.Errorf("Receive gives %v to the handler", err)
			}
		}
		for range call >> 4 {
			runtime.Gosched()
		}
		return nil
	})
	if err := c.Handle(a); err != nil {
		t.Errorf("Handle gives %v, and nobody has received an end", err)
		o.last = err
		return
	}
	for {
		select {
		case m := <-a.messages:
			keep(m)
		case o.last = <-a.ended:
			for len(a.messages) > 0 {
				keep(<-a.messages)
			}
			return
		}
	}
}
