package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// The page of doc.go, sentence by sentence: its headings are above the tests, and the tests follow its order. Most run
// in a bubble with a clock of its own, where a Conn that does nothing for 30 s costs nothing; what depends on the
// kernel runs on TCP. The tests beside each file go further.

// promise runs a test in a bubble, with a Conn over an in-memory pipe, once in each role.
func promise(t *testing.T, l Limits, test func(t *testing.T, c *Conn, p *wirePeer)) {
	t.Helper()
	for _, client := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, p := newWire(t, pipeConns, client, l)
			p.patience = 24 * time.Hour
			test(t, c, p)
		})
	}
}

// # Sending

func TestDoc_SendReturnsOnceTheMessageIsWithTheKernelOrAmongTheBoundedOutgoingBytes(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		const size = 1 << 10
		m := shared.Binary(make([]byte, size))
		var accepted int
		go func() {
			for c.Send(t.Context(), m) == nil {
				accepted += size
			}
		}()
		synctest.Wait() // the peer does not read
		if accepted < defaultOutgoing-2*size || accepted > defaultOutgoing+pipeSize {
			t.Errorf("accepted %d bytes, of which the pipe holds up to %d", accepted, pipeSize)
		}
		if n := c.out.waiting(); n > defaultOutgoing {
			t.Errorf("%d bytes wait", n)
		}
	})
}

func TestDoc_TheContextGovernsTheWaitForRoomAndNothingElse(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		ctx, cancel := context.WithCancel(t.Context())
		large := strings.Repeat("x", 100_000)
		if err := c.Send(ctx, shared.Text(large)); err != nil {
			t.Fatal(err)
		}
		cancel() // most of it has not left yet
		p.expect(frame(0x81, large))
	})
}

func TestDoc_WhenSendFailsNothingWasSent(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		n := fill(t, c)
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, size := range []int{1000, 1_000_000} { // also one that would leave in fragments
			if err := c.Send(ctx, shared.Text(strings.Repeat("y", size))); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
				t.Errorf("Send: %v after %v", err, time.Since(begun))
			}
		}
		for range n {
			p.expect(frame(0x81, strings.Repeat("x", 1000)))
		}
		if err := c.Send(t.Context(), shared.Text("z")); err != nil {
			t.Error(err)
		}
		p.expect("81 01 7a")
	})
}

func TestDoc_AMessageLongerThanTheBoundThatIsCutEndsTheConnection(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Send(ctx, shared.Binary(make([]byte, 1<<20))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Send: %v", err)
		}
		checkEnd(t, c, shared.PartyLocal, shared.LayerContext, 1006)
		if b, err := p.next(); err != nil || b[0] != 0x02 || len(b) > defaultOutgoing/2 {
			t.Errorf("the first fragment begins with % .2x and is %d bytes long, %v", b, len(b), err)
		}
	})
}

func TestDoc_AMessageLongerThanTheBoundCanBeCutByTheEndOfTheConnection(t *testing.T) {
	for name, end := range map[string]func(c *Conn, p *wirePeer){
		"CloseNow":         func(c *Conn, p *wirePeer) { c.CloseNow() },
		"the peer's Close": func(c *Conn, p *wirePeer) { p.send("88 02 03 e8"); c.Receive(context.Background()) },
		"a violation":      func(c *Conn, p *wirePeer) { p.send("83 00"); c.Receive(context.Background()) },
	} {
		promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			sent := make(chan error, 1)
			go func() { sent <- c.Send(t.Context(), shared.Binary(make([]byte, 1<<20))) }()
			synctest.Wait()
			end(c, p)
			err := <-sent
			if checkClosed(t, err); !errors.As(err, new(*shared.EndError)) && name == "CloseNow" {
				t.Errorf("%s: Send: %v", name, err)
			}
			if b, err := p.next(); err != nil || b[0] != 0x02 {
				t.Errorf("%s: the first fragment begins with % .2x, %v", name, b, err)
			}
		})
	}
}

