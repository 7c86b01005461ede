package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// An attendant is a MessageHandler that shows a test what it is called with, and sees to it that it is called as it was
// promised: one call at a time, and none after End.
type attendant struct {
	t        testing.TB
	c        *Conn
	busy     atomic.Bool
	over     atomic.Bool
	messages chan shared.Message
	ended    chan error                        // what End was called with
	then     func(*Conn, shared.Message) error // what Message does behind that
}

// attend hands a connection over.
func attend(t testing.TB, c *Conn, then func(*Conn, shared.Message) error) *attendant {
	t.Helper()
	a := newAttendant(t, c, then)
	if err := c.Handle(a); err != nil {
		t.Fatal(err)
	}
	return a
}

func newAttendant(t testing.TB, c *Conn, then func(*Conn, shared.Message) error) *attendant {
	return &attendant{t: t, c: c, messages: make(chan shared.Message, 1000), ended: make(chan error, 2), then: then}
}

func (a *attendant) Message(c *Conn, m shared.Message) error {
	if a.busy.Swap(true) || a.over.Load() || c != a.c {
		a.t.Error("Message was called while it ran, after End, or with another Conn")
	}
	defer a.busy.Store(false)
	a.messages <- shared.Message{Opcode: m.Opcode, Payload: bytes.Clone(m.Payload)}
	if a.then != nil {
		return a.then(c, m)
	}
	return nil
}

func (a *attendant) End(c *Conn, err error) {
	if a.busy.Load() || a.over.Swap(true) || c != a.c {
		a.t.Error("End was called while Message ran, twice, or with another Conn")
	}
	a.ended <- err
}

// expect waits for a message that must be this one.
func (a *attendant) expect(op shared.Opcode, payload string) {
	a.t.Helper()
	select {
	case m := <-a.messages:
		if m.Opcode != op || m.String() != payload {
			a.t.Fatalf("got %v %.40q (%d), want %v %.40q (%d)", m.Opcode, m.Payload, len(m.Payload), op, payload, len(payload))
		}
	case <-time.After(20 * time.Second):
		a.t.Fatalf("no call, want %v %.40q (%d); the end: %v", op, payload, len(payload), a.c.End())
	}
}

// end waits for End, and gives what it was called with. There must be no message that the test does not know of.
func (a *attendant) end() error {
	a.t.Helper()
	select {
	case err := <-a.ended:
		if len(a.messages) > 0 || len(a.ended) > 0 {
			a.t.Errorf("%d messages more, %d Ends", len(a.messages), 1+len(a.ended))
		}
		return err
	case <-time.After(20 * time.Second):
		a.t.Fatal("End was not called")
		return nil
	}
}

// echoMessage answers each message with itself.
func echoMessage(c *Conn, m shared.Message) error { return c.Send(context.Background(), m) }

// handedTransports are the streams that connections are handed over on: the descriptors of some can be watched.
var handedTransports = append(slices.Clone(wireTransports), struct {
	name string
	make func(testing.TB) (a, b net.Conn)
}{"unix", unixConns})

// eachHanded runs a test with a Conn in both roles on every transport; on some its descriptor can be watched.
func eachHanded(t *testing.T, l Limits, test func(t *testing.T, c *Conn, p *wirePeer)) {
	for _, transport := range handedTransports {
		for _, role := range []string{"server", "client"} {
			t.Run(role+"/"+transport.name, func(t *testing.T) {
				t.Parallel()
				c, p := newWire(t, transport.make, role == "client", l)
				test(t, c, p)
			})
		}
	}
}

// # What Message is called with

func TestHandleDeliversMessagesWholeAndInOrder(t *testing.T) {
	eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		a := attend(t, c, nil)
		random := rand.New(rand.NewPCG(1, 2))
		sizes := []int{0, 1, 125, 126, 4095, 4096, 16 << 10, 1<<16 - 1, 1 << 16, 1 << 20, 2, 0}
		payloads := make([]string, len(sizes))
		for i, size := range sizes {
			b := make([]byte, size)
			for j := range b {
				b[j] = byte('a' + random.IntN(26))
			}
			payloads[i] = string(b)
		}
		sent := make(chan struct{})
		defer func() { // what the peer could not send is told before the test is over
			c.CloseNow()
			p.Close()
			<-sent
		}()
		go func() {
			defer close(sent)
			for _, payload := range payloads {
				p.sendText(payload)
				p.send(frame(0x02, payload[:len(payload)/3]) + "| 89 01 70 |" + frame(0x00, "") + "|" + frame(0x80, payload[len(payload)/3:]))
			}
			p.sendChopped("81 05 48 65 6c 6c 6f | 01 02 c3 a9 | 89 00 | 80 03 e2 82 ac | 82 00")
			p.send("88 02 03 e8")
		}()
		go p.rest()
		for _, payload := range payloads {
			a.expect(shared.OpcodeText, payload)
			a.expect(shared.OpcodeBinary, payload)
		}
		a.expect(shared.OpcodeText, "Hello")
		a.expect(shared.OpcodeText, "é€")
		a.expect(shared.OpcodeBinary, "")
		a.end()
	})
}

