package main

import (
	"bytes"
	"encoding/json"
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
	server, load *exec.Cmd
	prompts      io.WriteCloser // each line is a turn
	reports      *json.Decoder
	complaints   [2]bytes.Buffer // of the load and of the server
}

// open starts both, each in a process and on a core of its own.
func (p programs) open(s server, what scenario, length time.Duration, rate float64) (_ *session, err error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	o := &session{server: exec.Command(s.command[0], s.command[1:]...)}
	o.server.Env = append(os.Environ(), "ADDR="+addr)
	if what.tls {
		o.server.Env = append(o.server.Env, "CERT="+p.cert, "KEY="+p.key)
	}
	o.server.Stderr = &o.complaints[1]
	if err := startOn(serverCore, o.server); err != nil {
		return nil, err
	}
	if err := awaitListener(addr); err != nil {
		return nil, o.fail(err)
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

// turn measures once.
func (o *session) turn() (r sample.Report, err error) {
	if _, err = io.WriteString(o.prompts, "\n"); err == nil {
		err = o.reports.Decode(&r)
	}
	if err != nil {
		err = o.fail(err)
	}
	return r, err
}

// fail ends the session, and adds to the error what both have to say.
func (o *session) fail(err error) error {
	if o.load != nil {
		o.prompts.Close()
		o.load.Wait() // it ends by itself when something is wrong, which it says
		o.load = nil
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
	for _, c := range []*exec.Cmd{o.load, o.server} {
		if c != nil {
			c.Process.Kill()
			c.Wait()
		}
	}
}
