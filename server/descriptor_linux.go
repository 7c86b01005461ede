package server

import (
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A descriptor is the connection below a Conn that was handed over: a net.Conn of our own, watched by the poller, which
// keeps no more than that takes. It holds a duplicate of what the net.Conn had, whose place it has taken.
type descriptor struct {
	attendance *attendance
	poller     *poller
	generation int32         // tells it from others that have had its number
	events     atomic.Uint32 // counts what may have made it readable, and other reasons to look
	drained    atomic.Uint32 // events as they stood when all had been read
	writables  atomic.Uint32 // counts what may have made it writable
	hangup     atomic.Bool   // the peer has ended its half: a short read does not mean that all was read
	queued     atomic.Bool   // in the poller's queue, or run from it
	next       *descriptor   // in the queue

	life sync.RWMutex // held for reading while the number is used: closed, it may be another's
	fd   int          // -1 once closed

	mu                          sync.Mutex
	changed                     signal // one of the counts, a deadline, or closed
	closed                      bool
	readDeadline, writeDeadline time.Duration // by the clock of sinceStart; 0: none

	local, remote netip.AddrPort
	unix          net.Conn // closed; has the addresses of a unix socket
}

// watch puts the descriptor in the place of the transport's net.Conn and has it watched. It reports false, and has
// changed nothing, where that can't be. The caller has the reader's role.
func (a *attendance) watch() bool {
	c, d := a.c, &a.descriptor
	if c.t.raw == nil {
		return false
	}
	d.attendance = a
	if err := d.duplicate(c.t); err != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.writing { // on the net.Conn
		c.mu.Unlock()
		o.changed.wait(context.Background(), &o.mu)
		o.mu.Unlock()
		c.mu.Lock()
		o.mu.Lock()
	}
	if c.end != nil || watch(d) != nil {
		syscall.Close(d.fd)
		return false
	}
	nc := c.t.Conn
	c.t.Conn, c.t.raw, c.t.descriptor = d, rawDescriptor{d}, d
	nc.Close() // this one of the two; the connection goes on
	return true
}

// duplicate makes a descriptor for what t has.
func (d *descriptor) duplicate(t *transport) error {
	if tcp, ok := t.Conn.(*net.TCPConn); ok {
		local, _ := tcp.LocalAddr().(*net.TCPAddr) // nil where the system does not know it any more
		remote, _ := tcp.RemoteAddr().(*net.TCPAddr)
		d.local, d.remote = local.AddrPort(), remote.AddrPort()
	} else {
		d.unix = t.Conn
	}
	var errno syscall.Errno
	err := t.raw.Control(func(fd uintptr) {
		var dup uintptr
		dup, _, errno = syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, 0)
		d.fd = int(dup)
	})
	if err == nil && errno != 0 {
		err = os.NewSyscallError("fcntl", errno)
	}
	return err
}

// glance is readRaw without waiting: errNothing says that nothing has arrived. Where the last read was short, the kernel
// is not even asked until there is an event.
func (t *transport) glance(in *input, into []byte) (n int, err error) {
	d, a := t.descriptor, &t.attempt
	seen := d.events.Load()
	if d.drained.Load() == seen {
		in.release()
		return 0, errNothing
	}
	a.in, a.into, a.readN, a.readE = in, into, 0, nil
	done := false
	err = d.use(func(fd uintptr) { done = a.read(fd) })
	a.into = nil
	if err == nil && !done {
		d.drained.Store(seen)
		return 0, errNothing
	}
	offered := len(into)
	if into == nil && in.buf != nil {
		offered = len(*in.buf) - in.w
	}
	if n, err = t.readResult(err); n < offered && d.unix == nil && !d.hangup.Load() {
		d.drained.Store(seen)
	}
	return n, err
}

// use calls f, which must not wait, unless the descriptor is closed.
func (d *descriptor) use(f func(fd uintptr)) error {
	d.life.RLock()
	defer d.life.RUnlock()
	if d.fd < 0 {
		return net.ErrClosed
	}
	f(uintptr(d.fd))
	return nil
}

