package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// faultStream has messages whole and in fragments, empty ones, control frames between, lengths of 7 and 16 bits, and a
// Close frame.
var faultStream = "81 05 48 65 6c 6c 6f | 01 03 48 65 6c | 89 01 70 | 80 02 6c 6f | 82 00 | 01 01 c3 | 00 00 | 80 01 a9 |" +
	frame(0x82, strings.Repeat("\x00\xff", 65)) + "| 8a 00 | 88 06 03 e8 64 6f 6e 65"

// eachFault runs a test in both roles with a fault at each byte of the stream.
func eachFault(t *testing.T, test func(t *testing.T, client bool, stream []byte, at int)) {
	for _, client := range []bool{false, true} {
		stream := frames(faultStream, !client)
		for at := range len(stream) + 1 {
			t.Run(fmt.Sprintf("client=%v/%d", client, at), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { test(t, client, stream, at) })
			})
		}
	}
}

func sameMessages(a, b []shared.Message) bool {
	return slices.EqualFunc(a, b, func(a, b shared.Message) bool { return a.Opcode == b.Opcode && bytes.Equal(a.Payload, b.Payload) })
}

// TestFaultLateBytes has the network stand still at each byte, for less than the heartbeat takes for death.
func TestFaultLateBytes(t *testing.T) {
	eachFault(t, func(t *testing.T, client bool, stream []byte, at int) {
		c, p := faulty(t, client, nil, nil, 0, Limits{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.sendBytes(stream[:at])
			time.Sleep(defaultHeartbeat * 3 / 2)
			p.Write(stream[at:])
			io.Copy(io.Discard, p)
			p.Close()
		}()
		want := hear(stream, !client, defaultMessage)
		if got, err := receiveAll(t, c); err != io.EOF || !sameMessages(got, want.messages) {
			t.Errorf("received %v, %v", got, err)
		}
		<-done
		checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, 1000)
		checkNothingLeft(t, c)
	})
}

// TestFaultTrickle has one byte come each second, through Reads of one byte.
func TestFaultTrickle(t *testing.T) {
	for _, client := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, p := faulty(t, client, nil, nil, 1, Limits{})
			stream := frames(faultStream, !client)
			done := make(chan struct{})
			go func() {
				defer close(done)
				for i := range stream {
					p.sendBytes(stream[i : i+1])
					time.Sleep(time.Second)
				}
				io.Copy(io.Discard, p)
				p.Close()
			}()
			got, err := receiveAll(t, c)
			if want := hear(stream, !client, defaultMessage); err != io.EOF || !sameMessages(got, want.messages) {
				t.Errorf("received %v, %v", got, err)
			}
			<-done
			checkNothingLeft(t, c)
		})
	}
}

// TestFaultReadFails has reading fail at each byte: what came before is received, and the end tells what failed.
func TestFaultReadFails(t *testing.T) {
	broken := errors.New("the network is broken")
	for _, x := range []struct {
		name string
		err  error
		by   shared.Party
	}{
		{"FIN", io.EOF, shared.PartyPeer},
		{"wrapped", fmt.Errorf("session: %w", io.EOF), shared.PartyPeer}, // a net.Conn may have its own way to say so
		{"RST", syscall.ECONNRESET, shared.PartyPeer},
		{"broken", broken, shared.PartyNetwork},
	} {
		t.Run(x.name, func(t *testing.T) {
			eachFault(t, func(t *testing.T, client bool, stream []byte, at int) {
				c, p := faulty(t, client, &fault{after: at, err: x.err}, nil, 0, Limits{})
				p.sendBytes(stream) // what is behind the fault never arrives
				got, err := receiveAll(t, c)
				want := hear(stream[:at], !client, defaultMessage)
				if !sameMessages(got, want.messages) {
					t.Errorf("received %v", got)
				}
				if want.how == "Close" {
					p.Close()
					synctest.Wait()
					checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, 1000)
					return
				}
				e := checkEnd(t, c, x.by, shared.LayerTCP, 1006)
				cause := x.err
				if errors.Is(cause, io.EOF) {
					cause = io.ErrUnexpectedEOF // what is normal ends with a Close frame
				}
				if !errors.Is(err, cause) || errors.Is(err, io.EOF) {
					t.Errorf("received %v", err)
				}
				if want.begun != nil && !errors.Is(e, io.ErrUnexpectedEOF) {
					t.Errorf("%v, in the middle of %v", e, want.begun)
				}
				p.expectPrefix(hear(p.rest(), client, defaultMessage), want)
				checkNothingLeft(t, c)
			})
		})
	}
}

// rest reads what the Conn has sent, up to its end.
func (p *wirePeer) rest() []byte {
	b, _ := io.ReadAll(p)
	return b
}

// expectPrefix checks that a Conn whose connection broke said nothing but Pongs, and none that it was not asked for.
func (p *wirePeer) expectPrefix(said, heard hearing) {
	p.t.Helper()
	if said.how != "EOF" || len(said.messages) > 0 || said.begun != nil || len(said.pongs) > len(heard.pings) {
		p.t.Errorf("it sent %v", said)
	}
}

// TestFaultSilence has the peer vanish at each byte, without a FIN: the heartbeat finds that out.
func TestFaultSilence(t *testing.T) {
	eachFault(t, func(t *testing.T, client bool, stream []byte, at int) {
		c, p := faulty(t, client, nil, nil, 0, Limits{})
		begun := time.Now()
		p.sendBytes(stream[:at])
		got, err := receiveAll(t, c)
		want := hear(stream[:at], !client, defaultMessage)
		if !sameMessages(got, want.messages) {
			t.Errorf("received %v", got)
		}
		if want.how == "Close" { // the client waits for the server's FIN
			time.Sleep(defaultClose)
			synctest.Wait()
			checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, 1000)
		} else {
			if took := time.Since(begun); took > 3*defaultHeartbeat || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%v after %v", err, took)
			}
			checkEnd(t, c, shared.PartyLocal, shared.LayerTimeLimit, 1006)
		}
		checkNothingLeft(t, c)
	})
}
