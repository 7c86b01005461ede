package client

import (
	"context"
	"errors"
	"syscall/js"
	"testing"
	"time"

	"example.com/tandem/shared"
)

func TestSendAsksForRoom(t *testing.T) {
	s := fake(t)
	c := openFake(t, s, &Options{Outgoing: 5000})
	s.ws.Set("bufferedAmount", 5000)
	if err := c.Send(soon(t), shared.Text("fits")); err != nil {
		t.Errorf("Send gave %v", err)
	}
	s.ws.Set("bufferedAmount", 5001)
	if n := c.Buffered(); n != 5001 {
		t.Errorf("Buffered gave %d", n)
	}
	if sent, err := c.TrySend(shared.Text("does not")); sent || err != nil {
		t.Errorf("TrySend gave %v, %v", sent, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := c.Send(ctx, shared.Text("does not")); !errors.Is(err, context.DeadlineExceeded) || len(s.sent) != 1 {
		t.Errorf("Send gave %v", err)
	}

	errs := make(chan error, 3)
	for _, text := range []string{"1", "2", "3"} {
		go func() { errs <- c.Send(context.Background(), shared.Text(text)) }()
		time.Sleep(5 * time.Millisecond)
	}
	s.ws.Set("bufferedAmount", 0)
	if sent, err := c.TrySend(shared.Text("out of turn")); sent || err != nil {
		t.Errorf("TrySend before those that wait gave %v, %v", sent, err)
	}
	for range 3 {
		if err := <-errs; err != nil {
			t.Errorf("a Send that waited gave %v", err)
		}
	}
	for i, want := range []string{"fits", "1", "2", "3"} {
		if got := s.sent[i].String(); got != want {
			t.Errorf("message %d is %q, want %q", i, got, want)
		}
	}
	if sent, err := c.TrySend(shared.Text("now")); !sent || err != nil {
		t.Errorf("TrySend gave %v, %v", sent, err)
	}
	c.CloseNow()
	if n := c.Buffered(); n != 0 {
		t.Errorf("Buffered after the end gave %d", n)
	}
}

func TestSendThrows(t *testing.T) {
	s := fake(t)
	s.ws.Set("send", thrower())
	c := openFake(t, s, nil)
	if err := c.Send(soon(t), shared.Binary([]byte{0xff})); err == nil || errors.Is(err, shared.ErrClosed) {
		t.Errorf("Send gave %v", err)
	}
	if err := c.Send(soon(t), shared.Binary([]byte("good"))); err != nil || c.End() != nil {
		t.Errorf("Send gave %v, End %v", err, c.End())
	}
	c.CloseNow()
}

// No browser dispatches an event inside send; that it would must not deadlock.
func TestCloseInsideSend(t *testing.T) {
	s := fake(t)
	c := openFake(t, s, nil)
	s.onSend = func(js.Value) { s.fireClose(1001, "in the middle", true) }
	if err := c.Send(soon(t), shared.Binary([]byte("last"))); err != nil {
		t.Errorf("Send gave %v", err)
	}
	if err := c.Send(soon(t), shared.Binary(nil)); !errors.Is(err, shared.ErrClosed) || len(s.sent) != 1 {
		t.Errorf("Send after the end gave %v", err)
	}
}

func TestScratch(t *testing.T) {
	var a scratchArray
	for _, size := range []int{0, 1, minScratch, minScratch + 1, 100_000, 3, maxScratch, maxScratch + 1, 0} {
		p := make([]byte, size)
		for i := range p {
			p[i] = byte(i)
		}
		v := a.bytesValue(p)
		got := make([]byte, size+1)
		if n := js.CopyBytesToGo(got, v); n != size || v.Length() != size || string(got[:n]) != string(p) {
			t.Errorf("%d bytes became %d", size, v.Length())
		}
		if a.size > maxScratch {
			t.Errorf("%d bytes are kept", a.size)
		}
	}
}

func TestTextValue(t *testing.T) {
	for _, text := range []string{"", "a", "\ufeff", "\ufeff\ufeffx", "ä👋"} {
		v := TextValue([]byte(text))
		if got := v.String(); v.Type() != js.TypeString || got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
