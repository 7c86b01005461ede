package feed

import (
	"context"
	"net/http"
	"sync"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// What a peer may say before the data channel is open: an offer or an answer, and its candidates.
const (
	maxSignal  = 16 << 10 // bytes of one message
	maxSignals = 64       // messages
)

// present is what both peers are told once there are two.
var present = shared.Text(`{"peers":2}`)

var (
	errThirdPeer = &shared.CloseError{Code: shared.StatusTryAgainLater, Reason: "two peers are here already"}
	errAlone     = &shared.CloseError{Code: shared.StatusPolicyViolation, Reason: "the other peer is not here yet"}
	errPeerLeft  = &shared.CloseError{Code: shared.StatusGoingAway, Reason: "the other peer has left"}
	errTooMuch   = &shared.CloseError{Code: shared.StatusPolicyViolation, Reason: "too many messages for one data channel"}
)

// A meeting is where two peers find each other.
type meeting struct {
	mu    sync.Mutex
	peers [2]*peer
}

type peer struct {
	conn  *server.Conn
	leave context.CancelCauseFunc
}

// signal passes the messages of each of two peers on to the other, as they are. When one leaves, the other has to.
func signal(opts server.Options) handler {
	opts.Limits.Message = maxSignal
	return func(w http.ResponseWriter, r *http.Request, f *feed) {
		server.Handler(func(ctx context.Context, c *server.Conn) error {
			ctx, leave := context.WithCancelCause(ctx)
			defer leave(nil)
			return f.meeting.attend(ctx, &peer{c, leave})
		}, &opts).ServeHTTP(w, r)
	}
}

// attend is one peer's time in the meeting.
func (m *meeting) attend(ctx context.Context, p *peer) error {
	other, joined := m.join(p)
	if !joined {
		return errThirdPeer
	}
	defer m.part(p)
	if other != nil { // p is the second: it is for p to tell both
		for _, each := range []*peer{p, other} { // in this order: the other may begin to talk at once
			if err := each.conn.Send(ctx, present); err != nil {
				return err
			}
		}
	}
	for range maxSignals {
		said, err := p.conn.Receive(ctx)
		if err != nil {
			return err
		}
		other := m.other(p)
		if other == nil {
			return errAlone
		}
		if err := other.conn.Send(ctx, said); err != nil {
			return err
		}
	}
	return errTooMuch
}

// join tells who was here before.
func (m *meeting) join(p *peer) (other *peer, joined bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.peers {
		if m.peers[i] == nil {
			m.peers[i] = p
			return m.peers[1-i], true
		}
	}
	return nil, false
}

func (m *meeting) part(p *peer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, each := range m.peers {
		switch {
		case each == p:
			m.peers[i] = nil
		case each != nil:
			each.leave(errPeerLeft)
		}
	}
}

func (m *meeting) other(p *peer) *peer {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, each := range m.peers {
		if each != nil && each != p {
			return each
		}
	}
	return nil
}
