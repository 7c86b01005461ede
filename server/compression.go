package server

import "example.com/tandem/server/deflate"

// Compression is the policy for permessage-deflate (RFC 7692). In Options and DialOptions a nil *Compression leaves the
// extension out; the zero value is a good policy: &Compression{}.
//
// With context takeover each message may refer back to the ones before it, within a window: messages that resemble each
// other become a third of their size, and the window has to be kept. With the default window a connection that waits
// holds at most 24 KiB for both directions, and only once it has sent and received something compressed. Without context
// takeover it holds nothing. While a compressed message is on its way in, received in part, the connection holds some
// 60 KiB more, from a pool, and 110 KiB where the peer's window is not limited.
//
// A message is sent compressed only where that makes it shorter. Compressing secrets together with what an attacker chooses
// gives away the secrets by their length (RFC 7692 §8): leave compression off where one message, or with context takeover
// one connection, carries both.
type Compression struct {
	// Threshold is the length in bytes from which on a message is compressed, 64 by default; of messages from NextWriter,
	// whose length is not known, those that leave in several fragments are. Negative: nothing is compressed, but what
	// the peer compresses is understood.
	Threshold int

	// WindowBits bounds the window in each direction to 1<<WindowBits bytes, 8 to 15; 12 by default, which is 4 KiB.
	// This end never looks back further. The peer is asked for the same; one that does not offer to limit its window
	// (Firefox) is told to forget its context after each message, unless WindowBits is 15 and nothing need be limited.
	// More gains little on short messages: at 15 a connection holds up to 90 KiB.
	WindowBits int

	// NoContextTakeover has both ends forget their context after each message.
	NoContextTakeover bool
}

const (
	defaultThreshold  = 64
	defaultWindowBits = 12
)

// withDefaults returns the policy with every zero replaced by its default; nil stays nil.
func (p *Compression) withDefaults() (*Compression, error) {
	if p == nil {
		return nil, nil
	}
	d := *p
	d.Threshold = orDefault(d.Threshold, defaultThreshold)
	d.WindowBits = orDefault(d.WindowBits, defaultWindowBits)
	if d.WindowBits < deflate.MinWindowBits || d.WindowBits > deflate.MaxWindowBits {
		return nil, &OptionError{"Compression", "WindowBits is not within 8 to 15"}
	}
	return &d, nil
}

// Extensions returns what the opening handshake agreed on, as the server's answer has it:
// "permessage-deflate; client_max_window_bits=12", or "" if there is no extension (RFC 6455 §9.1).
func (c *Conn) Extensions() string {
	if c.agreed == nil {
		return ""
	}
	return c.agreed.extensions
}

// compress gives a new connection what the opening handshake has agreed on.
func (c *Conn) compress(a *agreement) {
	if a == nil {
		return
	}
	c.agree().extensions = a.extensions
	c.in.sequence.RSV1 = true
	c.in.inflater = &inflater{bits: a.receiveBits, takeover: a.receiveTakeover}
	c.out.deflater = &deflater{bits: a.sendBits, takeover: a.sendTakeover, threshold: a.threshold}
}
