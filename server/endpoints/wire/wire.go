// Package wire shows a page the frames of its own connections as the server saw them, and plays connections that no
// browser would: broken rules, torn handshakes, every way to end.
//
//	GET  /tapes/{token}/events  server-sent events: what happens on the connections opened with ?wire={token}
//	POST /compositions          plays a Composition and answers with what both ends saw, an Answer
//
// A token is made by the page: 22 to 64 letters, digits, "-" and "_" that nobody can guess. Whoever has it sees the
// frames, and nobody else does. What belongs to a token is a tape: the latest events, up to a bound. It is made by the
// first connection or listener that names the token, and is gone a while after the last one left.
//
// A listener gets batches of events as JSON, each with an id to go on from after an interruption. A page that is too
// slow for them, or was away too long, is told how many it lost: connections never wait for it.
package wire

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// limits are what the tapes and the compositions may cost, and how long things take.
type limits struct {
	tapes     int           // at one time
	listeners int           // of one tape at one time
	events    int           // kept on a tape
	bytes     int           // of frames kept on a tape
	batch     int           // events sent together, at most
	pace      time.Duration // between two batches
	silence   time.Duration // on a stream before a comment, which keeps proxies from cutting it
	stall     time.Duration // for the network to take a batch
	idle      time.Duration // after which a tape without connections and listeners is gone

	compositions int           // played at one time
	patience     time.Duration // for the other end to do something more
	playing      time.Duration // in all
}

var usual = limits{tapes: 64, listeners: 4, events: 4096, bytes: 1 << 20, batch: 1024, pace: 50 * time.Millisecond,
	silence: 15 * time.Second, stall: 10 * time.Second, idle: time.Minute,
	compositions: 4, patience: 400 * time.Millisecond, playing: 8 * time.Second}

// Tapes are what happens on the connections of all pages, by token, and the services that show it. Their methods may be
// called by several goroutines.
type Tapes struct {
	limits limits
	mux    *http.ServeMux

	mu      sync.Mutex
	byToken map[string]*tape
}

// New returns tapes on which nothing is yet.
func New() *Tapes { return newTapes(usual) }

func newTapes(l limits) *Tapes {
	t := &Tapes{limits: l, mux: http.NewServeMux(), byToken: make(map[string]*tape)}
	t.mux.HandleFunc("GET /tapes/{token}/events", t.events)
	t.mux.Handle("POST /compositions", http.NewCrossOriginProtection().Handler(newComposer(l)))
	return t
}

// ServeHTTP serves both. A page of another origin cannot have anything composed.
func (t *Tapes) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.mux.ServeHTTP(w, r) }

var tokens = regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`)

// take finds or makes the tape of a token for a user, who gives it back with leave. It is nil if the token is none, or
// when there are too many tapes.
func (t *Tapes) take(token string) *tape {
	if !tokens.MatchString(token) {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.byToken[token]
	if found == nil {
		if len(t.byToken) >= t.limits.tapes {
			return nil
		}
		found = newTape(rand.Text(), t.limits)
		found.expiry = time.AfterFunc(t.limits.idle, func() { t.expire(token, found) })
		t.byToken[token] = found
	}
	found.users++
	found.expiry.Stop()
	return found
}

// leave gives a tape back.
func (t *Tapes) leave(used *tape) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if used.users--; used.users == 0 {
		used.left = time.Now()
		used.expiry.Reset(t.limits.idle)
	}
}

// expire forgets a tape, unless somebody took it since its timer was set.
func (t *Tapes) expire(token string, idle *tape) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if idle.users == 0 && time.Since(idle.left) >= t.limits.idle {
		delete(t.byToken, token)
	}
}

func unavailable(w http.ResponseWriter, n int, problem string) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, "there are "+strconv.Itoa(n)+" "+problem+" already", http.StatusServiceUnavailable)
}
