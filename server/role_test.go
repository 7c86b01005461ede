package server

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// An impatient Conn has its own deadline for each read: as long as that, or one that has passed for good.
type impatient struct {
	net.Conn
	limit time.Duration
}

func (c impatient) Read(b []byte) (int, error) {
	if c.limit == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	c.Conn.SetReadDeadline(time.Now().Add(c.limit))
	return c.Conn.Read(b)
}

func newImpatient(t *testing.T, limit time.Duration) (*Conn, *wirePeer) {
	return newWire(t, func(t testing.TB) (a, b net.Conn) {
		a, b = tcpConns(t)
		return a, impatient{b, limit}
	}, false, Limits{Heartbeat: -1})
}

// TestReadsOutlastTheDeadlinesOfOthers has a transport that ends its reads by itself, again and again.
func TestReadsOutlastTheDeadlinesOfOthers(t *testing.T) {
	c, p := newImpatient(t, time.Millisecond)
	go func() {
		for _, b := range frames("81 01 61", true) {
			time.Sleep(20 * time.Millisecond)
			p.sendBytes([]byte{b})
		}
	}()
	expectText(t, c, "a")
}

// TestATransportWithoutTimeFails: one whose reads are over before they begin is not read for ever.
func TestATransportWithoutTimeFails(t *testing.T) {
	c, p := newImpatient(t, 0)
	received := make(chan error, 1)
	go func() { _, err := c.Receive(t.Context()); received <- err }()
	select {
	case err := <-received:
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.Is(err, shared.ErrClosed) {
			t.Error(err)
		}
		checkEnd(t, c, shared.PartyNetwork, shared.LayerTCP, 1006)
	case <-time.After(5 * time.Second):
		t.Error("it is read for ever")
		p.Close()
		c.CloseNow()
		<-received
	}
}
