package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// together are messages of each kind that makes a run, or stands in the way of one, which are sent at once.
var together = []struct{ wire, want string }{
	{"82 01 61", "a"},
	{"81 02 c3 a9", "é"},
	{"82 00", ""},
	{frame(0x82, strings.Repeat("b", 125)), strings.Repeat("b", 125)},
	{frame(0x81, strings.Repeat("c", 126)), strings.Repeat("c", 126)},
	{"01 01 64 | 89 01 70 | 80 01 65", "de"},
	{"81 00", ""},
	{"82 01 66", "f"},
	{frame(0x82, strings.Repeat("g", 3000)), strings.Repeat("g", 3000)},
	{"81 01 68", "h"},
}

func sendTogether(p *wirePeer) {
	var all strings.Builder
	for i, m := range together {
		if i > 0 {
			all.WriteString("|")
		}
		all.WriteString(m.wire)
	}
	p.send(all.String())
}

// receivers are all methods that receive a message.
var receivers = map[string]func(c *Conn) (string, error){
	"Next": func(c *Conn) (string, error) {
		m, err := c.Next(context.Background())
		return m.String(), err
	},
	"Receive": func(c *Conn) (string, error) {
		m, err := c.Receive(context.Background())
		return m.String(), err
	},
	"ReceiveAppend": func(c *Conn) (string, error) {
		_, b, err := c.ReceiveAppend(context.Background(), []byte("before"))
		got, kept := strings.CutPrefix(string(b), "before")
		if !kept {
			return "", errors.New("what was there before is gone")
		}
		return got, err
	},
	"NextReader": func(c *Conn) (string, error) {
		_, r, err := c.NextReader(context.Background())
		if err != nil {
			return "", err
		}
		b, err := io.ReadAll(r)
		return string(b), err
	},
}

// TestRunIsReceivedByAnyMethod has Next begin a run of which another method receives every second, third or fourth message.
func TestRunIsReceivedByAnyMethod(t *testing.T) {
	for name, other := range receivers {
		for every := 2; every <= 4; every++ {
			t.Run(fmt.Sprintf("%s/%d", name, every), func(t *testing.T) {
				eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
					go io.Copy(io.Discard, p.Conn)
					size := 0
					for range 2 {
						sendTogether(p)
						for i, m := range together {
							receive := receivers["Next"]
							if i%every == every-1 {
								receive = other
							}
							if got, err := receive(c); got != m.want || err != nil {
								t.Fatalf("message %d is %.20q, %v, want %.20q", i, got, err, m.want)
							}
							size += len(m.want)
						}
					}
					if s := c.Stats(); int(s.MessagesReceived) != 2*len(together) || int(s.BytesReceived) != size {
						t.Errorf("%+v, want %d messages and %d bytes", s, 2*len(together), size)
					}
				})
			})
		}
	}
}

// TestRunIsLent looks at each message when the next has come, and the buffers of all others have been written over: it was
// valid until then.
func TestRunIsLent(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		go io.Copy(io.Discard, p.Conn)
		sendTogether(p)
		for i, want := range together {
			m, err := c.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			overwriteBuffers()
			if m.String() != want.want {
				t.Errorf("message %d has become %.20q", i, m.Payload)
			}
			_ = append(m.Payload, "written behind it, which must not be in the next"...)
		}
	})
}

// TestRunHandedOver has Next take the first messages of a run, and a handler the others.
func TestRunHandedOver(t *testing.T) {
	eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("82 01 61 | 82 01 62 | 82 01 63 | 82 01 64")
		for _, want := range []string{"a", "b"} {
			if m, err := c.Next(t.Context()); err != nil || m.String() != want {
				t.Fatal(m, err)
			}
		}
		a := attend(t, c, nil)
		a.expect(shared.OpcodeBinary, "c")
		a.expect(shared.OpcodeBinary, "d")
		p.send("82 01 65")
		a.expect(shared.OpcodeBinary, "e")
	})
}

// TestRunAndAContext has contexts end between messages that came together: nothing is lost.
func TestRunAndAContext(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		var none context.Context
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		p.send("82 01 61 | 82 01 62 | 82 01 63 | 82 01 64")
		for _, want := range []string{"a", "b", "c", "d"} {
			if m, err := c.Next(t.Context()); err != nil || m.String() != want {
				t.Fatal(m, err)
			}
			if _, err := c.Next(ended); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if _, err := c.Next(none); err != ErrNilContext {
				t.Error(err)
			}
		}
	})
}

