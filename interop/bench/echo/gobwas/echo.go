// Package gobwas echoes with github.com/gobwas/ws: frame by frame, through buffers, with a payload buffer that is used
// again.
package gobwas

import (
	"bufio"
	"io"
	"net/http"
	"slices"

	"github.com/gobwas/ws"
)

// Handler returns the echo server.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, rw, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		defer nc.Close()
		if err := serve(rw); err != nil {
			return
		}
	})
}

func serve(rw *bufio.ReadWriter) error {
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
		switch h.OpCode {
		case ws.OpClose:
			return nil
		case ws.OpPing:
			h.OpCode = ws.OpPong
		case ws.OpPong:
			continue
		}
		h.Masked, h.Mask = false, [4]byte{}
		if err := ws.WriteHeader(rw, h); err != nil {
			return err
		}
		if _, err := rw.Write(payload); err != nil {
			return err
		}
		if err := rw.Flush(); err != nil {
			return err
		}
	}
}
