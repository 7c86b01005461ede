package server

import (
	"bytes"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// A long message goes to the kernel from the sender's memory, as far as the kernel takes it at once.

// TestSection5_4_LongMessagesFromTheSendersMemory sends messages around every length that matters to a peer that reads
// now and then, and takes the payload back at once.
func TestSection5_4_LongMessagesFromTheSendersMemory(t *testing.T) {
	for _, unix := range []bool{false, true} {
		c, p := newWire(t, map[bool]func(testing.TB) (a, b net.Conn){false: tcpConns, true: unixConns}[unix], false, Limits{Heartbeat: -1})
		sizes := []int{directSize - 1, directSize, 1 << 16, 65522, 65523, defaultOutgoing - 14, defaultOutgoing - 13, 1 << 20, trainFrames*65522 + 1, 9 << 20}
		done := make(chan struct{})
		go func() {
			defer close(done)
			payload := make([]byte, slices.Max(sizes))
			for i, size := range sizes {
				for j := range payload[:size] {
					payload[j] = byte(i + j + j>>8)
				}
				if err := c.Send(t.Context(), shared.Binary(payload[:size])); err != nil {
					t.Error(err)
				}
				clear(payload)
			}
		}()
		for i, size := range sizes {
			time.Sleep(10 * time.Millisecond) // the kernel fills
			var got []byte
			for fin, fragments := false, 0; !fin; fragments++ {
				b, err := p.next()
				if err != nil {
					t.Fatal(err)
				}
				if first := b[0]&0x0f == 2; first != (fragments == 0) || len(b) > defaultOutgoing {
					t.Fatalf("%d bytes: fragment %d begins with % .10x and has %d bytes", size, fragments, b, len(b))
				}
				fin = b[0]&0x80 != 0
				got = append(got, b[wireHeaderLen(b[1]):]...)
			}
			if len(got) != size {
				t.Fatalf("%d bytes came, not %d", len(got), size)
			}
			for j := range got {
				if got[j] != byte(i+j+j>>8) {
					t.Fatalf("message of %d bytes: byte %d is %#x", size, j, got[j])
				}
			}
		}
		<-done
		if s := c.Stats(); s.MessagesSent != uint64(len(sizes)) {
			t.Errorf("counted %+v", s)
		}
	}
}

// TestMessagesThatTheKernelTakesInPart sends no more after one: its rest goes out all the same.
func TestMessagesThatTheKernelTakesInPart(t *testing.T) {
	for _, conns := range []func(testing.TB) (a, b net.Conn){tcpConns, unixConns} {
		for _, size := range []int{directSize / 2, 2 * directSize} { // by way of a copy, and from where it lies
			c, p := newWire(t, conns, false, Limits{Heartbeat: -1})
			payload := strings.Repeat("x", size)
			n := 0
			for rest := false; !rest; n++ {
				if err := c.Send(t.Context(), shared.Text(payload)); err != nil {
					t.Fatal(err)
				}
				c.out.mu.Lock()
				rest = !c.out.empty()
				c.out.mu.Unlock()
			}
			for range n {
				p.expect(frame(0x81, payload))
			}
		}
	}
}

// What follows a compressed fragment is still to be compressed.
func TestLongMessagesThatHardlyCompress(t *testing.T) {
	dense := make([]byte, 300_000)
	rand.NewChaCha8([32]byte{}).Read(dense)
	for _, a := range []*agreement{&noTakeover, &bothTakeover} {
		client, server := newPair(t, tcpConns, Limits{})
		client.compress(a)
		server.compress(a)
		for _, m := range []shared.Message{shared.Binary(dense), shared.Text(base64.StdEncoding.EncodeToString(dense))} {
			go server.Send(t.Context(), m)
			if got, err := client.Receive(t.Context()); err != nil || got.String() != m.String() {
				t.Errorf("%d bytes of %d arrived, %v", len(got.Payload), len(m.Payload), err)
			}
		}
		if s := server.Stats(); s.MessagesSent != 2 || s.BytesSent != uint64(len(dense)+base64.StdEncoding.EncodedLen(len(dense))) {
			t.Errorf("counted %+v", s)
		}
	}
}

// What was gathered or has come meanwhile goes before a long message, and in the same write.
func TestALongMessageGoesBehindWhatWaits(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	long := strings.Repeat("x", 100_000)
	c.out.mu.Lock()
	c.out.gather, c.out.draining = true, true // whatever else would write has to wait
	c.out.add(&shared.Header{Fin: true, Opcode: shared.OpcodeText}, []byte("before"))
	c.out.addControl(shared.OpcodePing, nil)
	c.out.put(&sending{header: shared.Header{Fin: true, Opcode: shared.OpcodeText}, payload: []byte(long), size: len(long)})
	if c.out.sent != (counts{1, uint64(len(long))}) {
		t.Errorf("counted %+v", c.out.sent)
	}
	c.out.draining = false
	c.out.mu.Unlock()
	p.expect("89 00 | 81 06 62 65 66 6f 72 65 |" + frame(0x81, long))
}

// A Ping that comes in the middle of a long message is answered behind what the kernel has by then (RFC 6455 §5.4).
func TestSection5_4_APongGoesBetweenTheFragmentsOfALongMessage(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	go c.Receive(t.Context())
	size := 64 << 20
	if testing.Short() {
		size = 16 << 20
	}
	go c.Send(t.Context(), shared.Binary(make([]byte, size)))
	if b, err := p.next(); err != nil || b[0] != 0x02 {
		t.Fatalf("% .10x, %v", b, err)
	}
	p.send("89 01 70")
	until(t, "the Ping has come", func() bool { return c.in.reads.Load() > 0 })
	for got := 0; ; {
		b, err := p.next()
		if got += len(b); err != nil || got > size/2 {
			t.Fatalf("% .10x, %v before the Pong, %d bytes of %d", b, err, got, size)
		}
		if b[0] == 0x8a {
			return
		}
	}
}

// TestSendByTheGoroutineAllocatesNothing has a transport that cannot be tried: a goroutine writes each message.
func TestSendByTheGoroutineAllocatesNothing(t *testing.T) {
	c, p := newWire(t, func(t testing.TB) (a, b net.Conn) {
		a, b = tcpConns(t)
		return a, struct{ net.Conn }{b}
	}, false, Limits{Heartbeat: -1})
	ctx, m := t.Context(), shared.Binary(make([]byte, 1000))
	got := make([]byte, 4+len(m.Payload))
	allocs := allocations(100, func() {
		if err := c.Send(ctx, m); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(p, got); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// TestSendAllocatesNothing sends from 16 B to 1 MiB, with one context, to a peer that reads each message before the next.
func TestSendAllocatesNothing(t *testing.T) {
	runs, sizes := 300, []int{16, 128, 1 << 10, 4 << 10, directSize, 64 << 10, 100_000, 1 << 20}
	if testing.Short() { // where the kernel is made to take less at once than a MiB
		runs, sizes = 10, sizes[:7]
	}
	for _, client := range []bool{false, true} {
		if client {
			sizes = sizes[:7] // it masks a copy, within the bound
		}
		for _, size := range sizes {
			c, p := newWire(t, tcpConns, client, Limits{Heartbeat: -1})
			heard := make(chan struct{}, 1)
			go func() {
				for b, messages := make([]byte, 64<<10), new(listener); ; {
					n, err := p.Read(b)
					if err != nil {
						return
					}
					for range messages.hear(b[:n]) {
						heard <- struct{}{}
					}
				}
			}()
			ctx := t.Context()
			for _, m := range []shared.Message{shared.Binary(make([]byte, size)), {Opcode: shared.OpcodeText, Payload: bytes.Repeat([]byte("a"), size)}} {
				ready, err := Prepare(m)
				if err != nil {
					t.Fatal(err)
				}
				once := func() {
					if err := c.Send(ctx, m); err != nil {
						t.Fatal(err)
					}
					<-heard
					if err := c.SendPrepared(ctx, ready); err != nil {
						t.Fatal(err)
					}
					<-heard
				}
				for range 20 { // until the kernel takes what it will
					once()
				}
				if allocs := allocations(runs, once); allocs > 0 {
					t.Errorf("%v, %d bytes, client is %v: %v allocations", m.Opcode, size, client, allocs)
				}
			}
		}
	}
}

// A listener counts messages, in memory of a fixed size.
type listener struct {
	head [14]byte
	n    int // of head
	left int // of the payload
	fin  bool
}

// hear returns how many messages end in b.
func (l *listener) hear(b []byte) (messages int) {
	for len(b) > 0 {
		if l.left == 0 {
			l.head[l.n] = b[0]
			l.n, b = l.n+1, b[1:]
			if l.n < 2 {
				continue
			}
			length := wireHeaderLen(l.head[1])
			masked := l.head[1]&0x80 != 0
			if masked && l.n < length+4 || l.n < length {
				continue
			}
			l.left, l.n, l.fin = int(l.head[1]&0x7f), 0, l.head[0]&0x80 != 0
			if length > 2 {
				l.left = 0
				for _, v := range l.head[2:length] {
					l.left = l.left<<8 | int(v)
				}
			}
		}
		n := min(l.left, len(b))
		if l.left, b = l.left-n, b[n:]; l.left == 0 && l.fin {
			messages++
		}
	}
	return messages
}

// TestReceiveReadsLongMessagesInLongPieces counts the reads: the memory of a message grows with what has come, but what there
// is of it is filled at once.
func TestReceiveReadsLongMessagesInLongPieces(t *testing.T) {
	const size = 1 << 20
	for name, receive := range map[string]func(c *Conn, b []byte) error{
		"into a buffer": func(c *Conn, b []byte) error { _, _, err := c.ReceiveAppend(t.Context(), b); return err },
		"into none":     func(c *Conn, b []byte) error { _, err := c.Receive(t.Context()); return err },
		"pooled": func(c *Conn, b []byte) error {
			done := make(chan struct{}, 3)
			err := c.Handle(MessageFunc(func(*Conn, shared.Message) error { done <- struct{}{}; return nil }))
			for range 3 {
				<-done
			}
			return err
		},
	} {
		c, p := newWire(t, tcpConns, false, Limits{})
		go func() {
			for range 3 {
				p.send(frame(0x82, strings.Repeat("x", size)))
			}
		}()
		for i, b := 0, make([]byte, 0, size); i < 3; i++ {
			if err := receive(c, b); err != nil {
				t.Fatal(err)
			}
			if name == "pooled" {
				break
			}
		}
		if got := c.in.reads.Load(); got > 3*20 { // TCP hands over 64 KiB at a time, 16 for each
			t.Errorf("%s: %d reads", name, got)
		}
		c.CloseNow()
	}
}
