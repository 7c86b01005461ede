package client

import (
	"errors"
	"os"
	"strings"
	"syscall/js"
	"testing"

	"example.com/tandem/shared"
)

func TestQueue(t *testing.T) {
	var q queue
	put, taken := 0, 0
	for round := range 200 {
		for range round%7 + 1 {
			if !q.put(incoming{size: put}) {
				t.Fatalf("message %d was refused", put)
			}
			put++
		}
		for range round % 6 {
			if m, ok := q.next(); !ok || m.size != taken {
				t.Fatalf("message %d is %d, %v", taken, m.size, ok)
			}
			taken++
		}
		if len(q.messages) > 3*(put-taken)+8 {
			t.Fatalf("%d places for %d messages", len(q.messages), put-taken)
		}
	}
	for ; taken < put; taken++ {
		if m, ok := q.next(); !ok || m.size != taken {
			t.Fatalf("message %d is %d, %v", taken, m.size, ok)
		}
	}
	if _, ok := q.next(); ok || q.bytes != 0 {
		t.Errorf("an empty queue holds %d bytes", q.bytes)
	}
}

func TestQueueBounds(t *testing.T) {
	var q queue
	if !q.put(incoming{size: QueueBytes + 1}) {
		t.Error("a first message was refused for its size")
	}
	if q.put(incoming{size: 0}) {
		t.Error("there was room beyond QueueBytes")
	}
	q.next()
	for range QueueMessages {
		if !q.put(incoming{size: QueueBytes / QueueMessages}) {
			t.Fatal("a message was refused within the bounds")
		}
	}
	if q.put(incoming{}) {
		t.Error("there was room beyond QueueMessages")
	}
	q.next()
	if !q.put(incoming{}) {
		t.Error("there was no room after a message was taken")
	}
}

// What was queued is received before the error says that the queue was full.
func TestQueueFull(t *testing.T) {
	s := fake(t)
	c := openFake(t, s, nil)
	message := map[string]any{"data": strings.Repeat("x", 1<<20)}
	for range QueueBytes>>20 + 1 {
		s.fire("message", message)
	}
	<-c.Context().Done()
	end := c.End()
	if !isEnd(end, shared.PartyLocal, shared.LayerViolation, shared.StatusPolicyViolation, "receive queue full") {
		t.Fatalf("the end is %v", end)
	}
	if len(s.closes) != 1 || s.closes[0][0].Int() != 4008 || s.closes[0][1].String() != "receive queue full" {
		t.Errorf("close was called with %v", s.closes)
	}
	var b []byte
	var err error
	for i := range QueueBytes >> 20 {
		if _, b, err = c.ReceiveAppend(soon(t), b[:0]); err != nil || len(b) != 1<<20 {
			t.Fatalf("message %d: %d bytes, %v", i, len(b), err)
		}
	}
	if _, err := c.Receive(soon(t)); !errors.Is(err, end) {
		t.Errorf("Receive gave %v", err)
	}
}

// The same with a real server, which pushes more messages than are queued.
func TestQueueFullOfSmall(t *testing.T) {
	c, err := Open(soon(t), os.Getenv("TANDEM_TEST_URL")+"/push?n=66000&size=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	<-c.Context().Done()
	ctx := soon(t)
	n := 0
	for ; ; n++ {
		if _, _, err = c.ReceiveAppend(ctx, nil); err != nil {
			break
		}
	}
	if end, _ := errors.AsType[*shared.EndError](err); n != QueueMessages || end == nil || end.Code != shared.StatusPolicyViolation {
		t.Errorf("after %d messages: %v", n, err)
	}
}

func TestIncoming(t *testing.T) {
	array := global.Get("ArrayBuffer").New(3)
	for _, test := range []struct {
		data js.Value
		want incoming
	}{
		{js.ValueOf("ä👋"), incoming{opcode: shared.OpcodeText, size: 6}},
		{js.ValueOf(""), incoming{opcode: shared.OpcodeText}},
		{array, incoming{opcode: shared.OpcodeBinary, size: 3}},
	} {
		m := newIncoming(test.data)
		if m.opcode != test.want.opcode || m.size != test.want.size || m.bytes.Length() != m.size {
			t.Errorf("%v became %v of %d bytes", test.data, m.opcode, m.size)
		}
	}
}
