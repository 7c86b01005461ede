package main

import (
	"time"

	"example.com/tandem/interop/bench/sample"
)

// A meter reads what the server and this process use.
type meter struct {
	pid   int
	begun reading
}

type reading struct {
	at          time.Time
	server, own time.Duration
}

func (m *meter) read() (r reading, err error) {
	r.at = time.Now()
	if r.server, err = cpuOf(m.pid); err == nil {
		r.own, err = cpuOf(0)
	}
	return r, err
}

func (m *meter) begin() (err error) {
	m.begun, err = m.read()
	return err
}

// end returns what was used since begin.
func (m *meter) end() (u sample.Usage, err error) {
	now, err := m.read()
	if err != nil {
		return u, err
	}
	u.Seconds = now.at.Sub(m.begun.at).Seconds()
	u.ServerCPU = (now.server - m.begun.server).Seconds()
	u.LoadCPU = (now.own - m.begun.own).Seconds()
	u.RSS, err = rssOf(m.pid)
	return u, err
}
