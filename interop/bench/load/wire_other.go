//go:build !linux

package main

import "net"

func newPoller(conns []net.Conn) (poller, []wire, error) { return newRelays(conns) }
