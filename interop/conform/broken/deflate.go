package broken

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"

	windowed "github.com/klauspost/compress/flate" // compresses with small windows, as compress/flate cannot
)

// deflate is permessage-deflate on one connection (RFC 7692 §7.2).
type deflate struct {
	fault   *Fault
	out, in direction
	buffer  bytes.Buffer
	writer  *windowed.Writer // made when first used: it is large
	context []byte           // the last bytes inflated, at most a window
}

// A direction is what was agreed on for one of the two.
type direction struct {
	bits     int // of the window
	takeover bool
}

var (
	tail       = []byte{0x00, 0x00, 0xFF, 0xFF}
	finalBlock = []byte{0x01, 0x00, 0x00, 0xFF, 0xFF}
)

var errDeflate = violation{1007, "a payload that is no DEFLATE"}

func newDeflate(a agreement, client bool, fault *Fault) *deflate {
	d := &deflate{fault: fault, out: a.server, in: a.client}
	if client {
		d.out, d.in = a.client, a.server
	}
	switch fault {
	case WindowTooLarge:
		d.out.bits = 15
	case TakeoverAnyway:
		d.out.takeover = true
	case ForgetsContext:
		d.in.takeover = false
	}
	return d
}

// compress gives the payload of a compressed message.
func (d *deflate) compress(data []byte) []byte {
	if len(data) == 0 {
		if d.fault == EmptyAsNothing {
			return nil
		}
		return []byte{0x00}
	}
	d.buffer.Reset()
	if d.writer == nil {
		d.writer, _ = windowed.NewWriterWindow(&d.buffer, 1<<d.out.bits)
	} else if !d.out.takeover {
		d.writer.Reset(&d.buffer)
	}
	d.writer.Write(data)
	d.writer.Flush()
	if d.fault == KeepsTail {
		return bytes.Clone(d.buffer.Bytes())
	}
	return bytes.Clone(bytes.TrimSuffix(d.buffer.Bytes(), tail))
}

// inflate gives the message of a compressed payload. Blocks may follow one with BFINAL: each has a reader of its own,
// and compress/flate takes no byte too many from a bytes.Reader.
func (d *deflate) inflate(payload []byte) ([]byte, error) {
	if !d.in.takeover {
		d.context = nil
	}
	context := d.context
	stream := bytes.NewReader(slices.Concat(payload, tail, finalBlock))
	var out []byte
	for stream.Len() > 0 {
		r := flate.NewReaderDict(stream, context)
		if d.fault == FirstBlockOnly {
			out = make([]byte, 32<<10)
			n, _ := r.Read(out) // as much as comes before the first empty block
			return out[:n], nil
		}
		data, err := io.ReadAll(io.LimitReader(r, int64(maxMessage+1-len(out))))
		out = append(out, data...)
		context = lastBytes(slices.Concat(context, lastBytes(data)))
		switch {
		case len(out) > maxMessage && d.fault == CutsBomb:
			return out[:maxMessage], nil
		case len(out) > maxMessage:
			return nil, violation{1009, "too long when inflated"}
		case err != nil && d.fault == TakesGarbage:
			return out, nil
		case err != nil:
			return nil, errDeflate
		}
		if d.fault == StopsAtFinal {
			break
		}
	}
	d.context = context
	return out, nil
}

// lastBytes are those that a window of 32 KiB holds.
func lastBytes(b []byte) []byte { return b[max(0, len(b)-32<<10):] }
