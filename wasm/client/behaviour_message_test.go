package client_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/tandem/shared"
	"example.com/tandem/wasm/client"
)

func TestSection5_6_RoundTrip(t *testing.T) {
	megabyte := make([]byte, 1<<20)
	for i := range megabyte {
		megabyte[i] = byte(i * 7 >> 3)
	}
	messages := []shared.Message{
		shared.Text(""), shared.Text("hello"), shared.Text("👋🏽 família 👨‍👩‍👧"), shared.Text("שלום مرحبا"),
		shared.Text("nul \x00 and \U0010ffff and \uffff"), shared.Text("inside \ufeff a mark"),
		shared.Text(strings.Repeat("я", 1<<19)),
		shared.Binary(nil), shared.Binary([]byte{}), shared.Binary([]byte{0xff}), shared.Binary([]byte("\xed\xa0\x80 no UTF-8")),
		shared.Binary(megabyte[:125]), shared.Binary(megabyte[:126]), shared.Binary(megabyte[:65535]),
		shared.Binary(megabyte[:65536]), shared.Binary(megabyte), shared.Binary(megabyte[:3]),
	}
	c := open(t, "/echo", nil)
	buffer := []byte("before")
	for i, m := range messages {
		send(t, c, m)
		got := receive(t, c)
		if got.Opcode != m.Opcode || !bytes.Equal(got.Payload, m.Payload) {
			t.Fatalf("message %d: %v of %d bytes came back as %v of %d", i, m.Opcode, len(m.Payload), got.Opcode, len(got.Payload))
		}
		send(t, c, m)
		opcode, b, err := c.ReceiveAppend(within(t, 10*time.Second), buffer[:6])
		if err != nil || opcode != m.Opcode || string(b) != "before"+string(m.Payload) {
			t.Fatalf("message %d: ReceiveAppend gave %v, %d bytes, %v", i, opcode, len(b), err)
		}
		if len(b) <= cap(buffer) && &b[0] != &buffer[0] {
			t.Errorf("message %d: ReceiveAppend left a buffer with room", i)
		}
		buffer = b
	}
}

// A byte order mark is part of the message, RFC 6455 §5.6 and RFC 3629 §6: no
// decoder on the way may take it for its own.
func TestSection5_6_ByteOrderMark(t *testing.T) {
	c := open(t, "/echo", nil)
	for _, text := range []string{"\ufeff", "\ufeffx", "\ufeff\ufeffx"} {
		send(t, c, shared.Text(text))
		if got := receive(t, c); got.String() != text {
			t.Errorf("%q came back as %q", text, got)
		}
	}
}

func TestSection5_6_Refused(t *testing.T) {
	c := open(t, "/echo", nil)
	for _, m := range []shared.Message{
		{Opcode: shared.OpcodeText, Payload: []byte("a\xff")},
		{Opcode: shared.OpcodeText, Payload: []byte("\xed\xa0\x80")}, // half of a surrogate pair
		{Opcode: shared.OpcodeText, Payload: []byte("cut \xf0\x9f")},
		{Opcode: shared.OpcodeContinuation},
		{Opcode: shared.OpcodeClose},
		{Opcode: shared.OpcodePing},
		{Opcode: 3},
	} {
		err := c.Send(within(t, 10*time.Second), m)
		if _, ok := errors.AsType[*shared.MessageError](err); !ok {
			t.Errorf("%v %q: %v, want a MessageError", m.Opcode, m.Payload, err)
		}
	}
	works(t, c)
}

func TestPayloadIsTheCallers(t *testing.T) {
	c := open(t, "/echo", nil)
	for _, size := range []int{5, 100 << 10, 1 << 20} {
		for _, opcode := range []shared.Opcode{shared.OpcodeText, shared.OpcodeBinary} {
			payload := bytes.Repeat([]byte("a"), size)
			send(t, c, shared.Message{Opcode: opcode, Payload: payload})
			if bytes.Count(payload, []byte("a")) != size {
				t.Errorf("%v of %d bytes: Send has changed the payload", opcode, size)
			}
			copy(payload, bytes.Repeat([]byte("b"), size))
			if got := receive(t, c); bytes.Count(got.Payload, []byte("a")) != size {
				t.Errorf("%v of %d bytes: what was written after Send came back", opcode, size)
			}
		}
	}
}

