package server

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

// A slowContext has what waits for its end wait for the test.
type slowContext struct {
	oddContext
	after *[]func()
}

func (c slowContext) AfterFunc(f func()) (stop func() bool) {
	*c.after = append(*c.after, f)
	return func() bool { return true }
}

// TestRequestEndsBetweenReceives has the context of the request end, and the connection's own, which is derived from it, a little
// later: a receiver that comes in between is told.
func TestRequestEndsBetweenReceives(t *testing.T) {
	eachHanded(t, Limits{Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
		var after []func()
		above := slowContext{oddContext{done: make(chan struct{})}, &after}
		c.agree().request = new(http.Request).WithContext(above)
		ctx := c.Context()
		go p.sendText("a")
		if m, err := c.Receive(ctx); err != nil || m.String() != "a" {
			t.Fatal(m, err)
		}
		close(above.done)
		after[1]() // interruptRead, in a goroutine of its own
		time.Sleep(10 * time.Millisecond)
		received := make(chan error, 2)
		go func() {
			_, err := c.Receive(ctx)
			received <- err
			_, err = c.Ping(ctx)
			received <- err
		}()
		time.Sleep(10 * time.Millisecond)
		after[0]()
		for range 2 {
			select {
			case err := <-received:
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			case <-time.After(5 * time.Second):
				t.Error("who reads waits though the context has ended")
				c.CloseNow()
			}
		}
	})
}

// TestForeignDeadlineWhenTheRequestHasEnded: whose context has ended is not what was asked with.
func TestForeignDeadlineWhenTheRequestHasEnded(t *testing.T) {
	for _, transport := range wireTransports {
		t.Run(transport.name, func(t *testing.T) {
			c, p := newWire(t, transport.make, false, Limits{Heartbeat: -1})
			c.agree().request = new(http.Request).WithContext(expired)
			c.t.SetReadDeadline(longAgo)
			received := make(chan error, 1)
			go func() { _, err := c.Receive(context.Background()); received <- err }()
			p.sendText("a")
			select {
			case err := <-received:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(5 * time.Second):
				t.Error("nothing is received")
				c.CloseNow()
				<-received
			}
		})
	}
}
