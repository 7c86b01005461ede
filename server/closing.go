package server

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"example.com/tandem/shared"
)

// Close sends what waits to be sent, and the rest of a message that Send is in the middle of, then a Close frame with
// the status code and reason; it waits for the peer's, and closes TCP: the closing handshake (RFC 6455 §7.1.2). It
// returns nil when the handshake was done, whoever began it, and otherwise the error that the connection ended with:
// after Limits.Close it ends in any case. No message is begun any more: Send and NextWriter give an error that matches
// shared.ErrClosed.
//
// From the moment Close is called nothing more is delivered, as in a browser: what the peer still sends is discarded,
// and Receive gives what it gives after the end. A code that must not be sent (RFC 6455 §7.4) or a reason that is
// not UTF-8 or longer than 123 bytes is a *shared.CloseArgumentError, and nothing is done; the code 1005 stands for a
// Close frame without a code. Calling Close again waits for the same end.
func (c *Conn) Close(code shared.StatusCode, reason string) error {
	payload, err := shared.AppendClose(nil, code, reason)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.out.limits.Close)
	defer cancel()
	return c.close(ctx, &shared.CloseError{Code: code, Reason: reason}, payload)
}

func (c *Conn) close(ctx context.Context, own *shared.CloseError, payload []byte) error {
	c.mu.Lock()
	c.deafness.Or(deafByClose)
	if c.ownClose == nil {
		c.ownClose = own
	}
	c.changed.wake() // a data frame in front is in nobody's way any more
	c.mu.Unlock()

	giveUp := func() {
		c.finish(abrupt, timeLimitEnd("no answer to Close within "+c.out.limits.Close.String()))
	}
	defer context.AfterFunc(ctx, giveUp)() // also when the transport's deadlines do not work

	c.out.sendLast(payload)
	c.pump(ctx, "Close", func() bool { return false })
	giveUp()
	return c.awaitGone()
}

// CloseNow closes TCP at once. What waits to be sent is dropped, and the peer sees a connection that broke (1006). It
// also cuts short a closing handshake that another call is waiting for. A connection that has ended already takes its
// leave undisturbed, and CloseNow does not wait for that: the answer to the peer's Close frame is still sent, and after a
// violation there are the 2 s in which the peer is to see the status code. It always returns nil, so that a Conn can be
// closed where an error is expected.
func (c *Conn) CloseNow() error {
	c.finish(abrupt, shared.EndError{By: shared.PartyLocal, Layer: shared.LayerLocal, Code: shared.StatusAbnormalClosure,
		Err: errors.New("CloseNow was called")})
	c.mu.Lock()
	how := c.ending
	c.mu.Unlock()
	if how == lingering || how == clean && !c.out.flushed(expired) {
		return nil
	}
	c.t.Close()
	c.awaitGone()
	return nil
}

// awaitGone waits until the transport is closed, and returns nil if the closing handshake was done.
func (c *Conn) awaitGone() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.gone {
		c.changed.wait(context.Background(), &c.mu)
	}
	if c.end.end.Layer == shared.LayerClosingHandshake {
		return nil
	}
	return c.end
}

// peerClosed deals with the peer's Close frame: it is echoed, unless it is the echo (RFC 6455 §5.5.1). Two that cross
// are each the other's answer.
func (c *Conn) peerClosed(payload []byte) error {
	peer, err := shared.ParseClose(payload)
	if err != nil {
		return c.fail(err)
	}
	c.showFrame(nil)
	e := shared.EndError{By: shared.PartyPeer, Layer: shared.LayerClosingHandshake, Code: peer.Code, Reason: peer.Reason}
	echo, _ := shared.AppendClose(nil, peer.Code, "")
	first := c.out.sendClose(echo)

	c.mu.Lock()
	if !first && c.ownClose != nil {
		e.By, e.Code, e.Reason = shared.PartyLocal, c.ownClose.Code, c.ownClose.Reason
	}
	if c.in.sequence.InMessage() && !c.closing() {
		e.Err = io.ErrUnexpectedEOF
	}
	c.mu.Unlock()
	how := clean
	if !c.out.client && (c.in.len() > 0 || c.t.readable()) {
		how = lingering // it has sent on behind its Close frame: that must not cost it ours
	}
	return c.finish(how, e)
}

// fail ends the connection because of what the peer sent: it gets the status code and nothing more is processed (RFC
// 6455 §7.1.7).
func (c *Conn) fail(err error) error {
	var v *shared.Violation
	errors.As(err, &v)
	c.showFrame(v)
	reason := v.Rule[:min(len(v.Rule), shared.MaxCloseReason)]
	if payload, err := shared.AppendClose(nil, v.Code, reason); err == nil {
		c.out.sendClose(payload)
	}
	return c.finish(lingering, shared.EndError{By: shared.PartyLocal, Layer: shared.LayerViolation, Code: v.Code, Reason: reason, Err: v})
}

