package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// What the benchmarks send and receive. The text makes it hard for what validates UTF-8.
var benchMessages = []struct {
	name    string
	message shared.Message
}{
	{"16B", shared.Binary(make([]byte, 16))},
	{"1KiB", shared.Binary(make([]byte, 1<<10))},
	{"64KiB", shared.Binary(make([]byte, 64<<10))},
	{"64KiB-text", shared.Text(strings.Repeat("все семьи ", 64<<10/18))},
}

// TLS would measure itself, and the pipe allocates for what is on the way.
var benchTransports = wireTransports[:2]

// benchEach runs a benchmark with a Conn in both roles, on both transports, for each message.
func benchEach(b *testing.B, bench func(b *testing.B, c *Conn, p *wirePeer, m shared.Message)) {
	for _, transport := range benchTransports {
		for _, role := range []string{"server", "client"} {
			for _, sized := range benchMessages {
				b.Run(transport.name+"/"+role+"/"+sized.name, func(b *testing.B) {
					c, p := newWire(b, transport.make, role == "client", Limits{Heartbeat: -1})
					b.SetBytes(int64(len(sized.message.Payload)))
					b.ReportAllocs()
					bench(b, c, p, sized.message)
				})
			}
		}
	}
}

// drain reads and forgets what c sends.
func (p *wirePeer) drain() {
	for into := make([]byte, 1<<20); ; {
		if _, err := p.Read(into); err != nil {
			return
		}
	}
}

// flood sends m for as long as somebody reads, many in one segment.
func (p *wirePeer) flood(m shared.Message) {
	one := frames(frame(0x80|byte(m.Opcode), m.String()), p.client)
	for some := bytes.Repeat(one, max(1, 64<<10/len(one))); ; {
		if _, err := p.Write(some); err != nil {
			return
		}
	}
}

