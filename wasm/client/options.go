package client

import (
	"errors"
	"math"
	"strconv"
	"time"

	"example.com/tandem/shared"
)

// Options holds what both ends honour. The zero value of each field stands for
// its default, and so does a nil *Options; a negative value is an error of
// [Open].
type Options struct {
	// Subprotocols are offered to the server, the preferred one first: tokens,
	// each once. RFC 6455 §1.9, §4.1.
	Subprotocols []string

	// Message is the size in bytes of the longest message that is received,
	// 16 MiB by default. A longer one ends the connection with 1009.
	Message int64

	// Outgoing is how many bytes may wait to be sent before Send waits too,
	// 128 KiB by default and at least 4 KiB.
	Outgoing int

	// Close is how long Close waits for the peer's half of the closing
	// handshake, 5 s by default.
	Close time.Duration
}

const (
	defaultMessage  = 16 << 20
	defaultOutgoing = 128 << 10
	minOutgoing     = 4 << 10
	defaultClose    = 5 * time.Second
)

// resolve gives a copy with every zero replaced by its default.
func (o *Options) resolve() (Options, error) {
	var r Options
	if o != nil {
		r = *o
	}
	if r.Message < 0 || r.Outgoing < 0 || r.Close < 0 {
		return r, errors.New("websocket: negative value in Options")
	}
	if 0 < r.Outgoing && r.Outgoing < minOutgoing {
		return r, errors.New("websocket: Options.Outgoing below 4096 bytes")
	}
	for i, p := range r.Subprotocols {
		if !shared.IsToken(p) {
			return r, errors.New("websocket: Options.Subprotocols[" + strconv.Itoa(i) + "] is not a token")
		}
		for _, q := range r.Subprotocols[:i] {
			if p == q {
				return r, errors.New("websocket: Options.Subprotocols holds " + p + " twice")
			}
		}
	}
	if r.Message == 0 {
		r.Message = defaultMessage
	}
	r.Message = min(r.Message, math.MaxInt)
	if r.Outgoing == 0 {
		r.Outgoing = defaultOutgoing
	}
	if r.Close == 0 {
		r.Close = defaultClose
	}
	return r, nil
}
