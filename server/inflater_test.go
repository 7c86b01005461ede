package server

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// bothTakeover is what Chromium and the default policy agree on.
var bothTakeover = agreement{threshold: 1, sendBits: 12, sendTakeover: true, receiveBits: 12, receiveTakeover: true}

// noTakeover is an agreement in which nothing is kept.
var noTakeover = agreement{threshold: 1, sendBits: 15, receiveBits: 15}

// eachDeflatingEnd is eachEnd with compression.
func eachDeflatingEnd(t *testing.T, l Limits, a agreement, test func(t *testing.T, c *Conn, p *wirePeer)) {
	eachEnd(t, l, func(t *testing.T, c *Conn, p *wirePeer) {
		c.compress(&a)
		test(t, c, p)
	})
}

// deflated is the compressed form of one message that refers to no other.
func deflated(s string) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	io.WriteString(w, s)
	w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

func expectText(t *testing.T, c *Conn, want string) {
	t.Helper()
	m, err := c.Receive(t.Context())
	if err != nil || m.Opcode != shared.OpcodeText || string(m.Payload) != want {
		t.Fatalf("received %.80q, %v, not %.80q", m.Payload, err, want)
	}
}

func TestRFC7692Section7_2_3_Vectors(t *testing.T) {
	for _, test := range []struct{ name, frames, want string }{
		{"§7.2.3.1, one block", "c1 07 f2 48 cd c9 c9 07 00", "Hello"},
		{"§7.2.3.1, fragments", "41 03 f2 48 cd | 80 04 c9 c9 07 00", "Hello"},
		{"§7.2.3.2, two messages", "c1 07 f2 48 cd c9 c9 07 00 | c1 05 f2 00 11 00 00", "Hello Hello"},
		{"§7.2.3.3, a block without compression", "c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", "Hello"},
		{"§7.2.3.4, BFINAL", "c1 08 f3 48 cd c9 c9 07 00 00", "Hello"},
		{"BFINAL and nothing behind it", "c1 07 f3 48 cd c9 c9 07 00", "Hello"},
		{"BFINAL and blocks behind it", "c1 10 f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 03 00", "HelloHello"},
		{"BFINAL and a block behind it that refers back", "c1 0c f3 48 cd c9 c9 07 00 f2 00 11 00 00", "HelloHello"},
		{"BFINAL, in fragments", "41 06 f3 48 cd c9 c9 07 | 00 01 00 | 80 05 f2 00 11 00 00", "HelloHello"},
		{"§7.2.3.5, two blocks", "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00", "Hello"},
		{"§7.2.3.6, empty", "c1 01 00", ""},
		{"empty, in empty fragments", "41 00 | 00 00 | 80 01 00", ""},
		{"empty fragments around it", "41 00 | 00 07 f2 48 cd c9 c9 07 00 | 80 00", "Hello"},
		{"uncompressed amid compressed", "c1 07 f2 48 cd c9 c9 07 00 | 81 02 68 69 | c1 05 f2 00 11 00 00", "Hello hi Hello"},
		{"a Ping amid fragments", "41 03 f2 48 cd | 89 00 | 80 04 c9 c9 07 00", "Hello"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			eachDeflatingEnd(t, Limits{}, bothTakeover, func(t *testing.T, c *Conn, p *wirePeer) {
				for range 2 {
					go p.sendChopped(test.frames)
					for _, want := range strings.Split(test.want, " ") {
						expectText(t, c, want)
					}
					if c.in.inflater.run != nil {
						t.Error("the message has ended, and its inflation has not")
					}
					go p.send(test.frames)
					for _, want := range strings.Split(test.want, " ") {
						_, r, err := c.NextReader(t.Context())
						if err != nil {
							t.Fatal(err)
						}
						if got, err := io.ReadAll(r); err != nil || string(got) != want {
							t.Fatalf("read %q, %v", got, err)
						}
					}
				}
			})
		})
	}
}

