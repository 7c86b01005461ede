package main

import (
	"bytes"
	"context"
	"math/rand/v2"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// handed is our end where the connection was handed over to a handler: Message waits until its message is taken.
type handed struct {
	ours
	messages chan shared.Message
	left     chan struct{} // nobody takes any more
	over     chan struct{} // End was called
	last     error         // with this
}

func newHanded(c *server.Conn) *handed {
	return &handed{ours: ours{Conn: c}, messages: make(chan shared.Message),
		left: make(chan struct{}), over: make(chan struct{})}
}

// Message is called by the connection, which may end while it waits: a Ping that waits for its Pong reads what is behind
// the message, and that may be a Close frame.
func (e *handed) Message(_ *server.Conn, m shared.Message) error {
	m.Payload = bytes.Clone(m.Payload)
	select {
	case e.messages <- m:
	case <-e.left:
	}
	return nil
}

// End is called by the connection.
func (e *handed) End(_ *server.Conn, err error) {
	e.last = err
	close(e.over)
}

func (e *handed) receive(ctx context.Context, _ *rand.Rand) (shared.Message, error) {
	select {
	case m := <-e.messages:
		return m, nil
	case <-e.over:
		return shared.Message{}, e.last
	case <-ctx.Done():
		return shared.Message{}, ctx.Err()
	}
}

func (e *handed) gone() {
	close(e.left)
	e.ours.gone()
}
