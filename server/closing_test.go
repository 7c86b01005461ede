package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

func TestSection5_5_1_CloseIsEchoed(t *testing.T) {
	for _, x := range []struct {
		in, back, reason string
		code             shared.StatusCode
	}{
		{"88 00", "88 00", "", 1005},
		{"88 02 03 e8", "88 02 03 e8", "", 1000},
		{"88 05 03 e9 62 79 65", "88 02 03 e9", "bye", 1001},
		{"88 02 03 ea", "88 02 03 ea", "", 1002},
		{"88 02 03 eb", "88 02 03 eb", "", 1003},
		{"88 05 03 ef e2 82 ac", "88 02 03 ef", "€", 1007},
		{"88 02 03 f6", "88 02 03 f6", "", 1014},
		{"88 02 0b b8", "88 02 0b b8", "", 3000},
		{frame(0x88, "\x13\x87"+strings.Repeat("r", 123)), "88 02 13 87", strings.Repeat("r", 123), 4999},
	} {
		t.Run(x.code.String(), func(t *testing.T) {
			eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
				p.send("81 01 61 |" + x.in + "| 81 01 62") // what is behind the Close is not delivered
				if m, err := c.Receive(t.Context()); err != nil || m.String() != "a" {
					t.Fatal(m, err)
				}
				_, err := c.Receive(t.Context())
				var told *shared.CloseError
				if x.code.IsNormal() {
					if err != io.EOF {
						t.Errorf("Receive gives %v", err)
					}
				} else if !errors.As(err, &told) || told.Code != x.code || told.Reason != x.reason {
					t.Errorf("Receive gives %v", err)
				}
				p.expect(x.back)
				if p.client { // the server closes TCP, at once
					p.Close()
				}
				if e := checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, x.code); e.Reason != x.reason {
					t.Errorf("End gives as reason %q", e.Reason)
				}
			})
		})
	}
}

func TestSection7_1_1_ServerClosesTCPAtOnce(t *testing.T) {
	for _, transport := range wireTransports {
		c, p := newWire(t, transport.make, false, Limits{})
		p.send("88 02 03 e8")
		go c.Receive(t.Context())
		p.expect("88 02 03 e8")
		p.patience = time.Second
		p.expectEnd()
	}
}

func TestSection7_1_1_ClientWaitsForTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, wait := range []time.Duration{time.Second, time.Hour} {
			c, p := newWire(t, pipeConns, true, Limits{})
			p.patience = time.Hour
			p.send("88 02 03 e8") // it may answer a Close that is about to come, or begin
			begun := time.Now()
			time.AfterFunc(wait, func() { p.Close() })
			if err := c.Close(1000, ""); err != nil {
				t.Errorf("Close: %v", err)
			}
			if took, want := time.Since(begun), min(wait, defaultClose); took != want {
				t.Errorf("the server closed TCP after %v, Close returned after %v", wait, took)
			}
		}
	})
}

func TestSection7_1_2_Close(t *testing.T) {
	for _, x := range []struct {
		code   shared.StatusCode
		reason string
		wire   string
	}{
		{1000, "", "88 02 03 e8"},
		{1000, "bye", "88 05 03 e8 62 79 65"},
		{1005, "", "88 00"},
		{1013, "€", "88 05 03 f5 e2 82 ac"},
		{4999, strings.Repeat("r", 123), frame(0x88, "\x13\x87"+strings.Repeat("r", 123))},
	} {
		t.Run(x.code.String(), func(t *testing.T) {
			eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
				done := make(chan error, 1)
				go func() { done <- c.Close(x.code, x.reason) }()
				p.expect(x.wire)
				checkClosed(t, c.Send(t.Context(), shared.Text("after Close")))
				p.send("82 01 00 | 01 00 | 89 00 | 80 00 | 88 02 03 e8") // data and a Ping on the way when Close came
				if !p.client {
					p.Close()
				} else {
					p.expectEnd() // and nothing, not even a Pong, after the Close frame
				}
				if err := <-done; err != nil {
					t.Errorf("Close: %v", err)
				}
				if e := checkEnd(t, c, shared.PartyLocal, shared.LayerClosingHandshake, x.code); e.Reason != x.reason {
					t.Errorf("End gives as reason %q", e.Reason)
				}
				if err := c.Close(3000, "again"); err != nil {
					t.Errorf("Close again: %v", err)
				}
			})
		})
	}
}

