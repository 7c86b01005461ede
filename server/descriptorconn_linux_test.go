package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

func TestDescriptorHasTheAddresses(t *testing.T) {
	eachWatched(t, func(t *testing.T, d *descriptor, p *wirePeer) {
		if got, want := d.RemoteAddr(), p.LocalAddr(); got.String() != want.String() || got.Network() != want.Network() {
			t.Errorf("the peer is %v, not %v", got, want)
		}
		if got, want := d.LocalAddr(), p.RemoteAddr(); got.String() != want.String() || got.Network() != want.Network() {
			t.Errorf("this end is %v, not %v", got, want)
		}
		c := d.supervision.conn
		if c.RemoteAddr().String() != p.LocalAddr().String() || c.LocalAddr().String() != p.RemoteAddr().String() {
			t.Error("the Conn tells others")
		}
	})
}

// TestAcceptedAddressIsHeldOnce has two connections accepted at one address, and one at another in between.
func TestAcceptedAddressIsHeldOnce(t *testing.T) {
	acceptedBy := func(dial func(testing.TB) (a, b net.Conn)) *descriptor {
		d, p := watched(t, dial)
		if got, want := d.LocalAddr().String(), p.RemoteAddr().String(); got != want {
			t.Errorf("accepted at %v, not %v", got, want)
		}
		return d
	}
	one, other := tcpDialer(t), tcpDialer(t)
	if first, second := acceptedBy(one), acceptedBy(one); first.local != second.local {
		t.Error("the address is held twice")
	}
	acceptedBy(other)
	acceptedBy(one)
}

// TestDescriptorCarriesBytes has more on the way than the kernel holds, in both directions at once.
func TestDescriptorCarriesBytes(t *testing.T) {
	eachWatched(t, func(t *testing.T, d *descriptor, p *wirePeer) {
		long := bytes.Repeat([]byte("0123456789abcdef"), 1<<19)
		var all sync.WaitGroup
		carry := func(from, to net.Conn) {
			all.Go(func() {
				if n, err := from.Write(long); n != len(long) || err != nil {
					t.Error(n, err)
				}
			})
			all.Go(func() {
				got := make([]byte, len(long))
				if _, err := io.ReadFull(to, got); err != nil || !bytes.Equal(got, long) {
					t.Error(err)
				}
			})
		}
		carry(d, p.Conn)
		carry(p.Conn, d)
		all.Wait()
		if n, err := d.Read(nil); n != 0 || err != nil {
			t.Errorf("a Read of nothing: %d, %v", n, err)
		}
		p.Write([]byte("z"))
		p.Close()
		if n, err := d.Read(make([]byte, 9)); n != 1 || err != nil {
			t.Error(n, err)
		}
		for range 2 {
			if n, err := d.Read(make([]byte, 9)); n != 0 || err != io.EOF {
				t.Errorf("behind the end: %d, %v", n, err)
			}
		}
	})
}

func TestDescriptorDeadlines(t *testing.T) {
	eachWatched(t, func(t *testing.T, d *descriptor, p *wirePeer) {
		expired := func(what string, err error) {
			t.Helper()
			var timeout net.Error
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("%s gives %v", what, err)
			}
		}
		b := make([]byte, 1)
		for _, past := range []time.Time{longAgo, time.Now().Add(-time.Second), time.Now().Add(10 * time.Millisecond)} {
			d.SetReadDeadline(past)
			for range 2 {
				_, err := d.Read(b)
				expired("Read", err)
			}
		}
		// One that is reset is forgotten.
		d.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		read := make(chan error, 1)
		go func() {
			_, err := d.Read(b)
			read <- err
		}()
		d.SetReadDeadline(time.Time{})
		time.Sleep(20 * time.Millisecond)
		p.Write([]byte("a"))
		if err := <-read; err != nil && !errors.Is(err, os.ErrDeadlineExceeded) { // where Read was late, it met none
			t.Error(err)
		}

		d.SetDeadline(time.Now().Add(20 * time.Millisecond))
		n, err := d.Write(make([]byte, 64<<20))
		expired("Write", err)
		if n <= 0 {
			t.Errorf("%d bytes were written", n)
		}
		_, err = d.Read(b)
		if err == nil { // the byte from before
			_, err = d.Read(b)
		}
		expired("Read", err)
		d.SetDeadline(time.Time{})
		go io.Copy(io.Discard, p.Conn)
		if _, err := d.Write([]byte("b")); err != nil {
			t.Error(err)
		}
	})
}

// TestDescriptorDeadlineReachesWhoWaits sets a deadline when the reader waits already.
func TestDescriptorDeadlineReachesWhoWaits(t *testing.T) {
	for _, later := range []time.Duration{-time.Hour, 10 * time.Millisecond} {
		eachWatched(t, func(t *testing.T, d *descriptor, p *wirePeer) {
			d.SetReadDeadline(time.Now().Add(time.Hour))
			read := make(chan error, 1)
			go func() {
				_, err := d.Read(make([]byte, 1))
				read <- err
			}()
			awaitWaiter(t, d)
			d.SetReadDeadline(time.Now().Add(later))
			if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
		})
	}
}

// TestDescriptorRoomBeforeTheFirstWait has room come up between the writer's first try and its first wait, of which the poller tells
// nobody: who has never waited is not told.
func TestDescriptorRoomBeforeTheFirstWait(t *testing.T) {
	eachWatched(t, func(t *testing.T, d *descriptor, p *wirePeer) {
		seen, sent := d.writable.events.Load(), 0
		for n := 1; n > 0; sent += n {
			n, _ = d.tryWrite(make([]byte, 1<<20))
		}
		if _, err := io.CopyN(io.Discard, p.Conn, int64(sent)); err != nil {
			t.Fatal(err)
		}
		readable := d.readable.events.Load()
		p.Write([]byte("a"))
		until(t, "the poller has told of what came later", func() bool { return d.readable.events.Load() != readable })
		if d.writable.events.Load() != seen {
			t.Error("room is counted for nobody")
		}
		d.SetWriteDeadline(time.Now().Add(5 * time.Second))
		if err := d.wait(&d.writable, seen); err != nil {
			t.Error(err)
		}
		if n, err := d.Write([]byte("b")); n != 1 || err != nil {
			t.Error(n, err)
		}
	})
}

// TestNoTimerIsLeft has the connection end when a write is about to begin.
func TestNoTimerIsLeft(t *testing.T) {
	a, b := tcpConns(t)
	defer a.Close()
	limits, _ := Limits{}.withDefaults()
	var c *Conn
	c = newConn(b, &setup{limits: limits, trace: &Trace{Frame: func(TraceFrame) { c.CloseNow() }}})
	d := c.t.descriptor
	c.Ping(context.Background())
	until(t, "nobody writes", func() bool { c.out.mu.Lock(); defer c.out.mu.Unlock(); return !c.out.draining })
	if l := d.deadlines.Load(); l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.timer != nil && l.timer.Stop() {
			t.Error("a timer is left")
		}
	}
}
