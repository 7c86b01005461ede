package server

import (
	"errors"
	"math"
	"sync/atomic"
	"time"
)

// Limits bounds what one connection may cost. The zero value of each field stands for its default. A negative
// value is an error of Accept and Dial, except that a negative Heartbeat switches the heartbeat off.
type Limits struct {
	// Message is the size in bytes of the longest message that is received, 16 MiB by default. A longer one ends
	// the connection with 1009 as soon as a header claims it (RFC 6455 §10.4). A text or binary message may come
	// in any number of fragments, of which at most 1,024 may be empty; more end the connection with 1008.
	Message int64

	// Outgoing is how many bytes of frames may wait to be sent, 128 KiB by default and at least 4 KiB. Send waits
	// for room in them. A message whose frame is longer than this goes out in fragments.
	Outgoing int

	// Handshake bounds the opening handshake: writing the response in Accept, the whole of Dial. 10 s by default.
	// How long a client may take over its request is http.Server.ReadHeaderTimeout's business.
	Handshake time.Duration

	// Write is how long the network may take over at most Outgoing bytes, 30 s by default. A peer that reads more
	// slowly than that is given up.
	Write time.Duration

	// Close is how long Close waits for the peer's half of the closing handshake, 5 s by default.
	Close time.Duration

	// Heartbeat is the silence after which the peer is sent a Ping, 30 s by default; by then it may have been up to
	// twice as long. When as much time passes again with nothing from it, not even the Pong, the connection ends.
	// Negative: no heartbeat.
	Heartbeat time.Duration
}

const (
	defaultMessage   = 16 << 20
	defaultOutgoing  = 128 << 10
	minOutgoing      = 4 << 10
	defaultHandshake = 10 * time.Second
	defaultWrite     = 30 * time.Second
	defaultClose     = 5 * time.Second
	defaultHeartbeat = 30 * time.Second

	maxEmptyFragments = 1024    // in one message
	lingerBytes       = 4 << 20 // discarded after a violation before TCP is closed
	lingerTime        = 2 * time.Second
)

// latestLimits are those of the latest connection.
var latestLimits atomic.Pointer[Limits]

// shared returns limits equal to l. Connections with the same ones, as all of a server's, hold them once.
func (l Limits) shared() *Limits {
	latest := latestLimits.Load()
	if latest == nil || *latest != l {
		latest = &l
		latestLimits.Store(latest)
	}
	return latest
}

// withDefaults returns the limits with every zero replaced by its default.
func (l Limits) withDefaults() (Limits, error) {
	if l.Message < 0 || l.Outgoing < 0 || l.Handshake < 0 || l.Write < 0 || l.Close < 0 {
		return l, errors.New("a value is negative")
	}
	if l.Outgoing != 0 && l.Outgoing < minOutgoing {
		return l, errors.New("outgoing is below 4096 bytes")
	}
	l.Message = min(orDefault(l.Message, defaultMessage), math.MaxInt)
	l.Outgoing = orDefault(l.Outgoing, defaultOutgoing)
	l.Handshake = orDefault(l.Handshake, defaultHandshake)
	l.Write = orDefault(l.Write, defaultWrite)
	l.Close = orDefault(l.Close, defaultClose)
	l.Heartbeat = orDefault(l.Heartbeat, defaultHeartbeat)
	return l, nil
}

func orDefault[T int | int64 | time.Duration](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}
