package server

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.com/tandem/shared"
)

// An inflatingPeer reads compressed messages with the standard library.
type inflatingPeer struct {
	*wirePeer
	window []byte // nil: no context takeover
	bits   int
}

// message reads one message, and how long its frames were together. Control frames are skipped.
func (p *inflatingPeer) message() (payload string, compressed bool, wire, fragments int) {
	p.t.Helper()
	var b []byte
	for {
		f, err := p.next()
		if err != nil {
			p.t.Fatal(err)
		}
		if f[0]&0x08 != 0 {
			continue
		}
		if fragments == 0 {
			compressed = f[0]&0x40 != 0
		} else if f[0]&0x70 != 0 {
			p.t.Fatalf("fragment %d begins with %x", fragments, f[0])
		}
		fragments++
		b = append(b, f[wireHeaderLen(f[1]):]...)
		wire += len(f)
		if f[0]&0x80 != 0 {
			break
		}
	}
	if !compressed {
		return string(b), false, wire, fragments
	}
	r := flate.NewReaderDict(io.MultiReader(bytes.NewReader(b), bytes.NewReader(deflateTail)), p.window)
	out, err := io.ReadAll(r)
	if err != nil {
		p.t.Fatalf("% .40x does not inflate: %v", b, err)
	}
	if p.bits > 0 {
		p.window = append(p.window, out...)
		p.window = bytes.Clone(p.window[max(0, len(p.window)-1<<p.bits):])
	}
	return string(out), true, wire, fragments
}

// ticker is one of a feed of messages that resemble each other.
func ticker(i int) shared.Message {
	return shared.Text(fmt.Sprintf(`{"type":"trade","symbol":"BTC-EUR","sequence":%d,"price":"%d.%02d","size":"0.%04d","side":"buy","time":"2026-11-22T17:%02d:%02d.%03dZ","venue":"north"}`,
		8812000+i, 61000+i%37, i%100, i*7919%10000, i/3600%60, i/60%60, i*131%1000))
}

func TestRFC7692Section7_2_1_WhatIsSentInflates(t *testing.T) {
	random := make([]byte, 100<<10)
	rand.NewChaCha8([32]byte{}).Read(random)
	long := strings.Repeat("All work and no play makes Jack a dull boy. ", 9000)
	for _, a := range []agreement{bothTakeover, noTakeover, {threshold: 1, sendBits: 8, sendTakeover: true, receiveBits: 15}} {
		t.Run(fmt.Sprintf("bits=%d,takeover=%v", a.sendBits, a.sendTakeover), func(t *testing.T) {
			eachDeflatingEnd(t, Limits{Outgoing: 32 << 10}, a, func(t *testing.T, c *Conn, p *wirePeer) {
				peer := inflatingPeer{wirePeer: p}
				if a.sendTakeover {
					peer.bits = a.sendBits
				}
				messages := []shared.Message{ticker(1), shared.Text("Hello"), shared.Text(""), ticker(2), shared.Binary(random[:200]), ticker(3),
					shared.Text(long), shared.Binary(random), ticker(4), shared.Text(long[:5000])}
				go func() {
					for _, m := range messages {
						if err := c.Send(t.Context(), m); err != nil {
							t.Error(err)
						}
						w, err := c.NextWriter(t.Context(), m.Opcode)
						if err != nil {
							t.Error(err)
							return
						}
						for rest := m.Payload; len(rest) > 0; {
							n, err := w.Write(rest[:min(len(rest), 1999)])
							if rest = rest[n:]; err != nil && !errors.As(err, new(*shared.MessageError)) {
								t.Error(err)
								return
							}
						}
						if err := w.Close(); err != nil {
							t.Error(err)
						}
					}
				}()
				for i, m := range messages {
					for _, how := range []string{"Send", "NextWriter"} {
						got, compressed, wire, fragments := peer.message()
						if got != string(m.Payload) {
							t.Fatalf("%s, message %d: %d bytes arrived, not %d", how, i, len(got), len(m.Payload))
						}
						if most := len(m.Payload) + 14 + 2*5 + 20*fragments; wire > most {
							t.Errorf("%s, message %d: %d bytes on the wire for %d", how, i, wire, len(m.Payload))
						}
						if dense := len(m.Payload) < 6 || len(m.Payload) == 200; how == "Send" && compressed == dense {
							t.Errorf("message %d of %d bytes: compressed is %v", i, len(m.Payload), compressed)
						}
					}
				}
			})
		})
	}
}

// Each message of a feed is shorter for those before it, and without context takeover it is not.
func TestRFC7692Section7_1_1_ContextTakeoverIsUsed(t *testing.T) {
	for _, test := range []struct {
		a    agreement
		most int // bytes for each message
	}{{bothTakeover, 75}, {noTakeover, 180}} {
		c, p := newWire(t, pipeConns, false, Limits{})
		c.compress(&test.a)
		peer := inflatingPeer{wirePeer: p}
		if test.a.sendTakeover {
			peer.bits = 12
		}
		total := 0
		for i := range 100 {
			if err := c.Send(t.Context(), ticker(i)); err != nil {
				t.Fatal(err)
			}
			got, _, wire, _ := peer.message()
			if got != ticker(i).String() {
				t.Fatalf("message %d is %q", i, got)
			}
			total += wire
		}
		if total > 100*test.most {
			t.Errorf("takeover is %v: %d bytes on the wire for each message", test.a.sendTakeover, total/100)
		}
	}
}

