package endpoints

import (
	"context"
	"net/http"

	"example.com/tandem/server"
)

func newEcho(opts server.Options) http.Handler {
	opts.Subprotocols = []string{"tandem.v1", "tandem.v2"}
	return server.Handler(echo, &opts)
}

// echo sends back each message as it came, text as text and binary as binary. While the client takes nothing, nothing
// more is read from it.
func echo(ctx context.Context, c *server.Conn) error {
	for {
		m, err := c.Next(ctx)
		if err != nil {
			return err
		}
		if err := c.Send(ctx, m); err != nil {
			return err
		}
	}
}
