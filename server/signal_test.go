package server

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
)

func TestSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			mu    sync.Mutex
			s     signal
			woken int
			open  bool
		)
		ctx, cancel := context.WithCancel(t.Context())
		s.wake() // nobody waits
		for range 3 {
			go func() {
				mu.Lock()
				defer mu.Unlock()
				for !open {
					s.wait(context.Background(), &mu)
				}
				woken++
			}()
		}
		interrupted := false
		go func() {
			mu.Lock()
			defer mu.Unlock()
			interrupted = !s.wait(ctx, &mu)
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		mu.Lock()
		if !interrupted || woken != 0 {
			t.Errorf("after the context ended: interrupted %v, %d woken", interrupted, woken)
		}
		open = true
		s.wake()
		mu.Unlock()
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if woken != 3 {
			t.Errorf("%d of 3 woken", woken)
		}
	})
}
