package server

import (
	"context"
	"encoding/binary"
	"time"

	"example.com/tandem/shared"
)

// pings numbers the Pings of one connection. A Pong answers the Ping whose number it carries and all before it, since
// a peer may answer only the latest (RFC 6455 §5.5.3). Guarded by Conn.mu.
type pings struct {
	sent     uint32
	answered uint32
	at       time.Duration // when the latest Pong came, by the clock of sinceStart
}

// Ping sends a Ping and waits for its Pong. It returns how long that took. While nobody receives, Ping reads in the
// receiver's place; a data frame that comes before the Pong stays for Receive, and Ping then waits until the
// application has received it. It may be called from several goroutines. The error is ctx's, or the one that the
// connection ended with.
func (c *Conn) Ping(ctx context.Context) (time.Duration, error) {
	if ctx == nil {
		return 0, ErrNilContext
	}
	begun := sinceStart()
	number, err := c.sendPing(ctx)
	if err != nil {
		return 0, err
	}
	err = c.pump(ctx, "Ping", func() bool { return c.pings.answered >= number })
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pings.at - begun, nil
}

// started is when time began, for those who keep many points in time: a time.Duration is a third of a time.Time.
var started = time.Now()

func sinceStart() time.Duration { return time.Since(started) }

// sendPing sends the next Ping.
func (c *Conn) sendPing(ctx context.Context) (number uint32, err error) {
	c.mu.Lock()
	c.pings.sent++
	number = c.pings.sent
	c.mu.Unlock()
	var payload [8]byte
	binary.BigEndian.PutUint64(payload[:], uint64(number))
	return number, c.out.sendPing(ctx, payload[:])
}

// pong deals with a Pong. One that nobody asked for is ignored.
func (c *Conn) pong(payload []byte) {
	if len(payload) != 8 {
		return
	}
	number := binary.BigEndian.Uint64(payload)
	c.mu.Lock()
	defer c.mu.Unlock()
	if number > uint64(c.pings.answered) && number <= uint64(c.pings.sent) {
		c.pings.answered, c.pings.at = uint32(number), sinceStart()
		c.changed.wake()
	}
}

// control deals with a whole control frame. Its payload is valid during the call.
func (c *Conn) control(op shared.Opcode, payload []byte) error {
	switch op {
	case shared.OpcodePing:
		c.out.sendPong(payload)
	case shared.OpcodePong:
		c.pong(payload)
	case shared.OpcodeClose:
		return c.peerClosed(payload)
	}
	return nil
}
