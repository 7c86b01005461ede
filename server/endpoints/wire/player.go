package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// What a player keeps of what it did and saw. The bytes are about twice maxSent at most: the server echoes them.
const (
	maxNotes    = 4096
	maxResponse = 16 << 10 // bytes
)

// A player is the client of a composition. It speaks no WebSocket: it sends what it is told.
type player struct {
	tcp      *net.TCPConn
	conn     net.Conn // the same, or TLS over it
	below    *below   // what TLS is over, or nil
	limits   limits
	request  string
	response []byte

	mu     sync.Mutex
	notes  []sighted
	active time.Time // of the latest note
}

// play does what the composition says, waits until the server has ended its side or has nothing more to say, and closes
// the connection. It reports whether the server accepted it.
func (p *player) play(ctx context.Context, c Composition) (accepted bool) {
	defer p.tcp.Close()
	defer context.AfterFunc(ctx, func() { p.tcp.SetDeadline(time.Unix(1, 0)) })()
	p.conn = p.tcp
	if c.Secure {
		p.below = &below{Conn: p.tcp}
		p.conn = tls.Client(p.below, clientTLS())
	}
	rest, accepted := p.open(ctx)
	if !accepted {
		return false
	}
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		p.read(rest)
	}()
	cut := p.steps(ctx, c.Steps)
	if !cut && !p.quiet(ctx, reading) {
		p.end(EndFIN) // nothing more comes: it is for the client to end it
		p.quiet(ctx, reading)
	}
	p.tcp.Close()
	<-reading
	return true
}

// open makes the opening handshake. It reports whether the server accepted it, and what came behind its response.
func (p *player) open(ctx context.Context) (rest []byte, accepted bool) {
	p.tcp.SetDeadline(time.Now().Add(p.limits.playing / 4))
	defer p.resume(ctx)
	if _, err := io.WriteString(p.conn, p.request); err != nil {
		return nil, false
	}
	held := make([]byte, maxResponse)
	for n := 0; n < len(held); {
		more, err := p.conn.Read(held[n:])
		n += more
		p.response = held[:n]
		const ending = "\r\n\r\n"
		if i := bytes.Index(p.response, []byte(ending)); i >= 0 && bytes.HasPrefix(p.response, []byte("HTTP/1.1 101 ")) {
			p.response = held[:i+len(ending)]
			return held[i+len(ending) : n], true
		}
		if err != nil {
			break // of a refusal: it has said all
		}
	}
	return nil, false
}

// resume takes the deadline of the handshake away, but not that of ctx.
func (p *player) resume(ctx context.Context) {
	p.tcp.SetDeadline(time.Time{})
	if ctx.Err() != nil {
		p.tcp.SetDeadline(time.Unix(1, 0))
	}
}

// steps reports whether it has cut the connection.
func (p *player) steps(ctx context.Context, steps []Step) (cut bool) {
	for _, s := range steps {
		switch {
		case s.Wait > 0:
			if !pause(ctx, time.Duration(s.Wait)*time.Millisecond) {
				return false
			}
		case s.End != "":
			p.end(s.End)
			cut = s.End == EndRST
		case !p.send(ctx, s):
			return false
		}
	}
	return cut
}

func (p *player) send(ctx context.Context, s Step) bool {
	pieces := max(s.Pieces, 1)
	for i := range pieces {
		piece := s.Send[len(s.Send)*i/pieces : len(s.Send)*(i+1)/pieces]
		if len(piece) == 0 {
			continue
		}
		p.note("client", "bytes", piece)
		if _, err := p.conn.Write(piece); err != nil {
			p.note("client", "could not send: "+describe(err), nil)
			return false
		}
		if i+1 < pieces && !pause(ctx, time.Millisecond) { // or the network may put the pieces together again
			return false
		}
	}
	return true
}

func (p *player) end(e End) {
	p.note("client", string(e), nil)
	switch e {
	case EndFIN:
		p.tcp.CloseWrite()
	case EndRST:
		p.tcp.SetLinger(0)
		p.tcp.Close()
	case EndCloseNotify:
		p.conn.(*tls.Conn).CloseWrite()
	}
}

// read notes what comes, until nothing more can.
func (p *player) read(rest []byte) {
	if len(rest) > 0 {
		p.note("server", "bytes", rest)
	}
	b := make([]byte, 32<<10)
	for {
		n, err := p.conn.Read(b)
		if n > 0 {
			p.note("server", "bytes", b[:n])
		}
		if err == nil {
			continue
		}
		if what := p.ending(err); what != "" {
			p.note("server", what, nil)
		}
		return
	}
}

// ending says what an error of Read means: how the server ended its side, or "" if it was not the server.
func (p *player) ending(err error) string {
	switch {
	case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
		return ""
	case err == io.EOF && p.below != nil && !p.below.ended:
		return string(EndCloseNotify)
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return string(EndFIN)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, wsaECONNRESET):
		return string(EndRST)
	}
	return describe(err)
}

// A below is the connection under TLS. Package tls gives io.EOF for a close_notify and for a FIN between two records; but
// only for the latter has it read so far.
type below struct {
	net.Conn
	ended bool // belongs to who reads
}

func (b *below) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	b.ended = b.ended || err == io.EOF
	return n, err
}

// wsaECONNRESET is what Windows has for syscall.ECONNRESET.
const wsaECONNRESET = syscall.Errno(10054)

// describe leaves out where it happened, which is the same each time.
func describe(err error) string {
	if op := new(net.OpError); errors.As(err, &op) {
		err = op.Err
	}
	return err.Error()
}

// quiet waits until nothing happened for a while, or reports true when reading has ended.
func (p *player) quiet(ctx context.Context, reading <-chan struct{}) bool {
	for {
		p.mu.Lock()
		left := p.limits.patience - time.Since(p.active)
		p.mu.Unlock()
		select {
		case <-reading:
			return true
		default:
		}
		if left <= 0 || ctx.Err() != nil {
			return false
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-reading:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}
