package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// closeWrite ends the peer's half of the stream.
func (p *wirePeer) closeWrite() {
	p.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// answersClose reads until a Close frame comes, and answers it.
func (p *wirePeer) answersClose() {
	for {
		b, err := p.next()
		if err != nil {
			return
		}
		if b[0] == 0x88 {
			p.sendBytes(frames(frame(0x88, string(b[2:])), p.client))
			if !p.client { // a client waits for that
				p.Close()
			}
			return
		}
	}
}

// TestHandleEnd brings the end about in each way that doc.go lists. Before it the handler gets one message, "a".
func TestHandleEnd(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	long := make([]byte, 32<<20) // no network takes it
	for _, x := range []struct {
		name    string
		limits  Limits
		end     func(c *Conn, p *wirePeer)            // from outside
		message func(c *Conn, m shared.Message) error // from within Message
		peer    func(p *wirePeer)                     // what the peer does and sees then
		by      shared.Party
		layer   shared.Layer
		code    shared.StatusCode
		match   error // what End is called with, or what that matches
	}{
		{name: "peer 1000", end: func(c *Conn, p *wirePeer) { p.send("88 02 03 e8 | 81 01 62") }, peer: func(p *wirePeer) { p.expect("88 02 03 e8") },
			by: shared.PartyPeer, layer: shared.LayerClosingHandshake, code: 1000, match: io.EOF},
		{name: "peer no code", end: func(c *Conn, p *wirePeer) { p.send("88 00") }, peer: func(p *wirePeer) { p.expect("88 00") },
			by: shared.PartyPeer, layer: shared.LayerClosingHandshake, code: 1005, match: io.EOF},
		{name: "peer 4000", end: func(c *Conn, p *wirePeer) { p.send("88 03 0f a0 79") }, peer: func(p *wirePeer) { p.expect("88 02 0f a0") },
			by: shared.PartyPeer, layer: shared.LayerClosingHandshake, code: 4000, match: &shared.CloseError{Code: 4000, Reason: "y"}},
		{name: "in a message", end: func(c *Conn, p *wirePeer) { p.send("01 01 62 | 88 02 03 e8") }, peer: func(p *wirePeer) { p.expect("88 02 03 e8") },
			by: shared.PartyPeer, layer: shared.LayerClosingHandshake, code: 1000, match: io.ErrUnexpectedEOF},
		{name: "Close from outside", end: func(c *Conn, p *wirePeer) { go p.answersClose(); c.Close(4001, "") },
			by: shared.PartyLocal, layer: shared.LayerClosingHandshake, code: 4001, match: &shared.CloseError{Code: 4001}},
		{name: "Close from Message", message: func(c *Conn, m shared.Message) error { return c.Close(1001, "") }, peer: (*wirePeer).answersClose,
			by: shared.PartyLocal, layer: shared.LayerClosingHandshake, code: 1001, match: io.EOF},
		{name: "Close without an answer", limits: Limits{Close: 50 * time.Millisecond}, message: func(c *Conn, m shared.Message) error { return boom },
			by: shared.PartyLocal, layer: shared.LayerTimeLimit, code: 1006, match: os.ErrDeadlineExceeded},
		{name: "CloseNow from outside", end: func(c *Conn, p *wirePeer) { c.CloseNow() },
			by: shared.PartyLocal, layer: shared.LayerLocal, code: 1006},
		{name: "CloseNow from Message", message: func(c *Conn, m shared.Message) error { return c.CloseNow() },
			by: shared.PartyLocal, layer: shared.LayerLocal, code: 1006},
		{name: "violation", end: func(c *Conn, p *wirePeer) { p.send("83 00 | 81 01 62") }, peer: func(p *wirePeer) { p.expectClose(1002) },
			by: shared.PartyLocal, layer: shared.LayerViolation, code: 1002, match: &shared.Violation{}},
		{name: "not UTF-8", end: func(c *Conn, p *wirePeer) { p.send("81 01 ff | 81 01 62") }, peer: func(p *wirePeer) { p.expectClose(1007) },
			by: shared.PartyLocal, layer: shared.LayerViolation, code: 1007, match: &shared.Violation{}},
		{name: "too long", limits: Limits{Message: 10}, end: func(c *Conn, p *wirePeer) { p.send("82 0b") }, peer: func(p *wirePeer) { p.expectClose(1009) },
			by: shared.PartyLocal, layer: shared.LayerViolation, code: 1009, match: &shared.Violation{}},
		{name: "FIN", end: func(c *Conn, p *wirePeer) { p.closeWrite() },
			by: shared.PartyPeer, code: 1006, match: io.ErrUnexpectedEOF},
		{name: "FIN in a message", end: func(c *Conn, p *wirePeer) { p.sendBytes([]byte{0x81}); p.closeWrite() },
			by: shared.PartyPeer, code: 1006, match: io.ErrUnexpectedEOF},
		{name: "heartbeat", limits: Limits{Heartbeat: 30 * time.Millisecond}, end: func(*Conn, *wirePeer) {},
			by: shared.PartyLocal, layer: shared.LayerTimeLimit, code: 1006, match: os.ErrDeadlineExceeded},
		{name: "write", limits: Limits{Heartbeat: -1, Write: 50 * time.Millisecond}, end: func(c *Conn, p *wirePeer) {
			for c.Send(context.Background(), shared.Binary(make([]byte, 1<<20))) == nil {
			}
		}, by: shared.PartyLocal, layer: shared.LayerTimeLimit, code: 1006, match: os.ErrDeadlineExceeded},
		{name: "a message cut", limits: Limits{Heartbeat: -1}, end: func(c *Conn, p *wirePeer) {
			for c.End() == nil {
				ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
				c.Send(ctx, shared.Binary(long))
				cancel()
			}
		}, by: shared.PartyLocal, layer: shared.LayerContext, code: 1006, match: context.DeadlineExceeded},
	} {
		t.Run(x.name, func(t *testing.T) {
			eachHanded(t, x.limits, func(t *testing.T, c *Conn, p *wirePeer) {
				a := attend(t, c, x.message)
				p.send("81 01 61")
				a.expect(shared.OpcodeText, "a")
				if x.end != nil {
					x.end(c, p)
				}
				if x.peer != nil {
					x.peer(p)
				}
				err := a.end()
				p.Close() // it need not wait any more
				a.checkEnd(err, x.by, x.layer, x.code, x.match)
			})
		})
	}
}

// checkEnd checks what End was called with against what the Conn tells. A layer of 0 stands for that of the transport.
func (a *attendant) checkEnd(err error, by shared.Party, layer shared.Layer, code shared.StatusCode, match error) {
	a.t.Helper()
	c := a.c
	e := c.End()
	if e == nil {
		a.t.Fatalf("End was called with %v, and the connection has not ended", err)
	}
	if layer == 0 {
		layer = c.t.layer()
	}
	if e.By != by || e.Layer != layer || e.Code != code {
		a.t.Errorf("ended by %v in %v with %v (%v), want %v, %v, %v", e.By, e.Layer, e.Code, e, by, layer, code)
	}
	if (err == io.EOF) != (match == io.EOF) {
		a.t.Errorf("End was called with %v", err)
	}
	if err != io.EOF {
		checkClosed(a.t, err)
		if told := new(shared.EndError); !errors.As(err, &told) || told != e {
			a.t.Errorf("End was called with %v, and the connection ended with %v", err, e)
		}
	}
	switch match := match.(type) {
	case *shared.CloseError:
		if told := new(shared.CloseError); !errors.As(err, &told) || *told != *match {
			a.t.Errorf("%v does not match %v", err, match)
		}
	case *shared.Violation:
		if !errors.As(err, &match) {
			a.t.Errorf("%v is no violation", err)
		}
	default:
		if match != nil && !errors.Is(err, match) {
			a.t.Errorf("%v does not match %v", err, match)
		}
	}
	checkClosed(a.t, c.Send(context.Background(), shared.Text("late")))
	if told := new(shared.EndError); !errors.As(context.Cause(c.Context()), &told) || told != e {
		a.t.Errorf("Context was cancelled because of %v", context.Cause(c.Context()))
	}
}

// TestHandleEndsWithTheCodeOfTheError is the table of Handler.
func TestHandleEndsWithTheCodeOfTheError(t *testing.T) {
	for _, x := range []struct {
		err  error
		back string
	}{
		{io.EOF, "88 02 03 e8"},
		{&shared.CloseError{Code: 4000, Reason: "bye"}, "88 05 0f a0 62 79 65"},
		{fmt.Errorf("wrapped: %w", &shared.CloseError{Code: 1008}), "88 02 03 f0"},
		{&shared.CloseError{Code: 1006}, "88 02 03 f3"}, // must not be sent
		{context.Canceled, "88 02 03 e9"},
		{fmt.Errorf("wrapped: %w", context.DeadlineExceeded), "88 02 03 e9"},
		{errors.New("the text is not sent"), "88 02 03 f3"},
	} {
		t.Run(x.err.Error(), func(t *testing.T) {
			eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
				a := attend(t, c, func(*Conn, shared.Message) error { return x.err })
				p.send("81 01 61 | 81 01 62")
				p.expect(x.back)
				p.send(x.back)
				p.Close()
				a.expect(shared.OpcodeText, "a")
				a.end()
			})
		})
	}
}

