package main

import (
	"net"
	"time"

	"example.com/tandem/interop/bench/sample"
)

// together is how many opening handshakes are under way at a time.
const together = 64

// handshakes opens connections and closes them again, as many as it can, in batches: all are asked for before the first
// answer is read.
func handshakes(t target, pid int, w window) (r sample.Report, err error) {
	m := meter{pid: pid}
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
			if conns[i], err = t.dial(i*perSource, false); err != nil {
				return err
			}
			if err := t.ask(conns[i]); err != nil {
				return err
			}
		}
		for i, c := range conns {
			c.SetDeadline(time.Now().Add(stall))
			if err := t.agree(c); err != nil {
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
