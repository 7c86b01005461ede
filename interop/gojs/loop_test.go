package gojs

import (
	"container/heap"
	"context"
	"testing"
	"time"
)

func TestTimersDueTogetherRunInTheOrderTheyWereSet(t *testing.T) {
	var ts timers
	for _, seq := range []int{3, 1, 4, 2} {
		heap.Push(&ts, &timer{due: time.Second, seq: seq})
	}
	for want := 1; want <= 4; want++ {
		if got := heap.Pop(&ts).(*timer).seq; got != want {
			t.Errorf("timer %d came, want %d", got, want)
		}
	}
}

// A timer can be cleared when its task is already queued behind another.
func TestClearATimerThatIsQueued(t *testing.T) {
	l := newLoop()
	ran := false
	late := l.after(0, func() { ran = true })
	l.fireTimers()
	l.clear(late)
	task, ok, err := l.next(context.Background())
	if !ok || err != nil {
		t.Fatalf("no task: %v", err)
	}
	if task(); ran {
		t.Error("the cleared timer ran")
	}
	if _, ok, _ := l.next(context.Background()); ok {
		t.Error("there is a second task")
	}
}
