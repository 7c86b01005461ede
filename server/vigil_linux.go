package server

import (
	"sync"
	"sync/atomic"
	"time"
)

// A vigil keeps the runtime's monitor from sleeping for long. The monitor makes a handler that computes share the processor with
// others. When all is idle it sleeps, until a system call that the scheduler is told of, or until the next timer that it knows of.
// The calls that a message needs are not told (see kernel_linux.go): to wake the monitor for each costs a server with little to do
// a third of its processor. So the poller tells of its first look after a while, and from then on, for as long as there are
// events, a timer is always about to expire.
type vigil struct {
	kept  atomic.Bool
	timer *time.Timer // nil before the first event
	again bool        // there were events since it was started
}

// vigilance is how long the monitor may sleep, which is as long as a goroutine may run before others have their turn.
const vigilance = 10 * time.Millisecond

// keep is called when there are events, with the lock that guards the vigil.
func (v *vigil) keep(mu *sync.Mutex) {
	switch v.again = true; {
	case v.kept.Load():
		return
	case v.timer == nil:
		v.timer = time.AfterFunc(vigilance, func() {
			mu.Lock()
			defer mu.Unlock()
			v.expire()
		})
	default:
		v.timer.Reset(vigilance)
	}
	v.kept.Store(true)
}

// expire goes on if there were events.
func (v *vigil) expire() {
	if v.again {
		v.timer.Reset(vigilance)
	} else {
		v.kept.Store(false)
	}
	v.again = false
}
