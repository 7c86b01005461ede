package conform

import (
	"fmt"
	"time"
)

// bounded calls f, and says what is wrong when it panics, or does not return within the limit and is left behind.
func bounded(limit time.Duration, f func()) (problem string) {
	done := make(chan string, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Sprintf("panics: %v", r)
			}
			close(done)
		}()
		f()
	}()
	select {
	case problem = <-done:
		return problem
	case <-time.After(limit):
		return "does not return after the case, within " + limit.String()
	}
}
