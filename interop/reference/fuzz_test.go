package reference

import (
	"context"
	"net/http"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// FuzzMessages sends messages in any pieces between us and the reference, in both directions and roles: what one says, the
// other reads the same.
func FuzzMessages(f *testing.F) {
	f.Add([]byte("Hello"), []byte{1, 0, 3}, uint8(0))
	f.Add([]byte("Größe 大小 📏"), []byte{2, 200}, uint8(1))
	f.Add([]byte("\x00\xff\x80"), []byte(nil), uint8(2))
	f.Add(make([]byte, 5000), []byte{255, 255, 17}, uint8(3))
	open := func(p pair) connection {
		var c connection
		ready := make(chan struct{})
		ts := p.serve(f, settings{}, func(e end, _ *http.Request) { c.hold(e); close(ready) })
		client, _, err := p.dial(context.Background(), ts, settings{})
		if err != nil {
			f.Fatal(err)
		}
		c.hold(client)
		<-ready
		f.Cleanup(func() { c.ours.CloseNow(); c.reference.CloseNow() })
		return c
	}
	connections := []connection{open(pairs[0]), open(pairs[1])}
	f.Fuzz(func(t *testing.T, payload, cuts []byte, how uint8) {
		if len(payload) > 64<<10 {
			return
		}
		m := shared.Message{Opcode: shared.OpcodeBinary, Payload: payload}
		if (shared.Message{Opcode: shared.OpcodeText, Payload: payload}).Check() == nil && how&4 != 0 {
			m.Opcode = shared.OpcodeText
		}
		pieces, rest := []int{}, len(payload)
		for _, n := range cuts {
			pieces = append(pieces, min(int(n), rest))
			rest -= pieces[len(pieces)-1]
		}
		pieces = append(pieces, rest)
		from, to := connections[how&1].from(how&2 == 0)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		sent := make(chan error, 1)
		go func() {
			err := from.Send(ctx, m)
			if err == nil {
				err = writePieces(ctx, from, m, pieces)
			}
			sent <- err
		}()
		for range 2 {
			if got, err := to.Receive(ctx); err != nil || !same(got, m) {
				t.Fatalf("received %s, %v, not the %s that were sent", describe(got), err, describe(m))
			}
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	})
}
