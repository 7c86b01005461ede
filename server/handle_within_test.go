package server

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// TestHandleMethodsFromWithin has Message call what a Conn has, while others do the same from outside: none of their messages
// mixes with another.
func TestHandleMethodsFromWithin(t *testing.T) {
	for _, transport := range handedTransports {
		t.Run(transport.name, func(t *testing.T) { t.Parallel(); callFromWithin(t, transport.make, false) })
		t.Run(transport.name+"/traced", func(t *testing.T) { t.Parallel(); callFromWithin(t, transport.make, true) })
	}
}

func callFromWithin(t *testing.T, conns func(testing.TB) (a, b net.Conn), traced bool) {
	size := 600_000
	if testing.Short() {
		size = 150_000
	}
	long := strings.Repeat("long ", size) // the network does not take it at once
	ready, err := Prepare(shared.Text("prepared"))
	if err != nil {
		t.Fatal(err)
	}
	client, server := newPair(t, conns, Limits{})
	var shown atomic.Int32
	if traced {
		server.out.tracer = newTracer(&Trace{Frame: func(TraceFrame) { shown.Add(1) }})
	}

	call := func(c *Conn) {
		if err := c.Send(context.Background(), shared.Text(long)); err != nil {
			t.Error(err)
		}
		if err := c.SendPrepared(context.Background(), ready); err != nil {
			t.Error(err)
		}
		w, err := c.NextWriter(context.Background(), shared.OpcodeText)
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(w, "in ")
		io.WriteString(w, "pieces")
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if c.Stats().MessagesSent == 0 || c.RemoteAddr() == nil || c.LocalAddr() == nil || c.Context().Err() != nil || c.End() != nil {
			t.Error("the connection tells of an end, or of nothing")
		}
	}
	var calls sync.WaitGroup
	pinged := make(chan struct{})
	a := attend(t, server, func(c *Conn, m shared.Message) error {
		switch m.String() {
		case "call":
			call(c)
		case "ping":
			if _, err := c.Ping(context.Background()); err != nil {
				t.Error(err)
			}
			pinged <- struct{}{}
		}
		return nil
	})
	for range 3 {
		calls.Go(func() { call(server) })
	}
	calls.Go(func() {
		for range 5 {
			server.Ping(t.Context())
		}
	})
	counted := make(chan map[string]int)
	go func() {
		count := make(map[string]int)
		for {
			m, err := client.Receive(context.Background())
			if err != nil {
				counted <- count
				return
			}
			count[m.String()]++
		}
	}()
	for range 3 {
		client.Send(t.Context(), shared.Text("call"))
		a.expect(shared.OpcodeText, "call")
		client.Send(t.Context(), shared.Text("ping"))
		a.expect(shared.OpcodeText, "ping")
		<-pinged // it would stop at a message that comes before its Pong
	}
	calls.Wait()
	client.Send(t.Context(), shared.Text("last"))
	a.expect(shared.OpcodeText, "last") // so all calls from within have returned
	if err := server.Close(1000, ""); err != nil {
		t.Error(err)
	}
	if err := a.end(); err != io.EOF {
		t.Error(err)
	}
	count := <-counted
	if count[long] != 6 || count["prepared"] != 6 || count["in pieces"] != 6 || len(count) != 3 {
		t.Errorf("%d, %d and %d messages of 6 each came", count[long], count["prepared"], count["in pieces"])
	}
	if s := server.Stats(); s.MessagesReceived != 7 || s.MessagesSent != 18 {
		t.Errorf("%+v", s)
	}
	if traced && shown.Load() < 18+7+2 {
		t.Errorf("the trace was shown %d frames", shown.Load())
	}
}

// TestHandleSendsToASlowPeer answers with more than the kernel and the outgoing bytes hold, from within Message, while
// the peer reads nothing for a while.
func TestHandleSendsToASlowPeer(t *testing.T) {
	eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		const size = 12 << 20
		a := attend(t, c, func(c *Conn, m shared.Message) error {
			return c.Send(context.Background(), shared.Binary(make([]byte, size)))
		})
		p.send("81 01 61 | 89 01 70")
		a.expect(shared.OpcodeText, "a")
		until(t, "the handler waits for room", func() bool {
			c.out.mu.Lock()
			defer c.out.mu.Unlock()
			return c.out.writing
		})
		got := 0
		for got < size {
			b, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			if b[0]&0x0f < 8 {
				got += len(b) - wireHeaderLen(b[1])
			}
		}
		if got != size {
			t.Errorf("%d bytes of %d", got, size)
		}
	})
}

