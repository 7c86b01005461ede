package client

import (
	"context"
	"sync"
	"syscall/js"
	"time"

	"example.com/tandem/shared"
)

// Send hands a message to the browser, and waits before that while more than
// [Options].Outgoing bytes wait to be sent. The context governs this waiting
// alone. The payload is not modified, and free again when Send returns. A text
// message that is not UTF-8 is refused, for JavaScript would silently change it:
// a [*shared.MessageError]. Any number of goroutines may send; those that wait
// go in the order in which they came.
//
// How much waits is the browser's bufferedAmount. WebKitGTK takes everything at
// once and says that nothing waits: there, Send never does, and the browser's
// memory is the bound.
func (c *Conn) Send(ctx context.Context, m shared.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return expired("send", ctx)
	}
	select {
	case c.turn <- struct{}{}:
	case <-c.ctx.Done():
		return c.End()
	case <-ctx.Done():
		return expired("send", ctx)
	}
	defer func() { <-c.turn }()
	// A browser has no event for room in its buffer.
	for pause := time.Millisecond; ; pause = min(2*pause, 16*time.Millisecond) {
		if sent, err := c.handOver(m); sent || err != nil {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-c.ctx.Done():
		case <-ctx.Done():
			timer.Stop()
			return expired("send", ctx)
		}
		timer.Stop()
	}
}

// TrySend is Send where waiting is impossible, in a function that JavaScript
// calls: if Send would wait, it does nothing and reports false. It exists in the
// browser half only.
func (c *Conn) TrySend(m shared.Message) (sent bool, err error) {
	if err := m.Check(); err != nil {
		return false, err
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
		return c.handOver(m)
	default: // others wait already, and come first
		return false, nil
	}
}

// handOver gives m to the browser if there is room for it.
func (c *Conn) handOver(m shared.Message) (sent bool, err error) {
	c.mu.Lock()
	s, end, closing := c.sock, c.end, c.closing
	c.mu.Unlock()
	switch {
	case end != nil:
		return false, end
	case closing, !s.open(): // a browser would drop the message without a word
		return false, shared.ErrClosed
	case s.buffered() > c.opts.Outgoing:
		return false, nil
	}
	scratch.Lock()
	defer scratch.Unlock()
	err = try(func() {
		if m.Opcode == shared.OpcodeText {
			s.send.Invoke(TextValue(m.Payload))
		} else {
			s.send.Invoke(scratch.bytesValue(m.Payload))
		}
	})
	return err == nil, err
}

const byteOrderMark = "\ufeff"

// TextValue gives the payload of a text message as a JavaScript string, complete:
// js.ValueOf drops a byte order mark at its beginning. It exists in the browser
// half only.
func TextValue(p []byte) js.Value {
	s := string(p)
	if len(s) >= len(byteOrderMark) && s[:len(byteOrderMark)] == byteOrderMark {
		s = byteOrderMark + s // one for the decoder behind syscall/js to take away
	}
	return js.ValueOf(s)
}

// scratch is the module's one Uint8Array through which binary messages go out:
// ws.send copies, and a fresh array costs twenty times the copying.
var scratch scratchArray

type scratchArray struct {
	sync.Mutex
	size     int
	array    js.Value
	subarray js.Value // array.subarray
	part     js.Value // what it gave last
	partSize int
}

const (
	minScratch = 4 << 10
	maxScratch = 4 << 20 // what is longer gets an array of its own
)

// bytesValue gives a Uint8Array that holds a copy of p until the next call.
func (a *scratchArray) bytesValue(p []byte) js.Value {
	if len(p) > maxScratch {
		fresh := uint8Array.New(len(p))
		js.CopyBytesToJS(fresh, p)
		return fresh
	}
	if a.size == 0 || a.size < len(p) {
		size := max(a.size, minScratch)
		for size < len(p) {
			size *= 2
		}
		a.array = uint8Array.New(size)
		a.subarray = bind(a.array, "subarray")
		a.size, a.partSize = size, -1
	}
	js.CopyBytesToJS(a.array, p)
	if len(p) != a.partSize { // messages of one size follow each other often
		a.part, a.partSize = a.subarray.Invoke(0, len(p)), len(p)
	}
	return a.part
}
