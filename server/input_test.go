package server

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestMessageStopsWhereASmallerBufferIsFull has a message pause when as much of it has come as fills the smaller buffer that it
// is then kept in.
func TestMessageStopsWhereASmallerBufferIsFull(t *testing.T) {
	for _, x := range []struct{ size, first int }{{50_000, smallBuffer}, {200_000, smallBuffer}, {200_000, largeBuffer}} {
		t.Run(fmt.Sprintf("%d of %d", x.first, x.size), func(t *testing.T) {
			c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
			b := frames(frame(0x82, strings.Repeat("x", x.size)), true)
			pause := len(b) - x.size + x.first
			go func() {
				p.sendBytes(b) // so that the next is expected to be as long
				time.Sleep(20 * time.Millisecond)
				p.sendBytes(b[:pause])
				time.Sleep(20 * time.Millisecond)
				p.sendBytes(b[pause:])
			}()
			for range 2 {
				if m, err := c.Next(t.Context()); err != nil || len(m.Payload) != x.size {
					t.Fatalf("%d bytes, %v", len(m.Payload), err)
				}
			}
		})
	}
}
