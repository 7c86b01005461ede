package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// The time limits in real time, on a TCP socket. The limits are short and what is allowed is long, so that a machine that
// is busy makes nothing fail: that a limit is not later than it should be, limit_pipe_test.go and its like have shown.

const (
	socketLimit = 150 * time.Millisecond
	socketSlack = 8 * time.Second
)

// tookAbout checks that something took as long as its limit and, within reason, no longer.
func tookAbout(t *testing.T, what string, begun time.Time, limit time.Duration) {
	t.Helper()
	if took := time.Since(begun); took < limit-5*time.Millisecond || took > limit+socketSlack {
		t.Errorf("%s took %v, the limit is %v", what, took, limit)
	}
}

func TestLimitOnSocketHandshakeDial(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]string{"silent": "", "half a header": "HTTP/1.1 101 Swi"} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		gone := make(chan error, 1)
		go func() {
			nc, err := ln.Accept()
			if err != nil {
				gone <- err
				return
			}
			defer nc.Close()
			io.WriteString(nc, words)
			nc.SetDeadline(time.Now().Add(socketSlack))
			_, err = io.Copy(io.Discard, nc) // until the client has closed
			gone <- err
		}()
		begun := time.Now()
		_, err = Dial(t.Context(), "ws://"+ln.Addr().String(), &DialOptions{Proxy: directly, Limits: Limits{Handshake: socketLimit}})
		tookAbout(t, name+": Dial", begun, socketLimit)
		var e *HandshakeError
		if !errors.As(err, &e) || e.Status != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: Dial: %v", name, err)
		}
		if err := <-gone; errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection is open", name)
		}
	}
}

func TestLimitOnSocketHandshakeAccept(t *testing.T) {
	t.Parallel()
	header := http.Header{"X-Long": {strings.Repeat("x", 32<<20)}} // more than the kernel takes
	result := make(chan error, 1)
	var took time.Time
	s := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		took = time.Now()
		_, err := Accept(w, r, &Options{Header: header, Limits: Limits{Handshake: socketLimit}})
		result <- err
	}))
	nc := dialTCP(t, s)
	io.WriteString(nc, sampleWith())
	err := <-result // while nobody reads
	tookAbout(t, "Accept", took, socketLimit)
	var e *HandshakeError
	if !errors.As(err, &e) || e.Status != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Accept: %v", err)
	}
	if n, err := io.Copy(io.Discard, nc); errors.Is(err, os.ErrDeadlineExceeded) || n >= 32<<20 {
		t.Errorf("%d bytes came, %v", n, err)
	}
}

func TestLimitOnSocketRefusal(t *testing.T) {
	t.Parallel()
	result := make(chan time.Duration, 1)
	s := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		Accept(w, r, nil)
		result <- time.Since(begun)
	}))
	nc := dialTCP(t, s)
	io.WriteString(nc, sampleWith("Sec-WebSocket-Version: 8")) // and neither close nor half-close
	if took := <-result; took < refusalLinger || took > refusalLinger+socketSlack {
		t.Errorf("Accept took %v", took)
	}
	if answer, err := io.ReadAll(nc); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 426 ") {
		t.Errorf("answer %q, %v", answer, err)
	}
}

// TestLimitOnSocketCloseOfTCP has a server that answers Close, or begins it, and leaves TCP open.
func TestLimitOnSocketCloseOfTCP(t *testing.T) {
	t.Parallel()
	for _, begins := range []bool{false, true} {
		c, p := newWire(t, tcpConns, true, Limits{Close: socketLimit})
		if begins {
			p.send("88 02 03 e8")
			if _, err := c.Receive(t.Context()); err != io.EOF {
				t.Errorf("received %v", err)
			}
		} else {
			go func() {
				p.next()
				p.send("88 02 03 e8")
			}()
		}
		begun := time.Now()
		if err := c.Close(1000, ""); err != nil {
			t.Errorf("Close: %v", err)
		}
		tookAbout(t, "Close", begun, socketLimit-50*time.Millisecond) // the peer may have begun a little before
	}
}

// TestLimitOnSocketCloseAfterSendingFailed leaves unread what the peer said before it left.
func TestLimitOnSocketCloseAfterSendingFailed(t *testing.T) {
	t.Parallel()
	for _, client := range []bool{false, true} {
		c, p := newWire(t, tcpConns, client, Limits{Close: socketLimit})
		p.send("81 01 61 | 88 02 0f a0")
		ctx, cancel := context.WithTimeout(t.Context(), socketLimit)
		if _, err := c.Ping(ctx); err == nil { // it reads up to the message, which stays
			t.Error("a Pong came from nowhere")
		}
		cancel()
		p.Close()
		begun := time.Now() // Send fails a little later, and it is told later still
		for c.Send(t.Context(), shared.Text("into the void")) == nil {
			time.Sleep(time.Millisecond)
		}
		<-c.Context().Done()
		tookAbout(t, "the end", begun, socketLimit)
		checkEnd(t, c, shared.PartyNetwork, shared.LayerTCP, 1006)
	}
}

// TestLimitOnSocketLinger has a peer that broke a rule and keeps TCP open: it is closed after 2 s.
func TestLimitOnSocketLinger(t *testing.T) {
	t.Parallel()
	c, p := newWire(t, tcpConns, false, Limits{})
	p.send("83 00")
	begun := time.Now()
	c.Receive(t.Context())
	p.expectClose(1002)
	p.expectEnd()
	tookAbout(t, "our FIN", begun, 0)
	var v *shared.Violation
	if err := c.Close(1000, ""); !errors.As(err, &v) {
		t.Errorf("Close: %v", err)
	}
	tookAbout(t, "the end of TCP", begun, lingerTime)
}
