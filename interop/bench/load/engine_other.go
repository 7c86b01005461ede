//go:build !linux

package main

import (
	"net"
	"sync/atomic"
	"time"
)

// drive keeps inFlight messages on the way on each of the connections and returns how many came back in the window.
func drive(conns []net.Conn, s *script, inFlight int, w window) (int, error) {
	var messages atomic.Int64
	failed := make(chan error, len(conns))
	for i, c := range conns {
		d := newDialogue(s, i)
		d.ask(inFlight)
		go func() { failed <- converse(c, d, &messages) }()
	}
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	select {
	case err := <-failed:
		return 0, err
	case <-time.After(w.warm):
	}
	w.mark()
	before := messages.Load()
	select {
	case err := <-failed:
		return 0, err
	case <-time.After(w.length):
	}
	w.mark()
	return int(messages.Load() - before), nil
}

func converse(c net.Conn, d *dialogue, messages *atomic.Int64) error {
	b := make([]byte, 256<<10)
	question := make(chan []byte, 1) // written aside: both ends may be writing more than the system holds
	defer close(question)
	go func() {
		for q := range question {
			if _, err := c.Write(q); err != nil {
				c.Close()
			}
		}
	}()
	for {
		if len(d.out) > 0 {
			question <- d.out
			d.out = nil
		}
		c.SetReadDeadline(time.Now().Add(stall))
		n, err := c.Read(b)
		if err != nil {
			return err
		}
		completed, err := d.hear(b[:n])
		if err != nil {
			return err
		}
		messages.Add(int64(completed))
		if completed > 0 {
			d.ask(completed)
		}
	}
}
