// Package feed carries the same feed of messages by polling, long polling, server-sent events and WebSocket, so that
// they can be compared, and passes on what two peers need to say to each other before they have a WebRTC data channel.
//
//	POST /feed                          makes a feed: {"token": "…"}
//	GET  /feed/{token}/publish          WebSocket: each text message, one line, is published
//	GET  /feed/{token}/poll?after=      what there is after a cursor, at once
//	GET  /feed/{token}/longpoll?after=  the same, as soon as there is something
//	GET  /feed/{token}/events?after=    server-sent events, for EventSource
//	GET  /feed/{token}/socket?after=    WebSocket
//	GET  /feed/{token}/signal           WebSocket between two peers
//	GET  /feed/{token}/counts           what each of them has cost
//
// The feed numbers its messages from 1. A cursor is the number of the last message that a client has: 0, or none at
// all, for a client that has nothing. A feed keeps its latest messages only; a client whose cursor is older gets what
// is left. What was never published cannot have been seen: such a cursor is answered with 400. A feed that nobody
// uses is gone after a while, as are all when the server ends: 404 then. Where there are too many feeds, or too many
// clients at one feed, the answer is 503.
//
// Whoever has the token has the feed. Nothing is compressed, on any transport.
package feed

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"example.com/tandem/server"
)

// limits are what the feeds may cost, and how long things take.
type limits struct {
	feeds   int           // at one time
	clients int           // of one feed at one time, the publisher and short requests among them
	idle    time.Duration // after which a feed without clients is gone
	wait    time.Duration // of a long poll for a message
	stall   time.Duration // for the network to take what a request is answered with
	silence time.Duration // in a stream of events before a comment, which keeps proxies from cutting it
}

var usual = limits{feeds: 64, clients: 16, idle: time.Minute, wait: 25 * time.Second, stall: 10 * time.Second, silence: 15 * time.Second}

// feeds are all that there are, by token.
type feeds struct {
	limits limits

	mu     sync.Mutex
	byName map[string]*feed
}

// New returns the services, for /feed and everything below it. WebSockets are accepted with opts, but for compression
// and the limits of their messages; opts may be nil, and is not modified. A page of another origin cannot make a feed.
// The handler may be called by several goroutines.
func New(opts *server.Options) http.Handler {
	return newHandler(opts, usual)
}

func newHandler(opts *server.Options, limits limits) http.Handler {
	var o server.Options
	if opts != nil {
		o = *opts
	}
	o.Compression = nil
	s := &feeds{limits: limits, byName: make(map[string]*feed)}
	mux := http.NewServeMux()
	mux.Handle("POST /feed", http.NewCrossOriginProtection().Handler(http.HandlerFunc(s.create)))
	mux.Handle("GET /feed/{token}/publish", s.visit(publish(o)))
	mux.Handle("GET /feed/{token}/poll", s.visit(byTransport(transportPoll, poll)))
	mux.Handle("GET /feed/{token}/longpoll", s.visit(byTransport(transportLongPoll, s.longPoll)))
	mux.Handle("GET /feed/{token}/events", s.visit(byTransport(transportEvents, s.events)))
	mux.Handle("GET /feed/{token}/socket", s.visit(byTransport(transportSocket, socket(o))))
	mux.Handle("GET /feed/{token}/signal", s.visit(byTransport(transportSignal, signal(o))))
	mux.Handle("GET /feed/{token}/counts", s.visit(counts))
	return mux
}

// create makes a feed and gives its token.
func (s *feeds) create(w http.ResponseWriter, r *http.Request) {
	token := rand.Text()
	s.mu.Lock()
	full := len(s.byName) >= s.limits.feeds
	if !full {
		f := &feed{left: time.Now()}
		f.expiry = time.AfterFunc(s.limits.idle, func() { s.expire(token) })
		s.byName[token] = f
	}
	s.mu.Unlock()
	if full {
		unavailable(w, "there are "+strconv.Itoa(s.limits.feeds)+" feeds already; one that is not used ends after "+s.limits.idle.String())
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", "/feed/"+token)
	answer(w, http.StatusCreated, struct {
		Token string `json:"token"`
	}{token})
}

// A handler serves one client of a feed.
type handler func(w http.ResponseWriter, r *http.Request, f *feed)

// visit finds the feed of a request and keeps it for as long as the request lasts.
func (s *feeds) visit(fn handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.PathValue("token")
		s.mu.Lock()
		f := s.byName[token]
		full := f != nil && f.clients >= s.limits.clients
		if f != nil && !full {
			f.clients++
			f.expiry.Stop()
		}
		s.mu.Unlock()
		switch {
		case f == nil:
			http.Error(w, "there is no such feed: nobody used it for a while, or the server was started again", http.StatusNotFound)
			return
		case full:
			unavailable(w, "the feed has "+strconv.Itoa(s.limits.clients)+" clients already")
			return
		}
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if f.clients--; f.clients == 0 {
				f.left = time.Now()
				f.expiry.Reset(s.limits.idle)
			}
		}()
		fn(w, r, f)
	})
}

// expire forgets a feed, unless somebody was there since its timer was set.
func (s *feeds) expire(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.byName[token]; f != nil && f.clients == 0 && time.Since(f.left) >= s.limits.idle {
		delete(s.byName, token)
	}
}

func unavailable(w http.ResponseWriter, problem string) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, problem, http.StatusServiceUnavailable)
}

// answer writes a value as JSON.
func answer(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings and numbers: it cannot happen
	}
	header := w.Header()
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(body) // an error means that the client has gone
}
