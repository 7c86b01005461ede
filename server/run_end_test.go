package server

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// eachForm runs a test with messages received by Next and by a handler: then is called with each message.
func eachForm(t *testing.T, test func(t *testing.T, c *Conn, p *wirePeer, receive func(then func(m shared.Message) error) error)) {
	t.Run("Next", func(t *testing.T) {
		eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			test(t, c, p, func(then func(m shared.Message) error) error {
				for {
					m, err := c.Next(context.Background())
					if err != nil {
						return err
					}
					if err := then(m); err != nil {
						c.Close(shared.StatusInternalError, "")
					}
				}
			})
		})
	})
	t.Run("Handle", func(t *testing.T) {
		eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			test(t, c, p, func(then func(m shared.Message) error) error {
				a := attend(t, c, func(_ *Conn, m shared.Message) error { return then(m) })
				err := <-a.ended
				return err
			})
		})
	})
}

// TestRunStopsAtWhatEndsTheConnection: the messages before it are received, and answered.
func TestRunStopsAtWhatEndsTheConnection(t *testing.T) {
	for _, x := range []struct {
		name, wire string
		code       shared.StatusCode
	}{
		{"text that is not UTF-8", "81 02 c3 28", 1007},
		{"text that ends inside a code point", "81 01 c3", 1007},
		{"a reserved bit", "c2 01 61", 1002},
		{"a reserved opcode", "83 01 61", 1002},
		{"nothing to continue", "80 01 61", 1002},
		{"a length that is too long a form", "82 7e 00 01", 1002},
		{"Close", "88 02 03 e8", 1000},
	} {
		t.Run(x.name, func(t *testing.T) {
			eachForm(t, func(t *testing.T, c *Conn, p *wirePeer, receive func(func(shared.Message) error) error) {
				p.send("81 01 61 | 81 02 c3 a9 | 82 01 62 | " + x.wire + "| 81 01 63")
				var got []string
				receive(func(m shared.Message) error {
					got = append(got, m.String())
					return c.Send(context.Background(), m)
				})
				if strings.Join(got, " ") != "a é b" {
					t.Errorf("received %q", got)
				}
				p.expect("81 01 61 | 81 02 c3 a9 | 82 01 62")
				p.expectClose(x.code)
			})
		})
	}
}

// TestRunLeavesTextThatIsNotUTF8 has it be UTF-8 as long as it is masked.
func TestRunLeavesTextThatIsNotUTF8(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	p.sendBytes([]byte("\x81\x81\x00\x00\x00\x00a" + "\x81\x82\x82\x69\x00\x00AA")) // AA masked is C3 28
	if m, err := c.Next(t.Context()); err != nil || m.String() != "a" {
		t.Fatal(m, err)
	}
	if m, err := c.Next(t.Context()); !errors.As(err, new(*shared.Violation)) {
		t.Error(m, err)
	}
	p.expectClose(shared.StatusInvalidPayload)
}

// TestRunInsideAMessage has a message begin, the receiver give up or be called for nothing more, and another message come.
func TestRunInsideAMessage(t *testing.T) {
	eachForm(t, func(t *testing.T, c *Conn, p *wirePeer, receive func(func(shared.Message) error) error) {
		p.send("82 01 61 | 01 01 62")
		until(t, "the fragment is taken", func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			defer cancel()
			c.Next(ctx)
			return c.Stats().MessagesReceived == 1
		})
		time.AfterFunc(5*time.Millisecond, func() { p.send("82 01 63") })
		receive(func(m shared.Message) error {
			t.Errorf("%q was received inside of another message", m)
			return nil
		})
		p.expectClose(shared.StatusProtocolError)
	})
}

// TestRunKeepsTheLimit has a message longer than the limit in the middle of what comes together.
func TestRunKeepsTheLimit(t *testing.T) {
	eachEnd(t, Limits{Message: 100}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("81 01 61 |" + frame(0x82, strings.Repeat("b", 100)) + "|" + frame(0x82, strings.Repeat("c", 101)))
		for _, size := range []int{1, 100} {
			if m, err := c.Next(t.Context()); err != nil || len(m.Payload) != size {
				t.Fatal(m, err)
			}
		}
		if _, err := c.Next(t.Context()); err == nil {
			t.Error("no error")
		}
		p.expectClose(shared.StatusMessageTooBig)
	})
}

// TestRunIsOfTheWrongDirection has frames come together that are masked and must not be, or the other way round.
func TestRunIsOfTheWrongDirection(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.sendBytes(frames("82 01 61 | 82 01 62", !p.client))
		if m, err := c.Next(t.Context()); !errors.As(err, new(*shared.Violation)) {
			t.Error(m, err)
		}
		p.expectClose(shared.StatusProtocolError)
	})
}

// TestCloseBesideARun has Close wait for the peer's answer while messages that came before it wait for the receiver, and a
// fragment behind them: neither is delivered, and what comes then is understood.
func TestCloseBesideARun(t *testing.T) {
	for name, receive := range receivers {
		t.Run(name, func(t *testing.T) {
			eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
				p.send("82 01 61 | 82 01 62 | 82 01 63 | 02 03 64 65 66")
				if m, err := c.Next(t.Context()); err != nil || m.String() != "a" {
					t.Fatal(m, err)
				}
				closed := make(chan error, 1)
				go func() { closed <- c.Close(1000, "") }()
				p.expect("88 02 03 e8")
				p.send("00 01 67")
				time.Sleep(2 * time.Millisecond) // it is read
				received := make(chan error, 1)
				go func() {
					m, err := receive(c)
					if err == nil {
						t.Errorf("received %q", m)
					}
					received <- err
				}()
				time.Sleep(2 * time.Millisecond)
				p.send("80 01 68 | 88 02 03 e8")
				p.closeWrite()
				if err := <-closed; err != nil {
					t.Errorf("Close: %v", err)
				}
				if err := <-received; err != io.EOF {
					t.Errorf("the receiver: %v", err)
				}
			})
		})
	}
}