// Close closes the descriptor, and has all that wait for it return.
func (d *descriptor) Close() error {
	d.life.Lock()
	defer d.life.Unlock()
	if d.fd < 0 {
		return net.ErrClosed
	}
	d.poller.forget(d)
	err := syscall.Close(d.fd)
	d.fd = -1
	d.mu.Lock()
	d.closed = true
	d.changed.wake()
	d.mu.Unlock()
	return err
}

// CloseWrite ends this half.
func (d *descriptor) CloseWrite() error {
	var err error
	return firstError(d.use(func(fd uintptr) { err = syscall.Shutdown(int(fd), syscall.SHUT_WR) }), err)
}

// wait waits until count is no longer seen. deadline is one of the two.
func (d *descriptor) wait(count *atomic.Uint32, seen uint32, deadline *time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for count.Load() == seen {
		if d.closed {
			return net.ErrClosed
		}
		ctx, cancel := context.Background(), func() {}
		if *deadline != 0 {
			left := *deadline - sinceStart()
			if left <= 0 {
				return os.ErrDeadlineExceeded
			}
			ctx, cancel = context.WithTimeout(ctx, left)
		}
		d.changed.wait(ctx, &d.mu)
		cancel()
	}
	return nil
}

// A rawDescriptor is the descriptor as a syscall.RawConn: its functions return false to wait.
type rawDescriptor struct{ *descriptor }

func (d rawDescriptor) Control(f func(fd uintptr)) error { return d.use(f) }

func (d rawDescriptor) Read(f func(fd uintptr) bool) error {
	return d.until(f, &d.events, &d.readDeadline)
}

func (d rawDescriptor) Write(f func(fd uintptr) bool) error {
	return d.until(f, &d.writables, &d.writeDeadline)
}

func (d *descriptor) until(f func(fd uintptr) bool, count *atomic.Uint32, deadline *time.Duration) error {
	for {
		seen, done := count.Load(), false
		if err := d.use(func(fd uintptr) { done = f(fd) }); err != nil || done {
			return err
		}
		if err := d.wait(count, seen, deadline); err != nil {
			return err
		}
	}
}

func (d *descriptor) Read(b []byte) (n int, err error) {
	var errno error
	err = rawDescriptor{d}.Read(func(fd uintptr) bool {
		n, errno = retry(fd, b, syscall.Read)
		return errno != syscall.EAGAIN
	})
	if err = firstError(err, errno); err == nil && n == 0 && len(b) > 0 {
		err = io.EOF
	}
	return n, err
}

func (d *descriptor) Write(b []byte) (n int, err error) {
	var errno error
	err = rawDescriptor{d}.Write(func(fd uintptr) bool {
		for n < len(b) && errno == nil {
			var m int
			m, errno = retry(fd, b[n:], syscall.Write)
			n += m
		}
		if errno == syscall.EAGAIN {
			errno = nil
			return false
		}
		return true
	})
	return n, firstError(err, errno)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *descriptor) SetDeadline(t time.Time) error {
	d.SetReadDeadline(t)
	return d.SetWriteDeadline(t)
}

func (d *descriptor) SetReadDeadline(t time.Time) error { return d.set(&d.readDeadline, t) }

func (d *descriptor) SetWriteDeadline(t time.Time) error { return d.set(&d.writeDeadline, t) }

func (d *descriptor) set(deadline *time.Duration, t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if *deadline = t.Sub(started); t.IsZero() {
		*deadline = 0
	}
	d.changed.wake()
	return nil
}

func (d *descriptor) LocalAddr() net.Addr {
	if d.unix != nil {
		return d.unix.LocalAddr()
	}
	return net.TCPAddrFromAddrPort(d.local)
}

func (d *descriptor) RemoteAddr() net.Addr {
	if d.unix != nil {
		return d.unix.RemoteAddr()
	}
	return net.TCPAddrFromAddrPort(d.remote)
}
