package server

import (
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// A fault strikes one direction of a transport, once, when so many bytes have gone through.
type fault struct {
	after int
	pause time.Duration // it stands still for so long
	err   error         // then it gives this for good; nil: it goes on
}

// A faultyConn is an end of a pipe with a fault in what it reads and one in what it writes, either of which may be nil.
type faultyConn struct {
	*pipeEnd
	in, out *fault
	step    int // the most bytes that one Read or Write takes; 0: any number

	mu     sync.Mutex
	limit  time.Time // of a Write
	closed chan struct{}
	once   sync.Once
}

// Read never stands still: a peer that sends late does the same.
func (c *faultyConn) Read(b []byte) (int, error) {
	b = b[:c.most(c.in, len(b))]
	if len(b) == 0 {
		return 0, c.in.err
	}
	n, err := c.pipeEnd.Read(b)
	c.in.passed(n)
	return n, err
}

// Write writes short without an error when step is set, which a net.Conn should not do and a Conn has to survive.
func (c *faultyConn) Write(b []byte) (int, error) {
	most := c.most(c.out, len(b))
	n, err := c.pipeEnd.Write(b[:most])
	c.out.passed(n)
	if err != nil || c.out == nil || c.out.after > 0 {
		return n, err
	}
	if err := c.standStill(); err != nil || c.out.err != nil {
		c.out.pause = 0
		if err == nil {
			err = c.out.err
		}
		return n, err
	}
	c.out = nil
	return n, nil
}

// most is how many of n bytes go through at once.
func (c *faultyConn) most(f *fault, n int) int {
	if c.step > 0 {
		n = min(n, c.step)
	}
	if f != nil {
		n = min(n, f.after)
	}
	return n
}

func (f *fault) passed(n int) {
	if f != nil {
		f.after -= n
	}
}

func (c *faultyConn) standStill() error {
	c.mu.Lock()
	limit := c.limit
	c.mu.Unlock()
	var passed <-chan time.Time
	if !limit.IsZero() {
		passed = time.After(time.Until(limit))
	}
	select {
	case <-time.After(c.out.pause):
		return nil
	case <-passed:
		return os.ErrDeadlineExceeded
	case <-c.closed:
		return net.ErrClosed
	}
}

func (c *faultyConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	c.limit = t
	c.mu.Unlock()
	return c.pipeEnd.SetWriteDeadline(t)
}

func (c *faultyConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.pipeEnd.Close()
}

const forever = 1000 * time.Hour

// faulty makes a Conn whose transport has faults, and a peer whose end has none.
func faulty(t *testing.T, client bool, in, out *fault, step int, l Limits) (*Conn, *wirePeer) {
	c, p := newWire(t, func(testing.TB) (net.Conn, net.Conn) {
		a, b := pipe()
		f := &faultyConn{pipeEnd: a, in: in, out: out, step: step, closed: make(chan struct{})}
		if client {
			return f, b
		}
		return b, f
	}, client, l)
	p.patience = forever
	return c, p
}

// receiveAll receives until the end, which it returns.
func receiveAll(t *testing.T, c *Conn) (messages []shared.Message, err error) {
	for {
		m, err := c.Receive(t.Context())
		if err != nil {
			return messages, err
		}
		messages = append(messages, m)
	}
}

// checkNothingLeft checks that a connection that has ended holds nothing any more. It is called in a bubble, which a
// goroutine that is left fails.
func checkNothingLeft(t *testing.T, c *Conn) {
	t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.end == nil || !c.gone {
		t.Errorf("the connection is not gone: %v", c.end)
	}
	if c.in.buf != nil || c.in.partial != nil || c.out.data != nil || c.out.batch != nil || c.out.draining {
		t.Error("something is left of the connection")
	}
	if c.t.heartbeat != nil && c.t.heartbeat.Stop() {
		t.Error("the heartbeat goes on")
	}
}