func TestCompressionThreshold(t *testing.T) {
	for _, threshold := range []int{-1, 100} {
		a := bothTakeover
		a.threshold = threshold
		c, p := newWire(t, tcpConns, false, Limits{})
		c.compress(&a)
		peer := inflatingPeer{wirePeer: p, bits: 12}
		for _, n := range []int{0, 99, 100, 1000, 10_000} {
			if err := c.Send(t.Context(), shared.Text(strings.Repeat("a", n))); err != nil {
				t.Fatal(err)
			}
			got, compressed, _, _ := peer.message()
			if len(got) != n || compressed != (threshold >= 0 && n >= threshold) {
				t.Errorf("threshold %d, %d bytes: %d arrived, compressed is %v", threshold, n, len(got), compressed)
			}
			w, err := c.NextWriter(t.Context(), shared.OpcodeText)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(w, strings.Repeat("b", n))
			w.Close()
			if got, compressed, _, _ = peer.message(); len(got) != n || compressed != (threshold >= 0 && n >= threshold) {
				t.Errorf("threshold %d, %d bytes written: %d arrived, compressed is %v", threshold, n, len(got), compressed)
			}
		}
	}
}

// Many senders at once, on a bound that makes them wait: what one of them compresses is sent before the next compresses.
func TestCompressedMessagesOfManySenders(t *testing.T) {
	eachTransport(t, Limits{Outgoing: 8 << 10}, func(t *testing.T, client, server *Conn) {
		client.compress(&bothTakeover)
		server.compress(&bothTakeover)
		const senders, each = 8, 60
		var sending sync.WaitGroup
		for s := range senders {
			sending.Go(func() {
				for i := range each {
					m := shared.Text(strconv.Itoa(s) + " " + strconv.Itoa(i) + strings.Repeat(" Do not go gentle into that good night.", i*i%700))
					if err := client.Send(t.Context(), m); err != nil {
						t.Error(err)
					}
				}
			})
		}
		next := make([]int, senders)
		for range senders * each {
			m, err := server.Receive(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var s, i int
			fmt.Sscan(m.String(), &s, &i)
			if next[s] != i || !strings.HasSuffix(m.String(), strings.Repeat(" Do not go gentle into that good night.", i*i%700)) {
				t.Fatalf("message %d of sender %d came in place of %d, or not as it was", i, s, next[s])
			}
			next[s]++
		}
		sending.Wait()
		if got, want := server.Stats().BytesReceived, client.Stats().BytesSent; got != want {
			t.Errorf("%d bytes received, %d sent", got, want)
		}
	})
}

// What a connection that waits holds for compression: 24 KiB with context takeover, nothing without.
func TestCompressionStateIsSmall(t *testing.T) {
	const pairs = 64
	rounds := 50
	if testing.Short() {
		rounds = 10
	}
	measure := func(a *agreement) int {
		var keep []*Conn
		l, _ := Limits{}.withDefaults()
		heap := func() int {
			var m runtime.MemStats
			runtime.GC() // and again, for the pools' victims
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int(m.HeapAlloc)
		}
		before := heap()
		for range pairs {
			x, y := pipe()
			client, server := newConn(x, &setup{client: true, limits: l, compression: a}), newConn(y, &setup{limits: l, compression: a})
			for i := range rounds {
				client.Send(t.Context(), ticker(i))
				m, _ := server.Receive(t.Context())
				server.Send(t.Context(), m)
				if m, err := client.Receive(t.Context()); err != nil || m.String() != ticker(i).String() {
					t.Fatalf("%q, %v", m, err)
				}
			}
			keep = append(keep, client, server)
		}
		n := (heap() - before) / len(keep)
		for _, c := range keep {
			c.CloseNow()
		}
		return n
	}
	plain := measure(nil)
	for _, test := range []struct {
		a    agreement
		most int
	}{{bothTakeover, 24 << 10}, {noTakeover, 512}} {
		if n := measure(&test.a) - plain; n > test.most {
			t.Errorf("%d bytes for each connection that waits, takeover is %v", n, test.a.sendTakeover)
		} else {
			t.Logf("%d bytes for each connection that waits, takeover is %v", n, test.a.sendTakeover)
		}
	}
}

func TestCompressionAllocatesNothing(t *testing.T) {
	for _, a := range []agreement{bothTakeover, noTakeover} {
		client, server := newPair(t, tcpConns, Limits{Heartbeat: -1})
		client.compress(&a)
		server.compress(&a)
		ctx, m := t.Context(), ticker(1)
		var b []byte
		n := allocations(500, func() {
			client.Send(ctx, m)
			_, b, _ = server.ReceiveAppend(ctx, b[:0])
		})
		if n >= 1 {
			t.Errorf("%v allocations for each message", n)
		}
		if string(b) != m.String() {
			t.Errorf("%q arrived", b)
		}
	}
}
