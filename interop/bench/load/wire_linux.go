package main

import (
	"io"
	"net"
	"syscall"
	"time"
	"unsafe"
)

// newPoller takes over the connections, whose wires it returns. One loop over epoll costs a fraction of a goroutine for
// each connection: one system call for up to 512 events, and two for the messages of one.
func newPoller(conns []net.Conn) (poller, []wire, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, nil, err
	}
	p := &epoll{fd: fd, events: make([]syscall.EpollEvent, 512)}
	wires := make([]wire, len(conns))
	for i, c := range conns {
		d, err := detach(c)
		if err != nil {
			return nil, nil, err
		}
		wires[i] = d
		const edges = uint32(syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLET&0xffffffff)
		if err := syscall.EpollCtl(fd, syscall.EPOLL_CTL_ADD, int(d), &syscall.EpollEvent{Events: edges, Fd: int32(i)}); err != nil {
			return nil, nil, err
		}
	}
	return p, wires, nil
}

type epoll struct {
	fd     int
	events []syscall.EpollEvent
}

// wait tells the scheduler only if it really waits. The thread that the runtime has to watch over system calls would take a
// tenth of what a small message costs the load, if it was told of them all.
func (p *epoll) wait(ready []int, timeout time.Duration) ([]int, error) {
	n, err := call(syscall.SYS_EPOLL_PWAIT, p.fd, unsafe.Pointer(&p.events[0]), len(p.events))
	if n == 0 && err == nil && timeout > 0 {
		n, err = syscall.EpollWait(p.fd, p.events, int(timeout.Milliseconds()))
	}
	if err == syscall.EINTR {
		return ready, nil
	}
	for _, event := range p.events[:max(n, 0)] {
		ready = append(ready, int(event.Fd))
	}
	return ready, err
}

// call makes a system call that does not wait.
func call(number uintptr, fd int, p unsafe.Pointer, n int) (int, error) {
	r, _, errno := syscall.RawSyscall6(number, uintptr(fd), uintptr(p), uintptr(n), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), nil
}

func (p *epoll) Close() error { return syscall.Close(p.fd) }

// A descriptor is a connection that the Go runtime's own poller knows nothing of.
type descriptor int

// detach closes c and keeps its connection.
func detach(c net.Conn) (descriptor, error) {
	defer c.Close()
	f, err := c.(*net.TCPConn).File()
	if err != nil {
		return 0, err
	}
	defer f.Close()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return 0, err
	}
	return descriptor(fd), syscall.SetNonblock(fd, true)
}

func (d descriptor) Read(b []byte) (int, error) {
	n, err := call(syscall.SYS_READ, int(d), unsafe.Pointer(unsafe.SliceData(b)), len(b))
	switch {
	case err == syscall.EAGAIN, err == syscall.EINTR:
		return 0, errWait
	case n == 0 && err == nil:
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

func (d descriptor) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	n, err := call(syscall.SYS_WRITE, int(d), unsafe.Pointer(unsafe.SliceData(b)), min(len(b), 256<<10))
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return 0, errWait
	}
	return n, err
}

func (d descriptor) Close() error { return syscall.Close(int(d)) }