func TestDoc_MessagesLeaveInTheOrderInWhichSendAcceptedThem(t *testing.T) {
	promise(t, Limits{Outgoing: minOutgoing}, func(t *testing.T, c *Conn, p *wirePeer) {
		sizes := []int{10, 5000, 0, 70_000, 1, 4000, 3, 100_000, 2}
		for _, size := range sizes {
			go c.Send(t.Context(), shared.Binary(make([]byte, size)))
			synctest.Wait()
		}
		for _, size := range sizes {
			got := 0
			for fin := false; !fin; {
				b, err := p.next()
				if err != nil {
					t.Fatal(err)
				}
				got += len(b) - wireHeaderLen(b[1])
				fin = b[0]&0x80 != 0
			}
			if got != size {
				t.Fatalf("a message of %d bytes came where one of %d was due", got, size)
			}
		}
	})
}

func TestDoc_ThePayloadIsNeverModified(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		payload := bytes.Repeat([]byte("payload"), 30_000)
		kept := bytes.Clone(payload)
		go c.Send(t.Context(), shared.Binary(payload))
		for fin := false; !fin; {
			b, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			fin = b[0]&0x80 != 0
		}
		if !bytes.Equal(payload, kept) {
			t.Error("modified")
		}
	})
}

func TestDoc_TextThatIsNotUTF8IsRefused(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		var refused *shared.MessageError
		if err := c.Send(t.Context(), shared.Text("\xff")); !errors.As(err, &refused) || c.End() != nil {
			t.Errorf("Send: %v, %v", err, c.End())
		}
	})
}

func TestDoc_WhatWaitsAtTheEndIsLostAndReceiveAndEndTell(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		if tcp, ok := p.Conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		p.Close()
		for range 100 { // until it is known here, they are accepted
			if err := c.Send(t.Context(), shared.Text("lost")); err != nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		_, err := c.Receive(t.Context())
		checkClosed(t, err)
		if c.End() == nil || c.Stats().MessagesSent == 0 {
			t.Errorf("the end is %v, %d messages were accepted", c.End(), c.Stats().MessagesSent)
		}
	})
}

func TestDoc_WhoeverSendsHandsTheBytesToTheKernelAtOnce(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	for range 100 { // a message alone leaves at once, without a goroutine
		if err := c.Send(t.Context(), shared.Text("alone")); err != nil {
			t.Fatal(err)
		}
		c.out.mu.Lock()
		if !c.out.empty() || c.out.draining {
			t.Error("not all is with the kernel when Send returns")
		}
		c.out.mu.Unlock()
		p.expect("81 05 61 6c 6f 6e 65")
	}
}

func TestDoc_WhatTheKernelDoesNotTakeIsWrittenByAGoroutineUntilAllIsWritten(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	draining := func() bool { c.out.mu.Lock(); defer c.out.mu.Unlock(); return c.out.draining }
	n := fill(t, c) // without waiting for the peer, who does not read
	if !draining() {
		t.Error("nobody writes the rest")
	}
	for range n {
		p.expect(frame(0x81, strings.Repeat("x", 1000)))
	}
	until(t, "the goroutine ends", func() bool { return !draining() })
}

func TestDoc_EverythingOverAnotherNetConnIsWrittenByAGoroutine(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		if err := c.Send(t.Context(), shared.Text("a")); err != nil || !c.out.draining {
			t.Errorf("Send: %v, a goroutine writes: %v", err, c.out.draining)
		}
		p.expect("81 01 61")
		synctest.Wait()
		if c.out.draining {
			t.Error("the goroutine lives on")
		}
	})
}

func TestDoc_EverythingWithATraceIsWrittenByAGoroutine(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	stuck := make(chan struct{})
	goOn := sync.OnceFunc(func() { close(stuck) })
	defer goOn()
	c.out.tracer = newTracer(&Trace{Flush: func(TraceFlush) { <-stuck }})
	draining := func() bool { c.out.mu.Lock(); defer c.out.mu.Unlock(); return c.out.draining }
	defer time.AfterFunc(5*time.Second, goOn).Stop() // or who waits for the Trace waits for ever
	if err := c.Send(t.Context(), shared.Text("a")); err != nil || !draining() {
		t.Errorf("Send: %v, a goroutine writes: %v", err, draining())
	}
	goOn()
	p.expect("81 01 61")
	until(t, "the goroutine ends", func() bool { return !draining() })
}

