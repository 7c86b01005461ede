package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// wsaEADDRINUSE is what Windows has for syscall.EADDRINUSE.
const wsaEADDRINUSE = syscall.Errno(10048)

// listen listens on addr. The host localhost means both loopback addresses, as browsers take it; a machine without one
// of them makes do with the other.
func listen(addr string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %q: want host:port, such as localhost:8080", addr)
	}
	if host != "localhost" {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, explain(addr, port, err)
		}
		return []net.Listener{l}, nil
	}
	var listeners []net.Listener
	var problem error
	for _, loopback := range []string{"127.0.0.1", "::1"} {
		l, err := net.Listen("tcp", net.JoinHostPort(loopback, port))
		switch {
		case err == nil:
			listeners = append(listeners, l)
			_, port, _ = net.SplitHostPort(l.Addr().String()) // the one chosen, if it was 0
		case isTaken(err): // the page would be somebody else's by the other address
			for _, l := range listeners {
				l.Close()
			}
			return nil, explain(addr, port, err)
		default:
			problem = err
		}
	}
	if listeners == nil {
		return nil, explain(addr, port, problem)
	}
	return listeners, nil
}

// explain says of a taken port how to choose another.
func explain(addr, port string, err error) error {
	n, notNumber := strconv.Atoi(port)
	if !isTaken(err) || notNumber != nil {
		return fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return fmt.Errorf("port %d is taken: %w\nChoose another: PORT=%d ./serve.sh", n, err, n%65535+1)
}

func isTaken(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaEADDRINUSE)
}
