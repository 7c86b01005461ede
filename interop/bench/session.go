package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"example.com/tandem/interop/bench/sample"
)

// A session is a server in one scenario, and the load that is connected to it. Outside of its turns both are still.
type session struct {
	what         scenario
	server, load *exec.Cmd
	ended        chan struct{}  // closed when the server's process has ended
	prompts      io.WriteCloser // each line is a turn
	reports      *json.Decoder
	complaints   [2]bytes.Buffer // of the load and of the server
	rested       time.Time       // since when both are still
}

// patience is how long both may be still. A load between its turns answers no Ping, and a server that sends them gives up its
// connections, ours after a minute.
const patience = 25 * time.Second

// stale reports whether connections may have been given up since the last turn.
func (o *session) stale() bool { return time.Since(o.rested) > patience }

// open starts both, each in a process and on a core of its own.
func (p programs) open(s server, what scenario, length time.Duration, rate float64) (_ *session, err error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	o := &session{what: what, server: exec.Command(s.command[0], s.command[1:]...), ended: make(chan struct{})}
	o.server.Env = append(os.Environ(), "ADDR="+addr)
	if what.tls {
		o.server.Env = append(o.server.Env, "CERT="+p.cert, "KEY="+p.key)
	}
	o.server.Stderr = &o.complaints[1]
	o.server.WaitDelay = time.Second // another process may still hold its standard error
	if err := startOn(serverCore, o.server); err != nil {
		return nil, err
	}
	go func() {
		o.server.Wait()
		close(o.ended)
	}()
	if err := awaitListener(addr, o.ended); err != nil {
		return nil, o.fail(err)
	}
	if len(descendants(o.server.Process.Pid)) > 0 {
		return nil, o.fail(fmt.Errorf("the server has started other processes: %w", errNotItself))
	}
	o.load = exec.Command(p.load, append(what.arguments(length, rate), "-prompted", "-addr", addr,
		"-mute="+strconv.FormatBool(s.mute), "-pid", strconv.Itoa(o.server.Process.Pid))...)
	o.load.Stderr = &o.complaints[0]
	reports, err := o.load.StdoutPipe()
	if err != nil {
		return nil, o.fail(err)
	}
	o.reports = json.NewDecoder(reports)
	if o.prompts, err = o.load.StdinPipe(); err != nil {
		return nil, o.fail(err)
	}
	if err := startOn(loadCore, o.load); err != nil {
		o.load = nil
		return nil, o.fail(err)
	}
	return o, nil
}

// errNotItself is for what would be measured as a server that needs next to nothing.
var errNotItself = errors.New("the command must be the server itself; a script has to exec it")

// turn measures once.
func (o *session) turn() (r sample.Report, err error) {
	if _, err = io.WriteString(o.prompts, "\n"); err == nil {
		err = o.reports.Decode(&r)
	}
	if err == nil && o.what.idle(r) {
		err = fmt.Errorf("the server used no processor time: %w", errNotItself)
	}
	if err != nil {
		err = o.fail(err)
	}
	o.rested = time.Now()
	return r, err
}

// idle reports whether others answered than the process that was started: more answers came than were on the way when
// the turn began, and it used no processor time, where the system tells any.
func (s scenario) idle(r sample.Report) bool {
	return r.Events > s.conns*s.inFlight && r.ServerCPU == 0 && r.LoadCPU > 0
}

// fail ends the session, and adds to the error what both have to say.
func (o *session) fail(err error) error {
	if o.load != nil {
		o.prompts.Close()
		o.load.Wait() // it ends by itself when something is wrong, which it says
		o.load = nil
	}
	select {
	case <-o.ended:
		err = fmt.Errorf("%w; the server has ended: %v", err, o.server.ProcessState)
	default:
	}
	o.close()
	for _, c := range o.complaints {
		if c.Len() > 0 {
			err = fmt.Errorf("%w\n%s", err, bytes.TrimSpace(c.Bytes()[:min(c.Len(), 500)]))
		}
	}
	return err
}

func (o *session) close() {
	if o.load != nil {
		o.load.Process.Kill()
		o.load.Wait()
	}
	select {
	case <-o.ended:
	default:
		started := descendants(o.server.Process.Pid)
		o.server.Process.Kill()
		for _, pid := range started {
			if p, err := os.FindProcess(pid); err == nil {
				p.Kill()
			}
		}
		<-o.ended
	}
}