func TestDoc_RepliesGatherAndLeaveTogetherBeforeTheReceiverWaits(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("82 01 01 | 82 01 02 | 82 01 03")
		c.Receive(t.Context())
		if !c.out.gather {
			t.Error("replies do not gather while more whole frames are at hand")
		}
		c.Receive(t.Context())
		c.Receive(t.Context())
		c.out.mu.Lock() // whatever else would write has to wait
		c.out.draining = true
		for _, b := range []byte{1, 2, 3} {
			c.out.add(&shared.Header{Fin: true, Opcode: shared.OpcodeBinary}, []byte{b})
			c.out.kick()
		}
		if c.out.writing || c.out.batch != nil {
			t.Error("a reply left alone")
		}
		c.out.draining = false
		c.out.mu.Unlock()
		go c.Receive(t.Context())
		p.expect("82 01 01 | 82 01 02 | 82 01 03")
	})
}

func TestDoc_NoReplyWaitsOnWhatTheApplicationDoesNext(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("82 01 01 | 82 01 02")
		c.Receive(t.Context())
		c.Send(t.Context(), shared.Text("a"))
		begun := time.Now()
		p.expect("81 01 61") // and nobody receives the second message
		if waited := time.Since(begun); waited != 0 {
			t.Errorf("the reply waited %v", waited)
		}
	})
}

func TestDoc_PingsAndPongsGoBeforeDataThatWaitsBetweenFrames(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		long := strings.Repeat("x", pipeSize)
		c.Send(t.Context(), shared.Text(long)) // under way
		synctest.Wait()
		c.Send(t.Context(), shared.Text("a")) // waits
		p.send("89 01 70")
		go c.Ping(t.Context())
		synctest.Wait()
		p.expect(frame(0x81, long) + "| 89 08 00 00 00 00 00 00 00 01 | 8a 01 70 | 81 01 61")
	})
}

func TestDoc_TheReceiverNeverWaitsForAPongAndTheLatestIsKept(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		long := strings.Repeat("x", pipeSize)
		c.Send(t.Context(), shared.Text(long))
		synctest.Wait()
		go func() {
			for range 9999 {
				p.send("89 05 65 61 72 6c 79")
			}
			p.send("89 06 6c 61 74 65 73 74 | 82 00")
		}()
		if _, err := c.Receive(t.Context()); err != nil { // although no Pong can leave
			t.Fatal(err)
		}
		p.expect(frame(0x81, long))
		for pongs := 0; ; pongs++ {
			b, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(b, unhex("8a 06 6c 61 74 65 73 74")) {
				break
			}
			if pongs*len(b) > maxControlWaiting+pipeSize {
				t.Fatalf("%d Pongs waited", pongs)
			}
		}
	})
}

func TestDoc_TheCloseFrameGoesLast(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		long := strings.Repeat("x", pipeSize)
		c.Send(t.Context(), shared.Text(long)) // under way
		synctest.Wait()
		c.Send(t.Context(), shared.Text("a"))
		p.send("89 01 70")
		go c.Receive(t.Context())
		synctest.Wait()
		go c.Close(1000, "")
		synctest.Wait()
		checkClosed(t, c.Send(t.Context(), shared.Text("b")))
		p.expect(frame(0x81, long) + "| 8a 01 70 | 81 01 61 | 88 02 03 e8")
		p.send("88 02 03 e8")
		p.Conn.(*pipeEnd).CloseWrite()
		p.expectEnd()
	})
}

func TestDoc_CloseWaitsForAMessageThatSendIsInTheMiddleOf(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		sent := make(chan error, 1)
		go func() { sent <- c.Send(t.Context(), shared.Binary(make([]byte, 1<<20))) }()
		synctest.Wait()
		go c.Close(1000, "")
		synctest.Wait()
		checkClosed(t, c.Send(t.Context(), shared.Text("after Close")))
		if got := p.nextMessage(); len(got) != 1<<20 {
			t.Errorf("%d bytes came", len(got))
		}
		p.expect("88 02 03 e8")
		if err := <-sent; err != nil {
			t.Errorf("Send: %v", err)
		}
	})
}

