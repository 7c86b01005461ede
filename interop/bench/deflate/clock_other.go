//go:build !linux

package main

import "time"

var began = time.Now()

// cpuTime returns the time that has passed: where the system has no clock for a thread, other work on the machine counts
// too.
func cpuTime() time.Duration { return time.Since(began) }