// TestHandleStress has both ends of several connections handed over, each sends and Pings from several goroutines with
// contexts that end all the time, and in the end closes from either side: no message is lost, and no End.
func TestHandleStress(t *testing.T) {
	for _, transport := range handedTransports {
		t.Run(transport.name, func(t *testing.T) {
			t.Parallel()
			const messages = 300
			client, server := newPair(t, transport.make, Limits{Heartbeat: 200 * time.Millisecond, Outgoing: 8 << 10})
			var ends [2]*attendant
			var counts [2]atomic.Int32
			var all sync.WaitGroup
			for i, c := range []*Conn{client, server} {
				ends[i] = newAttendant(t, c, func(c *Conn, m shared.Message) error {
					if counts[i].Add(1)%50 == 0 {
						ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
						defer cancel()
						c.Ping(ctx) // reads while this one runs
					}
					return nil
				})
				if err := c.Handle(ends[i]); err != nil {
					t.Fatal(err)
				}
				for range 3 {
					all.Go(func() {
						for n := range messages {
							if err := c.Send(context.Background(), shared.Binary(make([]byte, n*7%3000))); err != nil {
								t.Error(err)
							}
						}
					})
					all.Go(func() {
						for range messages / 10 {
							ctx, cancel := context.WithTimeout(context.Background(), 300*time.Microsecond)
							c.Ping(ctx)
							cancel()
						}
					})
				}
				go func() {
					for range ends[i].messages { // they are counted where they come
					}
				}()
			}
			all.Wait()
			for i := range counts {
				until(t, "all messages came", func() bool { return counts[i].Load() == 3*messages })
			}
			go client.Close(1000, "")
			if err := server.Close(1000, ""); err != nil {
				t.Error(err)
			}
			for _, a := range ends {
				if err := <-a.ended; err != io.EOF {
					t.Error(err)
				}
				close(a.messages)
			}
		})
	}
}

// TestHandleWhileOthersEndIt hands over at the moment when the connection ends or a write fails: either Handle tells of
// it, or End is called.
func TestHandleWhileOthersEndIt(t *testing.T) {
	for _, transport := range handedTransports {
		t.Run(transport.name, func(t *testing.T) {
			t.Parallel()
			for i := range 100 {
				c, p := newWire(t, transport.make, false, Limits{Close: 100 * time.Millisecond})
				var both sync.WaitGroup
				both.Go(func() {
					switch i % 4 {
					case 0:
						c.CloseNow()
					case 1:
						p.Close()
						c.Send(context.Background(), shared.Text("into the void"))
						c.Send(context.Background(), shared.Text("into the void"))
					case 2:
						go p.answersClose()
						c.Close(1000, "")
					case 3:
						p.send("83 00")
						p.Close()
					}
				})
				a := newAttendant(t, c, nil)
				if err := c.Handle(a); err != nil {
					if err != io.EOF {
						checkClosed(t, err)
					}
				} else if err := a.end(); err != io.EOF && !errors.As(err, new(*shared.EndError)) {
					t.Error(err)
				}
				both.Wait()
				p.Close()
			}
		})
	}
}

// TestHandleWhileItEnds has the connection end while it is handed over: either Handle says so, or End is called, and the
// registry knows of the handler before the connection can end.
func TestHandleWhileItEnds(t *testing.T) {
	eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		var g Registry
		c.place = &place{registry: &g, conn: c}
		g.places++
		goOn := sync.OnceFunc(c.mu.Unlock)
		c.mu.Lock() // both need it
		defer goOn()
		a := newAttendant(t, c, nil)
		handed := make(chan error, 1)
		go func() { handed <- c.Handle(a) }()
		handlers := func() int {
			g.mu.Lock()
			defer g.mu.Unlock()
			return g.handlers
		}
		until(t, "Handle has begun", func() bool { return handlers() == 1 })
		go c.CloseNow()
		goOn()
		if err := <-handed; err != nil {
			checkClosed(t, err)
		} else {
			a.checkEnd(a.end(), shared.PartyLocal, shared.LayerLocal, 1006, nil)
		}
		until(t, "the handler has gone", func() bool { return handlers() == 0 })
	})
}