func TestDoc_TheMessageWriterHoldsTheTurn(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		w, err := c.NextWriter(t.Context(), shared.OpcodeText)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Send(ctx, shared.Text("within its context")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Send: %v", err)
		}
		go c.Send(t.Context(), shared.Text("b"))
		p.send("89 01 70")
		go c.Ping(t.Context())
		p.expect("89 08 00 00 00 00 00 00 00 01 | 8a 01 70") // in between
		io.WriteString(w, "a")
		w.Close()
		p.expect("81 01 61 | 81 01 62")
		c.NextWriter(t.Context(), shared.OpcodeText)
		go c.Close(1000, "")
		p.expect("88 02 03 e8")
	})
}

// TestBroadcastAllocatesNothing has that the frame is made once, and TestSection5_4_BroadcastBetweenMessages what happens
// while another message is being sent.

func TestDoc_BroadcastNeverWaitsAndNoOtherConnectionIsDelayed(t *testing.T) {
	for _, slow := range []SlowPolicy{SkipSlow, CloseSlow} {
		promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			fill(t, c)
			other, heard := newWire(t, pipeConns, c.out.client, Limits{})
			begun := time.Now()
			text := strings.Repeat("y", 1000)
			broadcast(t, shared.Text(text), slow, BroadcastReport{Sent: 1, Slow: 1}, c, other)
			heard.expect(frame(0x81, text))
			if took := time.Since(begun); took != 0 {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestDoc_SkipSlowLeavesTheMessageOut(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		n := fill(t, c)
		broadcast(t, shared.Text(strings.Repeat("y", 1000)), SkipSlow, BroadcastReport{Slow: 1}, c)
		for range n {
			p.expect(frame(0x81, strings.Repeat("x", 1000)))
		}
		broadcast(t, shared.Text("z"), SkipSlow, BroadcastReport{Sent: 1}, c)
		p.expect("81 01 7a")
	})
}

func TestDoc_CloseSlowClosesTheConnectionWith1008(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		n := fill(t, c)
		broadcast(t, shared.Text(strings.Repeat("y", 1000)), CloseSlow, BroadcastReport{Slow: 1}, c)
		for range n {
			p.expect(frame(0x81, strings.Repeat("x", 1000)))
		}
		p.expectClose(1008)
	})
}

func TestDoc_AMessageLongerThanTheBoundIsNotForBroadcast(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		m := prepared(t, shared.Binary(make([]byte, defaultOutgoing)))
		if r, err := Broadcast(slices.Values([]*Conn{c}), m, CloseSlow); r != (BroadcastReport{TooLong: 1}) || err != ErrTooLongToBroadcast {
			t.Errorf("%+v, %v", r, err)
		}
		broadcast(t, shared.Text("z"), SkipSlow, BroadcastReport{Sent: 1}, c)
		p.expect("81 01 7a")
	})
}

// # Receiving

func TestDoc_OneGoroutineReceives(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		first := make(chan error, 1)
		go func() {
			_, err := c.Receive(t.Context())
			first <- err
		}()
		synctest.Wait()
		if _, err := c.Receive(t.Context()); err != ErrConcurrentReceive {
			t.Errorf("the second: %v", err)
		}
		p.send("82 00")
		if err := <-first; err != nil {
			t.Errorf("harm was done: %v", err)
		}
	})
}

func TestDoc_WhileNobodyReceivesPingCloseAndTheHeartbeatRead(t *testing.T) {
	readers := map[string]func(c *Conn){
		"Ping":          func(c *Conn) { c.Ping(context.Background()) },
		"the heartbeat": func(c *Conn) { time.Sleep(defaultHeartbeat + time.Second) },
	}
	for name, read := range readers {
		promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			p.send("89 01 70 | 82 01 61 | 89 01 71")
			go read(c)
			time.Sleep(defaultHeartbeat + time.Second)
			pongs := 0
			for range 2 { // the Ping of the reader, and the Pong
				if b, err := p.next(); err == nil && bytes.Equal(b, unhex("8a 01 70")) {
					pongs++
				}
			}
			if pongs != 1 {
				t.Errorf("%s answered no Ping", name)
			}
			if m, err := c.Receive(t.Context()); err != nil || m.String() != "a" {
				t.Errorf("%s did not leave the message for Receive: %v, %v", name, m, err)
			}
		})
	}
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("89 01 70 | 82 01 61 | 88 02 03 e8")
		p.Conn.(*pipeEnd).CloseWrite()
		if err := c.Close(1000, ""); err != nil {
			t.Errorf("Close read no answer: %v", err)
		}
	})
}

