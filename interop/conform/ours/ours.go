// Package ours has this project's server and client as echoes, in both forms, and has the suite test them.
package ours

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"example.com/tandem/interop/conform"
	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// A policy is one that the ends are tested with, and how the IDs of the cases that it is for begin.
type policy struct {
	name        string
	compression *server.Compression
	cases       []string
}

// policies: with the widest window nearly everything can be agreed on; with the default one, what is about a narrower.
var policies = []policy{
	{"the widest window", &server.Compression{WindowBits: 15, Threshold: 1}, []string{""}},
	{"the default policy", &server.Compression{}, []string{
		"deflate.offer", "deflate.answer", "deflate.badoffer", "deflate.badanswer", "deflate.distance", "deflate.vector", "deflate.params.bits",
	}},
}

// A Form is a way to use a connection.
type Form struct {
	Name   string // of the peer in a report
	accept func(*server.Options) http.Handler
	echo   func(context.Context, *server.Conn) error
}

// The forms.
var (
	Blocking = Form{"tandem", func(o *server.Options) http.Handler { return server.Handler(echo, o) }, echo}
	Handed   = Form{"tandem-handed", func(o *server.Options) http.Handler { return server.EachMessage(echoes{}, o) }, handOver}
)

// TestServer runs the suite's cases against our server, in this process. A case that is run with several policies passes
// if none of them fails it and one of them passes it.
func (f Form) TestServer(ctx context.Context, suite *conform.Suite) (*conform.Report, error) {
	return f.each(suite, func(s *conform.Suite, c *server.Compression) (*conform.Report, error) {
		address, stop := f.Server(c)
		defer stop()
		return s.TestServer(ctx, address)
	})
}

// TestClient is TestServer for our client.
func (f Form) TestClient(ctx context.Context, suite *conform.Suite) (*conform.Report, error) {
	return f.each(suite, func(s *conform.Suite, c *server.Compression) (*conform.Report, error) {
		return s.TestClient(ctx, f.Name, f.Client(c))
	})
}

// each tests with each policy, and puts the results together.
func (f Form) each(suite *conform.Suite, test func(*conform.Suite, *server.Compression) (*conform.Report, error)) (*conform.Report, error) {
	var whole *conform.Report
	for _, p := range policies {
		report, err := test(suite.Only(p.has), p.compression)
		if err != nil {
			return nil, err
		}
		report.Peer = f.Name
		if whole == nil {
			whole = report
			continue
		}
		for _, r := range report.Results {
			i := slices.IndexFunc(whole.Results, func(before conform.Result) bool { return before.ID == r.ID })
			if worth(r.Verdict) > worth(whole.Results[i].Verdict) {
				if r.Problem != "" {
					r.Problem = "with " + p.name + ": " + r.Problem
				}
				whole.Results[i] = r
			}
		}
	}
	return whole, nil
}

// worth orders verdicts by how much they say: that a policy does not have what a case is about says nothing.
func worth(v conform.Verdict) int {
	return slices.Index([]conform.Verdict{conform.Unimplemented, conform.Pass, conform.Tolerated, conform.Fail}, v)
}

func (p policy) has(c *conform.Case) bool {
	return slices.ContainsFunc(p.cases, func(words string) bool { return strings.HasPrefix(c.ID, words) })
}

// Server starts a server on 127.0.0.1 that echoes, and returns its address; stop ends it. It speaks permessage-deflate
// by that policy, or not at all if it is nil.
func (f Form) Server(compression *server.Compression) (address string, stop func()) {
	s := httptest.NewServer(f.accept(&server.Options{Compression: compression}))
	return strings.Replace(s.URL, "http", "ws", 1), s.Close
}

// Client returns a client that opens a connection to the address and echoes until it ends. It offers
// permessage-deflate by that policy, or not at all if it is nil.
func (f Form) Client(compression *server.Compression) func(ctx context.Context, address string) error {
	return func(ctx context.Context, address string) error {
		c, err := server.Dial(ctx, address, &server.DialOptions{Compression: compression})
		if err != nil {
			return err
		}
		defer c.Close(shared.StatusNormalClosure, "") // waits until the end is done with; CloseNow would cut it short
		return f.echo(ctx, c)
	}
}

func echo(ctx context.Context, c *server.Conn) error {
	var buffer []byte
	for {
		opcode, payload, err := c.ReceiveAppend(ctx, buffer[:0])
		if err != nil {
			return err
		}
		if err := c.Send(ctx, shared.Message{Opcode: opcode, Payload: payload}); err != nil {
			return err
		}
		buffer = payload
	}
}

// echoes is echo as a MessageHandler. It tells done, if there is one, when it is over.
type echoes struct{ done chan<- error }

func (echoes) Message(c *server.Conn, m shared.Message) error { return c.Send(context.Background(), m) }

func (e echoes) End(_ *server.Conn, err error) {
	if e.done != nil {
		e.done <- err
	}
}

func handOver(ctx context.Context, c *server.Conn) error {
	done := make(chan error, 1)
	if err := c.Handle(echoes{done}); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
