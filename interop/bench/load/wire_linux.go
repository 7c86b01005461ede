package main

import (
	"io"
	"net"
	"syscall"
	"time"
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

func (p *epoll) wait(ready []int, timeout time.Duration) ([]int, error) {
	n, err := syscall.EpollWait(p.fd, p.events, int(timeout.Milliseconds()))
	if err == syscall.EINTR {
		return ready, nil
	}
	for _, event := range p.events[:max(n, 0)] {
		ready = append(ready, int(event.Fd))
	}
	return ready, err
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
	n, err := syscall.Read(int(d), b)
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
	n, err := syscall.Write(int(d), b)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return 0, errWait
	}
	return n, err
}

func (d descriptor) Close() error { return syscall.Close(int(d)) }
