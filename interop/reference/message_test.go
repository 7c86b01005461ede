package reference

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// sample returns a message of n bytes; a text has code points of every length.
func sample(op shared.Opcode, n int) shared.Message {
	if op == shared.OpcodeText {
		const letters = "aé€😀" // 10 bytes
		return shared.Text(strings.Repeat(letters, n/len(letters)) + strings.Repeat("x", n%len(letters)))
	}
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(p)
	return shared.Binary(p)
}

func same(a, b shared.Message) bool { return a.Opcode == b.Opcode && bytes.Equal(a.Payload, b.Payload) }

// describe keeps a long message out of the log.
func describe(m shared.Message) string {
	return fmt.Sprintf("%d bytes of %s", len(m.Payload), m.Opcode)
}

// pass sends a message from one end to the other and fails unless it arrives as it was.
func pass(t *testing.T, from, to end, m shared.Message) {
	t.Helper()
	ctx := within(t, 10*time.Second)
	sent := make(chan error, 1)
	go func() { sent <- from.Send(ctx, m) }()
	got, err := to.Receive(ctx)
	if err != nil {
		t.Fatalf("%s: %v", describe(m), err)
	}
	if !same(got, m) {
		t.Fatalf("received %s, not the %s that were sent", describe(got), describe(m))
	}
	if err := <-sent; err != nil {
		t.Fatalf("sending %s: %v", describe(m), err)
	}
}

func TestSection5_6_MessagesOfEverySize(t *testing.T) {
	eachWay(t, settings{}, func(t *testing.T, from, to end) {
		for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 16 << 20} {
			for _, op := range []shared.Opcode{shared.OpcodeText, shared.OpcodeBinary} {
				pass(t, from, to, sample(op, n))
			}
		}
	})
}

func TestSection5_4_Fragments(t *testing.T) {
	for _, pieces := range [][]int{{}, {0}, {1}, {1, 1, 1}, {0, 3, 0, 4, 0}, {4095, 4097, 1}, {100_000}, {13, 65536, 300_001}} {
		for _, op := range []shared.Opcode{shared.OpcodeText, shared.OpcodeBinary} {
			t.Run(fmt.Sprint(op, " ", pieces), func(t *testing.T) {
				eachWay(t, settings{}, func(t *testing.T, from, to end) { passFragments(t, from, to, op, pieces) })
			})
		}
	}
}

// passFragments writes a message in pieces, which cut code points where they like, reads it as a stream, and once more as
// a whole.
func passFragments(t *testing.T, from, to end, op shared.Opcode, pieces []int) {
	ctx := within(t, 10*time.Second)
	total := 0
	for _, n := range pieces {
		total += n
	}
	want := sample(op, total)
	sent := make(chan error, 1)
	go func() {
		err := writePieces(ctx, from, want, pieces)
		if err == nil {
			err = writePieces(ctx, from, want, pieces)
		}
		sent <- err
	}()

	gotOp, r, err := to.NextReader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := (shared.Message{Opcode: gotOp, Payload: p}); !same(got, want) {
		t.Errorf("read %s, not the %s that were sent", describe(got), describe(want))
	}
	got, err := to.Receive(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !same(got, want) {
		t.Errorf("received %s, not the %s that were sent", describe(got), describe(want))
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

func writePieces(ctx context.Context, e end, m shared.Message, pieces []int) error {
	w, err := e.NextWriter(ctx, m.Opcode)
	if err != nil {
		return err
	}
	p := m.Payload
	for _, n := range pieces {
		if _, err := w.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return w.Close()
}

func TestSection5_5_2_Ping(t *testing.T) {
	eachWay(t, settings{}, func(t *testing.T, from, to end) {
		ctx := within(t, 10*time.Second)
		received := make(chan error, 2)
		receive := func(e end, want string) {
			m, err := e.Receive(ctx)
			if err == nil && m.String() != want {
				err = fmt.Errorf("received %q, want %q", m, want)
			}
			received <- err
		}
		go receive(from, "to") // the reference needs a reader on the end that pings
		go receive(to, "from")
		for i := range 3 {
			if err := from.Ping(ctx); err != nil {
				t.Fatalf("Ping %d: %v", i, err)
			}
		}
		// Neither receiver has noticed.
		from.Send(ctx, shared.Text("from"))
		to.Send(ctx, shared.Text("to"))
		for range 2 {
			if err := <-received; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestSection5_5_2_PingWhileNobodyReceivesHere(t *testing.T) {
	eachPair(t, settings{}, func(t *testing.T, c connection) {
		ctx := within(t, 10*time.Second)
		go c.reference.Receive(ctx)
		if err := c.ours.Ping(ctx); err != nil {
			t.Error(err)
		}
	})
}

// Messages of several senders do not mix, not even those that leave in fragments, and each sender's keep their order.
func TestConcurrentSenders(t *testing.T) {
	const senders, each = 16, 30
	size := func(sender int) int {
		if sender == senders-1 {
			return 300_000 // more than Limits.Outgoing: in fragments
		}
		return 2 + sender*2000
	}
	eachWay(t, settings{}, func(t *testing.T, from, to end) {
		ctx := within(t, 10*time.Second)
		sent := make(chan error, senders)
		for s := range senders {
			go func() {
				for i := range each {
					m := sample(shared.OpcodeBinary, size(s))
					m.Payload[0], m.Payload[1] = byte(s), byte(i)
					if err := from.Send(ctx, m); err != nil {
						sent <- fmt.Errorf("sender %d: %w", s, err)
						return
					}
				}
				sent <- nil
			}()
		}
		var next [senders]byte
		for range senders * each {
			m, err := to.Receive(ctx)
			if err != nil {
				t.Fatal(err)
			}
			s, i := m.Payload[0], m.Payload[1]
			want := sample(shared.OpcodeBinary, size(int(s)))
			if i != next[s] || !bytes.Equal(m.Payload[2:], want.Payload[2:]) {
				t.Fatalf("sender %d: message %d of %d bytes, want %d of %d bytes", s, i, len(m.Payload), next[s], len(want.Payload))
			}
			next[s]++
		}
		for range senders {
			if err := <-sent; err != nil {
				t.Error(err)
			}
		}
	})
}
