package conform

import (
	"bytes"
	"compress/flate"
	"io"

	windowed "github.com/klauspost/compress/flate"
)

// A deflater compresses the suite's messages (RFC 7692 §7.2.1) as was agreed on.
type deflater struct {
	direction
	out bytes.Buffer
	w   compressor
}

type compressor interface {
	io.Writer
	Flush() error
	Reset(io.Writer)
}

// message compresses a whole message, without the four bytes that every flush ends with.
func (d *deflater) message(b []byte) []byte {
	d.out.Reset()
	switch {
	case d.w == nil && d.window == maxWindow:
		d.w, _ = flate.NewWriter(&d.out, flate.DefaultCompression)
	case d.w == nil:
		d.w, _ = windowed.NewWriterWindow(&d.out, d.window)
	case !d.takeover:
		d.w.Reset(&d.out)
	}
	d.w.Write(b)
	d.w.Flush()
	return bytes.Clone(bytes.TrimSuffix(d.out.Bytes(), []byte{0x00, 0x00, 0xFF, 0xFF}))
}