// capture has the log written into the buffer that it returns, until the test ends.
func capture(t *testing.T) func() string {
	var mu sync.Mutex
	var b bytes.Buffer
	log.SetOutput(writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return b.Write(p)
	}))
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return b.String()
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestHandleSurvivesPanics has a handler leave Message in ways that take its goroutine along. Others go on.
func TestHandleSurvivesPanics(t *testing.T) {
	for _, x := range []struct {
		name   string
		leave  func()
		logged string
	}{
		{"panic", func() { panic("oh dear") }, "oh dear"},
		{"an error", func() { panic(io.ErrNoProgress) }, io.ErrNoProgress.Error()},
		{"ErrAbortHandler", func() { panic(http.ErrAbortHandler) }, ""},
		{"Goexit", runtime.Goexit, ""}, // as a test's FailNow does it
	} {
		t.Run(x.name, func(t *testing.T) {
			logged := capture(t)
			t.Run("each", func(t *testing.T) {
				eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
					other, q := newWire(t, tcpConns, false, Limits{})
					attend(t, other, echoMessage)
					a := attend(t, c, func(*Conn, shared.Message) error { x.leave(); return nil })
					p.send("81 01 61 | 81 01 62")
					p.expect("88 02 03 f3")
					p.send("88 02 03 f3")
					p.Close()
					a.expect(shared.OpcodeText, "a")
					a.busy.Store(false)
					a.end()
					q.send("81 01 61")
					q.expect("81 01 61")
				})
			})
			if got := logged(); !strings.Contains(got, x.logged) || (got == "") != (x.logged == "") || x.logged != "" && !strings.Contains(got, "handle_end_test.go") {
				t.Errorf("logged: %s", got)
			}
		})
	}
}

