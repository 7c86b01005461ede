package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// interruptedWire is a message in fragments, with a Ping and a code point between them, and an empty one behind it.
const interruptedWire = "01 03 48 65 6c | 89 01 70 | 00 00 | 00 02 6c c3 | 80 02 a9 6f | 82 00"

// TestReceiveGoesOnAtEveryByte lets the context of a receive end before each byte that arrives. Receive and
// the others also take turns on the same message.
func TestReceiveGoesOnAtEveryByte(t *testing.T) {
	receives := map[string]func(c *Conn, ctx context.Context) (string, error){
		"Receive": func(c *Conn, ctx context.Context) (string, error) {
			m, err := c.Receive(ctx)
			return m.String(), err
		},
		"ReceiveAppend": func(c *Conn, ctx context.Context) (string, error) {
			before := append(make([]byte, 0, 32), "before"...)
			_, b, err := c.ReceiveAppend(ctx, before)
			if err != nil && len(b) != len(before) || !bytes.HasPrefix(b, before) {
				t.Errorf("ReceiveAppend gave back %q, %v", b, err)
			}
			return string(b[len(before):]), err
		},
		"Next": func(c *Conn, ctx context.Context) (string, error) {
			m, err := c.Next(ctx)
			return m.String(), err
		},
	}
	turn := 0
	receives["in turn"] = func(c *Conn, ctx context.Context) (string, error) {
		turn++
		return receives[[]string{"Next", "Receive", "Next", "ReceiveAppend", "Receive"}[turn%5]](c, ctx)
	}
	for name, receive := range receives {
		for _, transport := range wireTransports[:2] {
			t.Run(name+"/"+transport.name, func(t *testing.T) {
				c, p := newWire(t, transport.make, false, Limits{})
				var got []string
				for _, b := range frames(interruptedWire, true) {
					ctx, cancel := context.WithTimeout(t.Context(), 100*time.Microsecond)
					m, err := receive(c, ctx)
					if cancel(); err == nil {
						got = append(got, m)
					} else if !errors.Is(err, context.DeadlineExceeded) {
						t.Fatal(err)
					}
					p.sendBytes([]byte{b})
				}
				for len(got) < 2 {
					m, err := receive(c, t.Context())
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, m)
				}
				if got[0] != "Helléo" || got[1] != "" {
					t.Errorf("received %q", got)
				}
				p.expect("8a 01 70")
			})
		}
	}
}

// TestReceiveOverTLSGoesOnInsideARecord interrupts receives while half a TLS record has arrived.
func TestReceiveOverTLSGoesOnInsideARecord(t *testing.T) {
	a, b := pipe()
	slow := &choppedConn{pipeEnd: a}
	client, server := overTLS(slow, b)
	shake(t, client, server)
	l, _ := Limits{}.withDefaults()
	c := newConn(server, &setup{limits: l})
	defer c.CloseNow()
	slow.pause = 200 * time.Microsecond
	go client.Write(frames(frame(0x81, "Hello")+"|"+frame(0x82, strings.Repeat("x", 300)), true))
	want := []string{"Hello", strings.Repeat("x", 300)}
	for timeouts := 0; len(want) > 0; {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		m, err := c.Receive(ctx)
		cancel()
		switch {
		case err == nil && m.String() == want[0]:
			want = want[1:]
		case !errors.Is(err, context.DeadlineExceeded):
			t.Fatal(m, err)
		default:
			if timeouts++; timeouts > 10000 {
				t.Fatal("nothing arrives")
			}
		}
	}
}

// A choppedConn writes one byte at a time, with a pause before each.
type choppedConn struct {
	*pipeEnd
	pause time.Duration
}

func (c *choppedConn) Write(b []byte) (int, error) {
	for i := range b {
		time.Sleep(c.pause)
		if _, err := c.pipeEnd.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

func TestReceiveWithAnEndedContextHarmsNothing(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.sendText("a")
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("why")
		cancel(why)
		_, err := c.Receive(ctx)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, why) || errors.Is(err, shared.ErrClosed) {
			t.Errorf("received %v", err)
		}
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "a" {
			t.Errorf("received %v, %v", m, err)
		}
	})
}

// TestReceiveDeadline cancels a waiting receive by the context's deadline, to the millisecond.
func TestReceiveDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, true, Limits{})
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := c.Receive(ctx)
		if waited := time.Since(begun); waited != 3*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %v", err, waited)
		}
		p.sendText("later")
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "later" {
			t.Error(m, err)
		}
	})
}

