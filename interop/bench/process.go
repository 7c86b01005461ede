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
	"slices"
	"strconv"
	"time"

	"example.com/tandem/interop/bench/sample"
)

const (
	packages = "example.com/tandem/interop/bench/"

	serverCore, loadCore = 0, 1
)

// programs are what was built for the benchmark.
type programs struct {
	servers   []server
	load      string
	cert, key string // files
}

// build compiles the load generator and those of the servers that are known here into dir, and makes a certificate.
func build(dir string, servers []server) (p programs, err error) {
	list := []string{packages + "load"}
	for _, s := range servers {
		if s.role != outside {
			list = append(list, packages+"servers/"+s.command[0])
			s = s.in(dir)
		}
		p.servers = append(p.servers, s)
	}
	slices.Sort(list)
	p.load = filepath.Join(dir, "load")
	cmd := exec.Command("go", append([]string{"build", "-o", dir + string(filepath.Separator)}, slices.Compact(list)...)...)
	if output, err := cmd.CombinedOutput(); err != nil {
		return p, fmt.Errorf("go build: %w\n%s", err, output)
	}
	p.cert, p.key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	return p, writeCertificate(p.cert, p.key)
}

// try puts one server through one scenario, in processes of their own.
func (p programs) try(s server, what scenario, length time.Duration, rate float64) (report sample.Report, err error) {
	addr, err := freeAddress()
	if err != nil {
		return report, err
	}
	server := exec.Command(s.command[0], s.command[1:]...)
	server.Env = append(os.Environ(), "ADDR="+addr)
	if what.tls {
		server.Env = append(server.Env, "CERT="+p.cert, "KEY="+p.key)
	}
	var complaints bytes.Buffer
	server.Stderr = &complaints
	if err := startOn(serverCore, server); err != nil {
		return report, err
	}
	defer func() {
		server.Process.Kill()
		server.Wait()
		if err != nil && complaints.Len() > 0 {
			err = fmt.Errorf("%w\n%s", err, complaints.Bytes()[:min(complaints.Len(), 500)])
		}
	}()
	if err := awaitListener(addr); err != nil {
		return report, err
	}

	client := exec.Command(p.load, append(what.arguments(length, rate), "-addr", addr, "-mute="+strconv.FormatBool(s.mute),
		"-pid", strconv.Itoa(server.Process.Pid))...)
	var output, problem bytes.Buffer
	client.Stdout, client.Stderr = &output, &problem
	if err := startOn(loadCore, client); err != nil {
		return report, err
	}
	if err := client.Wait(); err != nil {
		return report, fmt.Errorf("%w: %s", err, bytes.TrimSpace(problem.Bytes()))
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
