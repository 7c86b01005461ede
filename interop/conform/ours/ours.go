// Package ours has this project's server and client as echoes, for the suite to test.
package ours

import (
	"context"
	"net/http/httptest"
	"strings"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// Server starts a server on 127.0.0.1 that echoes, and returns its address; stop ends it. It speaks permessage-deflate
// by that policy, or not at all if it is nil.
func Server(compression *server.Compression) (address string, stop func()) {
	s := httptest.NewServer(server.Handler(echo, &server.Options{Compression: compression}))
	return strings.Replace(s.URL, "http", "ws", 1), s.Close
}

// Client returns a client that opens a connection to the address and echoes until it ends. It offers
// permessage-deflate by that policy, or not at all if it is nil.
func Client(compression *server.Compression) func(ctx context.Context, address string) error {
	return func(ctx context.Context, address string) error {
		c, err := server.Dial(ctx, address, &server.DialOptions{Compression: compression})
		if err != nil {
			return err
		}
		defer c.Close(shared.StatusNormalClosure, "") // waits until the end is done with; CloseNow would cut it short
		return echo(ctx, c)
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
