package client

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"syscall/js"

	"example.com/tandem/shared"
)

var errReceiving = errors.New("websocket: another call is receiving")

// Receive waits for a message. After the messages that came before the end it
// gives io.EOF or the [*shared.EndError]. One goroutine at a time may receive.
func (c *Conn) Receive(ctx context.Context) (shared.Message, error) {
	m, err := c.next(ctx)
	if err != nil {
		return shared.Message{}, err
	}
	return m.message(), nil
}

// ReceiveAppend is Receive with the payload appended to b, as append does. On an
// error b comes back as it was.
func (c *Conn) ReceiveAppend(ctx context.Context, b []byte) (shared.Opcode, []byte, error) {
	m, err := c.next(ctx)
	if err != nil {
		return 0, b, err
	}
	n := len(b)
	b = slices.Grow(b, m.size)[:n+m.size]
	js.CopyBytesToGo(b[n:], m.bytes)
	return m.opcode, b, nil
}

// TryReceive is Receive where waiting is impossible, in a function that
// JavaScript calls: if Receive would wait, it reports false. It exists in the
// browser half only.
func (c *Conn) TryReceive() (m shared.Message, received bool, err error) {
	c.mu.Lock()
	in, received, err := c.poll()
	c.mu.Unlock()
	if received {
		m = in.message()
	}
	return m, received, err
}

// poll takes a message from the queue, or says why there will not be one. c.mu
// is held.
func (c *Conn) poll() (m incoming, received bool, err error) {
	if c.receiving {
		return m, false, errReceiving
	}
	if m, received = c.queue.next(); received || c.end == nil {
		return m, received, nil
	}
	if c.end.Layer == shared.LayerClosingHandshake && c.end.Code.IsNormal() {
		return m, false, io.EOF
	}
	return m, false, c.end
}

// next waits for a message and takes it from the queue.
func (c *Conn) next(ctx context.Context) (incoming, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if m, received, err := c.poll(); received || err != nil {
			return m, err
		}
		if ctx.Err() != nil {
			return incoming{}, expired("receive", ctx)
		}
		c.receiving = true
		c.mu.Unlock()
		select {
		case <-c.arrived:
		case <-c.ctx.Done():
		case <-ctx.Done():
		}
		c.mu.Lock()
		c.receiving = false
	}
}

// collect moves the messages that have come to the queue, and ends the connection
// when one is too long or there is no room. It reports whether any had come.
func (c *Conn) collect() bool {
	var refused *shared.EndError
	c.mu.Lock()
	if c.sock == nil {
		c.mu.Unlock()
		return false
	}
	found, err := c.sock.messages(func(m incoming) bool {
		switch {
		case c.closing:
			return false
		case int64(m.size) > c.opts.Message:
			refused = refusal(&shared.Violation{Code: shared.StatusMessageTooBig, Section: "RFC 6455 §10.4",
				Rule: "message longer than " + strconv.FormatInt(c.opts.Message, 10) + " bytes"})
		case !c.queue.put(m):
			refused = refusal(&shared.Violation{Code: shared.StatusPolicyViolation, Rule: "receive queue full"})
		}
		return refused == nil
	})
	c.mu.Unlock()
	if err != nil { // no memory for it, most likely
		refused = &shared.EndError{By: shared.PartyLocal, Layer: shared.LayerBrowser, Code: shared.StatusInternalError, Err: err}
	}
	if refused != nil {
		c.abandon(refused, refused.Code)
	}
	if found {
		select {
		case c.arrived <- struct{}{}:
		default: // it has been said already
		}
	}
	return found
}

// refusal is the end after a limit that the peer's messages broke.
func refusal(v *shared.Violation) *shared.EndError {
	return &shared.EndError{By: shared.PartyLocal, Layer: shared.LayerViolation, Code: v.Code, Reason: v.Rule, Err: v}
}
