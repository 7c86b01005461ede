// Package gws echoes with github.com/lxzan/gws in the form that its readme shows.
package gws

import (
	"net/http"

	"github.com/lxzan/gws"
)

type echo struct{ gws.BuiltinEventHandler }

func (echo) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	c.WriteMessage(m.Opcode, m.Bytes())
}

// Handler returns the echo server.
func Handler() http.Handler {
	upgrader := gws.NewUpgrader(echo{}, nil)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r)
		if err != nil {
			return
		}
		go c.ReadLoop() // the handler returns, and its memory with it
	})
}