func TestSection7_4_CloseRefusesArguments(t *testing.T) {
	c, p := newWire(t, pipeConns, false, Limits{})
	for _, x := range []struct {
		code   shared.StatusCode
		reason string
	}{{0, ""}, {999, ""}, {1004, ""}, {1005, "reason"}, {1006, ""}, {1015, ""}, {2999, ""}, {5000, ""}, {1000, "\xff"}, {1000, strings.Repeat("r", 124)}} {
		var refused *shared.CloseArgumentError
		if err := c.Close(x.code, x.reason); !errors.As(err, &refused) {
			t.Errorf("Close(%d, %q): %v", x.code, x.reason, err)
		}
	}
	if err := c.Send(t.Context(), shared.Text("a")); err != nil {
		t.Errorf("a refused Close did harm: %v", err)
	}
	p.expect("81 01 61")
}

func TestSection5_5_1_CrossingCloses(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		done := make(chan error, 1)
		go func() { done <- c.Close(3001, "ours") }()
		until(t, "Close was sent", func() bool { c.out.mu.Lock(); defer c.out.mu.Unlock(); return c.out.closed })
		p.send("88 02 0b ba") // 3002
		p.expect(frame(0x88, "\x0b\xb9ours"))
		if !p.client {
			p.Close()
		} else {
			p.expectEnd()
		}
		if err := <-done; err != nil {
			t.Errorf("Close: %v", err)
		}
		checkEnd(t, c, shared.PartyLocal, shared.LayerClosingHandshake, 3001)
	})
	eachTransport(t, Limits{}, func(t *testing.T, client, server *Conn) {
		var both sync.WaitGroup
		for _, c := range []*Conn{client, server} {
			both.Go(func() {
				if err := c.Close(1000, ""); err != nil {
					t.Errorf("two at once: %v", err)
				}
			})
		}
		both.Wait()
	})
}

func TestCloseInsideAMessageIsNotEOF(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("01 01 61 | 88 02 03 e8")
		_, err := c.Receive(t.Context())
		if err == io.EOF || !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, shared.ErrClosed) {
			t.Errorf("Receive gives %v", err)
		}
		p.expect("88 02 03 e8")
		p.Close()
		checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, 1000)
	})
}