func TestDoc_NobodyElseReads(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		begun := time.Now()
		p.send("89 01 70")
		p.next()
		if waited := time.Since(begun); waited != defaultHeartbeat {
			t.Errorf("something left after %v", waited)
		}
	})
}

func TestDoc_AContextThatEndsWhileReceiveWaitsHarmsNothing(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		for _, b := range frames("01 02 61 62 | 80 02 63 64", p.client) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			cancel()
			p.sendBytes([]byte{b})
		}
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "abcd" {
			t.Error(m, err)
		}
	})
}

func TestDoc_NextLendsAMessage(t *testing.T) {
	eachEnd(t, Limits{Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
		for _, want := range []string{"first", "second"} {
			p.sendText(want)
			m, err := c.Next(t.Context())
			overwriteBuffers()
			if err != nil || m.String() != want {
				t.Errorf("%v, %v", m, err)
			}
		}
		until(t, "no memory is held while it waits", func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond) // which may have ended before it waits
			defer cancel()
			c.Next(ctx)
			return c.in.message == nil && !(c.t.tries() && c.in.buf != nil)
		})
	})
}

func TestDoc_ReceiveAppendGivesBackBAsLongAsItWas(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("81 05 61 62 63")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, b, err := c.ReceiveAppend(ctx, append(make([]byte, 0, 100), "before"...))
		if string(b) != "before" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q, %v", b, err)
		}
		clear(b[:cap(b)]) // it is the caller's
		p.sendBytes([]byte{'d' ^ maskByte(p, 3), 'e' ^ maskByte(p, 4)})
		if _, b, err := c.ReceiveAppend(t.Context(), b[:0]); err != nil || string(b) != "abcde" {
			t.Errorf("%q, %v", b, err)
		}
	})
}

func TestDoc_TheRestOfAnAbandonedMessageIsDiscarded(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("01 02 61 62 | 80 02 63 64 | 81 01 65")
		_, r, _ := c.NextReader(t.Context())
		io.ReadFull(r, make([]byte, 1))
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "e" {
			t.Error(m, err)
		}
		if _, err := r.Read(make([]byte, 1)); err != ErrAbandoned {
			t.Error(err)
		}
	})
}

// # Limits

func TestDoc_LimitMessage(t *testing.T) {
	for _, wire := range []string{"82 7f 00 00 00 00 01 00 00 01", "02 01 00 | 89 00 | 80 7f 00 00 00 00 01 00 00 00"} {
		promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
			p.send(wire) // a header claims it
			c.Receive(t.Context())
			checkEnd(t, c, shared.PartyLocal, shared.LayerViolation, 1009)
		})
	}
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		go p.Write(append(frames("82 7f 00 00 00 00 01 00 00 00", p.client), make([]byte, defaultMessage)...))
		if m, err := c.Receive(t.Context()); err != nil || len(m.Payload) != defaultMessage {
			t.Error(len(m.Payload), err)
		}
	})
}

func TestDoc_LimitEmptyFragments(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("02 00" + strings.Repeat("| 00 00 | 00 01 61", 1023) + "| 80 00")
		if m, err := c.Receive(t.Context()); err != nil || len(m.Payload) != 1023 {
			t.Fatal(len(m.Payload), err)
		}
		p.send("02 00" + strings.Repeat("| 00 00 | 00 01 61", 1024))
		c.Receive(t.Context())
		checkEnd(t, c, shared.PartyLocal, shared.LayerViolation, 1008)
	})
}

func TestDoc_LimitOutgoing(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		fill(t, c)
		go c.Receive(t.Context())
		for range 1000 {
			p.send(frame(0x89, strings.Repeat("p", 125)))
		}
		synctest.Wait()
		if n := c.out.waiting(); n > defaultOutgoing || n < defaultOutgoing-2000 {
			t.Errorf("%d bytes of data wait", n)
		}
		if n := len(c.out.control().frames) + len(c.out.control().pong); n > 4500 || n < 3500 {
			t.Errorf("%d bytes of control frames wait", n)
		}
	})
}

func TestDoc_LimitHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe()
		defer b.Close()
		begun := time.Now()
		_, err := Dial(t.Context(), "ws://example.com", &DialOptions{NetDial: func(context.Context, string, string) (net.Conn, error) { return a, nil }})
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took != 10*time.Second {
			t.Errorf("Dial: %v after %v", err, took)
		}
	})
}

