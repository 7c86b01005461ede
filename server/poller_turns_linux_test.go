package server

import (
	"bytes"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// TestHandleLooksAgain has something happen when the attendance has found nothing, and has not turned away yet.
func TestHandleLooksAgain(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	a := attend(t, c, nil)
	d := c.t.descriptor
	before := d.readable.events.Load()
	if d.call(); d.readable.events.Load() == before {
		t.Fatal("a call is not counted: who is about to turn away misses it")
	}
	for range 10 {
		func() {
			defer holdUp(t, c)()
			before := d.readable.events.Load()
			p.sendText("a")
			until(t, "the event is counted", func() bool { return d.readable.events.Load() > before })
		}()
		a.expect(shared.OpcodeText, "a")
	}
}

// holdUp has the attendance look, and holds it up when it has found nothing, until it is let go.
func holdUp(t *testing.T, c *Conn) (letGo func()) {
	t.Helper()
	d := c.t.descriptor
	for range 100 {
		until(t, "the attendance has turned away", func() bool { return !d.queued.Load() })
		d.life.Lock() // nothing is read
		goOn := sync.OnceFunc(d.life.Unlock)
		defer goOn()
		d.call()
		until(t, "the attendance looks", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.reading
		})
		time.Sleep(time.Millisecond) // it comes as far as d.life, or is not held up in the right place
		c.mu.Lock()
		goOn()
		for range 100 {
			if isDrained(d) {
				return c.mu.Unlock
			}
			time.Sleep(time.Millisecond)
		}
		c.mu.Unlock()
	}
	t.Fatal("the attendance was never held up")
	return nil
}

// isDrained is asked while another has the reader's role, which the race detector need not know.
//
//go:norace
//go:noinline
func isDrained(d *descriptor) bool { return d.drained == d.readable.events.Load() }

// loaded makes a connection that holds this many messages, and an attendance that is run by nobody but the test.
func loaded(t *testing.T, dial func(testing.TB) (a, b net.Conn), messages, size int) (d *descriptor, called *int) {
	t.Helper()
	c, _ := newWire(t, dial, false, Limits{Heartbeat: -1})
	c.in.keep(bytes.Repeat(frames(frame(0x82, strings.Repeat("x", size)), true), messages))
	called = new(int)
	c.attendance = &attendance{c: c, handler: MessageFunc(func(*Conn, shared.Message) error { *called++; return nil })}
	d = c.t.descriptor
	d.queued.Store(true)
	return d, called
}

// TestHandleTakesTurns has more at hand than is done in one turn.
func TestHandleTakesTurns(t *testing.T) {
	for _, x := range []struct{ messages, size, turn, done int }{
		{150, 1, 64, 64}, {128, 4095, 64, 64},
	} {
		d, called := loaded(t, tcpConns, x.messages, x.size)
		for left := x.messages; left > 0; {
			turn := min(x.turn, left)
			left -= turn
			before := *called
			done, again := d.supervision.conn.attendance.run()
			if got := *called - before; got != turn || again != (turn == x.turn) || again && done != x.done {
				t.Errorf("%d messages of %d bytes: %d in one turn, %d done, again is %v", x.messages, x.size, got, done, again)
				break
			}
		}
	}
}

// TestHandleTakesTurnsInALongMessage has one come that is longer than what is read in a turn.
func TestHandleTakesTurnsInALongMessage(t *testing.T) {
	const size = 10 << 20
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	called := make(chan int, 1)
	a := &attendance{c: c, handler: MessageFunc(func(_ *Conn, m shared.Message) error { called <- len(m.Payload); return nil })}
	c.attendance = a
	c.t.descriptor.queued.Store(true)
	go p.sendBytes(frames(frame(0x82, strings.Repeat("x", size)), true))
	turns := 0
	for begun := time.Now(); len(called) == 0 && time.Since(begun) < 10*time.Second; {
		before := c.in.reads.Load()
		done, again := a.run()
		if reads := c.in.reads.Load() - before; reads > fair/look || again && done != fair {
			t.Fatalf("%d reads in one turn, %d done, again is %v", reads, done, again)
		}
		if again {
			turns++
		} else {
			c.t.descriptor.queued.Store(true) // for the next of what comes
		}
	}
	if n := <-called; n != size || turns == 0 {
		t.Errorf("%d bytes came, %d times others had their turn", n, turns)
	}
}

