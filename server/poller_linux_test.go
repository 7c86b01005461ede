package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/tandem/server/internal/leak"
	"example.com/tandem/shared"
)

// tcpDialer gives connections to one listener, for tests that make many.
func tcpDialer(t testing.TB) func(testing.TB) (a, b net.Conn) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	var one sync.Mutex // or the two need not be each other's
	return func(t testing.TB) (a, b net.Conn) {
		t.Helper()
		one.Lock()
		defer one.Unlock()
		a, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if b, err = ln.Accept(); err != nil {
			t.Fatal(err)
		}
		return a, b
	}
}

// TestHandleBlockingHoldsUpOneConnection has all handlers of 50 connections block but one.
func TestHandleBlockingHoldsUpOneConnection(t *testing.T) {
	for _, procs := range []int{1, runtime.GOMAXPROCS(0)} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		release := make(chan struct{})
		var blocked atomic.Int32
		h := MessageFunc(func(c *Conn, m shared.Message) error {
			if m.String() == "block" {
				blocked.Add(1)
				<-release
			}
			return echoMessage(c, m)
		})
		var peers []*wirePeer
		for range 50 {
			c, p := newWire(t, tcpConns, false, Limits{})
			if err := c.Handle(h); err != nil {
				t.Fatal(err)
			}
			peers = append(peers, p)
		}
		peers[1].sendText("block")
		until(t, "one blocks", func() bool { return blocked.Load() == 1 })
		peers[0].sendText("a")
		peers[0].expect("81 01 61")
		for _, p := range peers[2:] {
			p.sendText("block")
		}
		for range 100 {
			peers[0].sendText("a")
			peers[0].expect("81 01 61")
		}
		until(t, "all others block", func() bool { return blocked.Load() == 49 })
		peers[0].sendText("b")
		peers[0].expect("81 01 62")
		close(release)
		for _, p := range peers[1:] {
			p.expect(frame(0x81, "block"))
		}
	}
}

// TestHandleAnswersBeforeItBlocks sends two messages in one segment: the handler blocks in the second.
func TestHandleAnswersBeforeItBlocks(t *testing.T) {
	eachHanded(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		release := make(chan struct{})
		defer close(release)
		attend(t, c, func(c *Conn, m shared.Message) error {
			if m.String() == "b" {
				<-release
			}
			return echoMessage(c, m)
		})
		p.send("81 01 61 | 81 01 62 | 81 01 63")
		p.expect("81 01 61")
	})
}

// TestHandleIsFair has some peers send without end while another talks.
func TestHandleIsFair(t *testing.T) {
	for _, flood := range []string{"81 01 61", "01 01 61", "89 01 61"} { // messages, one endless message, Pings
		var all sync.WaitGroup
		dial := tcpDialer(t)
		h := MessageFunc(func(*Conn, shared.Message) error { return nil })
		var floods []*Conn
		for range 4 {
			c, p := newWire(t, dial, false, Limits{Message: 1 << 40, Heartbeat: -1})
			c.Handle(h)
			floods = append(floods, c)
			all.Go(func() { io.Copy(io.Discard, p.Conn) })
			all.Go(func() {
				b := frames(strings.TrimSuffix(strings.Repeat(flood+"|", 500), "|"), true)
				if flood[0] == '0' {
					p.Write(frames(flood, true))
					b = frames(strings.TrimSuffix(strings.Repeat("00 01 61 |", 500), "|"), true)
				}
				for {
					if _, err := p.Write(b); err != nil {
						return
					}
				}
			})
		}
		c, p := newWire(t, dial, false, Limits{})
		attend(t, c, echoMessage)
		for range 20 {
			p.sendText("hello")
			p.expect(frame(0x81, "hello"))
		}
		for _, c := range floods {
			c.CloseNow()
		}
		all.Wait()
	}
}

