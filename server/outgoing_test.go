package server

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// TestNoReplyWaitsOnTheApplication has a handler sleep between its first reply and its second message.
func TestNoReplyWaitsOnTheApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, false, Limits{})
		p.send("81 01 31 | 81 01 32")
		c.Receive(t.Context())
		if !c.out.gather {
			t.Error("replies do not gather while a whole frame is at hand")
		}
		c.Send(t.Context(), shared.Text("reply"))
		begun := time.Now()
		go func() {
			p.expect("81 05 72 65 70 6c 79")
			if late := time.Since(begun); late != 0 {
				t.Errorf("the reply left after %v", late)
			}
		}()
		time.Sleep(2 * time.Second)
	})
}

// TestTheWriterGoesAway leaves no goroutine and no buffer to a connection that has sent all it had.
func TestTheWriterGoesAway(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		n := fill(t, c)
		c.out.mu.Lock()
		if !c.out.draining || c.out.empty() {
			t.Error("nobody writes to a peer that is full")
		}
		c.out.mu.Unlock()
		for range n {
			p.expect(frame(0x81, strings.Repeat("x", 1000)))
		}
		until(t, "the writer has gone", func() bool {
			c.out.mu.Lock()
			defer c.out.mu.Unlock()
			return !c.out.draining && !c.out.writing && c.out.data == nil && c.out.batch == nil
		})
	})
}

// A deadlineConn remembers the deadline of writes.
type deadlineConn struct {
	net.Conn
	write atomic.Pointer[time.Time]
}

func (c *deadlineConn) SetWriteDeadline(t time.Time) error {
	c.write.Store(&t)
	return c.Conn.SetWriteDeadline(t)
}

// TestNoWriteDeadlineIsLeft looks for one once all is written: TLS also writes on its own, to answer what it reads.
func TestNoWriteDeadlineIsLeft(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		watched := &deadlineConn{Conn: c.t.Conn}
		c.t.Conn = watched
		fill(t, c)
		if d := watched.write.Load(); d == nil || d.IsZero() {
			t.Error("no deadline while a write waits")
		}
		go io.Copy(io.Discard, p)
		until(t, "all is written and no deadline is left", func() bool {
			c.out.mu.Lock()
			defer c.out.mu.Unlock()
			return c.out.empty() && watched.write.Load().IsZero()
		})
	})
}

// TestPooledBuffersShowNothing fills the pools with one connection's bytes and looks for them in all another sends.
func TestPooledBuffersShowNothing(t *testing.T) {
	for range 50 {
		for i := range pools {
			b := getBuffer(pools[i].size)
			copy(*b, bytes.Repeat([]byte("SECRET"), len(*b)/6))
			putBuffer(b)
		}
	}
	for _, client := range []bool{false, true} {
		c, p := newWire(t, tcpConns, client, Limits{})
		for _, n := range []int{0, 1, 100, 5000, 70_000} {
			c.Send(t.Context(), shared.Binary(make([]byte, n)))
			p.send("89 01 70 | 82 00")
			if m, err := c.Receive(t.Context()); err != nil || len(m.Payload) != 0 {
				t.Fatal(m, err)
			}
			for range 2 {
				if b, err := p.next(); err != nil || bytes.Contains(b, []byte("SECRET")) {
					t.Fatalf("sent % .40x, %v", b, err)
				}
			}
		}
		w, _ := c.NextWriter(t.Context(), shared.OpcodeBinary)
		w.Write(make([]byte, 10))
		w.Close()
		p.expect(frame(0x82, string(make([]byte, 10))))
	}
}
