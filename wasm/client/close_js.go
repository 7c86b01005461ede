package client

import (
	"errors"
	"time"

	"example.com/tandem/shared"
)

var (
	errCloseTime = errors.New("the peer did not answer the Close")
	errCloseNow  = errors.New("CloseNow was called")
)

// Close ends the connection by the closing handshake: with code and reason, or
// [shared.StatusNoStatusReceived] and "" to send neither. What a browser still
// has to send goes out first. It waits at most [Options].Close for the peer and
// returns nil when the closing handshake was done, no matter who began it;
// otherwise the [*shared.EndError]. A second Close waits too and returns the
// same. An impossible code or reason is a [*shared.CloseArgumentError], and
// closes nothing. RFC 6455 §7.1.2.
func (c *Conn) Close(code shared.StatusCode, reason string) error {
	if _, err := shared.AppendClose(nil, code, reason); err != nil {
		return err
	}
	c.mu.Lock()
	s := c.sock
	first := s != nil && !c.closing
	c.closing = true
	c.queue = queue{}
	if first && s.open() {
		c.sent = &shared.CloseError{Code: code, Reason: reason}
	}
	c.mu.Unlock()
	if first {
		s.close(code, reason)
	}
	timer := time.NewTimer(c.opts.Close)
	defer timer.Stop()
	select {
	case <-c.ctx.Done():
	case <-timer.C:
		c.finish(&shared.EndError{By: shared.PartyLocal, Layer: shared.LayerTimeLimit, Code: shared.StatusAbnormalClosure, Err: errCloseTime})
	}
	if end := c.End(); end.Layer != shared.LayerClosingHandshake {
		return end
	}
	return nil
}

// CloseNow lets go of the connection without waiting. It always returns nil.
func (c *Conn) CloseNow() error {
	c.mu.Lock()
	c.closing = true
	c.queue = queue{}
	c.mu.Unlock()
	c.abandon(&shared.EndError{By: shared.PartyLocal, Layer: shared.LayerLocal, Code: shared.StatusAbnormalClosure, Err: errCloseNow},
		shared.StatusNoStatusReceived)
	return nil
}
