package server

import (
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A descriptor is the connection below a Conn over TCP or a unix socket: a net.Conn of our own, watched by the poller,
// that holds no more than that takes. It has a duplicate of the descriptor of the net.Conn whose place it takes. One
// goroutine at a time reads, and one writes.
type descriptor struct {
	poller     *poller
	next       *descriptor   // in the queue
	generation int32         // tells it from others that have had its number
	events     atomic.Uint32 // counts what may have made it readable, and other reasons to look
	drained    atomic.Uint32 // events as they stood when all had been read
	writables  atomic.Uint32 // counts what may have made it writable
	hangup     atomic.Bool   // the peer has ended its half: a short read does not mean that all was read
	attended   atomic.Bool   // the connection was handed over: its attendance is run when there are events
	queued     atomic.Bool   // in the poller's queue, or run from it

	fd   int32        // -1 once closed
	life sync.RWMutex // held for reading while fd is used: closed, it may be another's

	mu             sync.Mutex
	reader, writer chan struct{} // tell whoever waits to look again; made when needed
	readDeadline   time.Duration // by the clock of sinceStart; 0: none
	writeDeadline  time.Duration
	timer          *time.Timer // for the next of them

	local, remote netip.AddrPort
	unix          *net.UnixConn // closed; has the addresses of a unix socket
	supervision   supervision
}

// watch puts a descriptor in the place of the net.Conn. It reports false, and has changed nothing, where that can't be.
func (t *transport) watch() bool {
	d := new(descriptor)
	switch nc := t.Conn.(type) {
	case *net.TCPConn:
		local, _ := nc.LocalAddr().(*net.TCPAddr) // nil where the system does not know it any more
		remote, _ := nc.RemoteAddr().(*net.TCPAddr)
		d.local, d.remote = local.AddrPort(), remote.AddrPort()
	case *net.UnixConn:
		d.unix = nc
	}
	var errno syscall.Errno
	err := t.raw.Control(func(fd uintptr) {
		var dup uintptr
		dup, _, errno = syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, 0)
		d.fd = int32(dup)
	})
	if err != nil || errno != 0 {
		return false
	}
	if watch(d) != nil {
		syscall.Close(int(d.fd))
		return false
	}
	t.Conn.Close() // this one of the two; the connection goes on
	t.Conn, t.raw, t.descriptor = d, rawDescriptor{d}, d
	return true
}

// longCall is how much one system call moves at the most, or a little more.
const longCall = 256 << 10

// glance reads without waiting: behind what in holds, or into the given bytes and, once these are full, into in. It returns
// what in is not told of: how many bytes are behind what it holds, or in the given ones. errNothing says that nothing has
// arrived: where the last read was short, the kernel is not even asked until there is an event.
func (d *descriptor) glance(in *input, into []byte) (n int, err error) {
	seen := d.events.Load()
	if d.drained.Load() == seen {
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
	d.life.RUnlock()
	if err == syscall.EAGAIN {
		d.drained.Store(seen)
		in.release()
		return 0, errNothing
	}
	if n < room && d.unix == nil && !d.hangup.Load() {
		d.drained.Store(seen)
	}
	if err != nil || n == 0 {
		return 0, d.failed("read", err)
	}
	if into != nil && n > len(into) {
		in.w += n - len(into)
		n = len(into)
	}
	return n, nil
}

// read is glance that waits.
func (d *descriptor) read(in *input, into []byte) (n int, err error) {
	for {
		seen := d.events.Load()
		if n, err = d.glance(in, into); err != errNothing {
			return n, err
		}
		if err := d.wait(&d.reader, &d.events, seen, &d.readDeadline); err != nil {
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
	err := syscall.Close(int(d.fd))
	d.fd = -1
	d.mu.Lock()
	wake(d.reader)
	wake(d.writer)
	if d.timer != nil {
		d.timer.Stop()
	}
	d.mu.Unlock()
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

// wait waits until count is no longer seen. who and deadline are the reader's or the writer's.
func (d *descriptor) wait(who *chan struct{}, count *atomic.Uint32, seen uint32, deadline *time.Duration) error {
	for {
		d.mu.Lock()
		if *who == nil {
			*who = make(chan struct{}, 1)
		}
		woken, end := *who, *deadline
		d.mu.Unlock()
		d.life.RLock()
		closed := d.fd < 0
		d.life.RUnlock()
		switch {
		case count.Load() != seen:
			return nil
		case closed:
			return net.ErrClosed
		case end != 0 && end <= sinceStart():
			return os.ErrDeadlineExceeded
		}
		<-woken
	}
}

// wake has whoever waits look again.
func wake(who chan struct{}) {
	select {
	case who <- struct{}{}:
	default: // it is told already, or nobody has ever waited
	}
}

// A rawDescriptor is the descriptor as a syscall.RawConn: its functions return false to wait.
type rawDescriptor struct{ *descriptor }

func (d rawDescriptor) Control(f func(fd uintptr)) error { return d.use(f) }

func (d rawDescriptor) Read(f func(fd uintptr) bool) error {
	return d.until(f, &d.reader, &d.events, &d.readDeadline)
}

func (d rawDescriptor) Write(f func(fd uintptr) bool) error {
	return d.until(f, &d.writer, &d.writables, &d.writeDeadline)
}

func (d *descriptor) until(f func(fd uintptr) bool, who *chan struct{}, count *atomic.Uint32, deadline *time.Duration) error {
	for {
		seen, done := count.Load(), false
		if err := d.use(func(fd uintptr) { done = f(fd) }); err != nil || done {
			return err
		}
		if err := d.wait(who, count, seen, deadline); err != nil {
			return err
		}
	}
}

func (d *descriptor) Read(b []byte) (n int, err error) {
	for {
		seen := d.events.Load()
		d.life.RLock()
		n, err = retry(uintptr(d.fd), b, syscall.Read)
		d.life.RUnlock()
		switch {
		case err == syscall.EAGAIN:
		case err != nil || n == 0 && len(b) > 0:
			return 0, d.failed("read", err)
		default:
			return n, nil
		}
		if err := d.wait(&d.reader, &d.events, seen, &d.readDeadline); err != nil {
			return 0, err
		}
	}
}

func (d *descriptor) Write(b []byte) (n int, err error) {
	for {
		seen := d.writables.Load()
		m, err := d.tryWrite(b[n:])
		if n += m; err != nil || n == len(b) {
			return n, err
		}
		if err := d.wait(&d.writer, &d.writables, seen, &d.writeDeadline); err != nil {
			return n, err
		}
	}
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
	d.timeOut()
	return nil
}

// timeOut has all look at their deadlines, now and at the next one. d.mu is held.
func (d *descriptor) timeOut() {
	wake(d.reader)
	wake(d.writer)
	now, next := sinceStart(), time.Duration(math.MaxInt64)
	for _, deadline := range []time.Duration{d.readDeadline, d.writeDeadline} {
		if deadline > now {
			next = min(next, deadline)
		}
	}
	switch {
	case next == math.MaxInt64 && d.timer != nil:
		d.timer.Stop()
	case next == math.MaxInt64:
	case d.timer == nil:
		d.timer = time.AfterFunc(next-now, func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.timeOut()
		})
	default:
		d.timer.Reset(next - now)
	}
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
