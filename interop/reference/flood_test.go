package reference

import (
	"fmt"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// Both ends send 100 MB at once, each while it receives. An end that read only when it has nothing to write, or that wrote
// Pongs and replies from its reader, would stall as soon as the buffers between them are full.
func TestBothEndsSend100MBAtOnce(t *testing.T) {
	for _, test := range []struct{ messages, size int }{{100_000, 1000}, {100, 1_000_000}, {1, 100_000_000}} {
		t.Run(fmt.Sprintf("%d messages of %d bytes", test.messages, test.size), func(t *testing.T) {
			for _, p := range pairs {
				if p.transport == "wss" && test.messages != 100 {
					continue // TLS makes no difference to the length of messages
				}
				t.Run(p.name, func(t *testing.T) {
					c := p.open(t, settings{})
					flood(t, c, test.messages, test.size)
				})
			}
		})
	}
}

func flood(t *testing.T, c connection, messages, size int) {
	ctx := within(t, 60*time.Second)
	m := sample(shared.OpcodeBinary, size)
	done := make(chan error, 4)
	for _, e := range []end{c.ours, c.reference} {
		go func() {
			for i := range messages {
				if err := e.Send(ctx, m); err != nil {
					done <- fmt.Errorf("%T sends message %d: %w", e, i, err)
					return
				}
			}
			done <- nil
		}()
		go func() {
			for i := range messages {
				got, err := e.Receive(ctx)
				if err != nil {
					done <- fmt.Errorf("%T receives message %d: %w", e, i, err)
					return
				}
				if !same(got, m) {
					done <- fmt.Errorf("%T received %s, not the %s that were sent", e, describe(got), describe(m))
					return
				}
			}
			done <- nil
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
			c.ours.CloseNow() // nobody is to wait for the rest
			c.reference.CloseNow()
		}
	}
}

// One end echoes as simple programs do: it reads a message, and reads no more until the answer is written. The other sends
// more than all buffers between hold, without waiting for the answers. If its sending kept it from receiving, both would
// wait for ever.
func TestEchoSentWithoutWaiting(t *testing.T) {
	const messages, size = 160, 250_000
	eachWay(t, settings{}, func(t *testing.T, from, to end) {
		ctx := within(t, 60*time.Second)
		echoed := make(chan error, 1)
		go func() {
			for {
				m, err := to.Receive(ctx)
				if err == nil {
					err = to.Send(ctx, m)
				}
				if err != nil {
					echoed <- err
					return
				}
			}
		}()
		m := sample(shared.OpcodeBinary, size)
		sent := make(chan error, 1)
		go func() {
			for i := range messages {
				if err := from.Send(ctx, m); err != nil {
					sent <- fmt.Errorf("message %d: %w", i, err)
					return
				}
			}
			sent <- nil
		}()
		for i := range messages {
			got, err := from.Receive(ctx)
			if err != nil {
				t.Fatalf("answer %d: %v", i, err)
			}
			if !same(got, m) {
				t.Fatalf("answer %d is %s, not the %s that were sent", i, describe(got), describe(m))
			}
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
		if err := from.Close(shared.StatusNormalClosure, ""); err != nil {
			t.Errorf("Close: %v", err)
		}
		if got := told(to, <-echoed); got.Code != shared.StatusNormalClosure {
			t.Errorf("the echo ended with %d", got.Code)
		}
	})
}
