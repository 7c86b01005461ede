package server

import (
	"context"
	"slices"
	"sync"

	"example.com/tandem/shared"
)

// maxControlWaiting bounds the control frames that wait while a write is under way. Of the Pongs that find no more
// room, the latest is kept (RFC 6455 §5.5.3).
const maxControlWaiting = 4 << 10

// controls are the Pings and Pongs that wait to be sent, which go before the data. They are pooled: a connection that has
// been pinged once holds nothing for it.
type controls struct {
	frames []byte // whole, in order
	pong   []byte // payload of the latest Ping that frames had no room to answer
	later  bool   // there is one
}

var controlsPool = sync.Pool{New: func() any { return new(controls) }}

// control returns the control frames that wait, to be added to. o.mu is held, as in all that follows.
func (o *outgoing) control() *controls {
	if o.controls == nil {
		o.controls = controlsPool.Get().(*controls)
	}
	return o.controls
}

func (o *outgoing) freeControls() {
	if c := o.controls; c != nil {
		c.frames, c.pong, c.later = c.frames[:0], c.pong[:0], false
		controlsPool.Put(c)
		o.controls = nil
	}
}

// crowded reports whether there is no room for one more control frame.
func (o *outgoing) crowded() bool {
	return o.controls != nil && (o.controls.later || len(o.controls.frames) > maxControlWaiting)
}

func (o *outgoing) addControl(op shared.Opcode, payload []byte) {
	c := o.control()
	c.frames = o.frame(c.frames, &shared.Header{Fin: true, Opcode: op, Length: int64(len(payload))}, payload)
}

// lead puts the control frames before the data that waits.
func (o *outgoing) lead() {
	c := o.controls
	if c.later {
		o.addControl(shared.OpcodePong, c.pong)
	}
	o.reserve(len(c.frames))
	*o.data = slices.Insert(*o.data, 0, c.frames...)
	o.freeControls()
}

// sendPong answers a Ping. It never waits.
func (o *outgoing) sendPong(payload []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refusal() != nil {
		return
	}
	if o.crowded() {
		c := o.controls
		c.pong, c.later = append(c.pong[:0], payload...), true
	} else {
		o.addControl(shared.OpcodePong, payload)
	}
	o.kick()
}

// sendPing adds a Ping when there is room for one more control frame.
func (o *outgoing) sendPing(ctx context.Context, payload []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if err := o.refusal(); err != nil {
			return err
		}
		if !o.crowded() {
			o.addControl(shared.OpcodePing, payload)
			o.kick()
			return nil
		}
		if err := o.wait(ctx, "Ping"); err != nil {
			return err
		}
	}
}
