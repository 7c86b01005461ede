//go:build !js

// Package clienttest is the other end of package client's behaviour suite: a
// server whose every path is one scenario, some of them misbehaved. It also
// serves the runs of the suite in other hosts.
package clienttest

import (
	"context"
	"encoding/binary"
	"net/http"
	"strconv"
	"sync"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// Handler serves the scenarios, to pages of any origin:
//
//	/echo          sends back what it receives; chooses tandem.v1 or tandem.v2.
//	               With ?id= it is remembered how the connection ended
//	/ended?id=     waits for that end and sends it as text: "4008 reason"
//	/close         closes with ?code= and ?reason=, having sent ?first= if given
//	/push          sends ?n= binary messages of ?size= bytes, numbered in their
//	               first 8 bytes (big endian) where these fit, then closes with
//	               1000; ?pause= milliseconds between them
//	/drop          sends "first" and cuts TCP; with ?inside=1 inside a message, with ?asked=1 after the client's first
//	/violate       sends a frame with a reserved opcode, with ?asked=1 after the client's first
//	/stall         never reads
//	/never-close   reads, but does not answer Close
//	/slow-accept   answers the opening handshake after 5 seconds
//	/refuse        answers it with 403
func Handler() http.Handler {
	ends := &ends{byID: make(map[string]chan *shared.EndError)}
	mux := http.NewServeMux()
	handle := func(path string, fn func(ctx context.Context, c *server.Conn) error) {
		mux.Handle(path, server.Handler(fn, &server.Options{
			Limits:       server.Limits{Message: 64 << 20},
			Subprotocols: []string{"tandem.v1", "tandem.v2"},
			Origins:      []string{"*"},
		}))
	}
	handle("/echo", ends.echo)
	handle("/ended", ends.ended)
	handle("/close", closeIt)
	handle("/push", push)
	mux.HandleFunc("/drop", drop)
	mux.HandleFunc("/violate", violate)
	mux.HandleFunc("/stall", stall)
	mux.HandleFunc("/never-close", neverClose)
	mux.HandleFunc("/slow-accept", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(5 * time.Second):
		case <-r.Context().Done():
		}
		http.Error(w, "too late", http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/refuse", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusForbidden)
	})
	return mux
}

// ends remembers how the connections with an id ended.
type ends struct {
	mu   sync.Mutex
	byID map[string]chan *shared.EndError
}

func (e *ends) of(c *server.Conn) chan *shared.EndError {
	id := c.Request().FormValue("id")
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byID[id] == nil {
		e.byID[id] = make(chan *shared.EndError, 1)
	}
	return e.byID[id]
}

func (e *ends) echo(ctx context.Context, c *server.Conn) error {
	if c.Request().FormValue("id") != "" {
		defer func() { e.of(c) <- c.End() }()
	}
	for {
		m, err := c.Receive(context.Background())
		if err != nil {
			return nil // the connection has ended
		}
		if err := c.Send(context.Background(), m); err != nil {
			<-c.Context().Done()
			return nil
		}
	}
}

func (e *ends) ended(ctx context.Context, c *server.Conn) error {
	select {
	case end := <-e.of(c):
		return c.Send(ctx, shared.Text(strconv.Itoa(int(end.Code))+" "+end.Reason))
	case <-time.After(5 * time.Second):
		return &shared.CloseError{Code: shared.StatusTryAgainLater, Reason: "that connection has not ended"}
	}
}

func closeIt(ctx context.Context, c *server.Conn) error {
	if first := c.Request().FormValue("first"); first != "" {
		if err := c.Send(ctx, shared.Text(first)); err != nil {
			return err
		}
	}
	code, _ := strconv.Atoi(c.Request().FormValue("code"))
	return c.Close(shared.StatusCode(code), c.Request().FormValue("reason"))
}

func push(ctx context.Context, c *server.Conn) error {
	n, _ := strconv.Atoi(c.Request().FormValue("n"))
	size, _ := strconv.Atoi(c.Request().FormValue("size"))
	pause, _ := strconv.Atoi(c.Request().FormValue("pause"))
	payload := make([]byte, size)
	for i := range n {
		if size >= 8 {
			binary.BigEndian.PutUint64(payload, uint64(i))
		}
		if err := c.Send(context.Background(), shared.Binary(payload)); err != nil {
			return nil
		}
		time.Sleep(time.Duration(pause) * time.Millisecond)
	}
	return c.Close(shared.StatusNormalClosure, "")
}
