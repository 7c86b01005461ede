package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"example.com/tandem/shared"
)

func tcpPair(t testing.TB, l Limits) (*Conn, *Conn) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	l, err = l.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	a, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return newConn(a, setup{client: true, limits: l}), newConn(b, setup{limits: l})
}

func echo(c *Conn) error {
	ctx := context.Background()
	var b []byte
	for {
		op, p, err := c.ReceiveAppend(ctx, b[:0])
		if err != nil {
			return err
		}
		if err := c.Send(ctx, shared.Message{Opcode: op, Payload: p}); err != nil {
			return err
		}
		b = p
	}
}

func TestSmoke(t *testing.T) {
	for _, name := range []string{"tcp", "pipe"} {
		t.Run(name, func(t *testing.T) {
			var c, s *Conn
			if name == "tcp" {
				c, s = tcpPair(t, Limits{})
			} else {
				c, s, _ = Pipe(Limits{}, Limits{})
			}
			var wg sync.WaitGroup
			var serr error
			wg.Go(func() { serr = echo(s) })
			ctx := context.Background()
			for _, n := range []int{0, 1, 125, 126, 65535, 65536, 1 << 20, 10 << 20} {
				p := bytes.Repeat([]byte("abcdefg"), n/7+1)[:n]
				done := make(chan error, 1)
				go func() { done <- c.Send(ctx, shared.Binary(p)) }()
				m, err := c.Receive(ctx)
				if err != nil || !bytes.Equal(m.Payload, p) {
					t.Fatal(n, err, len(m.Payload))
				}
				if err := <-done; err != nil {
					t.Fatal(err)
				}
			}
			if d, err := c.Ping(ctx); err != nil || d <= 0 {
				t.Fatal(d, err)
			}
			if err := c.Close(1000, "bye"); err != nil {
				t.Fatal(err)
			}
			wg.Wait()
			if serr != io.EOF {
				t.Fatal(serr)
			}
			_, err := c.Receive(ctx)
			if err != io.EOF {
				t.Fatal(err)
			}
			if err := c.Send(ctx, shared.Text("x")); !errors.Is(err, net.ErrClosed) || !errors.Is(err, shared.ErrClosed) {
				t.Fatal(err)
			}
			t.Log(s.End(), c.End(), s.Stats())
		})
	}
}

func BenchmarkEcho(b *testing.B) {
	c, s := tcpPair(b, Limits{})
	go echo(s)
	ctx := context.Background()
	p := make([]byte, 16)
	b.ReportAllocs()
	for b.Loop() {
		c.Send(ctx, shared.Binary(p))
		_, q, err := c.ReceiveAppend(ctx, p[:0])
		if err != nil {
			b.Fatal(err)
		}
		p = q
	}
	c.Close(1000, "")
}
