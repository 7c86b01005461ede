package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

func prepared(t testing.TB, m shared.Message) *Prepared {
	t.Helper()
	p, err := Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// broadcast sends to some connections and checks the report.
func broadcast(t *testing.T, m shared.Message, slow SlowPolicy, want BroadcastReport, conns ...*Conn) {
	t.Helper()
	got, err := Broadcast(slices.Values(conns), prepared(t, m), slow)
	if got != want || (err != nil) != (want.TooLong > 0) {
		t.Errorf("the report is %+v, %v, want %+v", got, err, want)
	}
}

func TestSection5_2_BroadcastFrames(t *testing.T) {
	for _, x := range []struct {
		m      shared.Message
		header string
	}{
		{shared.Text("Größe"), "81 07"},
		{shared.Text(""), "81 00"},
		{shared.Binary([]byte{0, 0xff}), "82 02"},
		{shared.Binary(make([]byte, 126)), "82 7e 00 7e"},
		{shared.Binary(bytes.Repeat([]byte("0123456789"), 7000)), "82 7f 00 00 00 00 00 01 11 70"},
	} {
		eachEnd(t, Limits{Outgoing: 256 << 10}, func(t *testing.T, c *Conn, p *wirePeer) {
			payload := bytes.Clone(x.m.Payload)
			broadcast(t, x.m, SkipSlow, BroadcastReport{Sent: 2}, c, c)
			for range 2 {
				if got, err := p.next(); err != nil || !bytes.Equal(got, append(unhex(x.header), payload...)) {
					t.Errorf("sent % .20x, %v", got, err)
				}
			}
			if !bytes.Equal(x.m.Payload, payload) {
				t.Error("the payload was modified")
			}
			if s := c.Stats(); s.MessagesSent != 2 || s.BytesSent != uint64(2*len(payload)) {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

// What is sent is a copy of the payload, made by Prepare.
func TestThePayloadIsTheCallersWhenPrepareReturns(t *testing.T) {
	c, w := newWire(t, tcpConns, false, Limits{})
	payload := []byte("before")
	p := prepared(t, shared.Message{Opcode: shared.OpcodeText, Payload: payload})
	copy(payload, "after!")
	Broadcast(slices.Values([]*Conn{c}), p, SkipSlow)
	w.expect(frame(0x81, "before"))
}

func TestBroadcastToNobody(t *testing.T) {
	broadcast(t, shared.Text("a"), CloseSlow, BroadcastReport{})
}

// fillBy broadcasts until the connection, whose peer does not read, has no more room, and returns how often it had.
func fillBy(t *testing.T, c *Conn, m shared.Message) (n int) {
	t.Helper()
	p := prepared(t, m)
	for slow := 0; slow < 50; {
		switch r, err := Broadcast(slices.Values([]*Conn{c}), p, SkipSlow); r {
		case BroadcastReport{Sent: 1}:
			n, slow = n+1, 0
		case BroadcastReport{Slow: 1}:
			slow++
			time.Sleep(time.Millisecond) // the kernel moves on, and a socket takes megabytes
		default:
			t.Fatal(r, err)
		}
	}
	return n
}

// A slow connection gets all that was sent to it, none of what was left out, and then again what comes.
func TestBroadcastSkipsTheSlow(t *testing.T) {
	eachEnd(t, Limits{Outgoing: 8 << 10}, func(t *testing.T, c *Conn, p *wirePeer) {
		text := strings.Repeat("x", 3000)
		n := fillBy(t, c, shared.Text(text))
		c.out.mu.Lock()
		if waiting := c.out.waiting(); waiting > 8<<10 || waiting == 0 {
			t.Errorf("%d bytes wait", waiting)
		}
		c.out.mu.Unlock()
		other, heard := newWire(t, tcpConns, false, Limits{})
		broadcast(t, shared.Text(text), SkipSlow, BroadcastReport{Slow: 2, Sent: 1}, c, other, c)
		heard.expect(frame(0x81, text)) // it is nobody's delay
		for range n {
			p.expect(frame(0x81, text))
		}
		until(t, "there is room again", func() bool { c.out.mu.Lock(); defer c.out.mu.Unlock(); return c.out.empty() })
		broadcast(t, shared.Text("again"), SkipSlow, BroadcastReport{Sent: 1}, c)
		p.expect(frame(0x81, "again"))
	})
}

func TestSection7_4_1_BroadcastClosesTheSlow(t *testing.T) {
	eachEnd(t, Limits{Outgoing: 8 << 10}, func(t *testing.T, c *Conn, p *wirePeer) {
		text := strings.Repeat("x", 3000)
		n := fillBy(t, c, shared.Text(text))
		broadcast(t, shared.Text(text), CloseSlow, BroadcastReport{Slow: 1, Closed: 1}, c, c)
		for range n {
			p.expect(frame(0x81, text))
		}
		if reason := p.expectClose(1008); reason != "too slow" {
			t.Errorf("the reason is %q", reason)
		}
		p.send("88 02 03 f0")
		go io.Copy(io.Discard, p) // TLS says goodbye
		if c.out.client {
			p.Close()
		}
		<-c.Context().Done()
		checkEnd(t, c, shared.PartyLocal, shared.LayerClosingHandshake, 1008)
		broadcast(t, shared.Text(text), CloseSlow, BroadcastReport{Closed: 1}, c)
	})
}

// A peer that never reads is given Limits.Close, once.
func TestBroadcastClosesWhoNeverReads(t *testing.T) {
	promise(t, Limits{Outgoing: 8 << 10, Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
		fillBy(t, c, shared.Text(strings.Repeat("x", 3000)))
		begun := time.Now()
		broadcast(t, shared.Text(strings.Repeat("x", 3000)), CloseSlow, BroadcastReport{Slow: 1}, c)
		if took := time.Since(begun); took != 0 {
			t.Errorf("Broadcast took %v", took)
		}
		<-c.Context().Done()
		if took := time.Since(begun); took != defaultClose {
			t.Errorf("ended after %v", took)
		}
		checkEnd(t, c, shared.PartyLocal, shared.LayerTimeLimit, 1006)
		synctest.Wait()
		checkNothingLeft(t, c)
	})
}

func TestBroadcastOfALongMessage(t *testing.T) {
	long, _ := newWire(t, tcpConns, false, Limits{Outgoing: 128 << 10})
	short, p := newWire(t, tcpConns, false, Limits{Outgoing: 4 << 10})
	m := prepared(t, shared.Binary(make([]byte, 4<<10)))
	r, err := Broadcast(slices.Values([]*Conn{long, short}), m, CloseSlow)
	if (r != BroadcastReport{Sent: 1, TooLong: 1}) || err != ErrTooLongToBroadcast {
		t.Errorf("%+v, %v", r, err)
	}
	broadcast(t, shared.Text("short"), CloseSlow, BroadcastReport{Sent: 1}, short)
	p.expect(frame(0x81, "short")) // it goes on
}

func TestBroadcastToTheClosed(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		go c.Close(1000, "")
		p.expectClose(1000)
		broadcast(t, shared.Text("a"), CloseSlow, BroadcastReport{Closed: 1}, c)
		c.CloseNow()
		broadcast(t, shared.Text("a"), CloseSlow, BroadcastReport{Closed: 2}, c, c)
	})
}

// TestSection5_4_BroadcastBetweenMessages has messages wait for the end of one that is being written, and go before
// those that wait for their turn.
func TestSection5_4_BroadcastBetweenMessages(t *testing.T) {
	for _, a := range []*agreement{nil, &bothTakeover} {
		promise(t, Limits{Outgoing: minOutgoing}, func(t *testing.T, c *Conn, w *wirePeer) {
			c.compress(a)
			p := inflatingPeer{wirePeer: w}
			if a != nil {
				p.bits = a.sendBits
			}
			writer, err := c.NextWriter(t.Context(), shared.OpcodeText)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(writer, "written ")
			go c.Send(t.Context(), shared.Text("sent"))
			synctest.Wait()
			broadcast(t, shared.Text("first"), SkipSlow, BroadcastReport{Sent: 1}, c)
			broadcast(t, shared.Text(strings.Repeat("second", 300)), SkipSlow, BroadcastReport{Sent: 1}, c)
			broadcast(t, shared.Text(strings.Repeat("third", 600)), SkipSlow, BroadcastReport{Slow: 1}, c) // no room behind those
			io.WriteString(writer, "to its end")
			if err := writer.Close(); err != nil {
				t.Error(err)
			}
			closed := make(chan error, 1)
			go func() { closed <- c.Close(1000, "") }()
			for _, want := range []string{"written to its end", "first", strings.Repeat("second", 300)} {
				if got, _, _, _ := p.message(); got != want {
					t.Errorf("%q came, not %q", got, want)
				}
			}
			if b, err := w.next(); err != nil || b[0] != 0x88 && !bytes.HasSuffix(b, []byte("sent")) {
				t.Errorf("% x, %v", b, err)
			}
			c.CloseNow()
			<-closed
			checkNothingLeft(t, c)
		})
	}
}

// TestCloseSendsWhatWasBroadcast closes while messages wait behind a long one.
func TestCloseSendsWhatWasBroadcast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newWire(t, pipeConns, false, Limits{Outgoing: minOutgoing})
		go c.Send(t.Context(), shared.Binary(make([]byte, 1<<20)))
		synctest.Wait()
		broadcast(t, shared.Text("after"), SkipSlow, BroadcastReport{Sent: 1}, c) // there is room for that
		go c.Close(1000, "")
		for fin := false; !fin; {
			b, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			fin = b[0]&0x80 != 0
		}
		p.expect(frame(0x81, "after"))
		p.expectClose(1000)
	})
}

// TestBroadcastOfNothingIsBounded has the shortest messages wait behind a message writer: their list is not longer than what it
// may hold back.
func TestBroadcastOfNothingIsBounded(t *testing.T) {
	c, _ := newWire(t, pipeConns, false, Limits{})
	writer, err := c.NextWriter(t.Context(), shared.OpcodeBinary)
	if err != nil {
		t.Fatal(err)
	}
	nothing := prepared(t, shared.Binary(nil))
	sent := 0
	for r, _ := Broadcast(slices.Values([]*Conn{c}), nothing, SkipSlow); r.Sent == 1; r, _ = Broadcast(slices.Values([]*Conn{c}), nothing, SkipSlow) {
		sent++
	}
	c.out.mu.Lock()
	list := reflect.TypeOf(c.out.queue.messages).Elem().Size() * uintptr(cap(c.out.queue.messages))
	c.out.mu.Unlock()
	if sent < 1000 || int(list) > defaultOutgoing {
		t.Errorf("%d messages wait, in a list of %d bytes", sent, list)
	}
	c.CloseNow()
	writer.Close()
}

// What waits behind a message that is cut goes with it.
func TestBroadcastBehindACutMessage(t *testing.T) {
	promise(t, Limits{Outgoing: minOutgoing}, func(t *testing.T, c *Conn, p *wirePeer) {
		writer, _ := c.NextWriter(t.Context(), shared.OpcodeText)
		io.WriteString(writer, strings.Repeat("x", 3000))
		broadcast(t, shared.Text("behind it"), SkipSlow, BroadcastReport{Sent: 1}, c)
		c.CloseNow()
		if c.out.queue.holds() {
			t.Error("it is still there")
		}
		if err := writer.Close(); !errors.Is(err, shared.ErrClosed) {
			t.Error(err)
		}
		checkNothingLeft(t, c)
	})
}

// TestBroadcastsAtOnce has several goroutines broadcast to the same connections, while others send: each connection gets
// the messages of each in their order.
func TestBroadcastsAtOnce(t *testing.T) {
	const callers, each = 4, 100
	for _, a := range []*agreement{nil, &noTakeover, &bothTakeover} {
		var conns, peers []*Conn
		for _, make := range []func(testing.TB) (a, b net.Conn){tcpConns, pipeConns, tlsTCPConns} {
			client, server := newPair(t, make, Limits{})
			client.compress(a)
			server.compress(a)
			conns, peers = append(conns, server), append(peers, client)
		}
		var all sync.WaitGroup
		for caller := range callers {
			all.Go(func() {
				for i := range each {
					m := shared.Text(string(rune('a'+caller)) + strings.Repeat("-", 100) + string(rune(1000+i)))
					if caller == 0 {
						for _, c := range conns {
							if err := c.Send(t.Context(), m); err != nil {
								t.Error(err)
							}
						}
						continue
					}
					if r, err := Broadcast(slices.Values(conns), prepared(t, m), SkipSlow); r.Sent != len(conns) {
						t.Errorf("%+v, %v", r, err)
					}
				}
			})
		}
		for _, c := range peers {
			all.Go(func() {
				next := make(map[byte]rune)
				for range callers * each {
					m, err := c.Receive(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					who, number := m.Payload[0], []rune(m.String()[101:])[0]-1000
					if number != next[who] {
						t.Errorf("message %d of caller %c came where %d was due", number, who, next[who])
					}
					next[who] = number + 1
				}
			})
		}
		all.Wait()
	}
}

// TestBroadcastTraced shows the frames of a connection with a Trace.
func TestBroadcastTraced(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	var frames []TraceFrame
	var flushes []TraceFlush
	c.out.tracer = newTracer(&Trace{
		Frame: func(f TraceFrame) { f.Wire = bytes.Clone(f.Wire); frames = append(frames, f) },
		Flush: func(f TraceFlush) { flushes = append(flushes, f) },
	})
	broadcast(t, shared.Text("shown"), SkipSlow, BroadcastReport{Sent: 1}, c)
	p.expect(frame(0x81, "shown"))
	if len(frames) != 1 || !frames[0].Sent || !bytes.Equal(frames[0].Wire, unhex(frame(0x81, "shown"))) {
		t.Errorf("shown were %v", frames)
	}
	if len(flushes) != 1 || flushes[0] != (TraceFlush{Frames: 1, Bytes: 7}) {
		t.Errorf("flushed were %v", flushes)
	}
}

// TestBroadcastPastASlowTrace has the Trace of one connection take its time.
func TestBroadcastPastASlowTrace(t *testing.T) {
	for name, trace := range map[string]func(wait func()) *Trace{
		"Frame":   func(wait func()) *Trace { return &Trace{Frame: func(TraceFrame) { wait() }} },
		"Message": func(wait func()) *Trace { return &Trace{Message: func(TraceMessage) { wait() }} },
		"Flush":   func(wait func()) *Trace { return &Trace{Flush: func(TraceFlush) { wait() }} },
	} {
		t.Run(name, func(t *testing.T) {
			stuck := make(chan struct{})
			goOn := sync.OnceFunc(func() { close(stuck) })
			defer goOn()
			traced, p := newWire(t, tcpConns, false, Limits{})
			traced.out.tracer = newTracer(trace(func() { <-stuck }))
			other, q := newWire(t, tcpConns, false, Limits{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				broadcast(t, shared.Text("a"), SkipSlow, BroadcastReport{Sent: 2}, traced, other)
			}()
			select {
			case <-done:
			case <-time.After(5 * time.Second):
				t.Error("Broadcast waits for it")
				goOn()
				<-done
			}
			q.expect("81 01 61")
			goOn()
			p.expect("81 01 61")
		})
	}
}

// TestBroadcastAllocatesNothing broadcasts to connections of both roles that hear and to one that is full.
func TestBroadcastAllocatesNothing(t *testing.T) {
	for _, size := range []int{16, 128, 1 << 10, 64 << 10} {
		var conns []*Conn
		for _, client := range []bool{false, false, true} {
			c, p := newWire(t, tcpConns, client, Limits{Heartbeat: -1})
			go io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{p}, make([]byte, 1<<20))
			conns = append(conns, c)
		}
		full, _ := newWire(t, tcpConns, false, Limits{Heartbeat: -1, Outgoing: minOutgoing})
		fill(t, full)
		conns = append(conns, full)
		p, all := prepared(t, shared.Binary(make([]byte, size))), slices.Values(conns)
		for sent := 1; sent > 0; {
			r, _ := Broadcast(slices.Values([]*Conn{full}), p, SkipSlow)
			sent = r.Sent
		}
		allocs := allocations(200, func() {
			r, _ := Broadcast(all, p, SkipSlow)
			if r.Sent+r.Slow+r.TooLong != len(conns) || r.Slow+r.TooLong == 0 {
				t.Fatalf("%+v", r)
			}
			for _, c := range conns[:3] {
				c.out.flushed(context.Background())
			}
		})
		if allocs > 0 {
			t.Errorf("%d bytes: %v allocations", size, allocs)
		}
	}
}

// BenchmarkBroadcast sends to 1,000 connections whose peers read.
func BenchmarkBroadcast(b *testing.B) {
	for _, size := range []int{128, 1 << 10} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			conns := make([]*Conn, 1000)
			for i := range conns {
				c, p := newWire(b, tcpConns, false, Limits{Heartbeat: -1})
				go io.Copy(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{p})
				conns[i] = c
			}
			p := prepared(b, shared.Binary(make([]byte, size)))
			b.SetBytes(int64(size * len(conns)))
			b.ReportAllocs()
			for b.Loop() {
				if r, err := Broadcast(slices.Values(conns), p, SkipSlow); r.Closed > 0 {
					b.Fatal(r, err)
				}
			}
		})
	}
}
