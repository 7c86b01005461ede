package gojs

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"nhooyr.io/websocket"
)

// Peer is the Network that connects for real, by the reference peer nhooyr.io/websocket, without compression and without a limit
// on what it receives.
type Peer struct{}

// peerConn joins one Socket to one connection of the reference peer: a goroutine that dials and reads, one that writes.
type peerConn struct {
	socket *Socket
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	waiting []func(*websocket.Conn) error // what the page sent, the closing handshake last
	more    chan struct{}                 // has room for one: something waits
	ours    *Closing                      // what came of the closing handshake that the page began; read once the writer has ended
}

// Open dials in the background.
func (Peer) Open(s *Socket, url string, subprotocols []string) (Connection, error) {
	p := &peerConn{socket: s, more: make(chan struct{}, 1)}
	p.ctx, p.cancel = context.WithCancel(s.host.ctx)
	release := s.host.hold("WebSocket " + url)
	go func() {
		defer release()
		defer p.cancel()
		s.Closed(p.serve(url, subprotocols))
	}()
	return p, nil
}

// serve runs the connection to its end.
func (p *peerConn) serve(url string, subprotocols []string) Closing {
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	failed := Closing{Code: 1006, Failed: true}
	c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient:      &http.Client{Transport: &http.Transport{DialContext: dialCut}},
		Subprotocols:    subprotocols,
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return failed
	}
	defer c.CloseNow()
	c.SetReadLimit(-1)
	p.socket.Opened(c.Subprotocol())
	var writer sync.WaitGroup
	writer.Go(func() { p.write(c) })
	defer writer.Wait()
	defer p.cancel()
	for {
		kind, payload, err := c.Read(p.ctx)
		var end websocket.CloseError
		switch {
		case errors.As(err, &end):
			return Closing{Code: int(end.Code), Reason: end.Reason, Clean: true}
		case err != nil:
			p.cancel()
			writer.Wait()
			if p.ours != nil {
				return *p.ours
			}
			return failed
		case kind == websocket.MessageText && !utf8.Valid(payload):
			c.Close(websocket.StatusInvalidFramePayloadData, "text is not UTF-8")
			return failed
		}
		p.socket.Received(Message{kind == websocket.MessageText, payload})
	}
}

// A cutConn ends with io.ErrUnexpectedEOF: the reference peer takes an io.EOF inside a message for the message's end.
type cutConn struct{ net.Conn }

func (c cutConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func dialCut(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return cutConn{c}, nil
}

func (p *peerConn) write(c *websocket.Conn) {
	for {
		p.mu.Lock()
		batch := p.waiting
		p.waiting = nil
		p.mu.Unlock()
		for _, step := range batch {
			if step(c) != nil {
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-p.more:
		case <-p.ctx.Done():
			return
		}
	}
}

func (p *peerConn) enqueue(step func(*websocket.Conn) error) {
	p.mu.Lock()
	p.waiting = append(p.waiting, step)
	p.mu.Unlock()
	select {
	case p.more <- struct{}{}:
	default:
	}
}

func (p *peerConn) Send(m Message) error {
	p.enqueue(func(c *websocket.Conn) error {
		kind := websocket.MessageBinary
		if m.Text {
			kind = websocket.MessageText
		}
		err := c.Write(p.ctx, kind, m.Payload)
		if err == nil {
			p.socket.Sent(len(m.Payload))
		}
		return err
	})
	return nil
}

// Close may see the peer's Close frame itself or leave it to the reader, whichever of the two is reading when it comes.
func (p *peerConn) Close(code int, reason string) {
	if code == 0 {
		code = int(websocket.StatusNoStatusRcvd)
	}
	p.enqueue(func(c *websocket.Conn) error {
		err := c.Close(websocket.StatusCode(code), reason)
		var theirs websocket.CloseError
		if errors.As(err, &theirs) {
			code, reason = int(theirs.Code), theirs.Reason
		} else if err != nil {
			return err
		}
		p.ours = &Closing{Code: code, Reason: reason, Clean: true}
		return net.ErrClosed
	})
}

func (p *peerConn) Abort() { p.cancel() }
