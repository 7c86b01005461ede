package endpoints

import (
	"context"
	"net/http"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// kept is the longest buffer that an echo keeps for its next message: one long message must not cost its memory for
// as long as the connection is open.
const kept = 64 << 10

func newEcho(opts server.Options) http.Handler {
	opts.Subprotocols = []string{"tandem.v1", "tandem.v2"}
	return server.Handler(echo, &opts)
}

// echo sends back each message as it came, text as text and binary as binary. While the client takes nothing, nothing
// more is read from it.
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
		if buffer = payload; cap(buffer) > kept {
			buffer = nil
		}
	}
}