// TestRunIsUnreadData: Ping and the heartbeat do not read past it, and a peer that is silent meanwhile is not given up.
func TestRunIsUnreadData(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("82 01 61 | 82 01 62 | 82 01 63 | 89 01 70")
		for _, want := range []string{"a", "b"} {
			if m, err := c.Next(t.Context()); err != nil || m.String() != want {
				t.Fatal(m, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			if _, err := c.Next(expired); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if _, err := c.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Ping: %v", err)
			}
			cancel()
		}
		if m, err := c.Next(t.Context()); err != nil || m.String() != "c" {
			t.Fatal(m, err)
		}
		ponged := make(chan error)
		go func() { // with the last message nothing is in its way
			_, err := c.Ping(t.Context())
			ponged <- err
		}()
		for number := byte(0); number < 2; { // those above, whose answers nobody read
			b, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			if b[0] == 0x89 {
				number = b[len(b)-1]
				p.send(fmt.Sprintf("8a 08 00 00 00 00 00 00 00 %02x", number))
			}
		}
		for done := false; !done; {
			select {
			case err := <-ponged:
				if done = true; err != nil {
					t.Error(err)
				}
			default:
				if b, err := p.next(); err == nil && b[0] == 0x89 {
					p.send(fmt.Sprintf("8a 08 00 00 00 00 00 00 00 %02x", b[len(b)-1]))
				}
				synctest.Wait()
			}
		}
	})
}

// TestRunIsTraced: with a Trace each frame is shown when its message is received.
func TestRunIsTraced(t *testing.T) {
	var shown []string
	nc, peer := pipe()
	limits, _ := Limits{}.withDefaults()
	c := newConn(nc, &setup{limits: limits, trace: &Trace{Frame: func(f TraceFrame) { shown = append(shown, string(f.Payload())) }}})
	defer c.CloseNow()
	defer peer.Close()
	go peer.Write(frames("82 01 61 | 82 01 62 | 82 01 63", true))
	for i, want := range []string{"a", "b", "c"} {
		if m, err := c.Next(t.Context()); err != nil || m.String() != want {
			t.Fatal(m, err)
		}
		if len(shown) != i+1 || shown[i] != want {
			t.Errorf("shown: %q", shown)
		}
	}
}

// TestRunIsNoLongerOffered has a run be taken from and offered again, in a state that looks like the one before: who has
// looked before that gets nothing.
func TestRunIsNoLongerOffered(t *testing.T) {
	c, p := newWire(t, pipeConns, false, Limits{})
	before := uint64(0)
	for range 2 {
		p.send("82 01 61 | 82 01 62 | 82 01 63")
		if _, err := c.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if o := c.run.offer.Load(); o == 0 || o == before || c.run.offer.CompareAndSwap(before, o) {
			t.Errorf("offered is %x, and was %x before", o, before)
		} else {
			before = o
		}
		for range 2 {
			if _, err := c.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if c.run.offered().any() {
			t.Error("an empty run is offered")
		}
		if _, err := c.Next(expired); !errors.Is(err, context.Canceled) || c.run.behind.Load() != nil {
			t.Errorf("%v; whoever waits has the memory of the last: %v", err, c.run.behind.Load() != nil)
		}
	}
}

// TestRunsAreShort: one message does not wait until thousands behind it have been looked at, or many that are long.
func TestRunsAreShort(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	for _, x := range []struct{ size, most int }{{0, fair}, {5000, 4}} {
		go p.sendBytes(append(frames(frame(0x82, strings.Repeat("x", 200_000)), true), // behind it a large buffer is taken
			bytes.Repeat(frames(frame(0x82, strings.Repeat("x", x.size)), true), 200)...))
		if m, err := c.Next(t.Context()); err != nil || len(m.Payload) != 200_000 {
			t.Fatal(len(m.Payload), err)
		}
		time.Sleep(5 * time.Millisecond) // so that many are there
		most := 0
		for before, i := c.Stats().MessagesReceived, 0; i < 200; i++ {
			if m, err := c.Next(t.Context()); err != nil || len(m.Payload) != x.size {
				t.Fatal(len(m.Payload), err)
			}
			most = max(most, int(c.Stats().MessagesReceived-before)-i)
		}
		if most < 2 || most > x.most {
			t.Errorf("a run of %d messages of %d bytes, want 2 to %d", most, x.size, x.most)
		}
		if int(c.in.latest) != x.size {
			t.Errorf("the next is expected to be %d bytes long, as the one before it was", c.in.latest)
		}
	}
}

// TestRunsAreShortBehindALongerMessage has short messages, which are looked at together, stand behind one that is not.
func TestRunsAreShortBehindALongerMessage(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	c.in.keep(append(frames(frame(0x82, strings.Repeat("x", 200)), true), bytes.Repeat(frames(frame(0x82, "y"), true), 2*fair)...))
	for i := range 2*fair + 1 {
		if m, err := c.Next(t.Context()); err != nil || len(m.Payload) != map[bool]int{true: 200, false: 1}[i == 0] {
			t.Fatalf("message %d: %d bytes, %v", i, len(m.Payload), err)
		}
		if got, want := c.Stats().MessagesReceived, uint64(min((i/fair+1)*fair, 2*fair+1)); got != want {
			t.Fatalf("%d messages at message %d, want %d", got, i, want)
		}
	}
	p.Close()
}
