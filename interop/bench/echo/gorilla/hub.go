package gorilla

import (
	"net/http"
	"sync"

	"example.com/tandem/interop/bench/serve"
	"github.com/gorilla/websocket"
)

type outbox = serve.Outbox[*websocket.PreparedMessage]

// A member's outbox is nil where nobody is slow.
type member struct {
	conn   *websocket.Conn
	outbox *outbox
}

// hub sends prepared messages: one after the other, or where some receivers are slow through a queue for each.
func hub(slow bool) http.Handler {
	var members serve.Members[member]
	var publishing sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		m := member{conn: c}
		if slow {
			m.outbox = serve.NewOutbox(c.WritePreparedMessage)
			defer m.outbox.Close()
		}
		members.Join(m)
		defer members.Leave(m)
		receive(c, func(_ *websocket.Conn, opcode int, b []byte) error {
			p, err := websocket.NewPreparedMessage(opcode, append([]byte(nil), b...))
			if err != nil {
				return err
			}
			publishing.Lock()
			defer publishing.Unlock()
			for _, m := range members.All() {
				if slow && !m.outbox.Offer(p) || !slow && m.conn.WritePreparedMessage(p) != nil {
					m.conn.Close()
				}
			}
			return nil
		})
	})
}
