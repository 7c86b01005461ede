package main

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"
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

// awaitListener waits until the server has started, or has ended.
func awaitListener(addr string, ended <-chan struct{}) error {
	for range 500 {
		if c, err := net.Dial("tcp", addr); err == nil {
			return c.Close()
		}
		select {
		case <-ended:
			return errors.New("the server did not come to listen on $ADDR")
		case <-time.After(10 * time.Millisecond):
		}
	}
	return errors.New("the server does not listen on $ADDR")
}
