package main

import "time"

// A wire carries bytes without waiting. Both methods give errWait when nothing is there, or nothing more is taken.
type wire interface {
	Read(b []byte) (int, error)
	Write(b []byte) (int, error) // an empty b sends on what an earlier Write could not
	Close() error
}

// A poller watches many wires. Each wait returns those on which something may have changed since the wait before.
type poller interface {
	// wait waits for at most timeout, and appends the numbers of the wires to ready.
	wait(ready []int, timeout time.Duration) ([]int, error)
	Close() error
}

// errWait is a net.Error that crypto/tls takes for a pause and not for the end.
var errWait error = pause{}

type pause struct{}

func (pause) Error() string   { return "nothing to be done yet" }
func (pause) Timeout() bool   { return true }
func (pause) Temporary() bool { return true }
