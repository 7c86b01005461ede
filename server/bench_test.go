package server

import (
	"bytes"
	"context"
	"sync"
	"testing"

	"example.com/tandem/shared"
)

func BenchmarkEcho(b *testing.B) {
	client, server := newPair(b, tcpConns, Limits{})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	go echoAll(ctx, server)
	m, into := shared.Binary(make([]byte, 16)), make([]byte, 0, 16)
	b.ReportAllocs()
	for b.Loop() {
		client.Send(ctx, m)
		if _, _, err := client.ReceiveAppend(ctx, into); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	for _, client := range []bool{false, true} {
		b.Run(map[bool]string{false: "server", true: "client"}[client], func(b *testing.B) {
			c, p := newWire(b, tcpConns, client, Limits{Heartbeat: -1})
			go func() {
				for into := make([]byte, 1<<20); ; {
					if _, err := p.Read(into); err != nil {
						return
					}
				}
			}()
			ctx, m := context.Background(), shared.Binary(make([]byte, 1024))
			b.SetBytes(1024)
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Send(ctx, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkReceive(b *testing.B) {
	for _, client := range []bool{false, true} {
		b.Run(map[bool]string{false: "server", true: "client"}[client], func(b *testing.B) {
			c, p := newWire(b, tcpConns, client, Limits{Heartbeat: -1})
			go func() {
				for some := bytes.Repeat(frames(frame(0x82, string(make([]byte, 1024))), p.client), 64); ; {
					if _, err := p.Write(some); err != nil {
						return
					}
				}
			}()
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			into := make([]byte, 0, 1024)
			b.SetBytes(1024)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := c.ReceiveAppend(ctx, into); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// poolsForget reports whether sync.Pool drops things at random, as it does under the race detector.
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

// TestSendAndReceiveAllocateNothing measures both ends of a TCP connection at once.
func TestSendAndReceiveAllocateNothing(t *testing.T) {
	runs := 500
	if testing.Short() {
		runs = 50
	}
	for _, size := range []int{0, 16, 1000, 10_000, 100_000, 200_000} {
		client, server := newPair(t, tcpConns, Limits{Heartbeat: -1})
		ctx, cancel := context.WithCancel(t.Context())
		go echoAll(ctx, server)
		m, into := shared.Binary(make([]byte, size)), make([]byte, 0, size)
		echo := func() {
			if err := client.Send(ctx, m); err != nil {
				t.Fatal(err)
			}
			if _, _, err := client.ReceiveAppend(ctx, into); err != nil {
				t.Fatal(err)
			}
		}
		echo()
		if allocs := testing.AllocsPerRun(runs, echo); allocs > 0 && !poolsForget() {
			t.Errorf("%d bytes: %v allocations for each message there and back", size, allocs)
		}
		cancel()
	}
}
