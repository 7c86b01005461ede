package main

import (
	"errors"
	"time"
)

// A window is when messages are counted: for length, after a time of warming up.
type window struct {
	warm, length time.Duration
	mark         func() // called when it begins and when it ends
}

// stall is how long no answer at all may come.
const stall = 10 * time.Second

var errStalled = errors.New("no answer from the server for 10 s")