func TestRFC7692Section6_WhatDoesNotInflateEndsTheConnection(t *testing.T) {
	for _, test := range []struct {
		name, frames string
		code         shared.StatusCode
	}{
		{"RSV1 on a continuation", "41 03 f2 48 cd | c0 04 c9 c9 07 00", shared.StatusProtocolError},
		{"RSV1 on a Ping", "c9 00", shared.StatusProtocolError},
		{"RSV2", "e1 00", shared.StatusProtocolError},
		{"a reserved kind of block", "c1 02 06 00", shared.StatusInvalidPayload},
		{"a length that is not what its complement says", "c1 06 00 05 00 00 00 48", shared.StatusInvalidPayload},
		{"cut in a stored block", "c1 08 00 05 00 fa ff 48 65 6c", shared.StatusInvalidPayload},
		{"cut in fixed codes", "c1 03 f2 48 cd", shared.StatusInvalidPayload},
		{"cut in a table of codes", "c1 03 04 c0 01", shared.StatusInvalidPayload},
		{"a reference before the beginning", "c1 05 f2 00 11 00 00", shared.StatusInvalidPayload},
		{"no bytes at all", "c1 00", shared.StatusInvalidPayload},
		{"the tail left on", "c1 0b f2 48 cd c9 c9 07 00 00 00 ff ff", shared.StatusInvalidPayload},
		{"not UTF-8", frame(0xc1, deflated("ab\xff")), shared.StatusInvalidPayload},
		{"UTF-8 that ends early", frame(0xc1, deflated("ab\xc3")), shared.StatusInvalidPayload},
		{"UTF-8 that can no longer be completed", "41 09 00 04 00 fb ff 61 62 ff 63 | 00 05 00 00 00 ff ff", shared.StatusInvalidPayload},
		{"UTF-8 that is cut by an uncompressed fragment", "41 06 00 01 00 fe ff c3 | 80 0a 00 02 00 fd ff 00 00 01 00 00", shared.StatusInvalidPayload},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			eachDeflatingEnd(t, Limits{}, bothTakeover, func(t *testing.T, c *Conn, p *wirePeer) {
				go p.send(test.frames)
				_, err := c.Receive(t.Context())
				if v, ok := errors.AsType[*shared.Violation](err); !ok || v.Code != test.code {
					t.Errorf("Receive: %v", err)
				}
				p.expectClose(test.code)
			})
		})
	}
}

func TestRFC7692Section7_1_1_WithoutContextTakeoverNothingIsRemembered(t *testing.T) {
	eachDeflatingEnd(t, Limits{}, noTakeover, func(t *testing.T, c *Conn, p *wirePeer) {
		go p.send("c1 07 f2 48 cd c9 c9 07 00 | c1 05 f2 00 11 00 00")
		expectText(t, c, "Hello")
		if _, err := c.Receive(t.Context()); !errors.As(err, new(*shared.Violation)) {
			t.Errorf("a reference to an earlier message: %v", err)
		}
		if len(c.in.inflater.window) != 0 {
			t.Error("a window is kept")
		}
	})
}