// TestReceiveLeavesForeignDeadlinesAlone has somebody else set a deadline on the transport.
func TestReceiveLeavesForeignDeadlinesAlone(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		c.t.SetReadDeadline(time.Now().Add(-time.Second))
		p.sendText("a")
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "a" {
			t.Error(m, err)
		}
	})
}

func TestReceiveAppendKeepsThePrefix(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		go p.send(frame(0x82, strings.Repeat("x", 100_000)) + "| 81 01 61")
		b := append(make([]byte, 0, 10), "before "...)
		op, b, err := c.ReceiveAppend(t.Context(), b)
		if err != nil || op != shared.OpcodeBinary || string(b) != "before "+strings.Repeat("x", 100_000) {
			t.Fatalf("%v, %d bytes, %v", op, len(b), err)
		}
		op, b, err = c.ReceiveAppend(t.Context(), b[:7])
		if err != nil || op != shared.OpcodeText || string(b) != "before a" {
			t.Errorf("%v, %.20q, %v", op, b, err)
		}
	})
}

func TestReceiveTwiceAtOnce(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		first := make(chan error, 1)
		go func() {
			_, err := c.Receive(t.Context())
			first <- err
		}()
		until(t, "the first receives", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.receiving })
		if _, err := c.Receive(t.Context()); err != ErrConcurrentReceive {
			t.Errorf("Receive: %v", err)
		}
		if _, _, err := c.ReceiveAppend(t.Context(), nil); err != ErrConcurrentReceive {
			t.Errorf("ReceiveAppend: %v", err)
		}
		if _, err := c.Next(t.Context()); err != ErrConcurrentReceive {
			t.Errorf("Next: %v", err)
		}
		if _, _, err := c.NextReader(t.Context()); err != ErrConcurrentReceive {
			t.Errorf("NextReader: %v", err)
		}
		p.send("81 00")
		if err := <-first; err != nil {
			t.Errorf("the first receiver was harmed: %v", err)
		}
	})
}

