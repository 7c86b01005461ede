package main

import (
	"sync"
	"time"
)

const (
	warmUp          = 200     // connections, before anything is weighed
	heapSlack       = 4 << 20 // what the heap may grow by without being a leak
	slackConnection = 1 << 10 // and for each connection that was open at a time: the runtime keeps goroutines' remains
	warmUpIDs       = 1 << 40 // the numbers of these connections
)

// run soaks.
func run(s settings) (*tally, error) {
	h, err := newHub()
	if err != nil {
		return nil, err
	}
	defer h.close()
	t := newTally(s)

	quick := s
	quick.connections, quick.length, quick.pause = min(s.connections, warmUp), 0, s.pause/20
	warm := newTally(quick)
	h.soak(quick, warm, warmUpIDs)
	t.faults = warm.faults
	t.before = rest(weight{}, time.Second)
	t.most = t.before

	watched := make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(watched)
		for tick := time.NewTicker(time.Second / 2); ; {
			select {
			case <-tick.C:
				t.most.raiseTo(weigh())
			case <-over:
				tick.Stop()
				return
			}
		}
	}()
	begun := time.Now()
	h.soak(s, t, 0)
	t.took = time.Since(begun)
	close(over)
	<-watched

	bound := t.before
	bound.heap += heapSlack + slackConnection*uint64(s.connections)
	if t.after = rest(bound, 15*time.Second); !t.after.isWithin(bound) {
		t.fault("something has leaked: " + t.after.String() + "; before it was " + t.before.String())
	}
	if err := h.shutdown(); err != nil {
		t.fault(err.Error())
	}
	return t, nil
}

// soak keeps so many connections open for so long, and then waits for their ends.
func (h *hub) soak(s settings, t *tally, first uint64) {
	stop := make(chan struct{})
	timer := time.AfterFunc(s.length, func() { close(stop) })
	defer timer.Stop()
	var all sync.WaitGroup
	for slot := range uint64(s.connections) {
		all.Go(func() {
			for id := first + slot; ; id += uint64(s.connections) {
				p := makePlan(s, id)
				h.hold(newTalk(p, t, stop))
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	all.Wait()
}