func TestCloseSendsWhatWaits(t *testing.T) {
	eachEnd(t, Limits{Outgoing: 1 << 20}, func(t *testing.T, c *Conn, p *wirePeer) {
		want := strings.Repeat("x", 1000)
		for range 500 {
			if err := c.Send(t.Context(), shared.Text(want)); err != nil {
				t.Fatal(err)
			}
		}
		done := make(chan error, 1)
		go func() { done <- c.Close(1000, "") }()
		for range 500 {
			p.expect(frame(0x81, want))
		}
		p.expect("88 02 03 e8")
		p.send("88 02 03 e8")
		p.Close()
		if err := <-done; err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

// nextMessage reads the frames of a binary message and returns its payload.
func (p *wirePeer) nextMessage() []byte {
	p.t.Helper()
	var payload []byte
	for opcode := byte(0x2); ; opcode = 0x0 {
		b, err := p.next()
		if err != nil || b[0]&0x7f != opcode {
			p.t.Fatalf("expected a frame of a binary message, got % .20x, %v", b, err)
		}
		payload = append(payload, b[wireHeaderLen(b[1]):]...)
		if b[0]&0x80 != 0 {
			return payload
		}
	}
}

// TestCloseWaitsForAMessageInFragments calls Close in the middle of a message: the peer gets all of it. What waits for
// its turn then, be it a message writer, is refused at once, and what comes later as well.
func TestCloseWaitsForAMessageInFragments(t *testing.T) {
	promise(t, Limits{Outgoing: minOutgoing}, func(t *testing.T, c *Conn, p *wirePeer) {
		long := bytes.Repeat([]byte("long"), 1<<18)
		sent := make(chan error, 1)
		go func() { sent <- c.Send(t.Context(), shared.Binary(long)) }()
		synctest.Wait() // a part of it has left
		refused := make(chan error, 3)
		go func() { refused <- c.Send(t.Context(), shared.Text("queued")) }()
		go func() {
			_, err := c.NextWriter(t.Context(), shared.OpcodeText)
			refused <- err
		}()
		synctest.Wait()
		closed := make(chan error, 2)
		go func() { closed <- c.Close(1001, "bye") }()
		synctest.Wait()
		go func() { closed <- c.Close(4000, "too late") }()
		refused <- c.Send(t.Context(), shared.Text("after Close"))
		synctest.Wait() // and the peer has read nothing yet
		for range 3 {
			select {
			case err := <-refused:
				checkClosed(t, err)
			default:
				t.Error("a sender still waits")
			}
		}
		p.send("81 01 61") // of use to nobody any more, and in nobody's way
		if got := p.nextMessage(); !bytes.Equal(got, long) {
			t.Errorf("%d bytes of %d came", len(got), len(long))
		}
		p.expect("88 05 03 e9 62 79 65")
		if err := <-sent; err != nil {
			t.Errorf("Send: %v", err)
		}
		p.send("88 02 03 e9")
		p.Conn.(*pipeEnd).CloseWrite()
		for range 2 {
			if err := <-closed; err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		checkEnd(t, c, shared.PartyLocal, shared.LayerClosingHandshake, 1001)
	})
}

// TestCloseReadsWhileAMessageLeaves has both ends in the middle of a long message, and nobody receives: were Close not
// to read before its frame has left, neither would end.
func TestCloseReadsWhileAMessageLeaves(t *testing.T) {
	size := 12 << 20 // more than the kernel takes
	if testing.Short() {
		size = 1 << 20 // which takes less then, and Close's time limit has to do also where everything is slow
	}
	payload := make([]byte, size)
	rand.NewChaCha8([32]byte{}).Read(payload)
	eachTransport(t, Limits{Outgoing: minOutgoing}, func(t *testing.T, client, server *Conn) {
		var all sync.WaitGroup
		for _, c := range []*Conn{client, server} {
			all.Go(func() { c.Send(t.Context(), shared.Binary(payload)) })
		}
		for _, c := range []*Conn{client, server} {
			until(t, "it is in the middle of a message", func() bool { c.out.mu.Lock(); defer c.out.mu.Unlock(); return c.out.turn != turnFree })
		}
		for _, c := range []*Conn{client, server} {
			all.Go(func() {
				if err := c.Close(1000, ""); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
		}
		all.Wait()
	})
}

// TestCloseWithAMessageThatIsStuck has a peer that never reads.
func TestCloseWithAMessageThatIsStuck(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		sent := make(chan error, 1)
		go func() { sent <- c.Send(t.Context(), shared.Binary(make([]byte, 1<<20))) }()
		synctest.Wait()
		begun := time.Now()
		err := c.Close(1000, "")
		if took := time.Since(begun); took != defaultClose || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Close: %v after %v", err, took)
		}
		checkClosed(t, <-sent)
		checkEnd(t, c, shared.PartyLocal, shared.LayerTimeLimit, 1006)
	})
}

// TestCloseAfterASendThatGivesUp has a short message wait for room, and not get any: the Close frame follows all the same.
func TestCloseAfterASendThatGivesUp(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		n := fill(t, c)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		sent := make(chan error, 1)
		go func() { sent <- c.Send(ctx, shared.Text(strings.Repeat("x", 1000))) }()
		synctest.Wait()
		go c.Close(1000, "")
		if err := <-sent; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Send: %v", err)
		}
		for range n {
			p.expect(frame(0x81, strings.Repeat("x", 1000)))
		}
		p.expect("88 02 03 e8")
	})
}

