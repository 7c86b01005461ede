package server

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// TestTurn has ten wait for a turn, every third give up, and the rest get it in the order in which they came.
func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o outgoing
		o.mu.Lock()
		if err := o.takeTurn(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.mu.Unlock()
		impatient, giveUp := context.WithCancel(t.Context())
		var got []int
		gaveUp := 0
		for i := range 10 {
			ctx := t.Context()
			if i%3 == 0 {
				ctx = impatient
			}
			go func() {
				o.mu.Lock()
				defer o.mu.Unlock()
				if err := o.takeTurn(ctx); err == nil {
					got = append(got, i)
					o.freeTurn()
				} else if errors.Is(err, context.Canceled) {
					gaveUp++
				}
			}()
			synctest.Wait()
		}
		giveUp()
		synctest.Wait()
		if len(got) != 0 || gaveUp != 4 {
			t.Errorf("%v got a turn that was taken, %d gave up", got, gaveUp)
		}
		o.mu.Lock()
		o.freeTurn()
		o.mu.Unlock()
		synctest.Wait()
		if want := []int{1, 2, 4, 5, 7, 8}; len(got) != len(want) || got[0] != 1 || got[5] != 8 {
			t.Errorf("the turn went to %v, want %v", got, want)
		}
		if o.turn != turnFree || o.queue != nil {
			t.Error("the turn is still taken")
		}
	})
}

// TestTurnThatComesTooLate passes the turn and ends the context at once: whichever is seen first, the turn is not lost.
func TestTurnThatComesTooLate(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			var o outgoing
			o.turn = turnTaken
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				o.mu.Lock()
				defer o.mu.Unlock()
				if o.takeTurn(ctx) == nil {
					o.freeTurn()
				}
			}()
			synctest.Wait()
			o.mu.Lock()
			cancel()
			o.freeTurn()
			o.mu.Unlock()
			synctest.Wait()
			if o.turn != turnFree {
				t.Fatal("the turn was lost")
			}
		})
	}
}
