package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"example.com/tandem/interop/bench/sample"
)

const (
	packages = "example.com/tandem/interop/bench/"
	ours     = "tandem"

	serverCore, loadCore = 0, 1
)

// A server is a command that listens on the address in $ADDR.
type server struct {
	name    string
	command []string
}

// programs are what was built for the benchmark.
type programs struct {
	servers []server
	load    string
}

// build compiles the named servers and the load generator into dir.
func build(dir string, names []string) (p programs, err error) {
	list := []string{packages + "load"}
	for _, name := range names {
		list = append(list, packages+"servers/"+name)
		p.servers = append(p.servers, server{name, []string{filepath.Join(dir, name)}})
	}
	p.load = filepath.Join(dir, "load")
	cmd := exec.Command("go", append([]string{"build", "-o", dir + string(filepath.Separator)}, list...)...)
	if output, err := cmd.CombinedOutput(); err != nil {
		return p, fmt.Errorf("go build: %w\n%s", err, output)
	}
	return p, nil
}

// try puts one server through one scenario, in processes of their own.
func try(s server, load string, what scenario, length time.Duration) (report sample.Report, err error) {
	addr, err := freeAddress()
	if err != nil {
		return report, err
	}
	server := exec.Command(s.command[0], s.command[1:]...)
	server.Env = append(os.Environ(), "ADDR="+addr)
	var complaints bytes.Buffer
	server.Stderr = &complaints
	if err := startOn(serverCore, server); err != nil {
		return report, err
	}
	defer func() {
		server.Process.Kill()
		server.Wait()
		if err != nil && complaints.Len() > 0 {
			err = fmt.Errorf("%w\n%s", err, complaints.Bytes())
		}
	}()
	if err := awaitListener(addr); err != nil {
		return report, err
	}

	client := exec.Command(load, append(what.arguments(length), "-addr", addr, "-pid", strconv.Itoa(server.Process.Pid))...)
	client.Stderr = os.Stderr
	var output bytes.Buffer
	client.Stdout = &output
	if err := startOn(loadCore, client); err != nil {
		return report, err
	}
	if err := client.Wait(); err != nil {
		return report, fmt.Errorf("load: %w", err)
	}
	return report, json.Unmarshal(output.Bytes(), &report)
}

// startOn starts a process that may run on one core only. It has its core from the thread that starts it; that thread
// then ends, since its goroutine does without letting go of it.
func startOn(core int, cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		pin(core)
		started <- cmd.Start()
	}()
	return <-started
}

// freeAddress returns an address on which nobody listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// awaitListener waits until the server has started.
func awaitListener(addr string) error {
	for range 500 {
		if c, err := net.Dial("tcp", addr); err == nil {
			return c.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("the server does not listen on $ADDR")
}
