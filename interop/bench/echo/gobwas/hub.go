package gobwas

import (
	"net"
	"net/http"
	"sync"

	"example.com/tandem/interop/bench/serve"
	"github.com/gobwas/ws"
)

// A member's outbox is nil where nobody is slow.
type member struct {
	conn   net.Conn
	outbox *serve.Outbox[[]byte]
}

func (m member) write(frame []byte) error {
	_, err := m.conn.Write(frame)
	return err
}

// hub compiles each frame once and writes it to one connection after the other, or where some receivers are slow through a
// queue for each.
func hub(slow bool) http.Handler {
	var members serve.Members[member]
	var publishing sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, rw, _, err := upgrade(w, r)
		if err != nil {
			return
		}
		defer nc.Close()
		m := member{conn: nc}
		if slow {
			m.outbox = serve.NewOutbox(m.write)
			defer m.outbox.Close()
		}
		members.Join(m)
		defer members.Leave(m)
		receive(rw, func(f ws.Frame) error {
			frame, err := ws.CompileFrame(f)
			if err != nil {
				return err
			}
			publishing.Lock()
			defer publishing.Unlock()
			for _, m := range members.All() {
				if slow && !m.outbox.Offer(frame) || !slow && m.write(frame) != nil {
					m.conn.Close()
				}
			}
			return nil
		})
	})
}
