package server

import (
	"context"
	"iter"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"

	"example.com/tandem/shared"
)

// A Registry knows the connections that were made with it in their Options, which http.Server.Shutdown does not: it
// forgets a connection once it is hijacked. The zero value is ready. Set its fields before its first use. Its methods
// may be called from several goroutines.
type Registry struct {
	// MaxConns caps the connections at one time, MaxPerAddress those from one IP address. A request over the cap is
	// refused with 503. Zero: no cap. Behind a proxy every connection comes from the proxy's address.
	MaxConns, MaxPerAddress int

	mu        sync.Mutex
	places    int            // connections, and handshakes about to become one
	addresses map[string]int // places by address, if they are capped
	conns     map[*Conn]struct{}
	handlers  int // functions that Handler runs, and MessageHandlers whose End is to come
	closed    bool
	report    ShutdownReport
	changed   signal // one of the counts has fallen
}

// A ShutdownReport tells what became of the connections that ended since Shutdown was called; each is reported once.
type ShutdownReport struct {
	Clean  int // ended with the closing handshake
	Forced int // cut, or lost on the way
}

// Len returns the number of connections.
func (g *Registry) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.conns)
}

// Conns returns the connections as they are when the iteration begins, in no order: for Broadcast, for one. Those that
// come and go meanwhile do no harm.
func (g *Registry) Conns() iter.Seq[*Conn] {
	return func(yield func(*Conn) bool) {
		g.mu.Lock()
		conns := slices.Collect(maps.Keys(g.conns))
		g.mu.Unlock()
		for _, c := range conns {
			if !yield(c) {
				return
			}
		}
	}
}

// Shutdown refuses new connections with 503 and closes all that are open with 1001, after what waits to be sent. It
// waits for them, for the functions that Handler runs and for MessageHandlers, until ctx ends; then it cuts the connections that are left
// and returns an error that matches ctx's. Each connection still has no more than its Limits.Close. The registry stays
// closed. To shut down a whole server, call this first and then http.Server.Shutdown.
func (g *Registry) Shutdown(ctx context.Context) (ShutdownReport, error) {
	if ctx == nil {
		return ShutdownReport{}, ErrNilContext
	}
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	for c := range g.Conns() {
		go c.Close(shared.StatusGoingAway, "server is shutting down")
	}
	err := g.awaitEmpty(ctx)
	if err != nil {
		var all sync.WaitGroup // the Trace of one may take its time
		for c := range g.Conns() {
			all.Go(func() { c.CloseNow() })
		}
		all.Wait()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	report := g.report
	g.report = ShutdownReport{}
	return report, err
}

// awaitEmpty waits until there is no connection and no handler left.
func (g *Registry) awaitEmpty(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.places > 0 || g.handlers > 0 {
		if !g.changed.wait(ctx, &g.mu) {
			return contextError("Shutdown", ctx)
		}
	}
	return nil
}

// A place is one connection's in a registry, from before its opening handshake to after its end. A nil place is one in
// no registry.
type place struct {
	registry *Registry
	address  string
	conn     *Conn
}

// reserve takes a place for a connection from the given address, or says with a *HandshakeError of status 503 why there
// is none. A nil registry has places for all.
func (g *Registry) reserve(remote string) (*place, error) {
	if g == nil {
		return nil, nil
	}
	address := remote
	if host, _, err := net.SplitHostPort(remote); err == nil {
		address = host
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return nil, unavailable("the server is shutting down")
	case g.MaxConns > 0 && g.places >= g.MaxConns:
		return nil, unavailable("too many connections")
	case g.MaxPerAddress > 0 && g.addresses[address] >= g.MaxPerAddress:
		return nil, unavailable("too many connections from this address")
	}
	g.places++
	if g.MaxPerAddress > 0 {
		if g.addresses == nil {
			g.addresses = make(map[string]int)
		}
		g.addresses[address]++
	}
	return &place{registry: g, address: address}, nil
}

func unavailable(problem string) error {
	return &HandshakeError{Status: http.StatusServiceUnavailable, Problem: problem}
}

// occupy says which connection the place was taken for. If the registry was shut down meanwhile, it closes it.
func (p *place) occupy(c *Conn) {
	if p == nil {
		return
	}
	g := p.registry
	g.mu.Lock()
	defer g.mu.Unlock()
	p.conn = c
	if g.conns == nil {
		g.conns = make(map[*Conn]struct{})
	}
	g.conns[c] = struct{}{}
	if g.closed {
		go c.Close(shared.StatusGoingAway, "server is shutting down")
	}
}

// release gives the place up: the connection has ended, or never came to be.
func (p *place) release() {
	if p == nil {
		return
	}
	g := p.registry
	g.mu.Lock()
	defer g.mu.Unlock()
	g.places--
	if n := g.addresses[p.address]; n > 1 {
		g.addresses[p.address] = n - 1
	} else {
		delete(g.addresses, p.address)
	}
	delete(g.conns, p.conn)
	if g.closed && p.conn != nil {
		if p.conn.End().Layer == shared.LayerClosingHandshake {
			g.report.Clean++
		} else {
			g.report.Forced++
		}
	}
	g.changed.wake()
}

func (g *Registry) enterHandler() {
	if g != nil {
		g.mu.Lock()
		g.handlers++
		g.mu.Unlock()
	}
}

func (g *Registry) leaveHandler() {
	if g != nil {
		g.mu.Lock()
		g.handlers--
		g.changed.wake()
		g.mu.Unlock()
	}
}
