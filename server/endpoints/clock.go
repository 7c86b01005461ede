package endpoints

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// What interval may be, and what it is when the query does not say.
const (
	minInterval     = 20 * time.Millisecond
	maxInterval     = time.Minute
	defaultInterval = time.Second
)

// A tick is what the clock sends, as JSON.
type tick struct {
	Tick int       `json:"tick"` // counts from 1
	Time time.Time `json:"time"`
}

// newClock returns a clock that ticks at once and then at each interval of the query, such as "250ms". What the client
// sends is ignored.
func newClock(opts server.Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		interval, err := parseInterval(r.URL.Query().Get("interval"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		server.Handler(func(ctx context.Context, c *server.Conn) error {
			return clock(ctx, c, interval)
		}, &opts).ServeHTTP(w, r)
	})
}

func parseInterval(s string) (time.Duration, error) {
	if s == "" {
		return defaultInterval, nil
	}
	interval, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("interval: %+q is not a duration such as 250ms or 2s", s)
	}
	if interval < minInterval || interval > maxInterval {
		return 0, fmt.Errorf("interval: %s is not within %s and %s", interval, minInterval, maxInterval)
	}
	return interval, nil
}

// clock ticks until the connection ends. Somebody has to read meanwhile: that is how Ping and Close are seen.
func clock(ctx context.Context, c *server.Conn, interval time.Duration) error {
	ctx, stop := context.WithCancel(ctx)
	var ticking sync.WaitGroup
	ticking.Go(func() { keepTicking(ctx, c, interval) })
	defer ticking.Wait()
	defer stop()
	for {
		// What the reader is not asked for is discarded, so a message costs no memory.
		if _, _, err := c.NextReader(ctx); err != nil {
			return err
		}
	}
}

// keepTicking sends the time until it cannot. Ticks that a slow client has no room for are left out.
func keepTicking(ctx context.Context, c *server.Conn, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for n := 1; ; n++ {
		message, err := json.Marshal(tick{n, time.Now().UTC()})
		if err != nil || c.Send(ctx, shared.Message{Opcode: shared.OpcodeText, Payload: message}) != nil {
			return // the connection is closing: the receiver gets to know why
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