// readFailed ends the connection because nothing more can be received.
func (c *Conn) readFailed(err error) error {
	e := shared.EndError{By: shared.PartyNetwork, Layer: c.t.layer(), Code: shared.StatusAbnormalClosure, Err: err}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		e.By = shared.PartyPeer
	}
	if errors.Is(err, io.EOF) {
		e.Err = io.ErrUnexpectedEOF // no Close came before it
	} else if c.in.front || c.in.sequence.InMessage() {
		e.Err = errors.Join(io.ErrUnexpectedEOF, err)
	}
	return c.finish(abrupt, e)
}

// writeFailed ends the connection because nothing more can be sent. What the peer said before it left may still be
// there to be read, and says more than a broken pipe: the reader is given time to find it.
func (c *Conn) writeFailed(err error) {
	e := shared.EndError{By: shared.PartyNetwork, Layer: c.t.layer(), Code: shared.StatusAbnormalClosure, Err: err}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		e = timeLimitEnd("the peer did not take what was sent within " + c.out.limits.Write.String())
	} else {
		ctx, cancel := context.WithTimeout(context.Background(), c.out.limits.Close)
		defer cancel()
		c.pump(ctx, "Send", func() bool { return false })
	}
	c.finish(abrupt, e)
}

// An ending is how the transport is closed.
type ending uint8

const (
	abrupt    ending = iota // at once
	clean                   // after a closing handshake: the server at once, the client after the server (§7.1.1)
	lingering               // with input unread, as after a violation: it would become a reset, and the peer never see the code
)

// finish records the end of the connection, once, and sees the transport closed. It returns what a receiver gets.
func (c *Conn) finish(how ending, e shared.EndError) error {
	c.mu.Lock()
	if c.end != nil {
		defer c.mu.Unlock()
		return c.end.receiveError()
	}
	end := &closedError{end: &e}
	c.end, c.ending = end, how
	c.deafness.Or(deafByEnd)
	c.run.withdraw()  // who has entered it drops it
	c.out.refuse(end) // before anybody can know
	c.disarm()        // no context is to end what is read from here on, which is discarded
	c.stopHeartbeat()
	if s := c.scope.Load(); s != nil {
		s.end(end)
	}
	if !c.reading {
		c.reading = true
		c.in.drop()
	}
	a := c.attendance
	c.changed.wake()
	c.mu.Unlock()

	c.out.end(how == abrupt)
	if how == abrupt || how == clean && !c.out.client && c.out.flushed(expired) {
		c.closeTransport()
	} else {
		go c.leave(how)
	}
	if a != nil {
		a.call()
	}
	return end.receiveError()
}

// leave closes the transport once what waits has been sent and, but for a server after a clean closing handshake, the
// peer has closed it or had its time.
func (c *Conn) leave(how ending) {
	defer c.closeTransport()
	ctx, cancel := context.WithTimeout(context.Background(), c.out.limits.Close)
	defer cancel()
	if !c.out.flushed(ctx) || how == clean && !c.out.client {
		return
	}
	limit := c.out.limits.Close
	if how == lingering {
		c.t.closeWrite()
		limit = lingerTime
	}
	defer time.AfterFunc(limit, func() { c.t.Close() }).Stop()
	c.t.SetReadDeadline(time.Time{}) // whoever has set another has no say here
	io.CopyN(io.Discard, &c.t, lingerBytes)
}

func (c *Conn) closeTransport() {
	c.t.Close()
	c.out.release()
	c.place.release()
	c.mu.Lock()
	c.gone = true
	end := c.end.end
	c.changed.wake()
	c.mu.Unlock()
	if c.out.tracer != nil && c.out.tracer.trace.End != nil {
		c.out.tracer.trace.End(end)
	}
}

// expired is a context that has ended: what waits within it only looks.
var expired = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// timeLimitEnd is an end that a time limit makes at this end.
func timeLimitEnd(what string) shared.EndError {
	return shared.EndError{By: shared.PartyLocal, Layer: shared.LayerTimeLimit, Code: shared.StatusAbnormalClosure, Err: timeLimitError{what}}
}

// timeLimitError says which time limit passed.
type timeLimitError struct{ what string }

func (e timeLimitError) Error() string { return e.what }
func (e timeLimitError) Timeout() bool { return true }
func (e timeLimitError) Is(target error) bool {
	return target == os.ErrDeadlineExceeded || target == context.DeadlineExceeded
}
