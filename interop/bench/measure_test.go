package main

import (
	"context"
	"testing"
	"time"
)

// An endingContext ends when it has been asked so many times.
type endingContext struct {
	context.Context
	asked int
}

func (c *endingContext) Err() error {
	if c.asked--; c.asked < 0 {
		return context.Canceled
	}
	return nil
}

// TestAnInterruptEndsAfterTheTurn, which fails here, of the interrupt perhaps: that is no failure to be told.
func TestAnInterruptEndsAfterTheTurn(t *testing.T) {
	p := plan{rounds: 2, length: time.Millisecond, scenarios: []scenario{saturation, pacedOf(false)},
		programs: programs{servers: []server{{name: "broken", command: []string{"go", "no-such-command"}}}}}
	for _, test := range []struct{ asked, begun, failures int }{
		{0, 0, 0},
		{1, 1, 0}, // before the turn
		{2, 1, 0}, // in the turn
		{3, 1, 1}, // when it has failed
		{4, 1, 1}, // before the next, which is not tried
		{5, 2, 1},
	} {
		r := measure(&endingContext{t.Context(), test.asked}, p)
		if r.begun != test.begun || len(r.failures) != test.failures {
			t.Errorf("asked %d times: %d scenarios begun, %d failures", test.asked, r.begun, len(r.failures))
		}
	}
}
