// Package gorilla echoes with github.com/gorilla/websocket: a message is read into a buffer that is used again, and
// written with WriteMessage, whose way for servers copies and allocates nothing.
package gorilla

import (
	"bytes"
	"net/http"

	"github.com/gorilla/websocket"
)

// Handler returns the echo server.
func Handler() http.Handler {
	var upgrader websocket.Upgrader
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		c.SetReadLimit(16 << 20)
		var b bytes.Buffer
		for {
			opcode, message, err := c.NextReader()
			if err != nil {
				return
			}
			b.Reset()
			if _, err := b.ReadFrom(message); err != nil {
				return
			}
			if err := c.WriteMessage(opcode, b.Bytes()); err != nil {
				return
			}
		}
	})
}
