package main

import (
	"cmp"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// hardlyReceive makes a receiver that does not read felt soon: small segments and a small buffer, and so little that waits
// in the system for it, as it would be on a slow line. On the loopback interface it would otherwise be 2.5 MB.
func hardlyReceive(_, _ string, c syscall.RawConn) error {
	if err := set(c, unix.IPPROTO_TCP, unix.TCP_MAXSEG, 1400); err != nil {
		return err
	}
	return set(c, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096)
}

// latePort has the port chosen when it is known where the connection goes: then the same one will do for each server, and
// there are enough for several loads at once.
func latePort(_, _ string, c syscall.RawConn) error {
	return set(c, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
}

func set(c syscall.RawConn, level, option, value int) (failed error) {
	err := c.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), level, option, value) })
	return cmp.Or(err, failed)
}

// perSource is how many connections leave from one address: ports are scarce.
const perSource = 15_000

// source is the address that a connection to the loopback interface leaves from: 127.0.0.2, 127.0.0.3 and so on.
func source(index int) net.Addr {
	index /= perSource
	return &net.TCPAddr{IP: net.IPv4(127, 0, byte(index/250), byte(index%250+2))}
}