func TestDoc_LimitWrite(t *testing.T) {
	promise(t, Limits{Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
		begun := time.Now()
		c.Send(t.Context(), shared.Text(strings.Repeat("x", pipeSize)))
		<-c.Context().Done()
		if took := time.Since(begun); took != 30*time.Second {
			t.Errorf("after %v", took)
		}
	})
}

func TestDoc_LimitClose(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		begun := time.Now()
		if err := c.Close(1000, ""); err == nil || time.Since(begun) != 5*time.Second { // the connection ends anyway
			t.Errorf("Close: %v after %v", err, time.Since(begun))
		}
		p.expect("88 02 03 e8")
		p.expectEnd()
	})
}

func TestDoc_LimitHeartbeat(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		begun := time.Now()
		p.expect("89 08 00 00 00 00 00 00 00 01")
		if silence := time.Since(begun); silence != 30*time.Second {
			t.Errorf("a Ping after %v", silence)
		}
		p.expectEnd()
		if silence := time.Since(begun); silence != 60*time.Second {
			t.Errorf("ended after %v", silence)
		}
	})
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		go c.Receive(context.Background())
		time.Sleep(time.Second)
		p.send("8a 00")
		begun := time.Now()
		p.next()
		if silence := time.Since(begun); silence < 30*time.Second || silence > 60*time.Second {
			t.Errorf("a Ping after %v", silence)
		}
	})
	promise(t, Limits{Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.SetReadDeadline(time.Now().Add(24 * time.Hour))
		if _, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || c.End() != nil {
			t.Errorf("switched off: %v, %v", err, c.End())
		}
	})
}

func TestDoc_MemoryFollowsTheBytesThatArrive(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("82 7f 00 00 00 00 01 00 00 00") // claims 16 MiB
		for arrived := 0; arrived < pipeSize; arrived += max(arrived, 1) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			cancel()
			if got := cap(partial(c)); got > 8*arrived {
				t.Errorf("%d bytes of memory for %d that have arrived", got, arrived)
			}
			p.sendBytes(make([]byte, max(arrived, 1)))
		}
	})
}

func TestDoc_UnreadDataSuspendsTheHeartbeat(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("82 01 61 | 89 01 70")
		time.Sleep(time.Hour)
		for p.patience = time.Second; ; {
			b, err := p.next()
			if err != nil {
				break
			}
			if b[0] == 0x8a {
				t.Error("a Pong went past unread data")
			}
		}
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "a" {
			t.Error(m, err)
		}
		go c.Receive(t.Context())
		p.expect("8a 01 70")
	})
}

// # The end

func TestDoc_CloseSendsWhatWaitsAndDiscardsWhatComes(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		long := strings.Repeat("x", pipeSize)
		c.Send(t.Context(), shared.Text(long))
		p.send("81 01 61 | 81 01 62") // in front, and nobody receives any more
		synctest.Wait()
		done := make(chan error, 1)
		go func() { done <- c.Close(1000, "") }()
		p.expect(frame(0x81, long) + "| 88 02 03 e8")
		p.send("88 02 03 e8")
		p.Conn.(*pipeEnd).CloseWrite()
		begun := time.Now()
		if err := <-done; err != nil || time.Since(begun) != 0 {
			t.Errorf("Close: %v after %v", err, time.Since(begun))
		}
		if m, err := c.Receive(t.Context()); err != io.EOF {
			t.Errorf("received %v, %v after Close", m, err)
		}
	})
}

func TestDoc_CloseReturnsNilWhoeverBegan(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("88 02 0f a0")
		p.Conn.(*pipeEnd).CloseWrite()
		c.Receive(t.Context())
		for range 2 {
			if err := c.Close(1000, ""); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
	})
}

func TestDoc_AServerClosesTCPAtOnceAClientWaitsForThat(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		begun := time.Now()
		p.send("88 02 03 e8")
		c.Receive(t.Context())
		p.expect("88 02 03 e8")
		p.expectEnd()
		if took := time.Since(begun); p.client && took != 0 || !p.client && took != 5*time.Second {
			t.Errorf("the peer is a client: %v; TCP was closed after %v", p.client, took)
		}
	})
}

