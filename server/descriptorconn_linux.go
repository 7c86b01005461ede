package server

import (
	"math"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// This is the descriptor as a net.Conn, for those who wait: the goroutine that writes what the kernel
// did not take, and whoever leaves.

func (d *descriptor) Read(b []byte) (n int, err error) {
	if len(b) == 0 { // or the kernel would be waited for
		return 0, nil
	}
	for {
		seen := d.readable.events.Load()
		d.life.RLock()
		n, err = readNow(d.fd, b[:min(len(b), longCall)])
		d.life.RUnlock()
		switch {
		case err == syscall.EAGAIN:
		case err != nil || n == 0:
			return 0, d.failed("read", err)
		default:
			return n, nil
		}
		if err := d.wait(&d.readable, seen); err != nil {
			return 0, err
		}
	}
}

func (d *descriptor) Write(b []byte) (n int, err error) {
	for {
		seen := d.writable.events.Load()
		m, err := d.tryWrite(b[n:])
		if n += m; err != nil || n == len(b) {
			return n, err
		}
		if err := d.wait(&d.writable, seen); err != nil {
			return n, err
		}
	}
}

// latestLocal is where the latest address is at which one was accepted.
var latestLocal atomic.Pointer[netip.AddrPort]

// sharedAddress returns where an address is: all that are accepted there, behind each other, share it.
func sharedAddress(a netip.AddrPort) *netip.AddrPort {
	if latest := latestLocal.Load(); latest != nil && *latest == a {
		return latest
	}
	fresh := a // which is what is allocated, and not each a
	latestLocal.Store(&fresh)
	return &fresh
}

func (d *descriptor) LocalAddr() net.Addr {
	if d.unix != nil {
		return d.unix.LocalAddr()
	}
	return net.TCPAddrFromAddrPort(*d.local)
}

func (d *descriptor) RemoteAddr() net.Addr {
	if d.unix != nil {
		return d.unix.RemoteAddr()
	}
	return net.TCPAddrFromAddrPort(d.remote)
}

// deadlines are those of a descriptor, by the clock of sinceStart; 0 is none.
type deadlines struct {
	mu          sync.Mutex
	read, write time.Duration
	timer       *time.Timer // for the next of them
}

// passed reports whether the deadline has passed of whoever reads or of whoever writes.
func (l *deadlines) passed(writing bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	deadline := l.read
	if writing {
		deadline = l.write
	}
	return deadline != 0 && deadline <= sinceStart()
}

// stop ends the timer. l.mu is held.
func (l *deadlines) stop() {
	if l.timer != nil {
		l.timer.Stop()
	}
}

func (d *descriptor) SetDeadline(t time.Time) error {
	d.SetReadDeadline(t)
	return d.SetWriteDeadline(t)
}

func (d *descriptor) SetReadDeadline(t time.Time) error {
	return d.limit(func(l *deadlines, at time.Duration) { l.read = at }, t)
}

func (d *descriptor) SetWriteDeadline(t time.Time) error {
	return d.limit(func(l *deadlines, at time.Duration) { l.write = at }, t)
}

func (d *descriptor) limit(set func(l *deadlines, at time.Duration), t time.Time) error {
	d.life.RLock()
	defer d.life.RUnlock()
	if d.fd < 0 { // Close has stopped the timer
		return net.ErrClosed
	}
	if d.deadlines.Load() == nil {
		d.deadlines.CompareAndSwap(nil, new(deadlines))
	}
	l := d.deadlines.Load()
	l.mu.Lock()
	defer l.mu.Unlock()
	at := t.Sub(started)
	if t.IsZero() {
		at = 0
	}
	set(l, at)
	d.timeOut(l)
	return nil
}

// timeOut has all look at their deadlines, now and at the next one. l.mu is held.
func (d *descriptor) timeOut(l *deadlines) {
	d.readable.look()
	d.writable.look()
	now, next := sinceStart(), time.Duration(math.MaxInt64)
	for _, deadline := range []time.Duration{l.read, l.write} {
		if deadline > now {
			next = min(next, deadline)
		}
	}
	switch {
	case next == math.MaxInt64:
		l.stop()
	case l.timer == nil:
		l.timer = time.AfterFunc(next-now, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			d.timeOut(l)
		})
	default:
		l.timer.Reset(next - now)
	}
}
