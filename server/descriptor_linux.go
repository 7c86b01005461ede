package server

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

// A descriptor is the connection below a Conn over TCP or a unix socket: a net.Conn of our own, watched by the poller,
// that holds no more than that takes. It has a duplicate of the descriptor of the net.Conn whose place it takes. One
// goroutine at a time reads, and one writes.
type descriptor struct {
	poller     *poller
	next       *descriptor // in the queue
	generation int32       // tells it from others that have had its number
	drained    uint32      // readable.events as they stood when all had been read; the reader's
	mark       atomic.Bool // reads stop at the end of the peer's half, or at urgent data: a short one does not mean that all was read
	attended   atomic.Bool // the connection was handed over: its attendance is run when there are events
	queued     atomic.Bool // in the poller's queue, or run from it

	fd   int32        // -1 once closed
	life sync.RWMutex // held for reading while fd is used: closed, it may be another's

	readable  readiness
	writable  readiness
	deadlines atomic.Pointer[deadlines] // nil if none was ever set

	local       *netip.AddrPort // which many share
	remote      netip.AddrPort
	unix        *net.UnixConn // closed; has the addresses of a unix socket
	supervision supervision
}

// A readiness is what the poller tells the one who reads, or the one who writes.
type readiness struct {
	events atomic.Uint32 // counts what may have made it ready, and other reasons to look again
	waited atomic.Bool   // one has waited, or is about to: there is wake
	wake   chan struct{} // has room for one
}

// watch puts a descriptor in the place of the net.Conn. It reports false, and has changed nothing, where that can't be.
func (t *transport) watch(raw syscall.RawConn) bool {
	d := new(descriptor)
	switch nc := t.Conn.(type) {
	case *net.TCPConn:
		local, _ := nc.LocalAddr().(*net.TCPAddr) // nil where the system does not know it any more
		remote, _ := nc.RemoteAddr().(*net.TCPAddr)
		d.local, d.remote = sharedAddress(local.AddrPort()), remote.AddrPort()
	case *net.UnixConn:
		d.unix = nc
	}
	var errno syscall.Errno
	err := raw.Control(func(fd uintptr) {
		var dup uintptr
		dup, _, errno = syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, 0)
		d.fd = int32(dup)
	})
	if err != nil || errno != 0 {
		return false
	}
	if syscall.SetNonblock(int(d.fd), true) != nil || watch(d) != nil { // os.File.Fd has taken it away, perhaps
		syscall.Close(int(d.fd))
		return false
	}
	t.Conn.Close() // this one of the two; the connection goes on
	t.Conn, t.descriptor = d, d
	return true
}

// glance reads without waiting: behind what in holds, or into the given bytes and, once these are full, into in. It returns
// what in is not told of: how many bytes are behind what it holds, or in the given ones. errNothing says that nothing has
// arrived: where the last read was short, the kernel is not even asked until there is an event.
func (d *descriptor) glance(in *input, into []byte) (n int, err error) {
	seen := d.readable.events.Load()
	if d.drained == seen {
		in.release()
		return 0, errNothing
	}
	room := 0
	d.life.RLock()
	switch space := in.space(); {
	case into == nil:
		room = len(space)
		n, err = readNow(d.fd, space)
	case len(into) >= longCall:
		room = longCall
		n, err = readNow(d.fd, into[:longCall])
	default:
		room = len(into) + len(space)
		n, err = readBoth(d.fd, into, space)
	}
	if n > 0 {
		in.reads.Add(1) // before holdsMore finds nothing
	}
	d.life.RUnlock()
	if err == syscall.EAGAIN {
		d.drained = seen
		in.release()
		return 0, errNothing
	}
	if n < room && d.unix == nil && !d.mark.Load() {
		d.drained = seen
	}
	if err != nil || n == 0 {
		return 0, d.failed("read", err)
	}
	if into != nil && n > len(into) {
		in.w += int32(n - len(into))
		n = len(into)
	}
	return n, nil
}

