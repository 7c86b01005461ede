// Package gws puts github.com/lxzan/gws to use in the form that its readme shows; messages are handled one after the other
// (ParallelEnabled is off), as an echo is not worth a goroutine.
package gws

import (
	"net/http"

	"example.com/tandem/interop/bench/serve"
	"github.com/lxzan/gws"
)

// Handlers returns the library's handlers. Its hub bears with slow receivers: a Broadcaster puts the message into a queue
// for each connection, which a goroutine empties.
func Handlers() serve.Handlers {
	return serve.Handlers{Echo: handler(echo{}, false), Checked: handler(echo{}, true), Hub: handler(new(hub), false),
		SlowHub: handler(new(hub), false)}
}

func handler(h gws.Event, check bool) http.Handler {
	upgrader := gws.NewUpgrader(h, &gws.ServerOption{CheckUtf8Enabled: check, PermessageDeflate: gws.PermessageDeflate{Enabled: true}})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r)
		if err != nil {
			return
		}
		go c.ReadLoop() // the handler returns, and its memory with it
	})
}

type echo struct{ gws.BuiltinEventHandler }

func (echo) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	c.WriteMessage(m.Opcode, m.Bytes())
}

type hub struct {
	gws.BuiltinEventHandler
	members serve.Members[*gws.Conn]
}

func (h *hub) OnOpen(c *gws.Conn)           { h.members.Join(c) }
func (h *hub) OnClose(c *gws.Conn, _ error) { h.members.Leave(c) }

func (h *hub) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	b := gws.NewBroadcaster(m.Opcode, m.Bytes())
	defer b.Close()
	for _, c := range h.members.All() {
		b.Broadcast(c)
	}
}