// TestHandleTakesTurnsAmongControlFrames has more Pings at hand than are answered in one turn.
func TestHandleTakesTurnsAmongControlFrames(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	const pings = 2*fair + 1
	c.in.keep(bytes.Repeat(frames("89 01 61", true), pings))
	c.attendance = &attendance{c: c, handler: MessageFunc(echoMessage)}
	c.t.descriptor.queued.Store(true)
	turns := 1
	for again := true; again; turns++ {
		if _, again = c.attendance.run(); again && c.in.len() == 0 {
			t.Errorf("all were answered in %d turns", turns)
		}
	}
	if turns < 3 {
		t.Errorf("%d turns", turns)
	}
	p.expect(strings.TrimSuffix(strings.Repeat("8a 01 61 | ", pings), " | "))
}

// TestPollerHandsOver has more to do than one goroutine does when another can go on: whether one was called or not, and
// whether one waits for events or not. Without another it does all.
func TestPollerHandsOver(t *testing.T) {
	for _, x := range []struct {
		standby                int
		waiting                bool
		messages, served, left int
		called                 int
	}{
		{1, true, fair, 5, 3, 0}, {0, true, fair, 5, 3, 1}, {0, false, fair, 5, 3, 1},
		{0, true, 2*shift + 1, 1, 0, 0}, // nobody is called for one connection alone
	} {
		p, dial := new(poller), tcpDialer(t)
		others := make(chan struct{}, 10)
		p.body = func() { others <- struct{}{} } // takes nothing from the queue, for now
		p.mu.Lock()
		p.standby, p.waiting = x.standby, x.waiting
		var messages []*int
		for range x.served + x.left {
			d, n := loaded(t, dial, x.messages, 1)
			p.push(d)
			messages = append(messages, n)
		}
		p.serveAll()
		p.mu.Unlock()
		for i, n := range messages {
			if want := map[bool]int{true: x.messages}[i < x.served]; *n != want {
				t.Errorf("%+v: %d messages of connection %d, want %d", x, *n, i, want)
			}
		}
		until(t, "the others are called", func() bool { return len(others) >= x.called })
		if len(others) != x.called || (p.standby > 0) != (x.left > 0) || (p.first != nil) != (x.left > 0) {
			t.Errorf("%+v: %d others were called, standby is %d, more to do: %v", x, len(others), p.standby, p.first != nil)
		}
	}
}

// TestPollerCallsItsSpare has a goroutine called twice while one is spare: it comes once, and no new one is made.
func TestPollerCallsItsSpare(t *testing.T) {
	p := &poller{come: make(chan struct{}, 1), spare: true}
	others := make(chan struct{}, 10)
	p.body = func() { others <- struct{}{} }
	p.start()
	p.start() // that one is on its way
	if len(p.come) != 1 || p.spare || p.standby != 1 {
		t.Errorf("%d were called, spare is %v, standby is %d", len(p.come), p.spare, p.standby)
	}
	p.standby--
	p.start()
	until(t, "another is made", func() bool { return len(others) > 0 })
	if len(p.come) != 1 || len(others) != 1 || p.standby != 1 {
		t.Errorf("%d were called, %d made, standby is %d", len(p.come), len(others), p.standby)
	}
}

// TestPollerStandsByWhileOthersRun has a goroutine let others run: whoever looks for one that stands by finds it, and makes none.
func TestPollerStandsByWhileOthersRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // others run when it lets them
	p := &poller{waiting: true}
	found, over := 0, false
	var others sync.WaitGroup
	others.Go(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for !over {
			found = max(found, p.standby)
			p.mu.Unlock()
			runtime.Gosched()
			p.mu.Lock()
		}
	})
	p.mu.Lock()
	for round := 0; round < 50 && found == 0; round++ { // once in a while the scheduler goes on with who has let others run
		d, _ := loaded(t, tcpConns, fair, 1)
		p.push(d)
		p.serveAll()
	}
	over = true
	left := p.standby
	p.mu.Unlock()
	if others.Wait(); found != 1 || left != 0 {
		t.Errorf("%d stood by meanwhile, and %d do afterwards", found, left)
	}
}
