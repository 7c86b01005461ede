package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// faultMessages are sent in one go within outgoing bytes of 4 KiB: one whole, one in fragments, one with a writer.
func faultMessages() []shared.Message {
	return []shared.Message{shared.Text("Hello"), shared.Binary(bytes.Repeat([]byte{0, 0xff}, 5000)), shared.Text("Größe"), shared.Binary(nil)}
}

// sendFaultMessages sends them and then Close, and returns how many were accepted and what went wrong first.
func sendFaultMessages(t *testing.T, c *Conn) (accepted int, err error) {
	for i, m := range faultMessages() {
		if i == 2 {
			err = writeInPieces(t.Context(), c, m, 3)
		} else {
			err = c.Send(t.Context(), m)
		}
		if err != nil {
			return accepted, err
		}
		accepted++
	}
	return accepted, c.Close(1000, "done")
}

// answerClose reads all that is sent, and answers a Close frame.
func answerClose(p *wirePeer, wire *[]byte, done chan<- struct{}) {
	defer close(done)
	buf := make([]byte, 4<<10)
	for answered := false; ; {
		n, err := p.Read(buf)
		if *wire = append(*wire, buf[:n]...); err != nil {
			p.Close()
			return
		}
		if !answered && hear(*wire, !p.client, defaultMessage).how == "Close" {
			answered = true
			p.Write(frames("88 02 03 e8", p.client))
			p.CloseWrite()
		}
	}
}

func (p *wirePeer) CloseWrite() { p.Conn.(*pipeEnd).CloseWrite() }

// eachWriteFault runs a test in both roles with a fault at bytes of what is sent: each at the beginning, each at the end,
// some in the middle.
func eachWriteFault(t *testing.T, test func(t *testing.T, client bool, at int)) {
	for _, client := range []bool{false, true} {
		length := len(cleanly(t, client))
		for at := 0; at < length; at++ {
			if at > 40 && at < length-60 {
				at += 96
			}
			t.Run(fmt.Sprintf("client=%v/%d", client, at), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { test(t, client, at) })
			})
		}
	}
}

// cleanly is what is sent when there is no fault.
func cleanly(t *testing.T, client bool) (wire []byte) {
	synctest.Test(t, func(t *testing.T) { wire = sendThrough(t, client, nil, 0, nil) })
	return wire
}

// sendThrough sends everything through a fault that lets everything through, and checks that it arrives.
func sendThrough(t *testing.T, client bool, out *fault, step int, l *Limits) (wire []byte) {
	if l == nil {
		l = &Limits{Outgoing: minOutgoing}
	}
	c, p := faulty(t, client, nil, out, step, *l)
	done := make(chan struct{})
	go answerClose(p, &wire, done)
	accepted, err := sendFaultMessages(t, c)
	<-done
	got := hear(wire, client, defaultMessage)
	if err != nil || accepted != len(faultMessages()) || !sameMessages(got.messages, faultMessages()) || got.how != "Close" || got.code != 1000 || got.behind > 0 {
		t.Errorf("%d were accepted, %v; the peer got %v", accepted, err, got)
	}
	checkEnd(t, c, shared.PartyLocal, shared.LayerClosingHandshake, 1000)
	checkNothingLeft(t, c)
	return wire
}

// TestFaultShortWrites has each Write take some bytes only, and one at a time.
func TestFaultShortWrites(t *testing.T) {
	for _, step := range []int{1, 2, 7, 1000, 4095, 4097} {
		for _, client := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) { sendThrough(t, client, nil, step, nil) })
		}
	}
}

// TestFaultWritePauses has the network take nothing for a while, at each byte.
func TestFaultWritePauses(t *testing.T) {
	eachWriteFault(t, func(t *testing.T, client bool, at int) {
		begun := time.Now()
		sendThrough(t, client, &fault{after: at, pause: defaultWrite - time.Second}, 0, &Limits{Outgoing: minOutgoing, Close: time.Minute})
		if took := time.Since(begun); took != defaultWrite-time.Second {
			t.Errorf("took %v: the fault did not strike", took)
		}
	})
}

// TestFaultWriteStalls has the network take nothing any more, from each byte on: Limits.Write ends the connection, or
// Limits.Close if that is sooner.
func TestFaultWriteStalls(t *testing.T) {
	eachWriteFault(t, func(t *testing.T, client bool, at int) {
		c, p := faulty(t, client, nil, &fault{after: at, pause: forever}, 0, Limits{Outgoing: minOutgoing})
		var wire []byte
		done := make(chan struct{})
		go answerClose(p, &wire, done)
		begun := time.Now()
		accepted, err := sendFaultMessages(t, c)
		took := time.Since(begun)
		closing := accepted == len(faultMessages())
		if closing && took != defaultClose || !closing && took != defaultWrite || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v after %v", err, took)
		}
		checkClosed(t, err)
		<-done
		checkPart(t, wire, client, at, accepted)
		checkEnd(t, c, shared.PartyLocal, shared.LayerTimeLimit, 1006)
		checkNothingLeft(t, c)
	})
}