// heapGrowth returns by how much the heap has grown after f.
func heapGrowth(f func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// TestClaimedLengthTakesNoMemory has headers claim as much as the limits allow, and no payload follow. What is measured
// is the heap beyond that of connections that wait for a message: a header costs none.
func TestClaimedLengthTakesNoMemory(t *testing.T) {
	const conns = 300
	for _, claim := range []string{"82 7f 00 00 00 00 01 00 00 00", "82 7f 00 00 00 00 40 00 00 00"} {
		var all []*Conn
		var peers []*wirePeer
		for range conns {
			c, p := newWire(t, tcpConns, false, Limits{Message: 1 << 30, Heartbeat: -1})
			all, peers = append(all, c), append(peers, p)
			go c.Receive(t.Context())
		}
		header := frames(claim, true)
		each := func(what string, ok func(c *Conn) bool) {
			for _, c := range all {
				until(t, what, func() bool { c.mu.Lock(); defer c.mu.Unlock(); return waits(c) && ok(c) })
			}
		}
		each("the receiver waits", func(*Conn) bool { return true })
		grown := heapGrowth(func() {
			for _, p := range peers {
				p.sendBytes(header)
			}
			each("the receiver waits for the payload", func(c *Conn) bool { return c.in.reads.Load() > 0 })
		})
		t.Logf("the header %s costs %d bytes of heap", claim, grown/conns)
		if grown > conns<<10 {
			t.Errorf("the header %s cost %d bytes of heap for each connection", claim, grown/conns)
		}
		for i, c := range all {
			c.CloseNow()
			peers[i].Close()
		}
	}
}

// TestTinyFragmentsTakeMemoryInProportion receives 131,072 fragments of one byte.
func TestTinyFragmentsTakeMemoryInProportion(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	const n = 131072
	var m shared.Message
	grown := heapGrowth(func() {
		go func() {
			all := bytes.Repeat(maskFrame(unhex("00 01 61")), n-2)
			p.Write(maskFrame(unhex("01 01 61")))
			p.Write(all)
			p.Write(maskFrame(unhex("80 01 61")))
		}()
		var err error
		if m, err = c.Receive(t.Context()); err != nil || len(m.Payload) != n {
			t.Error(len(m.Payload), err)
		}
	})
	if runtime.KeepAlive(m); grown > 4*n {
		t.Errorf("%d bytes of heap for a message of %d", grown, n)
	}
}

// TestManyFragmentsAreLegal receives 65,536 fragments that make 4 MiB.
func TestManyFragmentsAreLegal(t *testing.T) {
	t.Parallel()
	c, p := newWire(t, tcpConns, false, Limits{})
	go func() {
		fragment := frames("00 40"+strings.Repeat("61", 64), true)
		p.Write(frames("01 00", true))
		p.Write(bytes.Repeat(fragment, 65536))
		p.Write(frames("80 00", true))
	}()
	m, err := c.Receive(t.Context())
	if err != nil || m.String() != strings.Repeat("a", 4<<20) {
		t.Error(len(m.Payload), err)
	}
}

// TestRetriesDoNotCopyTheMessage interrupts a receive of a long message again and again: the work must follow the bytes.
func TestRetriesDoNotCopyTheMessage(t *testing.T) {
	const size = 4 << 20
	wire := append(frames("82 7f 00 00 00 00 00 40 00 01", true), bytes.Repeat([]byte{'a' ^ wireKey[0], 'a' ^ wireKey[1], 'a' ^ wireKey[2], 'a' ^ wireKey[3]}, size/4)...)
	for name, receive := range map[string]func(ctx context.Context, c *Conn) (string, error){
		"Receive": func(ctx context.Context, c *Conn) (string, error) {
			m, err := c.Receive(ctx)
			return m.String(), err
		},
		"ReceiveAppend": func(ctx context.Context, c *Conn) (string, error) {
			_, b, err := c.ReceiveAppend(ctx, append(make([]byte, 0, 64), "before"...))
			return strings.TrimPrefix(string(b), "before"), err
		},
	} {
		c, p := newWire(t, pipeConns, false, Limits{})
		go p.Write(wire) // one byte is missing
		interrupted := func() {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			if _, err := receive(ctx, c); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		until(t, "the message has arrived but for its last byte", func() bool {
			interrupted()
			return len(partial(c)) == size
		})
		before := &partial(c)[0]
		for range 3 {
			if interrupted(); before != &partial(c)[0] {
				t.Errorf("a retry of %s copied the %d bytes received so far", name, size)
				break
			}
		}
		p.sendBytes([]byte{'a' ^ maskByte(p, size)})
		if got, err := receive(t.Context(), c); err != nil || got != strings.Repeat("a", size+1) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// TestEndInsideAMessage ends the stream at each byte of a message in fragments.
func TestEndInsideAMessage(t *testing.T) {
	wire := frames("01 03 48 65 6c | 89 01 70 | 80 02 6c 6f", true)
	for cut := range wire {
		for _, transport := range wireTransports {
			c, p := newWire(t, transport.make, false, Limits{})
			p.sendBytes(wire[:cut])
			p.Close()
			_, err := c.Receive(t.Context())
			if err == io.EOF || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s, cut at %d: %v", transport.name, cut, err)
			}
			layer := shared.LayerTCP
			if transport.name == "tls" {
				layer = shared.LayerTLS
			}
			checkEnd(t, c, shared.PartyPeer, layer, 1006)
		}
	}
}

// TestReceiveGetsNothingAfterClose calls Close while a receiver waits, also for the rest of a message.
func TestReceiveGetsNothingAfterClose(t *testing.T) {
	for _, begun := range []string{"", "01 01 61", "81 02 61"} {
		eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			p.send(begun)
			received := make(chan error, 1)
			go func() {
				m, err := c.Receive(t.Context())
				if err == nil {
					t.Errorf("received %v", m)
				}
				received <- err
			}()
			until(t, "the receiver waits for more", func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				return waits(c) && (begun == "" || c.in.reads.Load() > 0)
			})
			go c.Close(1000, "")
			p.expect("88 02 03 e8")
			switch begun {
			case "81 02 61":
				p.sendBytes([]byte{'b' ^ maskByte(p, 1)})
			case "01 01 61":
				p.send("80 01 62")
			}
			p.send("81 01 63 | 88 02 03 e8")
			if err := <-received; err != io.EOF {
				t.Errorf("Receive gives %v", err)
			}
			p.Close()
		})
	}
}

// partial is what c has kept of an interrupted message.
func partial(c *Conn) []byte {
	if c.in.partial == nil {
		return nil
	}
	return *c.in.partial
}