// TestRunIsGivenUpOnceCloseWasCalled looks between the moment at which Close is called and the one at which it reads.
func TestRunIsGivenUpOnceCloseWasCalled(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("82 01 61 | 82 01 62 | 82 01 63")
		if m, err := c.Next(t.Context()); err != nil || m.String() != "a" {
			t.Fatal(m, err)
		}
		c.mu.Lock()
		c.deafness.Or(deafByClose)
		c.mu.Unlock()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		if m, err := c.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("received %q, %v", m, err)
		}
	})
}

// TestCloseInARun: what came together with the message at which Close is called is not delivered, and the handshake is done.
func TestCloseInARun(t *testing.T) {
	for name, end := range map[string]func(c *Conn) error{
		"an error": func(*Conn) error { return errors.New("enough") },
		"Close":    func(c *Conn) error { return c.Close(shared.StatusInternalError, "") },
	} {
		t.Run(name, func(t *testing.T) {
			eachForm(t, func(t *testing.T, c *Conn, p *wirePeer, receive func(func(shared.Message) error) error) {
				p.send("82 01 61 | 82 01 62 | 82 01 63 | 82 01 64")
				go func() {
					p.expectClose(shared.StatusInternalError)
					p.send("82 01 65 | 88 02 03 f3")
					p.closeWrite()
				}()
				var got []string
				err := receive(func(m shared.Message) error {
					if got = append(got, m.String()); len(got) == 2 {
						return end(c)
					}
					return nil
				})
				if strings.Join(got, " ") != "a b" {
					t.Errorf("received %q", got)
				}
				var closed *shared.CloseError
				if !errors.As(err, &closed) || closed.Code != shared.StatusInternalError {
					t.Errorf("the end: %v", err)
				}
			})
		})
	}
}

// TestCloseNowInARun: nothing more is delivered, and the run's buffer is left to nobody, whether the receiver comes again or not.
func TestCloseNowInARun(t *testing.T) {
	eachForm(t, func(t *testing.T, c *Conn, p *wirePeer, receive func(func(shared.Message) error) error) {
		p.send("82 01 61 | 82 01 62 | 82 01 63 | 82 01 64")
		count := 0
		err := receive(func(m shared.Message) error {
			if count++; count == 2 {
				c.CloseNow()
				overwriteBuffers()
				if m.String() != "b" {
					t.Errorf("the message has become %q", m)
				}
			}
			return nil
		})
		if count != 2 || !errors.Is(err, shared.ErrClosed) {
			t.Errorf("%d messages, %v", count, err)
		}
		if holdsInput(c) {
			t.Error("a buffer is left")
		}
	})
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("82 01 61 | 82 01 62 | 82 01 63")
		if _, err := c.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.CloseNow()
		if holdsInput(c) {
			t.Error("a buffer is left to a receiver that does not come again")
		}
	})
}

// TestRunIsGivenUpByAReceiverThatIsLate has the connection end while a receiver is about to return with the first of a run.
func TestRunIsGivenUpByAReceiverThatIsLate(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("82 01 61 | 82 01 62 | 82 01 63")
		if err := c.takeRole(t.Context(), "Next"); err != nil {
			t.Fatal(err)
		}
		if m, err := c.lend(t.Context()); err != nil || m.String() != "a" {
			t.Fatal(m, err)
		}
		c.CloseNow()
		c.giveRole()
		if holdsInput(c) {
			t.Error("a buffer is left")
		}
		if _, err := c.Next(t.Context()); !errors.Is(err, shared.ErrClosed) {
			t.Error(err)
		}
	})
}

// TestRunBesideAnotherReceiver has what a receiver takes for a frame be anything, as where another receives at the same time.
func TestRunBesideAnotherReceiver(t *testing.T) {
	for _, wire := range []string{"", "\x82", "\x82\x7e\x01", "\x82\x05abc", "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", "\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00a"} {
		b := []byte(wire)
		var r run
		r.buffer = &b
		r.last = int32(len(b))
		r.leave()
		if m, _ := r.takeOffered(); len(m.Payload) != 0 {
			t.Errorf("%x: %q", wire, m)
		}
	}
}

// TestRunIsReceivedAfterAFailedWrite: what the peer said before it left can still be received.
func TestRunIsReceivedAfterAFailedWrite(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("82 01 61 | 82 01 62 | 82 01 63")
		p.Close()
		for _, want := range []string{"a", "b", "c"} {
			m, err := c.Next(t.Context())
			if err != nil || m.String() != want {
				t.Fatal(m, err)
			}
			c.Send(t.Context(), m)
			time.Sleep(time.Second)
		}
		if _, err := c.Next(t.Context()); !errors.Is(err, shared.ErrClosed) {
			t.Error(err)
		}
	})
}
