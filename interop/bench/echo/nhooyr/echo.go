// Package nhooyr echoes with nhooyr.io/websocket: a message is read into a buffer that is used again, and written as one
// frame.
package nhooyr

import (
	"bytes"
	"net/http"

	"nhooyr.io/websocket"
)

// Handler returns the echo server.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(16 << 20)
		var b bytes.Buffer
		for {
			typ, message, err := c.Reader(r.Context())
			if err != nil {
				return
			}
			b.Reset()
			if _, err := b.ReadFrom(message); err != nil {
				return
			}
			if err := c.Write(r.Context(), typ, b.Bytes()); err != nil {
				return
			}
		}
	})
}
