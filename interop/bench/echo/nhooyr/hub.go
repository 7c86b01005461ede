package nhooyr

import (
	"context"
	"net/http"

	"example.com/tandem/interop/bench/serve"
	"nhooyr.io/websocket"
)

type message struct {
	typ websocket.MessageType
	b   []byte
}

// A member's outbox is nil where nobody is slow.
type member struct {
	conn   *websocket.Conn
	outbox *serve.Outbox[message]
}

// hub writes to one connection after the other, for the library has no prepared messages, or where some receivers are slow
// through a queue for each.
func hub(slow bool) http.Handler {
	var members serve.Members[member]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, options)
		if err != nil {
			return
		}
		defer c.CloseNow()
		ctx := context.WithoutCancel(r.Context()) // the publisher's ought not to end what others get
		m := member{conn: c}
		if slow {
			m.outbox = serve.NewOutbox(func(m message) error { return c.Write(ctx, m.typ, m.b) })
			defer m.outbox.Close()
		}
		members.Join(m)
		defer members.Leave(m)
		receive(r.Context(), c, func(typ websocket.MessageType, b []byte) error {
			one := message{typ, b}
			if slow {
				one.b = append([]byte(nil), b...)
			}
			for _, m := range members.All() {
				if slow && !m.outbox.Offer(one) || !slow && m.conn.Write(ctx, one.typ, one.b) != nil {
					go m.conn.CloseNow() // it may wait for a write
				}
			}
			return nil
		})
	})
}
