package main

import (
	"net"
	"time"

	"example.com/tandem/interop/bench/sample"
)

// together is how many opening handshakes are under way at a time.
const together = 64

// handshakes open connections and close them again, as many as they can, in batches: all are asked for before the first
// answer is read.
type handshakes struct {
	target
	pid int
}

func (*handshakes) Close() {}

func (h *handshakes) turn(w window) (r sample.Report, err error) {
	m := meter{pid: h.pid}
	var latency histogram
	batch := func(counting bool) error {
		var conns [together]net.Conn
		var asked [together]time.Time
		defer func() {
			for _, c := range conns {
				if c != nil {
					c.Close()
				}
			}
		}()
		for i := range conns {
			asked[i] = time.Now()
			var err error
			if conns[i], err = h.dial(i*perSource, false); err != nil {
				return err
			}
			if err := h.ask(conns[i]); err != nil {
				return err
			}
		}
		for i, c := range conns {
			c.SetDeadline(time.Now().Add(stall))
			if err := h.agree(c); err != nil {
				return err
			}
			if counting {
				r.Events++
				latency.add(time.Since(asked[i]))
			}
		}
		return nil
	}
	for begin := time.Now(); time.Since(begin) < w.warm; {
		if err := batch(false); err != nil {
			return r, err
		}
	}
	if err := m.begin(); err != nil {
		return r, err
	}
	for begin := time.Now(); time.Since(begin) < w.length; {
		if err := batch(true); err != nil {
			return r, err
		}
	}
	r.Latency = latency.latency()
	r.Usage, err = m.end()
	return r, err
}