// TestHandleReadsOnBehindAShortRead has a unix socket give less than there is: a read ends behind bytes that came with a
// descriptor.
func TestHandleReadsOnBehindAShortRead(t *testing.T) {
	c, p := newWire(t, unixConns, false, Limits{Heartbeat: -1})
	release := make(chan struct{})
	a := attend(t, c, blocksUntil(release))
	p.sendText("block")
	a.expect(shared.OpcodeText, "block")
	if _, _, err := p.Conn.(*net.UnixConn).WriteMsgUnix(frames("81 01 61", true), syscall.UnixRights(0), nil); err != nil {
		t.Fatal(err)
	}
	p.sendText("b")
	close(release)
	a.expect(shared.OpcodeText, "a")
	a.expect(shared.OpcodeText, "b")
}

// openDescriptors counts the descriptors of this process. The runtime opens two of its own with the first that it waits for.
func openDescriptors(t testing.TB) int {
	startRuntimePoller()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

var startRuntimePoller = sync.OnceFunc(func() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	r.Close()
	w.Close()
})

// ourGoroutines counts the goroutines that are in this module, but for this one, and those that a poller has.
func ourGoroutines() (all, pollers int) {
	for _, g := range leak.Others() {
		if !strings.Contains(g, "testing.(*M).Run") {
			all++
			if strings.Contains(g, "(*poller)") {
				pollers++
			}
		}
	}
	return all, pollers
}

// TestHandledConnectionsCostNothingWhileTheyWait looks at connections between two messages, and at what is left behind them.
func TestHandledConnectionsCostNothingWhileTheyWait(t *testing.T) {
	for name, conns := range map[string]func(testing.TB) (a, b net.Conn){"tcp": tcpDialer(t), "unix": unixConns} {
		before, descriptors := runtime.NumGoroutine(), openDescriptors(t)
		others, polling := ourGoroutines() // an earlier test's connections may still take their leave
		others -= polling
		const n = 30
		var conn []*Conn
		var peer []*wirePeer
		for range n {
			c, p := newWire(t, conns, false, Limits{})
			if err := c.Handle(MessageFunc(echoMessage)); err != nil {
				t.Fatal(err)
			}
			conn, peer = append(conn, c), append(peer, p)
		}
		for _, payload := range []string{"hello", strings.Repeat("x", 100_000)} {
			for _, p := range peer {
				p.sendText(payload)
				p.expect(frame(0x81, payload))
			}
			p := peer[0]
			p.send("01 01 61 | 89 00")
			p.expect("8a 00")
			p.send("80 01 62")
			p.expect("81 02 61 62")
			p.sendBytes(bytes.Repeat(frames("82 01 61", true), 3*fair)) // which come together, and take several turns
			p.expect(strings.TrimSuffix(strings.Repeat("82 01 61 | ", 3*fair), " | "))
			until(t, "two goroutines are left, one that waits for events and a spare one", func() bool {
				all, pollers := ourGoroutines()
				return all-pollers <= others && 1 <= pollers && pollers <= 2
			})
			if got := openDescriptors(t); got > descriptors+2*n+3 { // an epoll descriptor, and maybe the runtime's own
				t.Errorf("%s: %d descriptors for %d connections", name, got-descriptors, n)
			}
			for _, c := range conn { // the poller may still be about to look for more
				until(t, name+": nothing is held while nothing happens", func() bool {
					c.mu.Lock()
					defer c.mu.Unlock()
					c.out.mu.Lock()
					defer c.out.mu.Unlock()
					return !c.reading && !holdsInput(c) && c.out.data == nil && c.out.batch == nil && !c.out.gather && c.t.heartbeat == nil
				})
			}
		}
		for i, c := range conn[1:] {
			c.CloseNow()
			peer[i+1].Close()
		}
		until(t, "one is left", func() bool {
			pollers.mu.Lock()
			defer pollers.mu.Unlock()
			p := pollers.poller
			p.mu.Lock()
			defer p.mu.Unlock()
			left := slices.DeleteFunc(slices.Clone(p.watched), func(d *descriptor) bool { return d == nil })
			return p.count == 1 && len(left) == 1 && left[0] == conn[0].t.descriptor
		})
		conn[0].CloseNow()
		peer[0].Close()
		until(t, "all is back as it was", func() bool {
			return runtime.NumGoroutine() <= before && openDescriptors(t) <= descriptors+2 // the runtime's own epoll
		})
		pollers.mu.Lock()
		if pollers.poller != nil {
			t.Error("the poller is still there")
		}
		pollers.mu.Unlock()
		allBeats.mu.Lock()
		if len(allBeats.queues) > 0 {
			t.Error("the heartbeat is still there")
		}
		allBeats.mu.Unlock()
	}
}