func TestOrder(t *testing.T) {
	const n = 10_000
	c := open(t, "/echo", nil)
	sent := make(chan error, 1)
	go func() {
		for i := range n {
			if err := c.Send(context.Background(), shared.Text(fmt.Sprint(i))); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range n {
		if got := receive(t, c).String(); got != fmt.Sprint(i) {
			t.Fatalf("message %d came back as %s", i, got)
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

// What comes while nobody receives is kept, and so is its order.
func TestPushed(t *testing.T) {
	c := open(t, "/push?n=10000&size=20", nil)
	time.Sleep(200 * time.Millisecond)
	var buffer []byte
	for i := range 10_000 {
		opcode, b, err := c.ReceiveAppend(within(t, 10*time.Second), buffer[:0])
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if opcode != shared.OpcodeBinary || len(b) != 20 || binary.BigEndian.Uint64(b) != uint64(i) {
			t.Fatalf("message %d is %v % x", i, opcode, b)
		}
		buffer = b
	}
	if _, err := c.Receive(within(t, 10*time.Second)); err != io.EOF {
		t.Errorf("after the last message: %v, want io.EOF", err)
	}
}

func TestSection10_4_MessageTooBig(t *testing.T) {
	for _, opcode := range []shared.Opcode{shared.OpcodeText, shared.OpcodeBinary} {
		id := newID()
		c := open(t, "/echo?id="+id, &client.Options{Message: 1000})
		payload := []byte(strings.Repeat("я", 500)) // 1000 bytes
		for range 2 {                               // two in a row are no larger than one
			send(t, c, shared.Message{Opcode: opcode, Payload: payload})
			if got := receive(t, c); len(got.Payload) != 1000 {
				t.Fatalf("%v: %d bytes came back", opcode, len(got.Payload))
			}
		}
		send(t, c, shared.Message{Opcode: opcode, Payload: append(payload, 'x')})
		_, err := c.Receive(within(t, 10*time.Second))
		end := endOf(t, err)
		if end.By != shared.PartyLocal || end.Layer != shared.LayerViolation || end.Code != shared.StatusMessageTooBig ||
			!strings.Contains(end.Reason, "1000") {
			t.Errorf("%v: the end is %v", opcode, end)
		}
		if v, ok := errors.AsType[*shared.Violation](err); !ok || v.Code != shared.StatusMessageTooBig {
			t.Errorf("%v: no violation in %v", opcode, err)
		}
		if err := c.Send(within(t, time.Second), shared.Text("more")); endOf(t, err) != end {
			t.Errorf("%v: Send gave %v", opcode, err)
		}
		if got, want := seen(t, id), fmt.Sprint(int(wire(shared.StatusMessageTooBig)), " ", end.Reason); got != want {
			t.Errorf("%v: the server saw %q, want %q", opcode, got, want)
		}
	}
}

func TestManySenders(t *testing.T) {
	const senders, each = 100, 20
	c := open(t, "/echo", nil)
	var wait sync.WaitGroup
	for i := range senders {
		wait.Go(func() {
			for j := range each {
				text := fmt.Sprintf("%d %d %s", i, j, strings.Repeat("x", i*10))
				if err := c.Send(context.Background(), shared.Text(text)); err != nil {
					t.Errorf("sender %d: %v", i, err)
					return
				}
			}
		})
	}
	var next [senders]int
	for range senders * each {
		var i, j int
		m := receive(t, c)
		if _, err := fmt.Sscan(m.String(), &i, &j); err != nil || next[i] != j {
			t.Fatalf("%.20q came, of sender %d; %d should be next", m, i, next[i])
		}
		if _, tail, _ := strings.Cut(m.String(), "x"); i > 0 && len(tail) != i*10-1 {
			t.Fatalf("a message of sender %d came with %d bytes", i, len(m.Payload))
		}
		next[i]++
	}
	wait.Wait()
}
