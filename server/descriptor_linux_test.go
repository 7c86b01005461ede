package server

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// watched gives a descriptor that is watched, and its peer. The reader's role is taken, so that nobody else reads.
func watched(t testing.TB, make func(testing.TB) (a, b net.Conn)) (*descriptor, *wirePeer) {
	c, p := newWire(t, make, false, Limits{Heartbeat: -1})
	if err := c.Handle(MessageFunc(echoMessage)); err != nil {
		t.Fatal(err)
	}
	until(t, "the handler has nothing to do", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		taken := !c.reading
		c.reading = true
		return taken
	})
	d, ok := c.t.Conn.(*descriptor)
	if !ok {
		t.Fatalf("%T is not watched", c.t.Conn)
	}
	return d, p
}

func eachWatched(t *testing.T, test func(t *testing.T, d *descriptor, p *wirePeer)) {
	t.Run("tcp", func(t *testing.T) { d, p := watched(t, tcpConns); test(t, d, p) })
	t.Run("unix", func(t *testing.T) { d, p := watched(t, unixConns); test(t, d, p) })
}

// awaitWaiter waits until somebody waits for the descriptor, for the first time.
func awaitWaiter(t testing.TB, d *descriptor) {
	until(t, "somebody waits", func() bool { return d.readable.waited.Load() || d.writable.waited.Load() })
}

func TestDescriptorIsClosedUnderItsUsers(t *testing.T) {
	eachWatched(t, func(t *testing.T, d *descriptor, p *wirePeer) {
		number := d.fd
		errs := make(chan error, 2)
		go func() {
			_, err := d.Read(make([]byte, 1))
			errs <- err
		}()
		go func() {
			_, err := d.Write(make([]byte, 64<<20))
			errs <- err
		}()
		awaitWaiter(t, d)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-errs; !errors.Is(err, net.ErrClosed) {
				t.Errorf("whoever waited got %v", err)
			}
		}
		_, readErr := d.Read(make([]byte, 1))
		_, writeErr := d.Write([]byte("a"))
		for _, err := range []error{readErr, writeErr, d.CloseWrite(), d.Close()} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("closed: %v", err)
			}
		}
		// The number may be another's by now: an event of before is not for that one.
		next, q := watched(t, tcpConns)
		if next.fd != number && testing.Verbose() {
			t.Logf("the number %d was not used again at once", number)
		}
		go q.Write([]byte("a"))
		if n, err := next.Read(make([]byte, 9)); n != 1 || err != nil {
			t.Error(n, err)
		}
	})
}

// closesThoughItWaits has a client close while its descriptor is one that waits, as os.File.Fd makes it, and its peer answer
// and leave the connection open. later says that this was done behind the Conn's back.
func closesThoughItWaits(t *testing.T, later bool) {
	for name, conns := range map[string]func(testing.TB) (a, b net.Conn){"tcp": tcpConns, "unix": unixConns} {
		t.Run(name, func(t *testing.T) {
			var file *os.File // what it is set to holds for all duplicates
			wait := func() {
				if err := syscall.SetNonblock(int(file.Fd()), false); err != nil {
					t.Fatal(err)
				}
			}
			c, p := newWire(t, func(t testing.TB) (a, b net.Conn) {
				a, b = conns(t)
				var err error
				if file, err = a.(interface{ File() (*os.File, error) }).File(); err != nil {
					t.Fatal(err)
				}
				wait()
				return a, b
			}, true, Limits{Close: 100 * time.Millisecond})
			defer file.Close()
			if later {
				wait()
			}
			closed := make(chan error, 1)
			go func() { closed <- c.Close(1000, "") }()
			p.expect("88 02 03 e8")
			p.send("88 02 03 e8")
			select {
			case err := <-closed:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(5 * time.Second):
				t.Error("Close does not return")
				p.Close()
				<-closed
			}
		})
	}
}

func TestCloseThoughTheDescriptorWaits(t *testing.T) { closesThoughItWaits(t, false) }

// TestDescriptorIgnoresEventsOfAnother plays an event that was taken from the kernel before its descriptor was closed and
// its number was given to another.
func TestDescriptorIgnoresEventsOfAnother(t *testing.T) {
	d, _ := watched(t, tcpConns)
	p := d.poller
	before := d.readable.events.Load()
	for _, x := range []struct {
		generation int32
		events     uint32
	}{{d.generation - 1, syscall.EPOLLRDHUP | syscall.EPOLLIN}, {d.generation, syscall.EPOLLIN}} { // another's, and then its own
		ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(ends[0])
		event := syscall.EpollEvent{Events: x.events | epollet, Fd: d.fd, Pad: x.generation}
		if err := syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, ends[0], &event); err != nil {
			t.Fatal(err)
		}
		defer syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_DEL, ends[0], nil)
		syscall.Close(ends[1])
	}
	until(t, "the event was seen", func() bool { return d.readable.events.Load() > before })
	if got := d.readable.events.Load(); got != before+1 {
		t.Errorf("%d events were taken for its own", got-before)
	}
}

// TestHandleDataAndFIN has the last data and the FIN arrive in one segment: the kernel tells of both at once.
func TestHandleDataAndFIN(t *testing.T) {
	const cork = 3 // TCP_CORK
	for i := range 200 {
		c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
		a := attend(t, c, nil)
		if i%2 == 0 { // also when it has waited already
			p.send("81 01 61")
			a.expect(shared.OpcodeText, "a")
		}
		raw, err := p.Conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		raw.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, cork, 1) })
		if err != nil {
			t.Fatal(err)
		}
		p.send("81 01 62 | 01 01 63")
		p.closeWrite()
		a.expect(shared.OpcodeText, "b")
		if err := a.end(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
		p.Close()
	}
}

// TestDescriptorTellsOfAHangupFirst has a reader look all the time while events come: whoever sees that something has
// happened must also see that the peer has ended its half, or a short read passes for all there is.
func TestDescriptorTellsOfAHangupFirst(t *testing.T) {
	d, _ := watched(t, tcpConns)
	for range 2000 {
		d.mark.Store(false)
		before := d.readable.events.Load()
		seen := make(chan bool)
		go func() {
			for d.readable.events.Load() == before {
			}
			seen <- d.mark.Load()
		}()
		d.poller.mu.Lock()
		d.ready(syscall.EPOLLIN | syscall.EPOLLRDHUP)
		d.poller.mu.Unlock()
		if !<-seen {
			t.Fatal("the event was counted before its mark could be seen")
		}
	}
}

// TestHandleReadsOnBehindUrgentData has a peer send some, at which reads stop, while the handler blocks.
func TestHandleReadsOnBehindUrgentData(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	release := make(chan struct{})
	a := attend(t, c, blocksUntil(release))
	p.sendText("block")
	a.expect(shared.OpcodeText, "block")
	p.sendText("a")
	raw, err := p.Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { err = syscall.Sendto(int(fd), []byte{0xff}, syscall.MSG_OOB, nil) })
	if err != nil {
		t.Fatal(err)
	}
	p.sendText("b")
	time.Sleep(20 * time.Millisecond) // all of it is there
	close(release)
	a.expect(shared.OpcodeText, "a")
	a.expect(shared.OpcodeText, "b")
}

// TestHandleInterruptsItsPing has a context end Pings while they read from a watched descriptor.
func TestHandleInterruptsItsPing(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	a := attend(t, c, nil)
	go io.Copy(io.Discard, p.Conn)
	for range 50 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if _, err := c.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		cancel()
		p.sendText("a")
		a.expect(shared.OpcodeText, "a")
	}
}
