package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, err := Pipe(Limits{}, Limits{Message: 10})
		if err != nil {
			t.Fatal(err)
		}
		go echoAll(context.Background(), server)
		if err := client.Send(t.Context(), shared.Text("Hello")); err != nil {
			t.Fatal(err)
		}
		if m, err := client.Receive(t.Context()); err != nil || m.String() != "Hello" {
			t.Error(m, err)
		}
		client.Send(t.Context(), shared.Text("longer than ten"))
		var told *shared.CloseError
		if _, err := client.Receive(t.Context()); !errors.As(err, &told) || told.Code != 1009 {
			t.Errorf("the limits of the two ends were mixed up: %v", err)
		}
		for _, a := range []net.Addr{client.LocalAddr(), client.RemoteAddr(), server.LocalAddr(), server.RemoteAddr()} {
			if a.Network() != "pipe" || a.String() != "pipe" {
				t.Errorf("address %v %v", a.Network(), a)
			}
		}
	})
}

func TestPipeRefusesLimits(t *testing.T) {
	if _, _, err := Pipe(Limits{Close: -1}, Limits{}); err == nil {
		t.Error("took bad limits for the client")
	}
	if _, _, err := Pipe(Limits{}, Limits{Outgoing: 1}); err == nil {
		t.Error("took bad limits for the server")
	}
}

// TestPipeStreamCarriesAllBytes writes more than the pipe holds, in pieces of all sizes.
func TestPipeStreamCarriesAllBytes(t *testing.T) {
	t.Parallel()
	a, b := pipe()
	want := bytes.Repeat([]byte("0123456789"), 30_000)
	go func() {
		for rest, n := want, 1; len(rest) > 0; n = n*3 + 1 {
			n = min(n, len(rest))
			if wrote, err := a.Write(rest[:n]); wrote != n || err != nil {
				t.Error(wrote, err)
			}
			rest = rest[n:]
		}
		a.CloseWrite()
	}()
	if got, err := io.ReadAll(b); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes came, %v", len(got), err)
	}
	if _, err := a.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write after CloseWrite: %v", err)
	}
	b.Write([]byte("back"))
	b.Close()
	if got, err := io.ReadAll(a); err != nil || string(got) != "back" {
		t.Errorf("what was written before Close: %q, %v", got, err)
	}
}

// TestPipeWithTwoWriters has both find the pipe full: neither may keep the other busy.
func TestPipeWithTwoWriters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe()
		for range 2 {
			go a.Write(make([]byte, pipeSize+1))
		}
		synctest.Wait() // until both wait
		if n, err := io.ReadFull(b, make([]byte, 2*pipeSize+2)); err != nil {
			t.Error(n, err)
		}
	})
}

func TestPipeDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe()
		begun := time.Now()
		a.SetDeadline(begun.Add(time.Second))
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("Read: %v after %v", err, time.Since(begun))
		}
		synctest.Wait()
		if n, err := a.Write(make([]byte, pipeSize+1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write after the deadline: %d, %v", n, err)
		}
		a.SetWriteDeadline(time.Now().Add(time.Second))
		if n, err := a.Write(make([]byte, pipeSize+1)); n != pipeSize || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write of too much: %d, %v", n, err)
		}
		a.SetDeadline(time.Time{})
		time.AfterFunc(time.Second, func() { b.Read(make([]byte, 1)) })
		if n, err := a.Write([]byte("x")); n != 1 || err != nil {
			t.Errorf("Write without deadline: %d, %v", n, err)
		}
		a.SetReadDeadline(time.Now().Add(time.Second))
		a.SetReadDeadline(time.Now().Add(time.Hour)) // the one before says nothing any more
		time.AfterFunc(time.Minute, func() { b.Write([]byte("y")) })
		if n, err := a.Read(make([]byte, 9)); n != 1 || err != nil {
			t.Errorf("Read within the deadline: %d, %v", n, err)
		}
		time.AfterFunc(time.Minute, func() { a.SetReadDeadline(longAgo) })
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("interrupted Read: %v", err)
		}
		b.Close()
		if _, err := a.Write([]byte("z")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("Write to a closed end: %v", err)
		}
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read of a closed end: %v", err)
		}
	})
}
