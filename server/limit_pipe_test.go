package server

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// The time limits to the second, over a pipe and a clock of its own, as far as the tests beside their code do not have
// them. limit_socket_test.go has each once more in real time, on a TCP socket.

// tookJust checks that something took as long as its limit, and no longer.
func tookJust(t *testing.T, what string, begun time.Time, limit time.Duration) {
	t.Helper()
	if took := time.Since(begun); took != limit {
		t.Errorf("%s took %v, the limit is %v", what, took, limit)
	}
}

// TestLimitHandshakeAccept has a client that does not read the response, which is longer than the pipe.
func TestLimitHandshakeAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, nc := pipe()
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(sampleWith())))
		if err != nil {
			t.Fatal(err)
		}
		header := http.Header{"X-Long": {strings.Repeat("x", pipeSize)}}
		begun := time.Now()
		_, err = Accept(pipeWriter{httptest.NewRecorder(), nc}, r, &Options{Header: header})
		tookJust(t, "Accept", begun, defaultHandshake)
		var e *HandshakeError
		if !errors.As(err, &e) || e.Status != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Accept: %v", err)
		}
		if b, err := io.ReadAll(client); err != nil || len(b) != pipeSize {
			t.Errorf("%d bytes came, %v", len(b), err)
		}
	})
}

// TestLimitRefusal has a client that was refused and does not close: half a second, and it is closed.
func TestLimitRefusal(t *testing.T) {
	for name, peer := range map[string]func(nc net.Conn){
		"silent": func(net.Conn) {},
		"goes on sending": func(nc net.Conn) {
			for {
				time.Sleep(10 * time.Millisecond)
				if _, err := nc.Write([]byte("x")); err != nil {
					return
				}
			}
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, nc := pipe()
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(sampleWith("Sec-WebSocket-Version: 8"))))
			if err != nil {
				t.Fatal(err)
			}
			go peer(client)
			begun := time.Now()
			_, err = Accept(pipeWriter{httptest.NewRecorder(), nc}, r, nil)
			tookJust(t, name+": Accept", begun, refusalLinger)
			var e *HandshakeError
			if !errors.As(err, &e) || e.Status != http.StatusUpgradeRequired {
				t.Errorf("%s: Accept: %v", name, err)
			}
			client.SetDeadline(time.Now()) // the one that goes on sending sees the end
			if _, err := client.Write([]byte("x")); err == nil {
				t.Errorf("%s: the connection is open", name)
			}
			time.Sleep(time.Second)
		})
	}
}

// TestLimitCloseOfAClosingHandshakeThatThePeerBegan has a server that says Close and leaves TCP open.
func TestLimitCloseOfAClosingHandshakeThatThePeerBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, true, Limits{})
		p.send("88 02 03 e8")
		begun := time.Now()
		if _, err := c.Receive(t.Context()); err != io.EOF {
			t.Errorf("received %v", err)
		}
		tookJust(t, "Receive", begun, 0)
		p.expect("88 02 03 e8")
		p.patience = forever
		p.expectEnd()
		tookJust(t, "the end of TCP", begun, defaultClose)
		checkNothingLeft(t, c)
	})
}

// TestLimitCloseOfAnAnswerThatIsNotTaken has a peer that says Close and does not read what waits before the answer.
func TestLimitCloseOfAnAnswerThatIsNotTaken(t *testing.T) {
	for _, client := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, p := newWire(t, pipeConns, client, Limits{})
			c.Send(t.Context(), shared.Binary(make([]byte, pipeSize)))
			synctest.Wait()
			p.send("88 02 03 e8")
			begun := time.Now()
			if _, err := c.Receive(t.Context()); err != io.EOF {
				t.Errorf("received %v", err)
			}
			if err := c.Close(1000, ""); err != nil { // both Close frames were exchanged, as far as it knows
				t.Errorf("Close: %v", err)
			}
			tookJust(t, "the end of TCP", begun, defaultClose)
			checkNothingLeft(t, c)
		})
	}
}
