package server

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// overwriteBuffers takes buffers of each size out of the pools and writes them over, as other connections do.
func overwriteBuffers() {
	var all []*[]byte
	for range 3 {
		for i := range pools {
			b := getBuffer(pools[i].size)
			clear(*b)
			all = append(all, b)
		}
	}
	for _, b := range all {
		putBuffer(b)
	}
}

// lent is messages of each kind: short and longer than the buffer, whole and in fragments, together and alone.
var lent = []struct{ wire, want string }{
	{"81 05 48 65 6c 6c 6f", "Hello"},
	{"82 00", ""},
	{frame(0x81, strings.Repeat("a", 3000)), strings.Repeat("a", 3000)},
	{"01 02 48 65 | 89 01 70 | 80 03 6c 6c 6f", "Hello"},
	{frame(0x82, strings.Repeat("b", 70_000)), strings.Repeat("b", 70_000)},
	{frame(0x82, strings.Repeat("c", 70_001)), strings.Repeat("c", 70_001)},
	{frame(0x82, strings.Repeat("d", longest)), strings.Repeat("d", longest)},
	{frame(0x82, strings.Repeat("e", longest+1)), strings.Repeat("e", longest+1)},
	{frame(0x82, strings.Repeat("f", longest)), strings.Repeat("f", longest)},
	{"81 03 65 6e 64", "end"},
}

// TestNextLends has messages stay as they are until the next one is asked for, whatever is done meanwhile: what is appended
// to one is not in the next.
func TestNextLends(t *testing.T) {
	for name, meanwhile := range map[string]func(c *Conn, m shared.Message){
		"nothing": func(*Conn, shared.Message) {},
		"append":  func(_ *Conn, m shared.Message) { _ = append(m.Payload, "written behind it"...) },
		"Ping": func(c *Conn, _ shared.Message) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			c.Ping(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
				go io.Copy(io.Discard, p.Conn) // Pings and Pongs
				go func() {
					for _, m := range lent {
						p.send(m.wire)
					}
				}()
				for i, want := range lent {
					m, err := c.Next(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					meanwhile(c, m)
					overwriteBuffers()
					if m.String() != want.want {
						t.Fatalf("message %d of %d bytes has %d, and is another", i, len(want.want), len(m.Payload))
					}
				}
			})
		})
	}
}

// TestNextLendsToTheEnd has the connection end while a message is lent.
func TestNextLendsToTheEnd(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		for _, want := range lent[:2] {
			p.send(want.wire)
		}
		long := strings.Repeat("long", 5000)
		p.send("02 00 | " + frame(0x80, long))
		for _, want := range []string{lent[0].want, lent[1].want, long} {
			m, err := c.Next(t.Context())
			if err != nil || m.String() != want {
				t.Fatal(len(m.Payload), err)
			}
			if want == long {
				c.CloseNow()
			}
			overwriteBuffers()
			if m.String() != want {
				t.Errorf("the %d bytes have changed", len(want))
			}
		}
		if _, err := c.Next(t.Context()); !errors.Is(err, shared.ErrClosed) {
			t.Error(err)
		}
	})
}

// TestNextIsGoneOnWithByOthers has Next begin a message, in memory of the pools, and another method end it: what that gives
// is the caller's.
func TestNextIsGoneOnWithByOthers(t *testing.T) {
	for name, receive := range map[string]func(c *Conn) ([]byte, error){
		"Receive": func(c *Conn) ([]byte, error) {
			m, err := c.Receive(context.Background())
			return m.Payload, err
		},
		"ReceiveAppend": func(c *Conn) ([]byte, error) {
			_, b, err := c.ReceiveAppend(context.Background(), nil)
			return b, err
		},
		"NextReader": func(c *Conn) ([]byte, error) {
			_, r, err := c.NextReader(context.Background())
			if err != nil {
				return nil, err
			}
			var all []byte
			for b := make([]byte, 100); ; {
				n, err := r.Read(b)
				if all = append(all, b[:n]...); err == io.EOF {
					return all, nil
				} else if err != nil {
					return nil, err
				}
				overwriteBuffers()
			}
		},
	} {
		eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			first, second := strings.Repeat("x", 3000), strings.Repeat("y", 500)
			p.send(frame(0x02, first))
			until(t, "Next has begun it", func() bool {
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				defer cancel()
				if _, err := c.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatal(err)
				}
				return len(partial(c)) == len(first)
			})
			p.send(frame(0x80, second))
			b, err := receive(c)
			if err != nil {
				t.Fatal(name, err)
			}
			p.send("81 01 61")
			if _, err := c.Next(t.Context()); err != nil {
				t.Fatal(name, err)
			}
			overwriteBuffers()
			if string(b) != first+second {
				t.Errorf("%s: the %d bytes have changed", name, len(b))
			}
		})
	}
}

// closeUnderNext has Close be called while Next waits, and its Close frame be read.
func closeUnderNext(t *testing.T, c *Conn, p *wirePeer) (received, closed <-chan error) {
	t.Helper()
	r, cl := make(chan error, 1), make(chan error, 1)
	go func() { _, err := c.Next(t.Context()); r <- err }()
	until(t, "Next waits", func() bool { return waits(c) })
	go func() { cl <- c.Close(1000, "") }()
	p.expect("88 02 03 e8")
	return r, cl
}

