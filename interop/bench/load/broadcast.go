package main

import (
	"net"
	"time"

	"example.com/tandem/interop/bench/sample"
)

// joining is how long a server may take to make a member of the last connection, whose handshake it has answered.
const joining = 300 * time.Millisecond

// A broadcast publishes on the first connection what all are to receive, again and again: the next message when the last
// of them has the one before. Latency counts from the write to each delivery. Slow connections never read; before anything
// is measured, so much is sent to them that the system has no more room for it.
type broadcast struct {
	*engine
	slow []net.Conn
}

func newBroadcast(t target, s *script, pid, receivers, slow int) (*broadcast, error) {
	first, err := t.connect(0, 1, false)
	if err != nil {
		return nil, err
	}
	stuck, err := t.connect(1, slow, true)
	if err != nil {
		return nil, err
	}
	if slow > 0 {
		time.Sleep(joining)
		if err := stuff(first[0]); err != nil {
			return nil, err
		}
	}
	rest, err := t.connect(1+slow, receivers-slow-1, false)
	if err != nil {
		return nil, err
	}
	time.Sleep(joining)
	e, err := newEngine(append(first, rest...), s, pid, true)
	return &broadcast{e, stuck}, err
}

func (b *broadcast) Close() {
	for _, c := range b.slow {
		c.Close()
	}
	b.engine.Close()
}

func (b *broadcast) turn(w window) (r sample.Report, err error) {
	b.rewind()
	for again := true; again; again = b.now() < w.warm {
		if err := b.one(); err != nil {
			return r, err
		}
	}
	if err := b.begin(); err != nil {
		return r, err
	}
	for end := b.now() + w.length; b.now() < end; {
		if err := b.one(); err != nil {
			return r, err
		}
	}
	return b.end()
}

// one publishes a message and waits for all that it is for.
func (b *broadcast) one() error {
	missing, published := len(b.lines), b.now()
	b.lines[0].asked++
	if err := b.lines[0].send(); err != nil {
		return err
	}
	for missing > 0 {
		err := b.wait(100*time.Millisecond, func(l *line, completed int) error {
			missing -= completed
			if b.counting {
				b.latency.add(b.now() - published)
				b.report.Events += completed
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stuff has 256 KiB sent to everybody who is there, and takes its own copy.
func stuff(c net.Conn) error {
	s, err := newScript("binary", 64<<10, false)
	if err != nil {
		return err
	}
	d := newDialogue(s, 0)
	for range 4 {
		if err := exchange(c, d); err != nil {
			return err
		}
	}
	return nil
}

// exchange sends one message over a connection that is at rest, and waits for the answer.
func exchange(c net.Conn, d *dialogue) error {
	c.SetDeadline(time.Now().Add(stall))
	d.asked++
	for d.sent < d.asked {
		n, err := c.Write(d.waiting())
		if err != nil {
			return err
		}
		d.took(n)
	}
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		if err != nil {
			return err
		}
		if completed, err := d.hear(b[:n]); err != nil || completed > 0 {
			c.SetDeadline(time.Time{})
			return err
		}
	}
}
