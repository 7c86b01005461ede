//go:build !linux

package main

import (
	"net"
	"syscall"
)

// hardlyReceive changes nothing: what waits in the system for a slow receiver is what the system has room for.
func hardlyReceive(_, _ string, _ syscall.RawConn) error { return nil }

func latePort(_, _ string, _ syscall.RawConn) error { return nil }

// perSource is how many connections may leave from one address.
const perSource = 15_000

// source leaves the choice to the system, which may have one loopback address only.
func source(int) net.Addr { return nil }