// The window is as large as was agreed on, and not a byte larger.
func TestRFC7692Section7_1_2_TheWindowIsKept(t *testing.T) {
	for _, test := range []struct {
		bits     int
		distance string // the length code of 3 bytes, a distance, in a block of fixed codes
		ok       bool
	}{
		{8, deflateReference(256), true},
		{8, deflateReference(257), false},
		{12, deflateReference(4096), true},
		{12, deflateReference(4097), false},
		{15, deflateReference(32768), true},
	} {
		a := bothTakeover
		a.receiveBits = test.bits
		c, p := newWire(t, pipeConns, false, Limits{})
		c.compress(&a)
		go func() {
			for i := range 40 {
				p.send(frame(0xc2, deflated(strings.Repeat(string(rune('a'+i%26)), 1<<10))))
			}
			p.send(frame(0xc2, test.distance))
		}()
		for range 40 {
			if _, err := c.Receive(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		m, err := c.Receive(t.Context())
		if (err == nil) != test.ok || err == nil && len(m.Payload) != 3 {
			t.Errorf("%d bits: %d bytes, %v", test.bits, len(m.Payload), err)
		}
	}
}

// However long the message before was, the last 4 KiB of it can be referred to.
func TestRFC7692Section7_1_2_TheWindowIsKeptBehindLongMessages(t *testing.T) {
	eachDeflatingEnd(t, Limits{}, bothTakeover, func(t *testing.T, c *Conn, p *wirePeer) {
		for n := 11 << 10; n < 21<<10; n += 777 {
			random := make([]byte, n)
			rand.NewChaCha8([32]byte{byte(n)}).Read(random)
			go p.send(frame(0xc2, deflated(string(random))) + "|" + frame(0xc2, deflateReference(4096)))
			if m, err := c.Receive(t.Context()); err != nil || !bytes.Equal(m.Payload, random) {
				t.Fatalf("%d bytes, %v", len(m.Payload), err)
			}
			if m, err := c.Receive(t.Context()); err != nil || !bytes.Equal(m.Payload, random[n-4096:][:3]) {
				t.Fatalf("behind %d bytes: %x, %v", n, m.Payload, err)
			}
		}
	})
}

// deflateReference is a block of fixed codes that repeats 3 bytes from that far back (RFC 1951 §3.2.5, §3.2.6).
func deflateReference(distance int) string {
	var bits []byte
	put := func(v, n int) { // the most significant bit first, as codes stand
		for i := n - 1; i >= 0; i-- {
			bits = append(bits, byte(v>>i&1))
		}
	}
	extra := func(v, n int) {
		for i := range n {
			bits = append(bits, byte(v>>i&1))
		}
	}
	bits = append(bits, 0, 1, 0) // not final, fixed codes
	put(1, 7)                    // length 3
	code, base, n := 0, 1, 0
	for base+1<<n <= distance {
		base += 1 << n
		if code++; code >= 4 && code%2 == 0 {
			n++
		}
	}
	put(code, 5)
	extra(distance-base, n)
	put(0, 7)
	bits = append(bits, 0, 0, 0) // an empty block without compression: the flush
	b := make([]byte, (len(bits)+7)/8)
	for i, v := range bits {
		b[i/8] |= v << (i % 8)
	}
	return string(b)
}

// zeroBomb is a deflated message of many more bytes than any limit here. Made and inflated, it is what takes longest where
// everything is slow.
var zeroBomb = sync.OnceValue(func() string {
	size := 64 << 20
	if testing.Short() {
		size = 16 << 20
	}
	return deflated(strings.Repeat("\x00", size))
})

func TestSection10_4_TheLimitCountsInflatedBytes(t *testing.T) {
	bomb, limit := zeroBomb(), 1<<20
	if testing.Short() {
		limit = 1 << 18
	}
	for _, test := range []struct{ name, frames string }{
		{"whole", frame(0xc2, bomb)},
		{"in fragments", frame(0x42, bomb[:9]) + "|" + frame(0x00, bomb[9:100]) + "|" + frame(0x80, bomb[100:])},
		{"one byte too many", frame(0xc2, deflated(strings.Repeat("a", limit+1)))},
		{"compressed to more than it was", frame(0xc2, strings.Repeat("\x00\x00\x00\xff\xff", limit/4)+"\x00")},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachDeflatingEnd(t, Limits{Message: int64(limit)}, bothTakeover, func(t *testing.T, c *Conn, p *wirePeer) {
				go p.Write(frames(test.frames, p.client)) // as much of it as is taken
				_, err := c.Receive(t.Context())
				if v, ok := errors.AsType[*shared.Violation](err); !ok || v.Code != shared.StatusMessageTooBig {
					t.Errorf("Receive: %v", err)
				}
				p.expectClose(shared.StatusMessageTooBig)
			})
		})
	}
	t.Run("just within it", func(t *testing.T) {
		random := make([]byte, limit)
		rand.NewChaCha8([32]byte{}).Read(random)
		messages := []string{strings.Repeat("a", limit), string(random)}
		var wires []string
		for _, m := range messages {
			wires = append(wires, frame(0xc2, deflated(m)))
		}
		eachDeflatingEnd(t, Limits{Message: int64(limit)}, bothTakeover, func(t *testing.T, c *Conn, p *wirePeer) {
			for i, want := range messages {
				go p.send(wires[i])
				if m, err := c.Receive(t.Context()); err != nil || string(m.Payload) != want {
					t.Errorf("%d bytes, %v", len(m.Payload), err)
				}
			}
		})
	})
}

