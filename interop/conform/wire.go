package conform

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// A wire is the suite's end of one connection, after the opening handshake. What the peer sends is read all the time,
// so that a peer that echoes while it is sent to never blocks.
type wire struct {
	conn   net.Conn
	masked bool // the suite's frames are: it is the client
	log    *transcript

	chop  int           // bytes of a write; 0: all at once
	pause time.Duration // between chops

	mu     sync.Mutex
	events []event
	wake   chan struct{} // has room for one
	keys   [][4]byte     // masking keys of the peer's frames
	stall  chan struct{} // while it is open, the reader does not begin with another frame; nil: nothing keeps it
	done   chan struct{} // closed when the reader has ended
}

// newWire takes over a connection whose opening handshake is done; r has what came behind it.
func newWire(conn net.Conn, r *bufio.Reader, tested Role, inflater *inflater, log *transcript) *wire {
	w := &wire{conn: conn, masked: tested == Server, log: log, wake: make(chan struct{}, 1), done: make(chan struct{})}
	s := &strict{r: r, masked: tested == Client, inflater: inflater, log: log, seen: w.note}
	go w.read(s)
	return w
}

func (w *wire) read(s *strict) {
	defer close(w.done)
	for {
		w.mu.Lock()
		stall := w.stall
		w.mu.Unlock()
		if stall != nil {
			<-stall
		}
		e := s.next()
		w.mu.Lock()
		w.events = append(w.events, e)
		w.mu.Unlock()
		select {
		case w.wake <- struct{}{}:
		default:
		}
		if e.ended {
			return
		}
	}
}

// stopReading keeps the reader from beginning with another frame, until resumeReading.
func (w *wire) stopReading() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stall = make(chan struct{})
}

func (w *wire) resumeReading() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stall != nil {
		close(w.stall)
		w.stall = nil
	}
}

func (w *wire) note(h header) {
	if h.masked {
		w.mu.Lock()
		w.keys = append(w.keys, h.key)
		w.mu.Unlock()
	}
}

// next waits for the next event, at most for d. ok is false when there was none in that time.
func (w *wire) next(d time.Duration) (e event, ok bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		w.mu.Lock()
		if len(w.events) > 0 {
			e = w.events[0]
			w.events[0] = event{}
			w.events = w.events[1:]
			w.mu.Unlock()
			return e, true
		}
		w.mu.Unlock()
		select {
		case <-w.wake:
		case <-timer.C:
			return event{}, false
		}
	}
}

// send writes frames, one behind the other, in as few segments as the chops allow. What becomes of a write is not
// asked: a peer that has had enough of the suite shows it in what it sends.
func (w *wire) send(frames ...frame) {
	n := 0
	for _, f := range frames {
		n += maxHeader + len(f.payload)
	}
	b := make([]byte, 0, n)
	for _, f := range frames {
		begin := len(b)
		b = f.append(b, w.masked)
		what := opName(f.op)
		if f.more {
			what += ", to be continued"
		}
		w.log.add(true, what, b[begin:min(len(b), begin+lineBytes)], len(b)-begin)
	}
	w.write(b)
}

// sendRaw writes bytes that need not be frames.
func (w *wire) sendRaw(b []byte) {
	w.log.add(true, "bytes", b, len(b))
	w.write(b)
}

func (w *wire) write(b []byte) {
	for len(b) > 0 {
		n := len(b)
		if w.chop > 0 {
			n = min(n, w.chop)
		}
		if _, err := w.conn.Write(b[:n]); err != nil {
			return
		}
		if b = b[n:]; len(b) > 0 && w.pause > 0 {
			time.Sleep(w.pause)
		}
	}
}

// closeWrite sends a FIN.
func (w *wire) closeWrite() {
	if c, ok := w.conn.(interface{ CloseWrite() error }); ok {
		c.CloseWrite()
	}
}

// close closes TCP and waits for the reader.
func (w *wire) close() {
	w.conn.Close()
	w.resumeReading()
	<-w.done
}

// An End is how the tested peer ended the TCP connection.
type End string

// The ways in which a connection ends.
const (
	EndFIN     End = "FIN"
	EndCut     End = "FIN inside a frame"
	EndReset   End = "reset"
	EndTimeout End = "still open"
	EndBreach  End = "given up by the suite"
	EndError   End = "error"
)

// endOf tells the end from what reading gave.
func endOf(err error) End {
	var timeout net.Error
	var broken *breach
	switch {
	case errors.Is(err, io.EOF):
		return EndFIN
	case errors.Is(err, io.ErrUnexpectedEOF):
		return EndCut
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return EndReset
	case errors.As(err, &broken):
		return EndBreach
	case errors.As(err, &timeout) && timeout.Timeout():
		return EndTimeout
	}
	return EndError
}
