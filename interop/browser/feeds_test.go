package browser

import (
	"context"
	"net/http"
	"path"
	"sync"
	"testing"

	"example.com/tandem/server/endpoints/feed"
)

// Feeds that can be watched and disturbed.
type feeds struct {
	mu      sync.Mutex
	handler http.Handler
	serving map[string]int // requests by service
	most    map[string]int // at one time
	resumed []string       // the last events that an EventSource had when it came again
	cut     int            // bytes after which the first stream of events is cut; 0: it is not
}

func (f *feeds) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handler = feed.New(nil)
}

func (f *feeds) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service := path.Base(r.URL.Path)
	f.mu.Lock()
	handler := f.handler
	f.serving[service]++
	f.most[service] = max(f.most[service], f.serving[service])
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		f.resumed = append(f.resumed, last)
	}
	cut := f.cut
	if service == "events" {
		f.cut = 0
	}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.serving[service]--
	}()
	if service == "events" && cut > 0 {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		handler.ServeHTTP(&cutting{w, cut, cancel}, r.WithContext(ctx))
		panic(http.ErrAbortHandler) // in the middle of the body
	}
	handler.ServeHTTP(w, r)
}

// A cutting is the writer of a response that is to end after some bytes.
type cutting struct {
	http.ResponseWriter
	left int
	end  func()
}

func (c *cutting) Write(b []byte) (int, error) {
	if c.left -= len(b); c.left < 0 {
		c.end()
	}
	return c.ResponseWriter.Write(b)
}

func (c *cutting) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// lasting is the number of requests that last.
func (f *feeds) lasting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.serving["longpoll"] + f.serving["events"]
}

// waiting is the number of requests that last, WebSockets among them.
func (f *feeds) waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.serving["longpoll"] + f.serving["events"] + f.serving["socket"] + f.serving["signal"] + f.serving["publish"]
}

func newFeedSite(t *testing.T) (*site, *feeds) {
	t.Helper()
	f := &feeds{serving: make(map[string]int), most: make(map[string]int)}
	f.forget()
	return newSite(t, map[string]http.Handler{"/feed": f, "/feed/": f}), f
}

// newSecureFeedSite is newFeedSite over TLS.
func newSecureFeedSite(t *testing.T) (*site, *feeds) {
	t.Helper()
	s, f := newFeedSite(t)
	must(t, s.overTLS())
	return s, f
}