func TestHandleInflates(t *testing.T) {
	for _, transport := range handedTransports {
		for _, agreed := range []agreement{bothTakeover, noTakeover} {
			t.Run(fmt.Sprint(transport.name, agreed.sendTakeover), func(t *testing.T) {
				t.Parallel()
				client, server := newPair(t, transport.make, Limits{})
				client.compress(&agreed)
				server.compress(&agreed)
				a := attend(t, server, echoMessage)
				sizes := []int{0, 10, 100, 1000, 70_000, 1 << 20, 100}
				go func() {
					for _, size := range sizes {
						client.Send(context.Background(), shared.Text(string(bytes.Repeat([]byte("tide, "), size/6))))
					}
				}()
				for _, size := range sizes {
					want := string(bytes.Repeat([]byte("tide, "), size/6))
					a.expect(shared.OpcodeText, want)
					if m, err := client.Receive(t.Context()); err != nil || m.String() != want {
						t.Fatalf("the echo of %d bytes has %d, %v", size, len(m.Payload), err)
					}
				}
			})
		}
	}
}

// TestHandlePayloadIsValidUntilMessageReturns has others fill the memory that is pooled while Message looks at it, also when
// the connection ends and gives up what it holds.
func TestHandlePayloadIsValidUntilMessageReturns(t *testing.T) {
	eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		first := make(chan struct{})
		a := attend(t, c, func(c *Conn, m shared.Message) error {
			before := m.String()
			if m.Opcode == shared.OpcodeText {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				defer cancel()
				c.Ping(ctx) // reads in the receiver's place, until there is data
			} else {
				c.CloseNow()
			}
			var others [9]*[]byte
			for i := range others {
				others[i] = getBuffer(len(m.Payload))
				clear(*others[i])
			}
			for _, b := range others {
				putBuffer(b)
			}
			if m.String() != before {
				t.Errorf("%v: the payload has changed", m.Opcode)
			}
			if m.Opcode == shared.OpcodeText {
				close(first)
			}
			return nil
		})
		long := string(bytes.Repeat([]byte("x"), 5000))
		p.sendText(long)
		p.send("8a 01 61")
		<-first
		a.expect(shared.OpcodeText, long)
		other := strings.Repeat("y", 5000)
		p.send(frame(0x82, other))
		a.expect(shared.OpcodeBinary, other)
		a.end()
	})
}

// # Handing over

func TestHandleOnlyOnce(t *testing.T) {
	eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("01 01 61")
		_, reader, err := c.NextReader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		a := attend(t, c, nil)
		unheard := newAttendant(t, c, nil)
		check := func() {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			errs := []error{c.Handle(unheard)}
			_, err := c.Receive(ctx)
			errs = append(errs, err)
			_, _, err = c.ReceiveAppend(ctx, nil)
			errs = append(errs, err)
			_, _, err = c.NextReader(ctx)
			errs = append(errs, err)
			_, err = reader.Read(make([]byte, 1))
			for _, err := range append(errs, err) {
				if err != ErrConcurrentReceive {
					t.Errorf("%v for a connection that was handed over", err)
				}
			}
		}
		check()
		p.send("80 01 62 | 81 01 63") // the message whose reader was abandoned is discarded
		a.expect(shared.OpcodeText, "c")
		c.CloseNow()
		a.end()
		check()
		if unheard.over.Load() || len(unheard.messages) > 0 {
			t.Error("a handler that was refused was called")
		}
	})
}

func TestHandleWhileSomebodyReceives(t *testing.T) {
	eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		ctx, cancel := context.WithCancel(t.Context())
		received := make(chan error)
		go func() {
			_, err := c.Receive(ctx)
			received <- err
		}()
		until(t, "somebody receives", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.receiving
		})
		if err := c.Handle(MessageFunc(echoMessage)); err != ErrConcurrentReceive {
			t.Error(err)
		}
		c.mu.Lock()
		if !c.receiving {
			t.Error("a refusal lets the next one in")
		}
		c.mu.Unlock()
		p.send("01 01 61")
		cancel()
		if err := <-received; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		a := attend(t, c, nil) // a refusal leaves nothing behind
		p.send("80 01 62")
		a.expect(shared.OpcodeText, "ab")
	})
}

