package server

import (
	"context"
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

// TestContextEndsBehindForeignDeadlines: a read that its context has ended is none that a deadline of somebody else's has.
func TestContextEndsBehindForeignDeadlines(t *testing.T) {
	c, p := newWire(t, tlsTCPConns, false, Limits{Heartbeat: -1})
	c.in.expired = maxExpired - 1
	c.t.SetReadDeadline(longAgo)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, shared.ErrClosed) {
		t.Fatal(err)
	}
	p.sendText("a")
	expectText(t, c, "a")
}

// TestForeignDeadlineBesideTheLinger: the peer is given the time to see why.
func TestForeignDeadlineBesideTheLinger(t *testing.T) {
	c, p := newWire(t, tlsTCPConns, false, Limits{Heartbeat: -1})
	c.t.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	p.send("83 00")
	if _, err := c.Receive(t.Context()); !errors.Is(err, shared.ErrClosed) {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		t.Error("TCP was closed at once")
	}
}

// TestNoRunIsLeft has the connection end while Receive waits for the reader's role, with a run.
func TestNoRunIsLeft(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	p.send("82 01 61 | 82 01 62 | 82 01 63")
	if _, err := c.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	go c.Close(shared.StatusNormalClosure, "")
	p.expect("88 02 03 e8")
	until(t, "Close reads", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.reading })
	received := make(chan error)
	go func() { _, err := c.Receive(context.Background()); received <- err }()
	until(t, "Receive waits", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.receiving })
	p.send("88 02 03 e8")
	<-received
	if c.run.behind.Load() != nil || c.run.buffer != nil {
		t.Error("the memory of a run is left")
	}
}
