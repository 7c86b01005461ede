package gojs

import (
	"container/heap"
	"context"
	"fmt"
	"sort"
	"sync"
	"time"
)

// loop is the event loop: tasks in order, timers, microtasks. One goroutine turns it; others only post to it.
type loop struct {
	mu      sync.Mutex
	tasks   []func()
	holds   map[*hold]struct{}
	outside sync.WaitGroup // as many as holds
	posted  chan struct{}  // has room for one: something was posted

	microtasks []func()
	timers     timers
	timerCount int
	start      time.Time
}

// A hold is work outside of the loop (a connection, a dial) that may still post to it.
type hold struct{ what string }

func newLoop() *loop {
	return &loop{holds: make(map[*hold]struct{}), posted: make(chan struct{}, 1), start: time.Now()}
}

// now is the time since the loop's start, on the one clock that timers and the program's nanotime share: a timer that
// fires is never early for the program.
func (l *loop) now() time.Duration { return time.Since(l.start) }

// post queues a task. Any goroutine may call it.
func (l *loop) post(task func()) {
	l.mu.Lock()
	l.tasks = append(l.tasks, task)
	l.mu.Unlock()
	l.wake()
}

func (l *loop) wake() {
	select {
	case l.posted <- struct{}{}:
	default:
	}
}

// hold keeps the loop from being idle until the returned function is called, from any goroutine.
func (l *loop) hold(what string) (release func()) {
	h := &hold{what}
	l.mu.Lock()
	l.holds[h] = struct{}{}
	l.mu.Unlock()
	l.outside.Add(1)
	return func() {
		l.mu.Lock()
		delete(l.holds, h)
		l.mu.Unlock()
		l.wake()
		l.outside.Done()
	}
}

func (l *loop) microtask(task func()) { l.microtasks = append(l.microtasks, task) }

// next takes the next task. Without one it waits; ok is false when none can come any more, err is the context's.
func (l *loop) next(ctx context.Context) (task func(), ok bool, err error) {
	for {
		l.fireTimers()
		l.mu.Lock()
		if len(l.tasks) > 0 {
			task, l.tasks[0] = l.tasks[0], nil
			l.tasks = l.tasks[1:]
			l.mu.Unlock()
			return task, true, context.Cause(ctx)
		}
		idle := len(l.holds) == 0 && len(l.timers) == 0
		l.mu.Unlock()
		if idle {
			return nil, false, context.Cause(ctx)
		}
		var due <-chan time.Time
		if len(l.timers) > 0 {
			due = time.After(l.timers[0].due - l.now())
		}
		select {
		case <-l.posted:
		case <-due:
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		}
	}
}

// waiting lists what could still bring the loop a task.
func (l *loop) waiting() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []string
	for h := range l.holds {
		list = append(list, h.what)
	}
	sort.Strings(list)
	for _, t := range l.timers {
		list = append(list, fmt.Sprintf("timer due in %v", (t.due-l.now()).Round(time.Millisecond)))
	}
	return list
}

type timer struct {
	due     time.Duration
	seq     int
	run     func()
	place   int // in the heap, -1 outside of it
	cleared bool
}

// after runs the task once the delay has passed; timers due at the same time run in the order they were set.
func (l *loop) after(delay time.Duration, run func()) *timer {
	l.timerCount++
	t := &timer{due: l.now() + max(0, delay), seq: l.timerCount, run: run}
	heap.Push(&l.timers, t)
	return t
}

// clear keeps the timer from running, even when its task is already queued.
func (l *loop) clear(t *timer) {
	t.cleared = true
	if t.place >= 0 {
		heap.Remove(&l.timers, t.place)
	}
}

// fireTimers queues the timers that are due behind the tasks already there, so that neither starves the other.
func (l *loop) fireTimers() {
	for now := l.now(); len(l.timers) > 0 && l.timers[0].due <= now; {
		t := heap.Pop(&l.timers).(*timer)
		l.post(func() {
			if !t.cleared {
				t.run()
			}
		})
	}
}

// timers is a heap by due time.
type timers []*timer

func (ts timers) Len() int { return len(ts) }
func (ts timers) Less(i, j int) bool {
	if ts[i].due != ts[j].due {
		return ts[i].due < ts[j].due
	}
	return ts[i].seq < ts[j].seq
}
func (ts timers) Swap(i, j int) {
	ts[i], ts[j] = ts[j], ts[i]
	ts[i].place, ts[j].place = i, j
}
func (ts *timers) Push(x any) {
	t := x.(*timer)
	t.place = len(*ts)
	*ts = append(*ts, t)
}
func (ts *timers) Pop() any {
	last := len(*ts) - 1
	t := (*ts)[last]
	(*ts)[last] = nil
	*ts = (*ts)[:last]
	t.place = -1
	return t
}