// endPanics is a MessageHandler whose End fails.
type endPanics struct{ called chan struct{} }

func (h endPanics) Message(*Conn, shared.Message) error { return io.EOF }
func (h endPanics) End(*Conn, error)                    { h.called <- struct{}{}; panic("at the end") }

func TestHandleSurvivesAPanicInEnd(t *testing.T) {
	logged := capture(t)
	t.Run("each", func(t *testing.T) {
		eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			var g Registry
			c.place = &place{registry: &g, conn: c}
			g.places++
			h := endPanics{make(chan struct{}, 2)}
			if err := c.Handle(h); err != nil {
				t.Fatal(err)
			}
			p.send("81 01 61")
			p.answersClose()
			p.Close()
			if _, err := g.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if len(h.called) != 1 {
				t.Errorf("End was called %d times", len(h.called))
			}
		})
	})
	if n := strings.Count(logged(), "at the end"); n != 2*len(handedTransports) {
		t.Errorf("%d panics were logged", n)
	}
}

// slowEnd is an attendant whose End takes its time.
type slowEnd struct {
	*attendant
	inside, release chan struct{}
}

func (h slowEnd) End(c *Conn, err error) {
	close(h.inside)
	<-h.release
	h.attendant.End(c, err)
}

// TestHandleShutdownWaits shuts a registry down while Message runs, and then while End does.
func TestHandleShutdownWaits(t *testing.T) {
	var g Registry
	release, inside := make(chan struct{}), make(chan struct{})
	handed := make(chan slowEnd, 1)
	server := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r, &Options{Registry: &g})
		if err != nil {
			t.Error(err)
			return
		}
		h := slowEnd{newAttendant(t, c, func(*Conn, shared.Message) error {
			close(inside)
			<-release
			return nil
		}), make(chan struct{}), make(chan struct{})}
		if err := c.Handle(h); err != nil {
			t.Error(err)
		}
		handed <- h
	}))
	client, err := Dial(t.Context(), strings.Replace(server.URL, "http", "ws", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	go client.Send(t.Context(), shared.Text("a"))
	<-inside
	a := <-handed
	go client.Receive(t.Context())
	waits := func(what string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := g.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown did not wait for %s: %v", what, err)
		}
	}
	waits("Message")
	select {
	case <-a.inside:
		t.Error("End was called while Message ran")
	default:
	}
	close(release)
	<-a.inside
	waits("End")
	close(a.release)
	if _, err := g.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if !a.over.Load() {
		t.Error("Shutdown came back, and End had not")
	}
	a.expect(shared.OpcodeText, "a")
	a.checkEnd(a.end(), shared.PartyLocal, shared.LayerClosingHandshake, 1001, io.EOF)
}

