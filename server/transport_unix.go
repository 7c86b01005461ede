//go:build unix

package server

import (
	"io"
	"net"
	"syscall"
)

// An attempt holds the arguments and results of one system call on the raw descriptor. The functions handed to
// syscall.RawConn are made once, so that a call allocates nothing.
type attempt struct {
	raw syscall.RawConn

	in    *input
	into  []byte
	readN int
	readE error
	read  func(fd uintptr) bool

	from   []byte
	behind [][]byte // is written after it
	wroteN int
	wroteE error
	write  func(fd uintptr) bool
}

func rawConn(nc net.Conn) syscall.RawConn {
	var sc syscall.Conn
	switch nc := nc.(type) {
	case *net.TCPConn:
		sc = nc
	case *net.UnixConn:
		sc = nc
	default:
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

func newAttempt(raw syscall.RawConn) *attempt {
	a := &attempt{raw: raw}
	a.read = func(fd uintptr) bool {
		into := a.into
		if into == nil {
			into = a.in.space()
		}
		n, err := retry(fd, into, syscall.Read)
		if err == syscall.EAGAIN {
			a.in.release() // wait without a buffer
			return false
		}
		a.readN, a.readE = n, err
		return true
	}
	a.write = func(fd uintptr) bool {
		a.wroteN, a.wroteE = writeEach(fd, a.from, a.behind)
		return true
	}
	return a
}

// writeEach writes one piece after the other, until the kernel takes no more.
func writeEach(fd uintptr, first []byte, more [][]byte) (n int, err error) {
	for {
		for len(first) > 0 {
			m, err := retry(fd, first, syscall.Write)
			if err == syscall.EAGAIN {
				return n, nil
			}
			if err != nil {
				return n, err
			}
			n, first = n+m, first[m:]
		}
		if len(more) == 0 {
			return n, nil
		}
		first, more = more[0], more[1:]
	}
}

func retry(fd uintptr, b []byte, call func(int, []byte) (int, error)) (int, error) {
	for {
		n, err := call(int(fd), b)
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}

// readRaw reads once, into the given bytes or, when they are nil, behind what in holds. The buffer of in is taken
// when there is something to read, and not held while waiting.
func (t *transport) readRaw(in *input, into []byte) (int, error) {
	a := t.attempt
	a.in, a.into, a.readN, a.readE = in, into, 0, nil
	err := a.raw.Read(a.read)
	a.into = nil
	switch {
	case err != nil:
		return 0, err
	case a.readE != nil:
		return 0, &net.OpError{Op: "read", Net: t.LocalAddr().Network(), Source: t.LocalAddr(), Addr: t.RemoteAddr(), Err: a.readE}
	case a.readN == 0:
		return 0, io.EOF
	}
	return a.readN, nil
}

// tryWrite hands the kernel what it takes of b, and then of the pieces behind it, without waiting.
func (t *transport) tryWrite(b []byte, behind [][]byte) (int, error) {
	a := t.attempt
	a.from, a.behind, a.wroteN, a.wroteE = b, behind, 0, nil
	err := a.raw.Write(a.write)
	a.from, a.behind = nil, nil
	if err == nil && a.wroteE != nil {
		err = &net.OpError{Op: "write", Net: t.LocalAddr().Network(), Source: t.LocalAddr(), Addr: t.RemoteAddr(), Err: a.wroteE}
	}
	return a.wroteN, err
}

// readable reports whether something has arrived, as far as that can be found out without waiting.
func (t *transport) readable() bool {
	n := 0
	switch {
	case t.descriptor != nil:
		return t.descriptor.holdsMore()
	case t.attempt != nil:
		t.attempt.raw.Control(func(fd uintptr) { // Read would wait for whoever reads
			n, _, _ = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK)
		})
	}
	return n > 0
}