// exhausted reports whether the reader, who asks, has nothing to expect of a glance.
func (d *descriptor) exhausted() bool { return d.drained == d.readable.events.Load() }

// read is glance that waits.
func (d *descriptor) read(in *input, into []byte) (n int, err error) {
	for {
		seen := d.readable.events.Load()
		if n, err = d.glance(in, into); err != errNothing {
			return n, err
		}
		if err := d.wait(&d.readable, seen); err != nil {
			return 0, err
		}
	}
}

// tryWrite hands the kernel what it takes of b without waiting.
func (d *descriptor) tryWrite(b []byte) (n int, err error) {
	d.life.RLock()
	for n < len(b) && err == nil {
		var m int
		m, err = writeNow(d.fd, b[n:])
		n += m
	}
	d.life.RUnlock()
	if err != nil && err != syscall.EAGAIN {
		return n, d.failed("write", err)
	}
	return n, nil
}

// tryTrain is tryWrite of b and of the pieces behind it.
func (d *descriptor) tryTrain(b []byte, behind [][]byte) (int, error) {
	if len(b) == 0 && len(behind) == 1 { // a prepared message
		return d.tryWrite(behind[0])
	}
	d.life.RLock()
	n, err := writeTrain(d.fd, b, behind)
	d.life.RUnlock()
	if err != nil && err != syscall.EAGAIN {
		return n, d.failed("write", err)
	}
	return n, nil
}

// failed is the error of a system call as package net has it. It is not inlined: a connection waits on the stack of its
// callers.
//
//go:noinline
func (d *descriptor) failed(op string, err error) error {
	switch err {
	case nil:
		return io.EOF // it has read nothing
	case syscall.EBADF:
		err = net.ErrClosed // fd was -1
	}
	return &net.OpError{Op: op, Net: d.LocalAddr().Network(), Source: d.LocalAddr(), Addr: d.RemoteAddr(), Err: err}
}

// holdsMore reports whether the kernel has something to read. What a glance has taken before is counted then.
func (d *descriptor) holdsMore() bool {
	d.life.Lock()
	defer d.life.Unlock()
	return peek(d.fd)
}

// Close closes the descriptor, and has all that wait for it return.
func (d *descriptor) Close() error {
	d.life.Lock()
	defer d.life.Unlock()
	if d.fd < 0 {
		return net.ErrClosed
	}
	d.poller.forget(d)
	err := syscall.Close(int(d.fd))
	d.fd = -1
	d.readable.event()
	d.writable.event()
	if l := d.deadlines.Load(); l != nil {
		l.mu.Lock()
		l.stop()
		l.mu.Unlock()
	}
	return err
}

// CloseWrite ends this half.
func (d *descriptor) CloseWrite() error {
	d.life.RLock()
	defer d.life.RUnlock()
	if err := syscall.Shutdown(int(d.fd), syscall.SHUT_WR); err != nil {
		return d.failed("close", err)
	}
	return nil
}

// wait waits until there are more events than those seen, of which the end is one, or a deadline has passed.
func (d *descriptor) wait(r *readiness, seen uint32) error {
	if !r.waited.Load() {
		r.wake = make(chan struct{}, 1)
		r.waited.Store(true)
		return nil // whoever came before that has told nobody
	}
	for {
		switch l := d.deadlines.Load(); {
		case r.events.Load() != seen:
			return nil
		case l != nil && l.passed(r == &d.writable):
			return os.ErrDeadlineExceeded
		}
		<-r.wake // perhaps for an event of before
	}
}

// event counts an event, and has whoever waits look.
func (r *readiness) event() {
	r.events.Add(1)
	r.look()
}

// look has whoever waits look again.
func (r *readiness) look() {
	if r.waited.Load() {
		select {
		case r.wake <- struct{}{}:
		default: // one of before is still in there
		}
	}
}