// TestCloseDoesNotWaitForAMessageWriter leaves one open, and others waiting behind it: they learn of it at once.
func TestCloseDoesNotWaitForAMessageWriter(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		w, err := c.NextWriter(t.Context(), shared.OpcodeBinary)
		if err != nil {
			t.Fatal(err)
		}
		waiting := make(chan error, 2)
		go func() { waiting <- c.Send(t.Context(), shared.Text("a")) }()
		go func() {
			_, err := c.NextWriter(t.Context(), shared.OpcodeText)
			waiting <- err
		}()
		synctest.Wait()
		go c.Close(1000, "")
		synctest.Wait() // the peer has not answered, nor even read
		for range 2 {
			select {
			case err := <-waiting:
				checkClosed(t, err)
			default:
				t.Error("a sender still waits")
			}
		}
		_, err = w.Write(make([]byte, 5000))
		checkClosed(t, err)
		checkClosed(t, w.Close())
		p.expect("88 02 03 e8")
	})
}

// TestCloseWithoutAnswer has peers that never answer: they are silent, send data, stop in a header or do not read.
func TestCloseWithoutAnswer(t *testing.T) {
	peers := map[string]func(c *Conn, p *wirePeer){
		"silent":       func(c *Conn, p *wirePeer) {},
		"half a frame": func(c *Conn, p *wirePeer) { p.send("81") },
		"half a payload": func(c *Conn, p *wirePeer) {
			p.send("82 7f 00 00 00 00 01 00 00 00")
			p.send("00")
		},
		"unread data": func(c *Conn, p *wirePeer) { p.send("81 01 61 | 81 01 62"); go c.Ping(context.Background()) },
		"does not read": func(c *Conn, p *wirePeer) {
			for range 2 {
				c.Send(context.Background(), shared.Binary(make([]byte, 60<<10)))
			}
		},
	}
	for name, peer := range peers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, client := range []bool{false, true} {
					c, p := newWire(t, pipeConns, client, Limits{})
					peer(c, p)
					synctest.Wait()
					begun := time.Now()
					err := c.Close(1000, "")
					if took := time.Since(begun); took != defaultClose {
						t.Errorf("Close took %v", took)
					}
					checkClosed(t, err)
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("Close: %v", err)
					}
					checkEnd(t, c, shared.PartyLocal, shared.LayerTimeLimit, 1006)
				}
			})
		})
	}
}

func TestCloseWithoutAnswerInRealTime(t *testing.T) {
	t.Parallel()
	for _, transport := range wireTransports {
		c, _ := newWire(t, transport.make, false, Limits{Close: 50 * time.Millisecond})
		begun := time.Now()
		if err := c.Close(1000, ""); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", transport.name, err)
		}
		if took := time.Since(begun); took < 50*time.Millisecond || took > time.Second {
			t.Errorf("%s: Close took %v", transport.name, took)
		}
	}
}

// A deafConn is a net.Conn whose deadlines do not work.
type deafConn struct{ net.Conn }

func (deafConn) SetDeadline(time.Time) error      { return errors.New("no deadlines here") }
func (deafConn) SetReadDeadline(time.Time) error  { return errors.New("no deadlines here") }
func (deafConn) SetWriteDeadline(time.Time) error { return errors.New("no deadlines here") }

func TestCloseNeedsNoDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := func(testing.TB) (net.Conn, net.Conn) { a, b := pipe(); return deafConn{a}, deafConn{b} }
		c, _ := newWire(t, deaf, false, Limits{})
		begun := time.Now()
		if err := c.Close(1000, ""); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) != defaultClose {
			t.Errorf("Close: %v after %v", err, time.Since(begun))
		}
		c, p := newWire(t, deaf, false, Limits{})
		p.send("83 00")
		c.Receive(t.Context())
		begun = time.Now()
		c.Close(1000, "")
		if took := time.Since(begun); took != lingerTime {
			t.Errorf("after a violation TCP was closed after %v", took)
		}
	})
}

