package server

import (
	"sync"

	"example.com/tandem/server/deflate"
	"example.com/tandem/shared"
)

// A deflater compresses the messages that are sent (RFC 7692 §7.2.1). It belongs to whoever has the turn of sending,
// for what is compressed has to leave in that order.
type deflater struct {
	bits      int
	takeover  bool
	threshold int
	encoder   *deflate.Encoder // with context takeover kept from the first message on, without it only during a message
}

// wants reports whether a message of n bytes is to be compressed. The receiver may be nil.
func (d *deflater) wants(n int) bool {
	return d != nil && d.threshold >= 0 && n >= d.threshold
}

// Encoders that keep nothing between messages are pooled, by their window.
var encoders [deflate.MaxWindowBits + 1]sync.Pool

func getEncoder(bits int) *deflate.Encoder {
	if e, ok := encoders[bits].Get().(*deflate.Encoder); ok {
		e.Reset()
		return e
	}
	return deflate.NewEncoder(bits)
}

// deflate compresses what h is the header of, into a pooled buffer; h.RSV1 is set on the first frame of a compressed
// message. A message that would not become shorter is left as it is: then the buffer is nil, and RSV1 taken back.
func (d *deflater) deflate(h *shared.Header, payload []byte) *[]byte {
	if d.encoder == nil {
		d.encoder = getEncoder(d.bits)
	}
	b := getBuffer(deflate.Bound(len(payload)))
	*b = d.encoder.Append((*b)[:0], payload)
	if h.Fin {
		*b = (*b)[:len(*b)-len(deflate.Tail)]
	}
	if h.RSV1 && h.Fin && len(*b) >= len(payload) {
		d.encoder.Undo()
		putBuffer(b)
		b, h.RSV1 = nil, false
	}
	if h.Fin && !d.takeover {
		encoders[d.bits].Put(d.encoder)
		d.encoder = nil
	}
	return b
}