func BenchmarkSend(b *testing.B) {
	benchEach(b, func(b *testing.B, c *Conn, p *wirePeer, m shared.Message) {
		go p.drain()
		for b.Loop() {
			if err := c.Send(b.Context(), m); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReceive(b *testing.B) {
	benchEach(b, func(b *testing.B, c *Conn, p *wirePeer, m shared.Message) {
		go p.flood(m)
		for b.Loop() {
			if _, err := c.Receive(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReceiveAppend(b *testing.B) {
	benchEach(b, func(b *testing.B, c *Conn, p *wirePeer, m shared.Message) {
		go p.flood(m)
		into := make([]byte, 0, len(m.Payload))
		for b.Loop() {
			if _, _, err := c.ReceiveAppend(b.Context(), into); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkNextWriter(b *testing.B) {
	benchEach(b, func(b *testing.B, c *Conn, p *wirePeer, m shared.Message) {
		go p.drain()
		for b.Loop() {
			w, err := c.NextWriter(b.Context(), m.Opcode)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := w.Write(m.Payload); err != nil {
				b.Fatal(err)
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkNextReader(b *testing.B) {
	benchEach(b, func(b *testing.B, c *Conn, p *wirePeer, m shared.Message) {
		go p.flood(m)
		into := make([]byte, 16<<10)
		for b.Loop() {
			_, r, err := c.NextReader(b.Context())
			for err == nil {
				_, err = r.Read(into)
			}
			if err != io.EOF {
				b.Fatal(err)
			}
		}
	})
}

// One message there and back, with nothing else on the way.
func BenchmarkEcho(b *testing.B) {
	for _, transport := range benchTransports {
		for _, sized := range benchMessages {
			b.Run(transport.name+"/"+sized.name, func(b *testing.B) {
				client, server := newPair(b, transport.make, Limits{Heartbeat: -1})
				go echoAll(b.Context(), server)
				into := make([]byte, 0, len(sized.message.Payload))
				b.SetBytes(int64(cap(into)))
				b.ReportAllocs()
				for b.Loop() {
					if err := client.Send(b.Context(), sized.message); err != nil {
						b.Fatal(err)
					}
					if _, _, err := client.ReceiveAppend(b.Context(), into); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// Messages of 16 B that came with one read are answered: what they cost beside that read and the write of the answers, which
// are dropped.
func BenchmarkRun(b *testing.B) {
	const n = 16
	wire := bytes.Repeat(frames(frame(0x82, "0123456789abcdef"), true), n)
	run := func(b *testing.B, answering func(*Conn) (answer func())) {
		c, _ := newWire(b, tcpConns, false, Limits{Heartbeat: -1})
		answer := answering(c)
		c.out.expected = true // nobody looks whether answers are late
		for b.Loop() {
			c.in.reclaim()
			c.in.drop()
			c.in.keep(wire)
			answer()
			c.out.discard()
			c.settle()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/message")
	}
	b.Run("Next", func(b *testing.B) {
		run(b, func(c *Conn) func() {
			ctx := b.Context()
			return func() {
				for range n {
					m, err := c.Next(ctx)
					if err == nil {
						err = c.Send(ctx, m)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	})
	b.Run("Handle", func(b *testing.B) {
		run(b, func(c *Conn) func() {
			a := &attendance{c: c, handler: MessageFunc(echoMessage)}
			c.attendance = a
			return func() {
				a.budget = n + 1
				a.turn(true)
			}
		})
	})
}

// A Ping, and its Pong from a peer that receives.
func BenchmarkPing(b *testing.B) {
	for _, transport := range benchTransports {
		b.Run(transport.name, func(b *testing.B) {
			client, server := newPair(b, transport.make, Limits{Heartbeat: -1})
			go echoAll(b.Context(), server)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.Ping(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// allocations is testing.AllocsPerRun, but under the race detector, where sync.Pool drops things at random: there what is counted tells
// nothing, and the first few runs show as much of races as many.
func allocations(runs int, f func()) float64 {
	if !poolsForget() {
		return testing.AllocsPerRun(runs, f)
	}
	for range 3 {
		f()
	}
	return 0
}

// poolsForget reports whether sync.Pool drops things at random.
func poolsForget() bool {
	var pool sync.Pool
	for range 1000 {
		pool.Put(&pool)
		if pool.Get() == nil {
			return true
		}
	}
	return false
}

// TestSendAndReceiveAllocateNothing measures both ends of a TCP connection at once, with contexts that last for many
// calls.
func TestSendAndReceiveAllocateNothing(t *testing.T) {
	runs := 500
	if testing.Short() {
		runs = 10
	}
	canceled, cancel := context.WithCancel(t.Context())
	defer cancel()
	limited, cancelLimited := context.WithTimeout(t.Context(), time.Hour)
	defer cancelLimited()
	contexts := []struct {
		name string
		ctx  context.Context
	}{{"background", context.Background()}, {"with cancel", canceled}, {"with deadline", limited}}
	for _, c := range contexts {
		for _, size := range []int{0, 16, 1000, 10_000, 100_000, 200_000} {
			for _, op := range []shared.Opcode{shared.OpcodeText, shared.OpcodeBinary} {
				t.Run(fmt.Sprintf("%s/%v/%d", c.name, op, size), func(t *testing.T) {
					client, server := newPair(t, tcpConns, Limits{Heartbeat: -1})
					go echoAll(c.ctx, server)
					m := shared.Message{Opcode: op, Payload: bytes.Repeat([]byte("é"), size/2)}
					into := make([]byte, 0, size)
					echo := func() {
						if err := client.Send(c.ctx, m); err != nil {
							t.Fatal(err)
						}
						if _, _, err := client.ReceiveAppend(c.ctx, into); err != nil {
							t.Fatal(err)
						}
					}
					echo()
					if allocs := allocations(runs, echo); allocs > 0 {
						t.Errorf("%v allocations for each message there and back", allocs)
					}
				})
			}
		}
	}
}
