package reference

import (
	"context"
	"errors"
	"fmt"
	"io"

	"nhooyr.io/websocket"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// An end is one end of a connection as the tests use it: ours or the reference's.
type end interface {
	Send(ctx context.Context, m shared.Message) error
	Receive(ctx context.Context) (shared.Message, error)
	NextReader(ctx context.Context) (shared.Opcode, io.Reader, error)
	NextWriter(ctx context.Context, op shared.Opcode) (io.WriteCloser, error)
	Ping(ctx context.Context) error
	Close(code shared.StatusCode, reason string) error
	CloseNow() error
	Subprotocol() string
}

type ours struct {
	*server.Conn
	serves bool
}

func (e ours) Ping(ctx context.Context) error {
	trip, err := e.Conn.Ping(ctx)
	if err == nil && trip <= 0 {
		return fmt.Errorf("a Ping that took %v", trip)
	}
	return err
}

type reference struct{ *websocket.Conn }

func (e reference) Send(ctx context.Context, m shared.Message) error {
	return e.Write(ctx, websocket.MessageType(m.Opcode), m.Payload)
}

func (e reference) Receive(ctx context.Context) (shared.Message, error) {
	typ, payload, err := e.Read(ctx)
	return shared.Message{Opcode: shared.Opcode(typ), Payload: payload}, err
}

func (e reference) NextReader(ctx context.Context) (shared.Opcode, io.Reader, error) {
	typ, r, err := e.Reader(ctx)
	return shared.Opcode(typ), r, err
}

func (e reference) NextWriter(ctx context.Context, op shared.Opcode) (io.WriteCloser, error) {
	return e.Writer(ctx, websocket.MessageType(op))
}

func (e reference) Close(code shared.StatusCode, reason string) error {
	return e.Conn.Close(websocket.StatusCode(code), reason)
}

// told is the status code and reason that the end of a connection was explained with to the one that waited in
// Receive and got err: 1006 stands for no closing handshake at all.
func told(e end, err error) shared.CloseError {
	switch e := e.(type) {
	case ours:
		if end := e.End(); end != nil && end.Layer == shared.LayerClosingHandshake {
			return shared.CloseError{Code: end.Code, Reason: end.Reason}
		}
	case reference:
		if c := (websocket.CloseError{}); errors.As(err, &c) {
			return shared.CloseError{Code: shared.StatusCode(c.Code), Reason: c.Reason}
		}
	}
	return shared.CloseError{Code: shared.StatusAbnormalClosure}
}
