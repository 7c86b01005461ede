package tandem

import (
	"context"
	"net/http"
	"slices"

	"example.com/tandem/interop/bench/serve"
	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// A hub sends each message to all members, with those that do not read among them or not: what has no room is left out. It is
// also the handler of members that are handed over.
type hub struct{ members serve.Members[*server.Conn] }

func (h *hub) serve(ctx context.Context, c *server.Conn) error {
	h.members.Join(c)
	defer h.members.Leave(c)
	for {
		m, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		if err := h.publish(m); err != nil {
			return err
		}
	}
}

func (h *hub) handed() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := server.Accept(w, r, options)
		if err != nil {
			return
		}
		h.members.Join(c)
		if c.Handle(h) != nil {
			h.members.Leave(c)
		}
	})
}

// Message implements server.MessageHandler.
func (h *hub) Message(_ *server.Conn, m shared.Message) error { return h.publish(m) }

// End implements server.MessageHandler.
func (h *hub) End(c *server.Conn, _ error) { h.members.Leave(c) }

func (h *hub) publish(m shared.Message) error {
	p, err := server.Prepare(m)
	if err != nil {
		return err
	}
	_, err = server.Broadcast(slices.Values(h.members.All()), p, server.SkipSlow)
	return err
}
