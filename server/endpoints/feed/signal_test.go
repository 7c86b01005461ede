package feed

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/tandem/shared"
)

func TestSignal(t *testing.T) {
	s := start(t, nil)
	path := s.create() + "/signal"
	one, two := s.dial(path), s.dial(path)
	expect(t, one, `{"peers":2}`)
	expect(t, two, `{"peers":2}`)
	for i := range 5 {
		for _, m := range []shared.Message{shared.Text("offer " + strconv.Itoa(i)), shared.Text(strings.Repeat("a", maxSignal))} {
			if err := one.Send(within(t), m); err != nil {
				t.Fatal(err)
			}
			expect(t, two, m.String())
		}
		if err := two.Send(within(t), shared.Text("answer")); err != nil {
			t.Fatal(err)
		}
		expect(t, one, "answer")
	}
	third := s.dial(path)
	expectClose(t, third, shared.StatusTryAgainLater, "two peers")
	if err := one.Close(shared.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	expectClose(t, two, shared.StatusGoingAway, "other peer")
	// The next two meet at the same place.
	one, two = s.dial(path), s.dial(path)
	expect(t, one, `{"peers":2}`)
	expect(t, two, `{"peers":2}`)
}

func TestSignalIsBounded(t *testing.T) {
	s := start(t, nil)
	path := s.create() + "/signal"
	alone := s.dial(path)
	alone.Send(within(t), shared.Text("offer"))
	expectClose(t, alone, shared.StatusPolicyViolation, "not here yet")

	long, other := s.dial(path), s.dial(path)
	expect(t, long, `{"peers":2}`)
	long.Send(within(t), shared.Text(strings.Repeat("a", maxSignal+1)))
	expectClose(t, long, shared.StatusMessageTooBig, "")
	expectClose(t, other, shared.StatusGoingAway, "other peer")

	chatty, other := s.dial(path), s.dial(path)
	expect(t, chatty, `{"peers":2}`)
	expect(t, other, `{"peers":2}`)
	for range maxSignals {
		chatty.Send(within(t), shared.Text("candidate"))
		expect(t, other, "candidate")
	}
	expectClose(t, chatty, shared.StatusPolicyViolation, "too many")
}

// Of two peers that come at the same moment one finds the other there, and tells both.
func TestSignalTogether(t *testing.T) {
	for range 20_000 {
		var m meeting
		var found atomic.Int32
		var joining sync.WaitGroup
		m.mu.Lock() // both wait for it
		for range 2 {
			joining.Go(func() {
				if other, _ := m.join(new(peer)); other != nil {
					found.Add(1)
				}
			})
		}
		time.Sleep(time.Microsecond)
		m.mu.Unlock()
		joining.Wait()
		if found.Load() != 1 {
			t.Fatalf("%d of two find the other there", found.Load())
		}
	}
}