// The largest limit there is leaves room for what compression adds.
func TestSection10_4_TheLargestLimit(t *testing.T) {
	c, p := newWire(t, pipeConns, false, Limits{Message: math.MaxInt64})
	c.compress(&bothTakeover)
	go p.send("c1 07 f2 48 cd c9 c9 07 00")
	expectText(t, c, "Hello")
}

// A bomb of 64 MiB in 64 KiB costs no more memory than the limit.
func TestSection10_4_ABombLeavesTheHeapFlat(t *testing.T) {
	c, p := newWire(t, pipeConns, false, Limits{Message: 1 << 20})
	c.compress(&bothTakeover)
	bomb := frames(frame(0xc2, zeroBomb()), true)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	go p.Write(bomb)
	if _, err := c.Receive(t.Context()); err == nil {
		t.Fatal("the bomb was received")
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
}

func TestFinalBlocksAreBounded(t *testing.T) {
	c, p := newWire(t, pipeConns, false, Limits{})
	c.compress(&bothTakeover)
	go p.send(frame(0xc2, strings.Repeat("\x03\x00", 1000)))
	if m, err := c.Receive(t.Context()); err != nil || len(m.Payload) != 0 {
		t.Errorf("1,000 final blocks: %d bytes, %v", len(m.Payload), err)
	}
	go p.send(frame(0xc2, strings.Repeat("\x03\x00", 2000)))
	if _, err := c.Receive(t.Context()); !errors.As(err, new(*shared.Violation)) {
		t.Errorf("2,000 final blocks: %v", err)
	}
}

// An interrupted Receive loses nothing of a compressed message, however it was begun and goes on.
func TestACompressedMessageCanBeInterruptedAnywhere(t *testing.T) {
	text := strings.Repeat("to be or not to be, ", 400)
	short := deflated(text)
	whole := frames(frame(0x41, short[:5])+"|"+frame(0x00, "")+"|"+frame(0x80, short[5:]), true)
	for _, a := range []agreement{bothTakeover, noTakeover} {
		synctest.Test(t, func(t *testing.T) {
			c, p := newWire(t, pipeConns, false, Limits{Heartbeat: -1})
			c.compress(&a)
			for range 2 {
				go func() {
					for _, b := range whole {
						time.Sleep(time.Second)
						p.Write([]byte{b})
					}
				}()
				var got []byte
				for i := 0; ; i++ {
					ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
					var err error
					if i%2 == 0 {
						var m shared.Message
						m, err = c.Receive(ctx)
						got = m.Payload
					} else {
						_, got, err = c.ReceiveAppend(ctx, nil)
					}
					cancel()
					if err == nil {
						break
					}
					if !errors.Is(err, context.DeadlineExceeded) || len(got) != 0 {
						t.Fatalf("%d bytes, %v", len(got), err)
					}
				}
				if string(got) != text {
					t.Fatalf("%d bytes arrived, not %d", len(got), len(text))
				}
			}
			c.CloseNow()
			p.Close()
		})
	}
}

// A message whose reader was abandoned is inflated all the same: later ones refer to it.
func TestWhatIsAbandonedIsStillInflated(t *testing.T) {
	eachDeflatingEnd(t, Limits{}, bothTakeover, func(t *testing.T, c *Conn, p *wirePeer) {
		go p.send("41 03 f2 48 cd | 80 04 c9 c9 07 00 | c1 05 f2 00 11 00 00")
		_, r, err := c.NextReader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		expectText(t, c, "Hello")
		if _, err := r.Read(make([]byte, 1)); err != ErrAbandoned {
			t.Errorf("the old reader: %v", err)
		}
	})
}

// After Close, what is compressed is discarded as it is, also where that is longer than the message may be.
func TestSection7_1_CompressedDataAfterCloseIsDiscarded(t *testing.T) {
	for _, x := range []struct {
		begin, rest string
		limit       int64
	}{
		{"41 03 f2 48 cd", "80 04 ff ff ff ff | c1 03 00 00 00", 0},
		{"41 06 00 05 00 fa ff 48", "80 05 65 6c 6c 6f 00 | c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", 5},
	} {
		eachDeflatingEnd(t, Limits{Message: x.limit}, bothTakeover, func(t *testing.T, c *Conn, p *wirePeer) {
			p.send(x.begin)
			_, r, err := c.NextReader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			closed := make(chan error, 1)
			go func() { closed <- c.Close(shared.StatusNormalClosure, "") }()
			p.expectClose(shared.StatusNormalClosure)
			p.send(x.rest + " | 88 02 03 e8")
			if !p.client {
				p.Close()
			}
			if err := <-closed; err != nil {
				t.Error(err)
			}
			if _, err := r.Read(make([]byte, 1)); err == nil {
				t.Error("something was delivered")
			}
		})
	}
}

// Once something was discarded without being inflated, nothing can be: a receiver that comes later must not try.
func TestSection7_1_AReceiverAfterCloseDoesNotInflate(t *testing.T) {
	eachDeflatingEnd(t, Limits{}, bothTakeover, func(t *testing.T, c *Conn, p *wirePeer) {
		c.in.goBlind() // as Close's reader does
		p.send("c1 05 f2 00 11 00 00")
		if m, err := c.Receive(t.Context()); err != nil || m.Opcode != shared.OpcodeBinary {
			t.Errorf("%s %x, %v", m.Opcode, m.Payload, err)
		}
	})
}

// A message that is half received holds a goroutine, and gives it back with everything else when the connection ends.
// (The check of goroutines in TestMain would find it.)
func TestAHalfReceivedMessageIsGivenUpWithTheConnection(t *testing.T) {
	eachDeflatingEnd(t, Limits{}, bothTakeover, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("41 03 f2 48 cd")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		c.CloseNow()
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.in.inflater.run != nil {
			t.Error("the inflation is still there")
		}
	})
}

