package server

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// awaitNoPoller waits until the last connection of the tests before has gone.
func awaitNoPoller(t *testing.T) {
	t.Helper()
	until(t, "no poller is left", func() bool {
		pollers.mu.Lock()
		defer pollers.mu.Unlock()
		return pollers.poller == nil
	})
}

// refusePoller has the system watch no descriptor until the test ends: they are borrowed, as on other unix systems.
func refusePoller(t *testing.T) (refuses *poller) {
	t.Helper()
	awaitNoPoller(t)
	put := func(p *poller) {
		pollers.mu.Lock()
		defer pollers.mu.Unlock()
		pollers.poller = p
	}
	refuses = &poller{fd: -1, file: os.NewFile(^uintptr(0), "epoll"), count: 1}
	put(refuses)
	t.Cleanup(func() { put(nil) })
	return refuses
}

// TestPollerCannotWatch has the system refuse: the connection keeps the net.Conn that it came with, in either form, and
// nothing else is the matter.
func TestPollerCannotWatch(t *testing.T) {
	refuses := refusePoller(t)
	for name, receive := range map[string]func(c *Conn) (ended <-chan error){
		"handler": func(c *Conn) <-chan error { return attend(t, c, echoMessage).ended },
		"blocking": func(c *Conn) <-chan error {
			ended := make(chan error, 1)
			go func() { ended <- echoAll(context.Background(), c) }()
			return ended
		},
	} {
		for _, conns := range []func(testing.TB) (a, b net.Conn){tcpConns, unixConns} {
			descriptors := openDescriptors(t)
			c, p := newWire(t, conns, false, Limits{Heartbeat: 50 * time.Millisecond})
			if _, watched := c.t.Conn.(*descriptor); watched || c.t.descriptor != nil || c.t.attempt == nil {
				t.Fatalf("%s: %T", name, c.t.Conn)
			}
			if got := openDescriptors(t); got > descriptors+2 {
				t.Errorf("%s: %d descriptors for two ends", name, got-descriptors)
			}
			if refuses.count != 1 || slices.ContainsFunc(refuses.watched, func(d *descriptor) bool { return d != nil }) {
				t.Errorf("%s: what was refused is watched", name)
			}
			ended := receive(c)
			long := frame(0x81, strings.Repeat("x", 100_000))
			p.send("81 01 61 |" + long + "| 89 01 70")
			p.expect("81 01 61 |" + long + "| 8a 01 70")
			p.expect("89 08 00 00 00 00 00 00 00 01") // the heartbeat goes on as well
			p.send("88 02 03 e8")
			p.expect("88 02 03 e8")
			p.expectEnd()
			if err := <-ended; err != io.EOF {
				t.Errorf("%s: %v", name, err)
			}
			p.Close()
			until(t, "the descriptors are closed", func() bool { return openDescriptors(t) <= descriptors })
		}
	}
}

// TestHeartbeatOfABorrowedDescriptor has a peer be silent while Receive waits, which has the descriptor.
func TestHeartbeatOfABorrowedDescriptor(t *testing.T) {
	refusePoller(t)
	for _, conns := range []func(testing.TB) (a, b net.Conn){tcpConns, unixConns} {
		c, p := newWire(t, conns, false, Limits{Heartbeat: quick})
		received := make(chan error, 1)
		go func() { _, err := c.Receive(context.Background()); received <- err }()
		p.expect("89 08 00 00 00 00 00 00 00 01")
		select {
		case <-received:
			checkEnd(t, c, shared.PartyLocal, shared.LayerTimeLimit, 1006)
		case <-time.After(5 * time.Second):
			t.Error("a silent peer is not ended")
			p.Close() // or nothing else is
			<-received
		}
	}
}

// TestCloseNowOfABorrowedDescriptor has CloseNow be called while Receive waits and the heartbeat looks whether something has
// come.
func TestCloseNowOfABorrowedDescriptor(t *testing.T) {
	refusePoller(t)
	for _, conns := range []func(testing.TB) (a, b net.Conn){tcpConns, unixConns} {
		c, p := newWire(t, conns, false, Limits{Heartbeat: -1})
		received, closed := make(chan error, 1), make(chan bool)
		go func() { _, err := c.Receive(t.Context()); received <- err }()
		until(t, "Receive waits", func() bool { return waits(c) })
		go func() {
			defer close(closed)
			if c.unread() {
				t.Error("something has come")
			}
			c.CloseNow()
		}()
		select {
		case <-closed:
		case <-time.After(5 * time.Second):
			t.Error("CloseNow does not return")
			p.Close()
			<-closed
		}
		<-received
		checkEnd(t, c, shared.PartyLocal, shared.LayerLocal, 1006)
	}
}

// TestPollerRefused has the system refuse one descriptor alone: no poller is left of it, and none that was there is harmed.
func TestPollerRefused(t *testing.T) {
	awaitNoPoller(t)
	file, err := os.CreateTemp(t.TempDir(), "") // a file is always ready
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	refused := func() {
		t.Helper()
		descriptors := openDescriptors(t)
		d := &descriptor{fd: int32(file.Fd())}
		if err := watch(d); !errors.Is(err, syscall.EPERM) || d.poller != nil {
			t.Errorf("%v, and it is %v that it is watched", err, d.poller != nil)
		}
		if got := openDescriptors(t); got != descriptors {
			t.Errorf("%d descriptors more", got-descriptors)
		}
	}
	refused()
	if pollers.poller != nil {
		t.Error("a poller is left that watches nothing")
	}
	c, p := newWire(t, tcpConns, false, Limits{})
	a := attend(t, c, echoMessage)
	refused()
	p.sendText("a")
	p.expect("81 01 61")
	a.expect(shared.OpcodeText, "a")
	c.CloseNow()
	a.end()
	awaitNoPoller(t)
}

// TestHandleWithoutDescriptors has the process run out of them: there is none left for a duplicate, with or without a poller
// that there is already, or none for a poller.
func TestHandleWithoutDescriptors(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	leave := func(free int) {
		next, err := syscall.Dup(0)
		if err != nil {
			t.Fatal(err)
		}
		syscall.Close(next)
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(next + free), Max: limit.Max}); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(free int) {
		t.Helper()
		descriptors := openDescriptors(t)
		c, p := newWire(t, func(t testing.TB) (a, b net.Conn) {
			a, b = tcpConns(t)
			leave(free)
			return a, b
		}, false, Limits{})
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
		if c.t.descriptor != nil {
			t.Error("a descriptor was had all the same")
		}
		if got := openDescriptors(t); got > descriptors+2 {
			t.Errorf("%d descriptors for two ends", got-descriptors)
		}
		a := attend(t, c, echoMessage)
		p.sendText("a")
		p.expect("81 01 61")
		c.CloseNow()
		a.expect(shared.OpcodeText, "a")
		a.end()
	}
	awaitNoPoller(t)
	refused(0)
	refused(1)
	watched, _ := newWire(t, tcpConns, false, Limits{})
	if watched.t.descriptor == nil {
		t.Fatal("nothing is watched")
	}
	refused(0)
}