func TestLingeringAfterAViolation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, test := range map[string]struct {
			peer func(p *wirePeer)
			want time.Duration
		}{
			"keeps TCP open":  {func(p *wirePeer) {}, lingerTime},
			"goes on sending": {func(p *wirePeer) { go p.Write(make([]byte, lingerBytes+2*pipeSize)) }, 0},
			"sends slowly": {func(p *wirePeer) {
				go func() {
					for range 100 {
						time.Sleep(100 * time.Millisecond)
						if _, err := p.Write(make([]byte, 1)); err != nil {
							return
						}
					}
				}()
			}, lingerTime},
			"closes TCP":    {func(p *wirePeer) { time.AfterFunc(time.Second, func() { p.Close() }) }, time.Second},
			"does not read": {func(p *wirePeer) {}, defaultClose},
		} {
			c, p := newWire(t, pipeConns, false, Limits{})
			if name == "does not read" {
				c.Send(t.Context(), shared.Binary(make([]byte, pipeSize)))
			}
			p.send("83 00")
			test.peer(p)
			c.Receive(t.Context())
			begun := time.Now()
			var v *shared.Violation
			if err := c.Close(1000, ""); !errors.As(err, &v) {
				t.Errorf("%s: Close: %v", name, err)
			}
			if took := time.Since(begun); took != test.want {
				t.Errorf("%s: TCP was closed after %v", name, took)
			}
			p.Close()
			time.Sleep(time.Second) // until the slow one has seen it
		}
	})
}

// TestUnreadInputDoesNotResetTCP sends 256 KiB behind a violation: the peer must see the Close frame and a FIN.
func TestUnreadInputDoesNotResetTCP(t *testing.T) {
	for range 5 {
		c, p := newWire(t, tcpConns, false, Limits{Message: 1000})
		p.sendBytes(append(frames("82 7e 04 00", true), make([]byte, 256<<10)...))
		if _, err := c.Receive(t.Context()); err == nil {
			t.Fatal("received too long a message")
		}
		time.Sleep(time.Millisecond)
		p.expectClose(1009)
		p.expectEnd()
	}
}

func TestCloseNow(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		received := make(chan error, 1)
		go func() {
			_, err := c.Receive(context.Background())
			received <- err
		}()
		ping := make(chan error, 1)
		go func() {
			_, err := c.Ping(context.Background())
			ping <- err
		}()
		until(t, "the receiver waits", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.receiving })
		for range 2 {
			if err := c.CloseNow(); err != nil {
				t.Errorf("CloseNow: %v", err)
			}
		}
		checkClosed(t, <-received)
		checkClosed(t, <-ping)
		checkEnd(t, c, shared.PartyLocal, shared.LayerLocal, 1006)
		checkClosed(t, c.Close(1000, ""))
	})
}

func TestCloseNowCutsCloseShort(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		done := make(chan error, 1)
		go func() { done <- c.Close(1000, "") }()
		p.expect("88 02 03 e8")
		c.CloseNow()
		checkClosed(t, <-done)
		checkEnd(t, c, shared.PartyLocal, shared.LayerLocal, 1006)
	})
}

// A partingConn writes until Close begins, and remembers whether its write deadline was taken away after that.
type partingConn struct {
	net.Conn
	once    sync.Once
	closing chan struct{}
	lifted  atomic.Bool
}

func (c *partingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	<-c.closing
	return n, err
}

func (c *partingConn) SetWriteDeadline(t time.Time) error {
	select {
	case <-c.closing:
		c.lifted.Store(t.IsZero())
	default:
	}
	return c.Conn.SetWriteDeadline(t)
}

func (c *partingConn) Close() error {
	c.once.Do(func() { close(c.closing) })
	return c.Conn.Close()
}

