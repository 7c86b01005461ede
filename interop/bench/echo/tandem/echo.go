// Package tandem echoes with this project's server, in its blocking form.
package tandem

import (
	"context"
	"net/http"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// Handler returns the echo server.
func Handler() http.Handler {
	return server.Handler(func(ctx context.Context, c *server.Conn) error {
		var b []byte
		for {
			op, payload, err := c.ReceiveAppend(ctx, b[:0])
			if err != nil {
				return err
			}
			if err := c.Send(ctx, shared.Message{Opcode: op, Payload: payload}); err != nil {
				return err
			}
			b = payload
		}
	}, nil)
}
