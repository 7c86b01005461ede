package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A scenario is what the servers are put through: an echo, or rest.
type scenario struct {
	conns, size, inFlight int
	rest                  string // numbers of silent connections at which memory is read
}

var scenarios = []scenario{
	{conns: 64, size: 16, inFlight: 1},
	{conns: 64, size: 16, inFlight: 16},
	{conns: 1000, size: 16, inFlight: 1},
	{conns: 64, size: 1 << 10, inFlight: 1},
	{conns: 64, size: 64 << 10, inFlight: 1},
	{conns: 4, size: 1 << 20, inFlight: 1},
	{rest: "2000,10000"},
}

func (s scenario) name() string {
	if s.rest != "" {
		return "Memory of silent connections, " + strings.ReplaceAll(s.rest, ",", " to ")
	}
	return fmt.Sprintf("%s connections × %s, %d in flight", thousands(float64(s.conns)), bytesName(s.size), s.inFlight)
}

// arguments are those of the load generator.
func (s scenario) arguments(length time.Duration) []string {
	if s.rest != "" {
		return []string{"-idle", s.rest}
	}
	return []string{"-conns", strconv.Itoa(s.conns), "-size", strconv.Itoa(s.size), "-inflight", strconv.Itoa(s.inFlight),
		"-time", length.String()}
}

func bytesName(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.Itoa(n>>20) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + " KiB"
	}
	return strconv.Itoa(n) + " B"
}