// TestCloseNowLeavesTheDeadlineToTheTransport has a write end while the transport is being closed: TLS says goodbye then,
// within a write deadline of its own.
func TestCloseNowLeavesTheDeadlineToTheTransport(t *testing.T) {
	for _, client := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a, b := pipe()
			parting := &partingConn{Conn: a, closing: make(chan struct{})}
			c, p := newWire(t, func(testing.TB) (net.Conn, net.Conn) {
				if client {
					return parting, b
				}
				return b, parting
			}, client, Limits{})
			if err := c.Send(t.Context(), shared.Text("a")); err != nil {
				t.Error(err)
			}
			p.expect("81 01 61")
			c.CloseNow()
			synctest.Wait()
			if parting.lifted.Load() {
				t.Error("the write deadline was taken away from a transport that was being closed")
			}
			checkNothingLeft(t, c)
		})
	}
}

func TestReset(t *testing.T) {
	for _, wire := range []string{"", "81", "01 01 61", "81 05 61"} {
		for _, client := range []bool{false, true} {
			c, p := newWire(t, tcpConns, client, Limits{})
			p.send(wire)
			p.Conn.(*net.TCPConn).SetLinger(0)
			p.Close()
			_, err := c.Receive(t.Context())
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%q: %v", wire, err)
			}
			if inside := len(wire) > 2; inside != errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%q: %v", wire, err)
			}
			checkEnd(t, c, shared.PartyPeer, shared.LayerTCP, 1006)
		}
	}
}

// TestCloseFrameBeforeABrokenPipe has a peer say why it leaves, and leave without reading what it is sent.
func TestCloseFrameBeforeABrokenPipe(t *testing.T) {
	for range 20 {
		c, p := newWire(t, tcpConns, false, Limits{Close: time.Second})
		p.send("81 01 61 | 88 02 0f a0")
		p.Conn.(*net.TCPConn).CloseWrite()
		p.Close()
		for c.Send(t.Context(), shared.Text("into the void")) == nil {
			runtime.Gosched()
		}
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "a" {
			t.Fatalf("received %v, %v", m, err)
		}
		if _, err := c.Receive(t.Context()); err == nil {
			t.Fatal("received what was not sent")
		}
		checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, 4000)
	}
}

// TestEverythingFromEverywhere calls all methods from 100 goroutines at once.
func TestEverythingFromEverywhere(t *testing.T) {
	calls := []func(c *Conn){
		func(c *Conn) { c.Send(context.Background(), shared.Text("a")) },
		func(c *Conn) { c.Receive(context.Background()) },
		func(c *Conn) { c.Ping(context.Background()) },
		func(c *Conn) { c.Close(1000, "") },
		func(c *Conn) { c.ReceiveAppend(context.Background(), make([]byte, 3)) },
		func(c *Conn) { c.Send(context.Background(), shared.Binary(make([]byte, 300<<10))) },
		func(c *Conn) {
			if _, r, err := c.NextReader(context.Background()); err == nil {
				io.Copy(io.Discard, r)
			}
		},
		func(c *Conn) {
			if w, err := c.NextWriter(context.Background(), shared.OpcodeText); err == nil {
				io.WriteString(w, strings.Repeat("x", 10_000))
				w.Close()
			}
		},
		func(c *Conn) { <-c.Context().Done() },
		func(c *Conn) {
			c.End()
			c.Stats()
			c.RemoteAddr()
			c.LocalAddr()
			c.Subprotocol()
			c.Request()
		},
	}
	for _, now := range []bool{false, true} {
		eachTransport(t, Limits{Close: 500 * time.Millisecond, Heartbeat: time.Millisecond}, func(t *testing.T, client, server *Conn) {
			var all sync.WaitGroup
			for i := range 100 {
				for _, c := range []*Conn{client, server} {
					all.Go(func() {
						if now && i%20 == 19 {
							time.Sleep(time.Millisecond)
							c.CloseNow()
						}
						calls[(i+i/10)%10](c)
					})
				}
			}
			all.Wait()
			if client.End() == nil || server.End() == nil {
				t.Error("the connection has not ended")
			}
		})
	}
}

