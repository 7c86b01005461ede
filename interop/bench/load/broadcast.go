package main

import (
	"net"
	"time"

	"example.com/tandem/interop/bench/sample"
)

// joining is how long a server may take to make a member of the last connection, whose handshake it has answered.
const joining = 300 * time.Millisecond

// broadcast publishes on the first connection what all are to receive, again and again: the next message when the last of
// them has the one before. Latency counts from the write to each delivery. Slow connections never read; before anything is
// measured, so much is sent to them that the system has no more room for it.
func broadcast(t target, s *script, pid, receivers, slow int, w window) (r sample.Report, err error) {
	first, err := t.connect(0, 1, false)
	if err != nil {
		return r, err
	}
	stuck, err := t.connect(1, slow, true)
	if err != nil {
		return r, err
	}
	defer func() {
		for _, c := range stuck {
			c.Close()
		}
	}()
	if slow > 0 {
		time.Sleep(joining)
		if err := stuff(first[0]); err != nil {
			return r, err
		}
	}
	rest, err := t.connect(1+slow, receivers-slow-1, false)
	if err != nil {
		return r, err
	}
	time.Sleep(joining)
	e, err := newEngine(append(first, rest...), s, pid, true)
	if err != nil {
		return r, err
	}
	defer e.Close()

	var published time.Duration
	missing := 0
	heard := func(l *line, completed int) error {
		missing -= completed
		if e.counting {
			e.latency.add(e.now() - published)
			e.report.Events += completed
		}
		return nil
	}
	one := func() error {
		missing = len(e.lines)
		published = e.now()
		e.lines[0].asked++
		if err := e.lines[0].send(); err != nil {
			return err
		}
		for missing > 0 {
			if err := e.wait(100*time.Millisecond, heard); err != nil {
				return err
			}
		}
		return nil
	}
	for again := true; again; again = e.now() < w.warm {
		if err := one(); err != nil {
			return r, err
		}
	}
	if err := e.begin(); err != nil {
		return r, err
	}
	begun := e.now()
	for e.now() < begun+w.length {
		if err := one(); err != nil {
			return r, err
		}
	}
	return e.end()
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