// TestEachMessageShutdown shuts down a server of idle connections, and one that refuses.
func TestEachMessageShutdown(t *testing.T) {
	var g Registry
	ended := make(chan error, 100)
	server := startServer(t, EachMessage(endsWith(ended), &Options{Registry: &g}))
	url := strings.Replace(server.URL, "http", "ws", 1)
	for range 20 {
		client, err := Dial(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		client.Send(t.Context(), shared.Text("a"))
		if m, err := client.Receive(t.Context()); err != nil || m.String() != "a" {
			t.Fatal(m, err)
		}
		go client.Receive(context.Background())
	}
	report, err := g.Shutdown(t.Context())
	if err != nil || report.Clean != 20 || report.Forced != 0 || len(ended) != 20 {
		t.Errorf("%+v, %v, %d Ends", report, err, len(ended))
	}
	for range 20 {
		if err := <-ended; err != io.EOF {
			t.Error(err)
		}
	}
	if _, err := Dial(t.Context(), url, nil); err == nil {
		t.Error("a connection after Shutdown")
	}
	if len(ended) > 0 {
		t.Error("the handler was called for a connection that was refused")
	}
}

// endsWith echoes, and tells what End is called with.
type endsWith chan error

func (h endsWith) Message(c *Conn, m shared.Message) error { return echoMessage(c, m) }
func (h endsWith) End(_ *Conn, err error)                  { h <- err }

// TestHandleReset has the peer reset TCP, with nothing and with part of a message on the way.
func TestHandleReset(t *testing.T) {
	for _, before := range []string{"", "01 01 61"} {
		for range 20 {
			c, p := newWire(t, tcpConns, false, Limits{})
			a := attend(t, c, nil)
			if before != "" {
				p.send(before)
			}
			p.Conn.(*net.TCPConn).SetLinger(0)
			p.Close()
			err := a.end()
			if e := c.End(); e.By != shared.PartyPeer || e.Layer != shared.LayerTCP || e.Code != 1006 {
				t.Errorf("%q: %v, %v", before, err, e)
			}
		}
	}
}