func TestHandleAfterTheEnd(t *testing.T) {
	eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		c.CloseNow()
		var g Registry
		c.place = &place{registry: &g, conn: c}
		a := newAttendant(t, c, nil)
		err := c.Handle(a)
		checkClosed(t, err)
		if g.handlers != 0 {
			t.Error("a registry waits for it")
		}
		if again := c.Handle(a); again != err {
			t.Errorf("%v, and then %v", err, again)
		}
		checkEnd(t, c, shared.PartyLocal, shared.LayerLocal, 1006)
		if a.over.Load() {
			t.Error("End was called for a connection that was not handed over")
		}
	})
}

// TestHandleTakesWhatWasThereBefore cuts two messages at each byte, and behind the last: what is in front of the cut comes
// with the opening handshake or from the network, where a Receive, a Ping or nobody meets it before the connection is
// handed over.
func TestHandleTakesWhatWasThereBefore(t *testing.T) {
	t.Parallel()
	all := []string{"abcde", "f"}
	meet := map[string]func(ctx context.Context, c *Conn) (rest []string){
		"nobody": func(context.Context, *Conn) []string { return all },
		"Receive": func(ctx context.Context, c *Conn) []string {
			if m, err := c.Receive(ctx); err != nil || m.String() != all[0] {
				return all
			}
			return all[1:]
		},
		"Ping": func(ctx context.Context, c *Conn) []string { c.Ping(ctx); return all },
	}
	for _, transport := range handedTransports {
		for name, meet := range meet {
			t.Run(transport.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				stream := frames("01 03 61 62 63 | 8a 01 70 | 80 02 64 65 | 81 01 66", true)
				for cut := range len(stream) + 1 {
					for _, early := range []bool{false, true} {
						c, p := newWire(t, transport.make, false, Limits{})
						if early {
							c.in.keep(stream[:cut])
						} else {
							p.sendBytes(stream[:cut])
						}
						ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
						rest := meet(ctx, c)
						cancel()
						a := attend(t, c, nil)
						if cut < len(stream) {
							p.sendBytes(stream[cut:])
						}
						for _, payload := range rest {
							a.expect(shared.OpcodeText, payload)
						}
						c.CloseNow()
						p.Close()
						a.end()
					}
				}
			})
		}
	}
}

// TestHandleDuringAPing hands over while a Ping reads, and does not wait for it: the one gets its Pong and the other the message.
func TestHandleDuringAPing(t *testing.T) {
	eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		ponged := make(chan error, 1)
		go func() {
			_, err := c.Ping(t.Context())
			ponged <- err
		}()
		p.expect("89 08 00 00 00 00 00 00 00 01")
		a := attend(t, c, nil)
		p.send("8a 08 00 00 00 00 00 00 00 01 | 81 01 61")
		if err := <-ponged; err != nil {
			t.Error(err)
		}
		a.expect(shared.OpcodeText, "a")
		go c.Ping(t.Context())
		p.expect("89 08 00 00 00 00 00 00 00 02")
		p.send("81 01 62 | 8a 08 00 00 00 00 00 00 00 02") // and a Ping that began later does not keep it either
		a.expect(shared.OpcodeText, "b")
	})
}

// TestHandleWhileWritesWait hands over while the network does not take what waits: what arrives is received all the same,
// and what waits leaves when it can.
func TestHandleWhileWritesWait(t *testing.T) {
	for _, transport := range handedTransports {
		t.Run(transport.name, func(t *testing.T) {
			t.Parallel()
			c, p := newWire(t, transport.make, false, Limits{Heartbeat: -1})
			n := fillAll(t, c)
			a := newAttendant(t, c, nil)
			handed := make(chan error, 1)
			go func() { handed <- c.Handle(a) }()
			p.sendText("a")
			if err := <-handed; err != nil {
				t.Error(err)
			}
			a.expect(shared.OpcodeText, "a")
			for range n {
				if b, err := p.next(); err != nil || len(b) != 4+1000 {
					t.Fatal(len(b), err)
				}
			}
			if err := c.Send(t.Context(), shared.Text("behind")); err != nil {
				t.Error(err)
			}
			p.expect(frame(0x81, "behind"))
		})
	}
}

// fillAll sends messages of 1000 bytes until neither the network nor the outgoing bytes have room, and says how many.
func fillAll(t testing.TB, c *Conn) (n int) {
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		err := c.Send(ctx, shared.Text(strings.Repeat("x", 1000)))
		cancel()
		if err != nil {
			return n
		}
		n++
	}
}
