package client

import (
	"context"
	"errors"
	"sync"
	"syscall/js"
	"time"

	"example.com/tandem/shared"
)

// A Conn is a connection; see the package's documentation for what it promises.
type Conn struct {
	opts        Options
	subprotocol string
	ctx         context.Context // cancelled when the connection has ended
	cancel      context.CancelCauseFunc
	opened      chan struct{} // closed when the opening handshake is done
	turn        chan struct{} // holds a token while a Send waits for room, or sends
	arrived     chan struct{} // says to a waiting Receive that the queue has grown

	mu        sync.Mutex // never held while JavaScript might call back
	sock      *socket    // nil when the connection has ended
	isOpen    bool
	queue     queue
	receiving bool
	closing   bool               // Close was called: nothing more is received
	sent      *shared.CloseError // the Close that began the closing handshake, if it was ours
	grace     *time.Timer        // runs after an error event
	end       *shared.EndError
}

// A browser sends close right after error, with a code worth waiting for; but
// some hosts send error alone.
const closeAfterError = 100 * time.Millisecond

var (
	errHandshake = errors.New("the opening handshake failed; a browser does not say why")
	errLost      = errors.New("no Close came; a browser does not say why")
)

// Open connects to a ws or wss address. The context governs the opening
// handshake alone; when it expires nothing is left behind. The error names what
// is wrong with the address (a [*shared.URLError]) or with opts, is that of the
// context, or an end in [shared.LayerBrowser]. opts may be nil. RFC 6455 §4.1.
func Open(ctx context.Context, url string, opts *Options) (*Conn, error) {
	o, err := opts.resolve()
	if err != nil {
		return nil, err
	}
	if _, err := shared.ParseURL(url); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, expired("open", ctx)
	}
	c := &Conn{opts: o, opened: make(chan struct{}), turn: make(chan struct{}, 1), arrived: make(chan struct{}, 1)}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	if c.sock, err = newSocket(url, o.Subprotocols, c.handle, c.collect); err != nil {
		return nil, err
	}
	select {
	case <-c.opened:
	case <-c.ctx.Done():
	case <-ctx.Done():
	}
	c.mu.Lock()
	isOpen, end := c.isOpen, c.end
	c.mu.Unlock()
	switch {
	case isOpen: // whatever came since, its messages are there to be received
		return c, nil
	case end != nil:
		return nil, end
	}
	c.abandon(&shared.EndError{By: shared.PartyLocal, Layer: shared.LayerContext, Code: shared.StatusAbnormalClosure, Err: ctx.Err()},
		shared.StatusNoStatusReceived)
	return nil, expired("open", ctx)
}

// handle takes an open, error or close event.
func (c *Conn) handle(event js.Value) {
	switch event.Get("type").String() {
	case "open":
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.sock != nil && !c.isOpen {
			c.subprotocol = c.sock.ws.Get("protocol").String()
			c.isOpen = true
			close(c.opened)
		}
	case "error":
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.sock != nil && c.grace == nil {
			c.grace = time.AfterFunc(closeAfterError, func() {
				c.collect() // what came before, if Go was busy since
				c.ended(shared.StatusAbnormalClosure, "", false)
			})
		}
	case "close":
		c.collect()
		c.ended(shared.StatusCode(event.Get("code").Int()), event.Get("reason").String(), event.Get("wasClean").Bool())
	}
}

// ended records the end that the browser reports.
func (c *Conn) ended(code shared.StatusCode, reason string, clean bool) {
	c.mu.Lock()
	sent, isOpen := c.sent, c.isOpen
	c.mu.Unlock()
	end := &shared.EndError{By: shared.PartyPeer, Layer: shared.LayerClosingHandshake, Code: code, Reason: reason}
	switch {
	case clean && sent != nil: // what the peer answered is our own code as a browser writes it
		end.By, end.Code, end.Reason = shared.PartyLocal, sent.Code, sent.Reason
	case clean:
	default:
		end.By, end.Layer, end.Err = shared.PartyNetwork, shared.LayerBrowser, errLost
		if !isOpen {
			end.Err = errHandshake
		}
	}
	c.finish(end)
}

// finish records the end, if there is none yet, lets go of everything of the
// browser's but queued messages, and returns the socket that was let go.
func (c *Conn) finish(end *shared.EndError) *socket {
	c.mu.Lock()
	s := c.sock
	c.sock = nil
	if s != nil {
		c.end = end
		if c.grace != nil {
			c.grace.Stop()
		}
	}
	c.mu.Unlock()
	if s != nil {
		s.release()
		c.cancel(end)
	}
	return s
}

// abandon ends the connection here and now, and leaves it to the browser to
// close its side with code and the end's reason.
func (c *Conn) abandon(end *shared.EndError, code shared.StatusCode) {
	if s := c.finish(end); s != nil {
		s.close(code, end.Reason)
	}
}

// Subprotocol gives the subprotocol that the server chose, "" for none.
func (c *Conn) Subprotocol() string { return c.subprotocol }

// Context gives a context that is cancelled when the connection has ended, with
// an error that holds the [*shared.EndError] as its cause.
func (c *Conn) Context() context.Context { return c.ctx }

// End says how the connection ended. It is nil as long as it has not.
func (c *Conn) End() *shared.EndError {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

// Buffered gives the bytes that wait in the browser to be sent, 0 after the end.
// It exists in the browser half only.
func (c *Conn) Buffered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sock == nil {
		return 0
	}
	return c.sock.buffered()
}

// expired says which call a context cut short.
func expired(call string, ctx context.Context) error {
	return &callError{call, ctx.Err(), context.Cause(ctx)}
}

type callError struct {
	call       string
	err, cause error
}

func (e *callError) Error() string   { return "websocket: " + e.call + ": " + e.cause.Error() }
func (e *callError) Unwrap() []error { return []error{e.err, e.cause} }
