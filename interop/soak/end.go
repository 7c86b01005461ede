package main

import (
	"context"
	"io"
	"math/rand/v2"
	"time"

	"nhooyr.io/websocket"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// An end is one end of a connection, ours or the reference's.
type end interface {
	// receive waits for a message, in a way that r chooses. It gives up only with ctx.
	receive(ctx context.Context, r *rand.Rand) (shared.Message, error)
	send(ctx context.Context, m shared.Message) error
	nextWriter(ctx context.Context, op shared.Opcode) (io.WriteCloser, error)
	ping(ctx context.Context) error
	close(code shared.StatusCode) error
	closeNow()
	gone() // waits for the rest of the end: the other side may still be told
}

type ours struct {
	*server.Conn
	whole bool   // no reader is to be interrupted in the middle of a message, which would be lost
	buf   []byte // for ReceiveAppend
}

func (e *ours) receive(ctx context.Context, r *rand.Rand) (shared.Message, error) {
	for r.IntN(4) == 0 { // some calls give up before anything has come, or in the middle of it
		short, cancel := context.WithTimeout(ctx, time.Duration(r.IntN(3_000_000)))
		m, err := e.Receive(short)
		if err == nil || short.Err() == nil || e.End() != nil {
			cancel()
			return m, err
		}
		cancel()
	}
	switch k := r.IntN(3); {
	case k == 0 || e.whole:
		return e.Receive(ctx)
	case k == 1:
		op, b, err := e.ReceiveAppend(ctx, e.buf[:0])
		e.buf = b
		if cap(b) > 8<<10 {
			e.buf = nil
		}
		return shared.Message{Opcode: op, Payload: b}, err
	}
	op, reader, err := e.NextReader(ctx)
	if err != nil {
		return shared.Message{}, err
	}
	b, err := io.ReadAll(io.LimitReader(reader, longest+1))
	return shared.Message{Opcode: op, Payload: b}, err
}

func (e *ours) send(ctx context.Context, m shared.Message) error { return e.Send(ctx, m) }

func (e *ours) nextWriter(ctx context.Context, op shared.Opcode) (io.WriteCloser, error) {
	return e.NextWriter(ctx, op)
}

func (e *ours) ping(ctx context.Context) error {
	_, err := e.Ping(ctx)
	return err
}

func (e *ours) close(code shared.StatusCode) error { return e.Close(code, "") }
func (e *ours) closeNow()                          { e.CloseNow() }
func (e *ours) gone()                              { e.Close(shared.StatusNormalClosure, "") }

type reference struct{ *websocket.Conn }

func (e reference) receive(ctx context.Context, r *rand.Rand) (shared.Message, error) {
	typ, b, err := e.Read(ctx)
	return shared.Message{Opcode: shared.Opcode(typ), Payload: b}, err
}

func (e reference) send(ctx context.Context, m shared.Message) error {
	return e.Write(ctx, websocket.MessageType(m.Opcode), m.Payload)
}

func (e reference) nextWriter(ctx context.Context, op shared.Opcode) (io.WriteCloser, error) {
	return e.Writer(ctx, websocket.MessageType(op))
}

func (e reference) ping(ctx context.Context) error { return e.Ping(ctx) }

func (e reference) close(code shared.StatusCode) error {
	return e.Close(websocket.StatusCode(code), "")
}
func (e reference) closeNow() { e.CloseNow() }
func (e reference) gone()     { e.CloseNow() }