func TestDoc_TwoClosesThatCrossAreClean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, err := Pipe(Limits{}, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		for _, c := range []*Conn{client, server} {
			client.out.sendClose([]byte{0x03, 0xe8}) // each has sent before it reads
			server.out.sendClose([]byte{0x03, 0xe8})
			both.Go(func() {
				if err := c.Close(1000, ""); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
	})
}

func TestDoc_AfterAViolationThePeerGetsACloseAndItsInputIsDiscarded(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("83 00 | 81 01 61")
		begun := time.Now()
		if m, err := c.Receive(t.Context()); err == nil {
			t.Errorf("received %v", m)
		}
		p.expectClose(1002)
		p.expectEnd() // of what we send; what the peer sends is still taken
		var n int
		for err := error(nil); err == nil; {
			time.Sleep(time.Millisecond)
			var wrote int
			wrote, err = p.Write(make([]byte, 1<<10))
			n += wrote
		}
		if took := time.Since(begun); took > 2*time.Second+time.Millisecond || n < 1990<<10 {
			t.Errorf("took %d bytes for %v", n, took)
		}
	})
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("83 00")
		c.Receive(t.Context())
		if n, err := p.Write(make([]byte, 10<<20)); err == nil || n < 4<<20 || n > 4<<20+pipeSize {
			t.Errorf("took %d bytes, %v", n, err)
		}
	})
}

func TestDoc_CloseNowDoesNotCutShortWhatThePeerIsToSee(t *testing.T) {
	for range 10 {
		c, p := newWire(t, tcpConns, false, Limits{})
		p.send("83 00 | " + frame(0x82, string(make([]byte, 20_000))))
		if _, err := c.Receive(t.Context()); !errors.As(err, new(*shared.Violation)) {
			t.Fatal(err)
		}
		begun := time.Now()
		c.CloseNow()
		if waited := time.Since(begun); waited > time.Second {
			t.Errorf("CloseNow took %v", waited)
		}
		p.send(frame(0x82, "still here"))
		time.Sleep(time.Millisecond)
		p.expectClose(shared.StatusProtocolError)
		p.expectEnd()
		p.Close()
	}
}

func TestDoc_WhenSendingFailsWhatThePeerSaidBeforeCanStillBeReceived(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("81 01 61 | 88 02 0f a0")
		p.Close()
		c.Send(t.Context(), shared.Text("into the void"))
		time.Sleep(5*time.Second - 1)
		if m, err := c.Receive(t.Context()); err != nil || m.String() != "a" {
			t.Error(m, err)
		}
		c.Receive(t.Context())
		checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, 4000)
	})
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("81 01 61 | 88 02 0f a0")
		p.Close()
		begun := time.Now()
		c.Send(t.Context(), shared.Text("into the void"))
		<-c.Context().Done() // and nobody receives
		if took := time.Since(begun); took != 5*time.Second {
			t.Errorf("ended after %v", took)
		}
		checkEnd(t, c, shared.PartyNetwork, shared.LayerTCP, 1006)
	})
}

