package main

import (
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// drive keeps inFlight messages on the way on each of the connections and returns how many came back in the window.
// One loop over epoll costs a fraction of a goroutine for each connection: two system calls a message.
func drive(conns []net.Conn, s *script, inFlight int, w window) (messages int, err error) {
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return 0, err
	}
	defer syscall.Close(poll)
	lines := make([]*line, len(conns))
	for i, c := range conns {
		l, err := newLine(c, newDialogue(s, i))
		if err != nil {
			return 0, err
		}
		defer syscall.Close(l.fd)
		lines[i] = l
		const edges = uint32(syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLET&0xffffffff)
		if err := syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, l.fd, &syscall.EpollEvent{Events: edges, Fd: int32(i)}); err != nil {
			return 0, err
		}
	}
	for _, l := range lines {
		l.ask(inFlight)
		if err := l.send(); err != nil {
			return 0, err
		}
	}

	b := make([]byte, 256<<10)
	events := make([]syscall.EpollEvent, 256)
	begin := time.Now().Add(w.warm)
	end := begin.Add(w.length)
	heard := time.Now()
	counting := false
	for {
		n, err := syscall.EpollWait(poll, events, 100)
		if err != nil && err != syscall.EINTR {
			return messages, err
		}
		now := time.Now()
		if !counting && now.After(begin) {
			counting = true
			messages = 0
			w.mark()
		}
		if now.After(end) {
			w.mark()
			return messages, nil
		}
		if n > 0 {
			heard = now
		} else if now.Sub(heard) > stall {
			return messages, errStalled
		}
		for _, event := range events[:max(n, 0)] {
			completed, err := lines[event.Fd].turn(b)
			if err != nil {
				return messages, fmt.Errorf("connection %d: %w", event.Fd, err)
			}
			messages += completed
		}
	}
}

// A line is a dialogue over a descriptor that the Go runtime's own poller knows nothing of.
type line struct {
	*dialogue
	fd int
}

// newLine takes the connection over and closes it.
func newLine(c net.Conn, d *dialogue) (*line, error) {
	f, err := c.(*net.TCPConn).File()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	defer c.Close()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return nil, err
	}
	return &line{d, fd}, syscall.SetNonblock(fd, true)
}

// turn does all that can be done without waiting.
func (l *line) turn(b []byte) (completed int, err error) {
	if err := l.send(); err != nil {
		return 0, err
	}
	for {
		n, err := syscall.Read(l.fd, b)
		switch {
		case err == syscall.EAGAIN:
			return completed, nil
		case err == syscall.EINTR:
			continue
		case err != nil:
			return completed, err
		case n == 0:
			return completed, io.ErrUnexpectedEOF
		}
		done, err := l.hear(b[:n])
		if err != nil {
			return completed, err
		}
		if done > 0 {
			completed += done
			l.ask(done)
			if err := l.send(); err != nil {
				return completed, err
			}
		}
		if n < len(b) {
			return completed, nil // whatever comes now is a new edge
		}
	}
}

// send hands the system what it takes.
func (l *line) send() error {
	for len(l.out) > 0 {
		n, err := syscall.Write(l.fd, l.out)
		switch {
		case err == syscall.EAGAIN:
			return nil
		case err == syscall.EINTR:
			continue
		case err != nil:
			return err
		}
		l.out = l.out[n:]
	}
	return nil
}