// checkPart checks that the peer got the bytes before the fault and none behind it, and in them nothing but the messages
// in their order.
func checkPart(t *testing.T, wire []byte, client bool, at, accepted int) {
	t.Helper()
	got := hear(wire, client, defaultMessage)
	if len(wire) != at || got.how != "EOF" || len(got.messages) > accepted || !sameMessages(got.messages, faultMessages()[:len(got.messages)]) {
		t.Errorf("%d messages were accepted; the peer got %d bytes of %d: %v", accepted, len(wire), at, got)
	}
	if got.begun != nil && !bytes.HasPrefix(faultMessages()[len(got.messages)].Payload, got.begun.Payload) {
		t.Errorf("the peer got a part of no message: %v", got)
	}
}

// TestFaultWriteFails has writing fail at each byte: the peer gets what was before it and no more, and what the peer had
// sent is received all the same.
func TestFaultWriteFails(t *testing.T) {
	for _, failure := range []error{syscall.EPIPE, io.ErrShortWrite} {
		t.Run(failure.Error(), func(t *testing.T) {
			eachWriteFault(t, func(t *testing.T, client bool, at int) {
				c, p := faulty(t, client, nil, &fault{after: at, err: failure}, 0, Limits{Outgoing: minOutgoing})
				p.send("81 01 61 | 82 01 62")
				var wire []byte
				done := make(chan struct{})
				go answerClose(p, &wire, done)
				accepted, err := sendFaultMessages(t, c)
				checkClosed(t, err)
				if !errors.Is(err, failure) && !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("sending gives %v", err)
				}
				if accepted < len(faultMessages()) { // Close was not called, which would discard them
					for _, want := range []string{"a", "b"} {
						if m, err := c.Receive(t.Context()); err != nil || m.String() != want {
							t.Errorf("received %v, %v", m, err)
						}
					}
				}
				<-c.Context().Done()
				synctest.Wait()
				<-done
				checkPart(t, wire, client, at, accepted)
				e := c.End()
				if e.Code != 1006 || !errors.Is(e, failure) && !errors.Is(e, os.ErrDeadlineExceeded) {
					t.Errorf("ended with %v", e)
				}
				if errors.Is(e, failure) {
					checkEnd(t, c, shared.PartyNetwork, shared.LayerTCP, 1006)
				} else {
					checkEnd(t, c, shared.PartyLocal, shared.LayerTimeLimit, 1006)
				}
				checkNothingLeft(t, c)
			})
		})
	}
}

// TestFaultWriteGivesEOF has a transport fail to write with io.EOF, which must not pass for a normal end.
func TestFaultWriteGivesEOF(t *testing.T) {
	for _, failure := range []error{io.EOF, fmt.Errorf("session: %w", io.EOF)} {
		for _, client := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				c, _ := faulty(t, client, nil, &fault{after: 3, err: failure}, 0, Limits{})
				if err := c.Send(t.Context(), shared.Text("Hello")); err != nil {
					t.Error(err)
				}
				synctest.Wait()
				sendErr := c.Send(t.Context(), shared.Text("before the end is known"))
				<-c.Context().Done()
				_, receiveErr := c.Receive(t.Context())
				for _, err := range []error{sendErr, receiveErr, c.Send(t.Context(), shared.Text("after it")), c.End()} {
					if errors.Is(err, io.EOF) || !errors.Is(err, io.ErrUnexpectedEOF) {
						t.Errorf("%v", err)
					}
				}
				checkEnd(t, c, shared.PartyNetwork, shared.LayerTCP, 1006)
				checkNothingLeft(t, c)
			})
		}
	}
}

// TestFaultPeerClosesWhileItIsSentTo has the peer close TCP when it has read so many bytes.
func TestFaultPeerClosesWhileItIsSentTo(t *testing.T) {
	eachWriteFault(t, func(t *testing.T, client bool, at int) {
		c, p := faulty(t, client, nil, nil, 0, Limits{Outgoing: minOutgoing})
		wire := make([]byte, at)
		go func() {
			io.ReadFull(p, wire)
			p.Close()
		}()
		accepted, err := sendFaultMessages(t, c)
		if err == nil || errors.Is(err, io.EOF) {
			t.Errorf("sending gives %v", err)
		}
		<-c.Context().Done()
		checkPart(t, wire, client, at, accepted)
		if e := c.End(); e.Code != 1006 || e.Layer != shared.LayerTCP && e.Layer != shared.LayerTimeLimit {
			t.Errorf("ended with %v", e)
		}
		checkNothingLeft(t, c)
	})
}