// TestDoc_WhatReceiveGivesAfterTheEnd is the table, line by line.
func TestDoc_WhatReceiveGivesAfterTheEnd(t *testing.T) {
	refused := errors.New("refused")
	for _, x := range []struct {
		line  string
		end   func(c *Conn, p *wirePeer)
		by    shared.Party
		layer shared.Layer
		code  shared.StatusCode
		match error // what Receive's error is, or matches
	}{
		{"1000", func(c *Conn, p *wirePeer) { p.send("88 02 03 e8") }, shared.PartyPeer, shared.LayerClosingHandshake, 1000, io.EOF},
		{"1001", func(c *Conn, p *wirePeer) { p.send("88 02 03 e9") }, shared.PartyPeer, shared.LayerClosingHandshake, 1001, io.EOF},
		{"no code", func(c *Conn, p *wirePeer) { p.send("88 00") }, shared.PartyPeer, shared.LayerClosingHandshake, 1005, io.EOF},
		{"own 1000", func(c *Conn, p *wirePeer) { p.send("88 00"); c.Close(1000, "") }, shared.PartyLocal, shared.LayerClosingHandshake, 1000, io.EOF},
		{"in a message", func(c *Conn, p *wirePeer) { p.send("01 01 61 | 88 02 03 e8") }, shared.PartyPeer, shared.LayerClosingHandshake, 1000, io.ErrUnexpectedEOF},
		{"other code", func(c *Conn, p *wirePeer) { p.send("88 02 0f a0") }, shared.PartyPeer, shared.LayerClosingHandshake, 4000, nil},
		{"rule", func(c *Conn, p *wirePeer) { p.send("83 00") }, shared.PartyLocal, shared.LayerViolation, 1002, nil},
		{"limit", func(c *Conn, p *wirePeer) { p.send("82 7f 7f ff ff ff ff ff ff ff") }, shared.PartyLocal, shared.LayerViolation, 1009, nil},
		{"TCP ended", func(c *Conn, p *wirePeer) { p.Close() }, shared.PartyPeer, shared.LayerTCP, 1006, io.ErrUnexpectedEOF},
		{"TCP failed", func(c *Conn, p *wirePeer) { c.t.Conn = failingConn{c.t.Conn, refused} }, shared.PartyNetwork, shared.LayerTCP, 1006, refused},
		{"Write", func(c *Conn, p *wirePeer) { c.Send(context.Background(), shared.Binary(make([]byte, pipeSize))) }, shared.PartyLocal, shared.LayerTimeLimit, 1006, os.ErrDeadlineExceeded},
		{"Close", func(c *Conn, p *wirePeer) { c.Close(1000, "") }, shared.PartyLocal, shared.LayerTimeLimit, 1006, os.ErrDeadlineExceeded},
		{"Heartbeat", func(c *Conn, p *wirePeer) {}, shared.PartyLocal, shared.LayerTimeLimit, 1006, os.ErrDeadlineExceeded},
		{"cut", func(c *Conn, p *wirePeer) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			c.Send(ctx, shared.Binary(make([]byte, 1<<20)))
		}, shared.PartyLocal, shared.LayerContext, 1006, context.DeadlineExceeded},
		{"CloseNow", func(c *Conn, p *wirePeer) { c.CloseNow() }, shared.PartyLocal, shared.LayerLocal, 1006, nil},
	} {
		t.Run(x.line, func(t *testing.T) {
			promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
				x.end(c, p)
				_, err := c.Receive(t.Context())
				if (err == io.EOF) != (x.match == io.EOF) || x.match != nil && !errors.Is(err, x.match) {
					t.Errorf("Receive gives %v", err)
				}
				e := checkEnd(t, c, x.by, x.layer, x.code)
				var told *shared.CloseError
				if handshake := x.layer == shared.LayerClosingHandshake; errors.As(e, &told) != handshake || handshake && told.Code != x.code {
					t.Errorf("%v matches %v", e, told)
				}
				var broke *shared.Violation
				if violation := x.layer == shared.LayerViolation; errors.As(e, &broke) != violation {
					t.Errorf("%v matches %v", e, broke)
				}
				c.CloseNow()
				if again := c.End(); again != e { // a connection ends once
					t.Errorf("it ended again: %v", again)
				}
			})
		})
	}
}

// A failingConn fails when it is read.
type failingConn struct {
	net.Conn
	err error
}

func (c failingConn) Read([]byte) (int, error) { return 0, c.err }

func TestDoc_BetweenTheCloseFrameAndTheEndSendFails(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		go c.Close(1000, "")
		p.expect("88 02 03 e8")
		if c.End() != nil {
			t.Fatal(c.End())
		}
		checkClosed(t, c.Send(t.Context(), shared.Text("a")))
		_, err := c.NextWriter(t.Context(), shared.OpcodeText)
		checkClosed(t, err)
		_, err = c.Ping(t.Context())
		checkClosed(t, err)
	})
}

// TestDoc_NothingIsLeft is one end; closing_test.go has them all, and TestMain looks for goroutines behind every test.
func TestDoc_NothingIsLeft(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("01 01 61 | 00")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c.Receive(ctx)
		c.Send(t.Context(), shared.Binary(make([]byte, pipeSize)))
		c.CloseNow()
		synctest.Wait()
		if c.in.buf != nil || c.in.partial != nil || c.out.data != nil || c.out.batch != nil || c.out.draining {
			t.Error("something is left")
		}
		if c.t.heartbeat.Stop() {
			t.Error("the heartbeat goes on")
		}
	})
}
