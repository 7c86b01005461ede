//go:build !js

package client

import (
	"context"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// A Conn is a connection; see the package's documentation for what it promises.
type Conn struct {
	conn *server.Conn
}

// Open connects to a ws or wss address with server.Dial and its defaults. The
// context governs the opening handshake alone; when it expires nothing is left
// behind. Errors are those of server.Dial. opts may be nil. RFC 6455 §4.1.
func Open(ctx context.Context, url string, opts *Options) (*Conn, error) {
	o, err := opts.resolve()
	if err != nil {
		return nil, err
	}
	conn, err := server.Dial(ctx, url, &server.DialOptions{
		Limits:       server.Limits{Message: o.Message, Outgoing: o.Outgoing, Close: o.Close},
		Subprotocols: o.Subprotocols,
	})
	if err != nil {
		return nil, err
	}
	return &Conn{conn}, nil
}

// Send sends a message, as server.Conn's Send does. Any number of goroutines may
// send.
func (c *Conn) Send(ctx context.Context, m shared.Message) error { return c.conn.Send(ctx, m) }

// Receive waits for a message. After the messages that came before the end it
// gives io.EOF or the [*shared.EndError]. One goroutine at a time may receive.
func (c *Conn) Receive(ctx context.Context) (shared.Message, error) { return c.conn.Receive(ctx) }

// ReceiveAppend is Receive with the payload appended to b, as append does. On an
// error b comes back as it was.
func (c *Conn) ReceiveAppend(ctx context.Context, b []byte) (shared.Opcode, []byte, error) {
	return c.conn.ReceiveAppend(ctx, b)
}

// Close ends the connection by the closing handshake, as server.Conn's Close
// does. RFC 6455 §7.1.2.
func (c *Conn) Close(code shared.StatusCode, reason string) error { return c.conn.Close(code, reason) }

// CloseNow closes the network connection without a closing handshake. It always
// returns nil.
func (c *Conn) CloseNow() error { return c.conn.CloseNow() }

// Subprotocol gives the subprotocol that the server chose, "" for none.
func (c *Conn) Subprotocol() string { return c.conn.Subprotocol() }

// Context gives a context that is cancelled when the connection has ended, with
// an error that holds the [*shared.EndError] as its cause.
func (c *Conn) Context() context.Context { return c.conn.Context() }

// End says how the connection ended. It is nil as long as it has not.
func (c *Conn) End() *shared.EndError { return c.conn.End() }