func FuzzInflater(f *testing.F) {
	for _, s := range []string{"f248cdc9c90700", "f348cdc9c9070000", "000500faff48656c6c6f00", "f24805000000ffffcac9c90700", "00", "0300", "04c001", "f200110000"} {
		b, _ := hex.DecodeString(s)
		f.Add(b, uint16(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, cuts uint16) {
		inflate := func(cut int) (out []byte, err error) {
			r := newInflation(nil, 12, cut == 0)
			defer r.stop()
			for rest, fed := b, false; ; {
				if r.hungry {
					if fed {
						t.Fatal("hungry after the end")
					}
					n := len(rest)
					if cut > 0 {
						n = min(n, cut)
					}
					r.feed(rest[:n], n == len(rest))
					rest, fed = rest[n:], n == len(rest)
				}
				chunk, done, err := r.step()
				out = append(out, chunk...)
				if err != nil || done || len(out) > 1<<20 {
					return out, err
				}
			}
		}
		whole, err := inflate(0)
		pieces, piecesErr := inflate(int(cuts)%7 + 1)
		if len(whole) > 1<<20 {
			return
		}
		if !bytes.Equal(whole, pieces) || (err == nil) != (piecesErr == nil) {
			t.Fatalf("whole: %d bytes, %v; in pieces: %d bytes, %v", len(whole), err, len(pieces), piecesErr)
		}
		// Where no block is final, the standard library is the oracle.
		want, wantErr := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(b), bytes.NewReader(deflateTail))))
		if wantErr == nil && err == nil && !bytes.HasPrefix(whole, want) {
			t.Fatalf("inflated to %d bytes, not %d", len(whole), len(want))
		}
	})
}