func TestHandleAllocatesNothing(t *testing.T) {
	for _, payload := range []string{"", "hello", strings.Repeat("é", 4000), strings.Repeat("é", 30_000)} {
		c, p := newWire(t, tcpConns, false, Limits{})
		if err := c.Handle(MessageFunc(echoMessage)); err != nil {
			t.Fatal(err)
		}
		out, in := frames(frame(0x81, payload), true), make([]byte, len(unhex(frame(0x81, payload))))
		trip := func() {
			if _, err := p.Write(out); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(p, in); err != nil {
				t.Fatal(err)
			}
		}
		trip()
		if allocs := allocations(200, trip); allocs > 0 {
			t.Errorf("%d bytes: %v allocations for each message there and back", len(payload), allocs)
		}
	}
}

// TestHandleChurn opens and closes connections so that numbers of descriptors are another's at once, in each way, and
// counts every message.
func TestHandleChurn(t *testing.T) {
	dial := tcpDialer(t)
	connections := 200
	if testing.Short() {
		connections = 60
	}
	var all sync.WaitGroup
	for slot := range 10 {
		all.Go(func() {
			for i := range connections / 10 {
				number := uint32(slot*connections + i)
				churn(t, dial, number)
			}
		})
	}
	all.Wait()
}

// churn has one connection of which every message carries its number and is echoed, and ends it in a way of its own.
func churn(t *testing.T, dial func(testing.TB) (a, b net.Conn), number uint32) {
	l, err := Limits{}.withDefaults()
	if err != nil {
		t.Error(err)
		return
	}
	a, b := dial(t)
	client, server := newConn(a, &setup{client: true, limits: l}), newConn(b, &setup{limits: l})
	var got atomic.Uint32
	hears := newAttendant(t, server, func(c *Conn, m shared.Message) error {
		if n := binary.BigEndian.Uint32(m.Payload[4:]); n != got.Add(1) {
			t.Errorf("message %d came as the %dth", n, got.Load())
		}
		return echoMessage(c, m)
	})
	if err := server.Handle(hears); err != nil {
		t.Error(err)
	}
	var echoed atomic.Uint32
	speaks := newAttendant(t, client, func(c *Conn, m shared.Message) error {
		if binary.BigEndian.Uint32(m.Payload) != number || binary.BigEndian.Uint32(m.Payload[4:]) != echoed.Add(1) {
			t.Errorf("% x came to %d", m.Payload, number)
		}
		return nil
	})
	if err := client.Handle(speaks); err != nil {
		t.Error(err)
	}
	const messages = 20
	for n := range uint32(messages) {
		b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, number), n+1)
		if err := client.Send(context.Background(), shared.Binary(b)); err != nil {
			t.Error(err)
		}
	}
	for end := time.Now().Add(20 * time.Second); echoed.Load() < messages; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("%d messages of %d came, %d back", got.Load(), messages, echoed.Load())
			break
		}
	}
	switch number % 4 {
	case 0:
		client.Close(1000, "")
	case 1:
		server.Close(1000, "")
	case 2:
		client.CloseNow()
	case 3:
		go server.CloseNow()
		client.Close(1000, "")
	}
	for _, h := range []*attendant{hears, speaks} {
		select {
		case <-h.ended:
		case <-time.After(20 * time.Second):
			t.Errorf("no End in way %d", number%4)
		}
	}
}

// TestPollerStartsAgain has the last connection end and the next one come, again and again.
func TestPollerStartsAgain(t *testing.T) {
	dial := tcpDialer(t)
	for range 200 {
		c, p := newWire(t, dial, false, Limits{})
		a := attend(t, c, echoMessage)
		p.sendText("a")
		p.expect("81 01 61")
		p.Close()
		a.expect(shared.OpcodeText, "a")
		a.end()
		if c.t.descriptor == nil {
			t.Fatal("it was not watched")
		}
	}
}
