package server

import (
	"context"
	"errors"
	"slices"
	"testing"

	"example.com/tandem/shared"
)

func TestPreparedGoesToEveryKindOfConnection(t *testing.T) {
	nine := noTakeover
	nine.sendBits = 9
	long := noTakeover
	long.threshold = 1 << 20
	dense := shared.Binary([]byte{0x8f, 0x11, 0x5a, 0xc3})
	for _, test := range []struct {
		name       string
		a          *agreement
		m          shared.Message
		compressed bool
	}{
		{"no compression", nil, ticker(1), false},
		{"no context takeover", &noTakeover, ticker(1), true},
		{"no context takeover, a small window", &nine, ticker(1), true},
		{"context takeover", &bothTakeover, ticker(1), true},
		{"below the threshold", &long, ticker(1), false},
		{"dense", &noTakeover, dense, false},
		{"dense, context takeover", &bothTakeover, dense, false},
		{"empty", &noTakeover, shared.Text(""), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := Prepare(test.m)
			if err != nil {
				t.Fatal(err)
			}
			eachEnd(t, Limits{}, func(t *testing.T, c *Conn, w *wirePeer) {
				c.compress(test.a)
				peer := inflatingPeer{wirePeer: w}
				if test.a != nil && test.a.sendTakeover {
					peer.bits = test.a.sendBits
				}
				for i := range 3 {
					if err := c.SendPrepared(t.Context(), p); err != nil {
						t.Fatal(err)
					}
					got, compressed, _, _ := peer.message()
					if got != test.m.String() || compressed != test.compressed {
						t.Errorf("message %d is %q, compressed is %v", i, got, compressed)
					}
				}
				if s := c.Stats(); s.MessagesSent != 3 || s.BytesSent != uint64(3*len(test.m.Payload)) {
					t.Errorf("counted %+v", s)
				}
			})
		})
	}
}

// However many connections it goes to, a message is compressed once; with context takeover each does it itself.
func TestPreparedIsCompressedOnce(t *testing.T) {
	p, err := Prepare(ticker(1))
	if err != nil {
		t.Fatal(err)
	}
	first := p.compressed(noTakeover.sendBits)
	for _, a := range []*agreement{&noTakeover, &noTakeover, &noTakeover, &bothTakeover, nil} {
		c, w := newWire(t, tcpConns, false, Limits{})
		c.compress(a)
		if err := c.SendPrepared(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if got, _, _, _ := (&inflatingPeer{wirePeer: w}).message(); got != ticker(1).String() {
			t.Errorf("%q arrived", got)
		}
	}
	if again := p.compressed(noTakeover.sendBits); first == nil || again != first {
		t.Error("it was compressed again")
	}
}

// A long one leaves in fragments, as from Send.
func TestPreparedLongerThanTheBound(t *testing.T) {
	m := shared.Text(string(make([]byte, 300<<10)))
	p, err := Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	eachTransport(t, Limits{Outgoing: 8 << 10}, func(t *testing.T, client, server *Conn) {
		go func() {
			if err := client.SendPrepared(t.Context(), p); err != nil {
				t.Error(err)
			}
		}()
		if got, err := server.Receive(t.Context()); err != nil || got.String() != m.String() {
			t.Errorf("%d bytes arrived, %v", len(got.Payload), err)
		}
	})
}

func TestPrepareAndSendPreparedRefuse(t *testing.T) {
	for _, m := range []shared.Message{shared.Text("\xff"), {Opcode: shared.OpcodePing}} {
		if _, err := Prepare(m); !errors.As(err, new(*shared.MessageError)) {
			t.Errorf("%v %q: %v", m.Opcode, m.Payload, err)
		}
	}
	p, err := Prepare(shared.Text("Hello"))
	if err != nil {
		t.Fatal(err)
	}
	c, _ := newWire(t, pipeConns, false, Limits{})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.SendPrepared(ended, p); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
	var none context.Context
	if err := c.SendPrepared(none, p); err != ErrNilContext {
		t.Errorf("no context: %v", err)
	}
	c.CloseNow()
	if err := c.SendPrepared(t.Context(), p); !errors.Is(err, shared.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// What Prepare has not made is no message: it is refused, and nothing is sent.
func TestPreparedByNobody(t *testing.T) {
	for name, m := range map[string]*Prepared{"nil": nil, "new": new(Prepared)} {
		eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			if err := c.SendPrepared(t.Context(), m); !errors.As(err, new(*shared.MessageError)) {
				t.Errorf("%s: SendPrepared: %v", name, err)
			}
			r, err := Broadcast(slices.Values([]*Conn{c}), m, CloseSlow)
			if r != (BroadcastReport{}) || !errors.As(err, new(*shared.MessageError)) {
				t.Errorf("%s: Broadcast: %+v, %v", name, r, err)
			}
			if err := c.Send(t.Context(), shared.Text("a")); err != nil {
				t.Error(err)
			}
			p.expect("81 01 61")
		})
	}
}
