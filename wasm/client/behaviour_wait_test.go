package client_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"example.com/tandem/shared"
	"example.com/tandem/wasm/client"
)

// A Receive whose context expires loses nothing.
func TestReceiveContext(t *testing.T) {
	c := open(t, "/push?n=50&size=100&pause=3", nil)
	expiries := 0
	buffer := []byte("before")
	for i := 0; ; {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		_, b, err := c.ReceiveAppend(ctx, buffer)
		cancel()
		switch {
		case err == nil:
			if len(b) != 106 || binary.BigEndian.Uint64(b[6:]) != uint64(i) {
				t.Fatalf("message %d is % x", i, b)
			}
			i++
		case errors.Is(err, context.DeadlineExceeded):
			expiries++
			if string(b) != "before" {
				t.Fatalf("the buffer came back as %q", b)
			}
			if errors.Is(err, shared.ErrClosed) || c.End() != nil {
				t.Fatalf("the context ended the connection: %v", c.End())
			}
		case err == io.EOF && i == 50:
			if string(b) != "before" {
				t.Fatalf("the buffer came back as %q", b)
			}
			if expiries == 0 {
				t.Error("no context expired: the test has tested nothing")
			}
			return
		default:
			t.Fatalf("after %d messages: %v", i, err)
		}
	}
}

func TestReceiveContextCause(t *testing.T) {
	c := open(t, "/echo", nil)
	cause := errors.New("the user went away")
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(20*time.Millisecond, func() { cancel(cause) })
	if _, err := c.Receive(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("Receive gave %v", err)
	}
	works(t, c)
}

func TestOneReceiver(t *testing.T) {
	c := open(t, "/echo", nil)
	first := make(chan error, 1)
	go func() {
		m, err := c.Receive(context.Background())
		if err == nil && m.String() != "for the first" {
			err = errors.New("the first received " + m.String())
		}
		first <- err
	}()
	time.Sleep(50 * time.Millisecond)
	begin := time.Now()
	if _, err := c.Receive(within(t, 5*time.Second)); err == nil || errors.Is(err, shared.ErrClosed) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second Receive gave %v", err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("a second Receive waited for %v", took)
	}
	send(t, c, shared.Text("for the first"))
	if err := <-first; err != nil {
		t.Error(err)
	}
	works(t, c)
}

// Send to a peer that does not read waits within its context, and a message
// that has not been sent does not harm the connection.
func TestSendWaits(t *testing.T) {
	if testEngine == "WebKitGTK" {
		t.Skip("WebKitGTK takes all there is at once: its bufferedAmount falls to 0 though the network has taken nothing")
	}
	c := open(t, "/stall", &client.Options{Outgoing: 256 << 10, Close: 200 * time.Millisecond})
	const size = 64 << 10
	m := shared.Binary(make([]byte, size))
	ctx := context.Background()
	for sent, expired := 0, 0; expired < 2; sent += size { // twice, as one may be a busy machine's
		if sent > 256<<20 {
			t.Fatal("256 MiB were taken for a peer that does not read")
		}
		ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		err := c.Send(ctx, m)
		cancel()
		if err == nil {
			expired = 0
			continue
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Send gave %v", err)
		}
		expired++
	}
	if end := c.End(); end != nil {
		t.Fatalf("the connection has ended: %v", end)
	}

	waiting := make(chan error, 1)
	go func() { waiting <- c.Send(context.Background(), m) }()
	time.Sleep(50 * time.Millisecond)
	begin := time.Now()
	if end := endOf(t, c.Close(shared.StatusNormalClosure, "")); end.Layer != shared.LayerTimeLimit {
		t.Errorf("Close gave %v", end)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("Close took %v", took)
	}
	if err := <-waiting; !errors.Is(err, shared.ErrClosed) {
		t.Errorf("the Send that waited gave %v", err)
	}
}

func TestContextExpiredBefore(t *testing.T) {
	c := open(t, "/echo", nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 { // it is no matter of chance
		if err := c.Send(ctx, shared.Text("never")); !errors.Is(err, context.Canceled) {
			t.Errorf("Send gave %v", err)
		}
	}
	if _, err := c.Receive(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Receive gave %v", err)
	}
	works(t, c)
}
