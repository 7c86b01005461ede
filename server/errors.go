package server

import (
	"context"
	"errors"
	"io"
	"net"

	"example.com/tandem/shared"
)

// Errors of misuse. They harm nothing: the call that returns one has done nothing.
var (
	// ErrConcurrentReceive is returned by Receive, ReceiveAppend, NextReader, the reader of a message and Handle while
	// another goroutine is in one of them, or after Handle: a connection has one receiver.
	ErrConcurrentReceive = errors.New("websocket: another goroutine is receiving")

	// ErrNilContext is returned by every call that takes a context and was given none.
	ErrNilContext = errors.New("websocket: the context is nil")

	// ErrAbandoned is returned by the reader of a message after a later call of Receive, ReceiveAppend or NextReader
	// has discarded the rest of that message.
	ErrAbandoned = errors.New("websocket: the rest of this message was discarded by a later receive")

	// ErrWriterClosed is returned by the writer of a message that was closed before.
	ErrWriterClosed = errors.New("websocket: the message was already ended")
)

// errClosing is what senders get between the Close frame and the end.
var errClosing = &closedError{cause: errors.New("a Close frame has been sent")}

// closedError says that the connection is closed or closing. It matches shared.ErrClosed and net.ErrClosed, and the
// *shared.EndError that tells why, once there is one.
type closedError struct {
	end   *shared.EndError
	cause error
}

func (e *closedError) Error() string {
	if e.end != nil {
		return e.end.Error()
	}
	return "websocket: connection is closing: " + e.cause.Error()
}

func (e *closedError) Is(target error) bool { return target == net.ErrClosed }

func (e *closedError) Unwrap() []error {
	if e.end != nil {
		return []error{e.end}
	}
	return []error{shared.ErrClosed, e.cause}
}

// receiveError is what a receiver gets once the connection has ended: io.EOF itself after a closing handshake with a
// normal status code, unless it cut a message.
func (e *closedError) receiveError() error {
	if e.end.Layer == shared.LayerClosingHandshake && e.end.Code.IsNormal() && e.end.Err == nil {
		return io.EOF
	}
	return e
}

// ContextError is returned by a call whose context ended before it was done. It matches the context's error and its
// cause. The connection is unharmed and the call can be made again, unless its documentation says otherwise.
type ContextError struct {
	Op    string // what it was doing: Send for all that send messages, Receive for all that receive whole ones, ...
	Err   error  // context.Canceled or context.DeadlineExceeded
	Cause error  // context.Cause, when that says more
}

func (e *ContextError) Error() string {
	s := "websocket: " + e.Op + ": " + e.Err.Error()
	if e.Cause != e.Err {
		s += ": " + e.Cause.Error()
	}
	return s
}

func (e *ContextError) Unwrap() []error { return []error{e.Err, e.Cause} }

// Timeout reports whether the context's deadline passed, as net.Error has it.
func (e *ContextError) Timeout() bool { return errors.Is(e.Err, context.DeadlineExceeded) }

func contextError(op string, ctx context.Context) error {
	return &ContextError{Op: op, Err: ctx.Err(), Cause: context.Cause(ctx)}
}
