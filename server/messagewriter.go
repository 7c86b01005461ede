package server

import (
	"context"
	"io"
	"math"
	"sync"

	"example.com/tandem/shared"
)

// NextWriter begins a message of op, OpcodeText or OpcodeBinary, whose length need not be known. What is written
// leaves in fragments of up to 4 KiB; Close ends the message, and must be called. Until then other messages wait, each
// within its own context, while Ping, Pong and Close go in between.
//
// NextWriter waits for its turn within ctx, as Send does, and so do Write and Close for room. Once a fragment of the
// message is out, a context that ends cuts it, and that ends the connection, as it does in Send. Text may be split
// anywhere; bytes that are not UTF-8 are refused with a *shared.MessageError, and a text that is not complete when
// Close is called ends the connection.
func (c *Conn) NextWriter(ctx context.Context, op shared.Opcode) (io.WriteCloser, error) {
	if err := (shared.Message{Opcode: op}).Check(); err != nil {
		return nil, err
	}
	if ctx == nil {
		return nil, ErrNilContext
	}
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.refusal(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, contextError("NextWriter", ctx)
	}
	if err := o.takeTurn(ctx); err != nil {
		return nil, err
	}
	if err := o.refusal(); err != nil {
		o.freeTurn()
		return nil, err
	}
	o.turn = turnWritten
	return &messageWriter{c: c, ctx: ctx, opcode: op, next: shared.Header{Opcode: op}}, nil
}

// A messageWriter holds the turn of sending.
type messageWriter struct {
	c        *Conn
	ctx      context.Context
	mu       sync.Mutex // what several goroutines write ends up in some order
	opcode   shared.Opcode
	next     shared.Header // of the next frame: a continuation once one is out
	text     shared.UTF8
	deflated bool
	held     *[]byte // written, and not yet a fragment
	sent     int
	err      error // why nothing more can be written
}

func (w *messageWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, w.err
	}
	if w.opcode == shared.OpcodeText {
		after := w.text
		if !after.Write(p) {
			return 0, &shared.MessageError{Problem: "text is not valid UTF-8"}
		}
		w.text = after
	}
	written := 0
	for len(p) > 0 {
		if w.held == nil {
			w.held = getBuffer(smallBuffer)
			*w.held = (*w.held)[:0]
		}
		n := min(len(p), w.size()-len(*w.held))
		*w.held = append(*w.held, p[:n]...)
		p, written = p[n:], written+n
		if len(*w.held) == w.size() {
			if err := w.flush(false); err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

func (w *messageWriter) size() int {
	return min(smallBuffer-shared.MaxHeaderLen, w.c.out.fragmentSize(true))
}

// Close ends the message.
func (w *messageWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if w.opcode == shared.OpcodeText && !w.text.Complete() {
		err := &shared.MessageError{Problem: "text ends inside a code point"}
		w.c.finish(abrupt, shared.EndError{By: shared.PartyLocal, Layer: shared.LayerLocal, Code: shared.StatusAbnormalClosure, Err: err})
		w.end(err) // not before: nobody is to have his turn in the middle of the message
		return err
	}
	if err := w.flush(true); err != nil {
		return err
	}
	w.end(ErrWriterClosed)
	return nil
}

// flush sends what is held as a fragment.
func (w *messageWriter) flush(fin bool) error {
	var payload []byte
	if w.held != nil {
		payload = *w.held
	}
	o := &w.c.out
	o.mu.Lock()
	if w.next.Opcode != shared.OpcodeContinuation {
		length := len(payload)
		if !fin {
			length = math.MaxInt // how long it will be is not known
		}
		w.deflated = o.deflater.wants(length)
		w.next.RSV1 = w.deflated
	}
	w.next.Fin = fin
	_, err := o.fragment(w.ctx, "Write", &sending{header: w.next, payload: payload, compress: w.deflated, size: w.sent + len(payload)})
	if err != nil && w.next.Opcode == shared.OpcodeContinuation {
		w.c.cut(err)
	}
	if err == nil {
		w.next = shared.Header{Opcode: shared.OpcodeContinuation}
		w.sent += len(payload)
	}
	o.mu.Unlock()
	if err != nil {
		w.end(err)
	} else if w.held != nil {
		*w.held = (*w.held)[:0]
	}
	return err
}

// end gives back the buffer and the turn.
func (w *messageWriter) end(err error) {
	w.err = err
	if w.held != nil {
		putBuffer(w.held)
		w.held = nil
	}
	w.c.out.mu.Lock()
	w.c.out.passTurn()
	w.c.out.mu.Unlock()
}