// TestNextDiscardsBesideWhatIsStillToBeParsed has data be discarded after Close that could have been lent: what comes next
// is not written over it, for the frames behind lie there.
func TestNextDiscardsBesideWhatIsStillToBeParsed(t *testing.T) {
	for _, transport := range handedTransports {
		t.Run(transport.name, func(t *testing.T) {
			c, p := newWire(t, transport.make, false, Limits{})
			received, closed := closeUnderNext(t, c, p)
			// The buffer ends with the header of the second frame.
			p.send(frame(0x82, strings.Repeat("a", largeBuffer-8-8)) + "|" + frame(0x01, strings.Repeat("b", 5000)) + "| 80 01 63 | 88 02 03 e8")
			if err := <-closed; err != nil {
				t.Errorf("Close: %v", err)
			}
			if err := <-received; err != io.EOF {
				t.Errorf("Next: %v", err)
			}
		})
	}
}

// TestNextDiscardsIntoNobodysMessage has what was lent, were it not discarded, go back into the pools, and from there to
// another connection, which lends it.
func TestNextDiscardsIntoNobodysMessage(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that the pools give what they got last
	c, p := newWire(t, tcpConns, false, Limits{})
	other, q := newWire(t, tcpConns, false, Limits{})
	received, closed := closeUnderNext(t, c, p)
	reads := c.in.reads.Load()
	p.send(frame(0x82, strings.Repeat("a", 6000)))
	until(t, "it is discarded, and more waited for", func() bool { return c.in.reads.Load() > reads && waits(c) })
	text := strings.Repeat("other", 1200)
	q.send(frame(0x82, text))
	m, err := other.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.send(frame(0x01, strings.Repeat("b", 5000)) + "| 80 01 63 | 88 02 03 e8")
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := <-received; err != io.EOF {
		t.Errorf("Next: %v", err)
	}
	if m.String() != text {
		t.Errorf("the message that another connection has lent has become %.40q", m.Payload)
	}
}

// TestNextHoldsNothingWhileItWaits has a long message come, so that a large buffer is taken for the next, and then nothing, or
// a single byte.
func TestNextHoldsNothingWhileItWaits(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	if !c.t.tries() {
		t.Skip("this system has no descriptors to wait for without a buffer")
	}
	receive := func() (shared.Message, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		return c.Next(ctx)
	}
	for range 2 {
		go p.send(frame(0x82, strings.Repeat("x", 200_000)))
		if m, err := c.Next(t.Context()); err != nil || len(m.Payload) != 200_000 {
			t.Fatal(len(m.Payload), err)
		}
	}
	if _, err := receive(); !errors.Is(err, context.DeadlineExceeded) || c.in.buf != nil || c.in.message != nil {
		t.Errorf("%v; a buffer: %v, memory of a message: %v", err, c.in.buf != nil, c.in.message != nil)
	}
	wire := frames("81 01 61", true)
	p.sendBytes(wire[:1])
	if _, err := receive(); !errors.Is(err, context.DeadlineExceeded) || c.in.buf == nil || len(*c.in.buf) != smallBuffer {
		t.Errorf("%v; one byte is held in %v", err, c.in.buf != nil)
	}
	p.sendBytes(wire[1:])
	if m, err := c.Next(t.Context()); err != nil || m.String() != "a" {
		t.Error(m, err)
	}
	long := strings.Repeat("long", 15_000)
	for range 2 {
		p.send(frame(0x82, long))
		if m, err := c.Next(t.Context()); err != nil || m.String() != long {
			t.Fatal(len(m.Payload), err)
		}
	}
	wire = frames(frame(0x82, long), true)
	p.sendBytes(wire[:100])
	if _, err := receive(); !errors.Is(err, context.DeadlineExceeded) || c.in.buf == nil || len(*c.in.buf) != smallBuffer {
		t.Errorf("%v; 100 bytes of a long message are held in %v", err, c.in.buf != nil)
	}
	p.sendBytes(wire[100:])
	if m, err := c.Next(t.Context()); err != nil || m.String() != long {
		t.Errorf("%d bytes came, %v", len(m.Payload), err)
	}
	go func() { // while it waits
		p.sendBytes(wire[:100])
		time.Sleep(5 * time.Millisecond)
		p.sendBytes(wire[100:])
	}()
	if m, err := c.Next(t.Context()); err != nil || m.String() != long {
		t.Errorf("%d bytes came, %v", len(m.Payload), err)
	}
}

// TestNextRefusesTextWhenItArrives has the beginning of a frame come that is not UTF-8, and never its end.
func TestNextRefusesTextWhenItArrives(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		wire := frames(frame(0x81, "\xff"+strings.Repeat("a", 100)), p.client)
		p.sendBytes(wire[:20])
		if _, err := c.Next(t.Context()); !errors.As(err, new(*shared.Violation)) {
			t.Error(err)
		}
		p.expectClose(shared.StatusInvalidPayload)
	})
}

// TestNextReadsALongMessageInPlace counts the reads of messages as long as the one before, which are there when they are read.
func TestNextReadsALongMessageInPlace(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	if c.t.descriptor == nil {
		t.Skip("reads of net.Conn are as long as they are")
	}
	const size = 50_000
	for i := range 5 {
		before := c.in.reads.Load()
		p.send(frame(0x82, strings.Repeat("x", size)))
		time.Sleep(5 * time.Millisecond) // all of it is there
		if m, err := c.Next(t.Context()); err != nil || len(m.Payload) != size {
			t.Fatal(len(m.Payload), err)
		}
		if reads := c.in.reads.Load() - before; i > 0 && reads != 1 {
			t.Errorf("message %d took %d reads", i, reads)
		}
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	for _, wire := range []string{"82 01 61", "02 01 61 | 80 01 62", frame(0x82, strings.Repeat("x", 100_000))} {
		c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
		b := frames(wire, true)
		allocs := allocations(200, func() {
			p.sendBytes(b)
			if _, err := c.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%d bytes: %v allocations", len(b), allocs)
		}
	}
}