// TestNothingIsLeft ends connections in every way and counts descriptors and goroutines.
func TestNothingIsLeft(t *testing.T) {
	descriptors := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("descriptors can only be counted on linux: ", err)
		}
		return len(entries)
	}
	for name, end := range map[string]func(c *Conn, p *wirePeer){
		"Close":     func(c *Conn, p *wirePeer) { go p.send("88 00"); c.Close(1000, "") },
		"no answer": func(c *Conn, p *wirePeer) { c.Close(1000, "") },
		"CloseNow":  func(c *Conn, p *wirePeer) { c.CloseNow() },
		"peer":      func(c *Conn, p *wirePeer) { p.send("88 00"); c.Receive(context.Background()) },
		"violation": func(c *Conn, p *wirePeer) { p.send("83 00"); c.Receive(context.Background()) },
		"EOF":       func(c *Conn, p *wirePeer) { p.Close(); c.Receive(context.Background()) },
		"heartbeat": func(c *Conn, p *wirePeer) { <-c.Context().Done() },
		"write limit": func(c *Conn, p *wirePeer) {
			for c.Send(context.Background(), shared.Binary(make([]byte, 100<<10))) == nil {
			}
		},
		"cut": func(c *Conn, p *wirePeer) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			c.Send(ctx, shared.Binary(make([]byte, 64<<20)))
		},
		"abandoned writer": func(c *Conn, p *wirePeer) {
			w, _ := c.NextWriter(context.Background(), shared.OpcodeText)
			io.WriteString(w, "abandoned")
			go c.Send(context.Background(), shared.Text("waits"))
			c.Close(1000, "")
		},
		"interrupted": func(c *Conn, p *wirePeer) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			p.send("01 01 61 | 00")
			c.Receive(ctx)
			c.CloseNow()
		},
	} {
		for _, transport := range wireTransports {
			before := descriptors()
			c, p := newWire(t, transport.make, false, Limits{Close: 20 * time.Millisecond, Heartbeat: 20 * time.Millisecond, Write: 20 * time.Millisecond})
			c.Context()
			end(c, p)
			p.Close()
			until(t, fmt.Sprintf("%s/%s: all is gone, %d descriptors before", name, transport.name, before), func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.out.mu.Lock()
				defer c.out.mu.Unlock()
				return c.gone && !holdsInput(c) && c.out.data == nil && c.out.batch == nil && !c.out.draining && descriptors() <= before
			})
		}
	}
}

// holdsInput reports whether memory is held for what was received. A heartbeat may be about to find out that the transport is gone, and
// an attendance that there is nothing more, which the race detector need not know.
//
//go:norace
//go:noinline
func holdsInput(c *Conn) bool {
	return c.in.buf != nil || c.in.partial != nil || c.in.message != nil || c.run.buffer != nil || c.run.behind.Load() != nil ||
		c.attendance != nil && c.attendance.memory != nil
}

// What a peer sends behind its Close frame is discarded, and costs it neither ours nor a clean end of TCP.
func TestSection5_5_1_DataBehindACloseFrame(t *testing.T) {
	for _, transport := range wireTransports {
		t.Run(transport.name, func(t *testing.T) {
			c, p := newWire(t, transport.make, false, Limits{})
			b := append(frames("88 02 03 e8", true), frames(frame(0x82, string(make([]byte, 40<<10))), true)...)
			go p.Write(b)
			if _, err := c.Receive(t.Context()); err != io.EOF {
				t.Errorf("Receive: %v", err)
			}
			time.Sleep(20 * time.Millisecond) // a reset would overtake what is still to be read
			p.expect("88 02 03 e8")
			p.expectEnd()
		})
	}
}

// TestCloseNowAfterTheEndKeepsTheAnswer has the application do what many do: receive until io.EOF, and defer CloseNow. The
// closing handshake that it was told of has to reach the peer as well.
func TestCloseNowAfterTheEndKeepsTheAnswer(t *testing.T) {
	for range 20 {
		eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			p.send("88 02 03 e8")
			if _, err := c.Receive(t.Context()); err != io.EOF {
				t.Fatal(err)
			}
			c.CloseNow()
			p.expect("88 02 03 e8")
		})
	}
}
