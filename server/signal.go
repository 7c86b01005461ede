package server

import (
	"context"
	"sync"
)

// A signal is a condition variable that a context can interrupt. It costs nothing while nobody waits. Its lock is the
// one that guards the condition.
type signal struct{ changed chan struct{} }

// wait releases mu until wake is called, or reports false when ctx ends first. mu is held when it is called and when it
// returns.
func (s *signal) wait(ctx context.Context, mu *sync.Mutex) (woken bool) {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	changed := s.changed
	mu.Unlock()
	defer mu.Lock()
	select {
	case <-changed:
		return true
	case <-ctx.Done():
		return false
	}
}

// wake has all that wait look again.
func (s *signal) wake() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}
