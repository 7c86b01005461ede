package server

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Pipe returns the two ends of a connection in memory, for tests of code that uses one: everything but the network and
// the opening handshake is real. It has no goroutines and works inside testing/synctest. Each direction holds up to 64
// KiB on the way, as a network does. The error is that of bad Limits.
func Pipe(client, server Limits) (clientEnd, serverEnd *Conn, err error) {
	if client, err = client.withDefaults(); err != nil {
		return nil, nil, err
	}
	if server, err = server.withDefaults(); err != nil {
		return nil, nil, err
	}
	a, b := pipe()
	return newConn(a, &setup{client: true, limits: client}), newConn(b, &setup{limits: server}), nil
}

const pipeSize = 64 << 10

// pipe returns the two ends of a byte stream in memory.
func pipe() (a, b *pipeEnd) {
	var ab, ba pipeStream
	ab.init()
	ba.init()
	return &pipeEnd{in: &ba, out: &ab}, &pipeEnd{in: &ab, out: &ba}
}

// A pipeStream is one direction: what was written and not yet read.
type pipeStream struct {
	mu         sync.Mutex
	changed    sync.Cond
	bytes      []byte
	ended      bool // the writer has closed
	abandoned  bool // the reader has closed
	readLimit  pipeDeadline
	writeLimit pipeDeadline
}

func (s *pipeStream) init() { s.changed.L = &s.mu }

func (s *pipeStream) read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.abandoned:
			return 0, net.ErrClosed
		case s.readLimit.passed:
			return 0, os.ErrDeadlineExceeded
		case len(s.bytes) > 0 || len(b) == 0:
			n := copy(b, s.bytes)
			if s.bytes = s.bytes[n:]; len(s.bytes) == 0 {
				s.bytes = nil
			}
			s.changed.Broadcast()
			return n, nil
		case s.ended:
			return 0, io.EOF
		}
		s.changed.Wait()
	}
}

func (s *pipeStream) write(b []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.ended:
			return n, net.ErrClosed
		case s.abandoned:
			return n, io.ErrClosedPipe
		case s.writeLimit.passed:
			return n, os.ErrDeadlineExceeded
		}
		if room := min(pipeSize-len(s.bytes), len(b)); room > 0 {
			s.bytes = append(s.bytes, b[:room]...)
			n, b = n+room, b[room:]
			s.changed.Broadcast()
		}
		if len(b) == 0 {
			return n, nil
		}
		s.changed.Wait()
	}
}

func (s *pipeStream) set(field *bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*field = true
	s.changed.Broadcast()
}

// A pipeDeadline is one deadline of a stream, whose lock guards it.
type pipeDeadline struct {
	timer  *time.Timer
	which  int // counts settings, so that a timer that was replaced says nothing
	passed bool
}

func (s *pipeStream) setDeadline(d *pipeDeadline, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.which++
	which := d.which
	wait := time.Until(t)
	d.passed = !t.IsZero() && wait <= 0
	if !t.IsZero() && wait > 0 {
		d.timer = time.AfterFunc(wait, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if d.which == which {
				d.passed = true
				s.changed.Broadcast()
			}
		})
	}
	s.changed.Broadcast()
}

// A pipeEnd is a net.Conn over two streams.
type pipeEnd struct{ in, out *pipeStream }

func (p *pipeEnd) Read(b []byte) (int, error)  { return p.in.read(b) }
func (p *pipeEnd) Write(b []byte) (int, error) { return p.out.write(b) }

// CloseWrite ends the stream that the other end reads.
func (p *pipeEnd) CloseWrite() error {
	p.out.set(&p.out.ended)
	return nil
}

func (p *pipeEnd) Close() error {
	p.SetDeadline(time.Time{}) // no timer is left behind
	p.out.set(&p.out.ended)
	p.in.set(&p.in.abandoned)
	return nil
}

func (p *pipeEnd) SetDeadline(t time.Time) error {
	p.SetReadDeadline(t)
	return p.SetWriteDeadline(t)
}

func (p *pipeEnd) SetReadDeadline(t time.Time) error {
	p.in.setDeadline(&p.in.readLimit, t)
	return nil
}

func (p *pipeEnd) SetWriteDeadline(t time.Time) error {
	p.out.setDeadline(&p.out.writeLimit, t)
	return nil
}

func (p *pipeEnd) LocalAddr() net.Addr  { return pipeAddr{} }
func (p *pipeEnd) RemoteAddr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
