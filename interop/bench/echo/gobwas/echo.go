// Package gobwas puts github.com/gobwas/ws to use: frame by frame, through the buffers that net/http had, with a payload
// buffer that is used again. Compression is the readme's, with a compressor that is used again and the fastest level, as
// other libraries have it.
package gobwas

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"unicode/utf8"

	"example.com/tandem/interop/bench/serve"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
)

// Handlers returns the library's handlers.
func Handlers() serve.Handlers {
	return serve.Handlers{Echo: echo(false), Checked: echo(true), Hub: hub(false), SlowHub: hub(true)}
}

var errNotUTF8 = errors.New("the text is not UTF-8")

func echo(check bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, rw, deflate, err := upgrade(w, r)
		if err != nil {
			return
		}
		defer nc.Close()
		var c *compression
		if deflate {
			c = newCompression()
		}
		receive(rw, func(f ws.Frame) error {
			f, compressed, err := c.inflate(f)
			if err != nil {
				return err
			}
			if check && f.Header.OpCode == ws.OpText && !utf8.Valid(f.Payload) {
				return errNotUTF8
			}
			if compressed {
				if f, err = c.deflate(f); err != nil {
					return err
				}
			}
			return write(rw, f)
		})
	})
}

func upgrade(w http.ResponseWriter, r *http.Request) (nc net.Conn, rw *bufio.ReadWriter, deflate bool, err error) {
	e := wsflate.Extension{Parameters: wsflate.DefaultParameters}
	nc, rw, _, err = ws.HTTPUpgrader{Negotiate: e.Negotiate}.Upgrade(r, w)
	_, deflate = e.Accepted()
	return nc, rw, deflate, err
}

// receive calls fn for each data frame. The load sends none in fragments.
func receive(rw *bufio.ReadWriter, fn func(ws.Frame) error) error {
	var payload []byte
	for {
		h, err := ws.ReadHeader(rw)
		if err != nil {
			return err
		}
		if h.Length > 16<<20 {
			return ws.ErrHeaderLengthUnexpected
		}
		payload = slices.Grow(payload[:0], int(h.Length))[:h.Length]
		if _, err := io.ReadFull(rw, payload); err != nil {
			return err
		}
		ws.Cipher(payload, h.Mask, 0)
		h.Masked, h.Mask = false, [4]byte{}
		f := ws.Frame{Header: h, Payload: payload}
		switch h.OpCode {
		case ws.OpClose:
			return nil
		case ws.OpPong:
			continue
		case ws.OpPing:
			f.Header.OpCode = ws.OpPong
			err = write(rw, f)
		default:
			err = fn(f)
		}
		if err != nil {
			return err
		}
	}
}

func write(rw *bufio.ReadWriter, f ws.Frame) error {
	if err := ws.WriteHeader(rw, f.Header); err != nil {
		return err
	}
	if _, err := rw.Write(f.Payload); err != nil {
		return err
	}
	return rw.Flush()
}

// A compression is what a connection needs for permessage-deflate; nil where it was not agreed on.
type compression struct {
	w         *wsflate.Writer
	r         *wsflate.Reader
	out, back bytes.Buffer
}

func newCompression() *compression {
	return &compression{
		w: wsflate.NewWriter(nil, func(w io.Writer) wsflate.Compressor {
			f, _ := flate.NewWriter(w, flate.BestSpeed)
			return f
		}),
		r: wsflate.NewReader(nil, func(r io.Reader) wsflate.Decompressor { return flate.NewReader(r) }),
	}
}

func (c *compression) inflate(f ws.Frame) (_ ws.Frame, compressed bool, err error) {
	if c == nil {
		return f, false, nil
	}
	if f.Header, compressed, err = wsflate.UnsetBit(f.Header); err != nil || !compressed {
		return f, compressed, err
	}
	c.r.Reset(bytes.NewReader(f.Payload))
	c.back.Reset()
	if _, err := c.back.ReadFrom(c.r); err != nil {
		return f, true, err
	}
	f.Payload = c.back.Bytes()
	f.Header.Length = int64(len(f.Payload))
	return f, true, nil
}

func (c *compression) deflate(f ws.Frame) (_ ws.Frame, err error) {
	c.out.Reset()
	c.w.Reset(&c.out)
	if _, err := c.w.Write(f.Payload); err != nil {
		return f, err
	}
	if err := c.w.Flush(); err != nil {
		return f, err
	}
	f.Payload = c.out.Bytes()
	f.Header.Length = int64(len(f.Payload))
	f.Header, err = wsflate.SetBit(f.Header)
	return f, err
}
