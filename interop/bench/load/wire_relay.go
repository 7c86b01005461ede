package main

import (
	"net"
	"sync"
	"time"
)

// newRelays is newPoller for any system, with two goroutines for each connection: it costs the load more.
func newRelays(conns []net.Conn) (poller, []wire, error) {
	p := &relays{changed: make(chan struct{}, 1), marked: make(map[int]bool)}
	wires := make([]wire, len(conns))
	for i, c := range conns {
		r := &relay{poller: p, index: i, conn: c, room: make(chan struct{}, 1), full: make(chan []byte, 1),
			gone: make(chan struct{})}
		r.room <- struct{}{}
		wires[i] = r
		go r.readAll()
		go r.writeAll()
	}
	return p, wires, nil
}

type relays struct {
	mu      sync.Mutex
	marked  map[int]bool
	changed chan struct{}
}

func (p *relays) mark(i int) {
	p.mu.Lock()
	p.marked[i] = true
	p.mu.Unlock()
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

func (p *relays) wait(ready []int, timeout time.Duration) ([]int, error) {
	p.mu.Lock()
	if len(p.marked) == 0 && timeout > 0 {
		p.mu.Unlock()
		select {
		case <-p.changed:
		case <-time.After(timeout):
		}
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	for i := range p.marked {
		ready = append(ready, i)
	}
	clear(p.marked)
	return ready, nil
}

func (p *relays) Close() error { return nil }

// A relay is a wire over a net.Conn.
type relay struct {
	poller *relays
	index  int
	conn   net.Conn

	mu  sync.Mutex
	got []byte // received and not read
	err error

	room chan struct{} // one to be had when full is empty
	full chan []byte
	gone chan struct{} // closed when nothing more can be read
}

func (r *relay) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.got) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		return 0, errWait
	}
	n := copy(b, r.got)
	r.got = r.got[n:]
	return n, nil
}

func (r *relay) readAll() {
	b := make([]byte, 64<<10)
	for {
		n, err := r.conn.Read(b)
		r.mu.Lock()
		r.got = append(r.got, b[:n]...)
		r.err = err
		r.mu.Unlock()
		r.poller.mark(r.index)
		if err != nil {
			close(r.gone)
			return
		}
	}
}

func (r *relay) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	select {
	case <-r.room:
		some := append([]byte(nil), b[:min(len(b), 256<<10)]...)
		r.full <- some
		return len(some), nil
	default:
		return 0, errWait
	}
}

func (r *relay) writeAll() {
	for {
		select {
		case b := <-r.full:
			if _, err := r.conn.Write(b); err != nil {
				r.conn.Close()
			}
			r.room <- struct{}{}
			r.poller.mark(r.index)
		case <-r.gone:
			return
		}
	}
}

func (r *relay) Close() error { return r.conn.Close() }
