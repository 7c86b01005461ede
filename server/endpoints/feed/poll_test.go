package feed

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestPoll(t *testing.T) {
	s := start(t, nil)
	path := s.create()
	s.publish(path, `a "quoted" <b>`, "", "c")
	for _, test := range []struct {
		query, match string
		status       int
		body         string
	}{
		{"", "", 200, `{"next":3,"lost":0,"messages":["a \"quoted\" \u003cb\u003e","","c"]}`},
		{"?after=2", "", 200, `{"next":3,"lost":0,"messages":["c"]}`},
		{"?after=3", "", 200, `{"next":3,"lost":0,"messages":[]}`},
		{"?after=3", `"3"`, 304, ""},
		{"?after=3", `W/"3"`, 304, ""},
		{"?after=3", `"1", "3"`, 304, ""},
		{"?after=3", "*", 304, ""},
		{"?after=3", `"2"`, 200, `{"next":3,"lost":0,"messages":[]}`},
		{"?after=2", `"2"`, 200, `{"next":3,"lost":0,"messages":["c"]}`},
		{"?after=4", "", 400, errCursor.Error() + "\n"},
		{"?after=4", `"3"`, 400, errCursor.Error() + "\n"},
		{"?after=-1", "", 400, errCursor.Error() + "\n"},
		{"?after=x", "", 400, errCursor.Error() + "\n"},
	} {
		header := []string{}
		if test.match != "" {
			header = append(header, "If-None-Match: "+test.match)
		}
		r, body := s.get(path+"/poll"+test.query, header...)
		if r.StatusCode != test.status || body != test.body {
			t.Errorf("%s, If-None-Match %s: %d %s, want %d %s", test.query, test.match, r.StatusCode, body, test.status, test.body)
		}
		if test.status < 400 && (r.Header.Get("ETag") != `"3"` || r.Header.Get("Cache-Control") != "no-cache") {
			t.Errorf("%s: the header is %v", test.query, r.Header)
		}
	}
}

// An ancient cursor gets what is left, and is told how many are not.
func TestPollTooLate(t *testing.T) {
	s := start(t, nil)
	path := s.create()
	text := strings.Repeat("a", maxText)
	s.publish(path, "first")
	for range 4 {
		batch := make([]string, 64)
		for i := range batch {
			batch[i] = text
		}
		s.publish(path, batch...)
	}
	for _, service := range []string{"/poll", "/longpoll"} {
		_, body := s.get(path + service)
		if !strings.HasPrefix(body, `{"next":257,"lost":129,"messages":["a`) || strings.Count(body, text) != 128 {
			t.Errorf("%s: %.60s… with %d messages", service, body, strings.Count(body, text))
		}
	}
}

func TestLongPoll(t *testing.T) {
	s := start(t, func(l *limits) { l.wait = 300 * time.Millisecond })
	path := s.create()
	s.publish(path, "a")
	if r, body := s.get(path + "/longpoll"); r.StatusCode != 200 || body != `{"next":1,"lost":0,"messages":["a"]}` || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("what was there already: %d %s", r.StatusCode, body)
	}
	begun := time.Now()
	if r, body := s.get(path + "/longpoll?after=1"); r.StatusCode != 204 || body != "" || time.Since(begun) < 300*time.Millisecond {
		t.Errorf("without news: %d %q after %v", r.StatusCode, body, time.Since(begun))
	}
	for _, after := range []string{"2", "-1", "x"} {
		if r, _ := s.get(path + "/longpoll?after=" + after); r.StatusCode != 400 {
			t.Errorf("after=%s: %d, want 400", after, r.StatusCode)
		}
	}
}

// A long poll that waits has its answer when a message is published; and what is published while nobody waits is there
// for the next request.
func TestLongPollLosesNothing(t *testing.T) {
	s := start(t, nil)
	path := s.create()
	w := s.wire()
	w.send("GET " + path + "/longpoll?after=0 HTTP/1.1\nHost: a\n\n")
	time.Sleep(20 * time.Millisecond) // so that it waits
	s.publish(path, "a")
	if got := w.until("]}"); !strings.Contains(got, `{"next":1,"lost":0,"messages":["a"]}`) {
		t.Fatalf("answered with %q", got)
	}
	s.publish(path, "b", "c")
	w.send("GET " + path + "/longpoll?after=1 HTTP/1.1\nHost: a\n\n")
	if got := w.until("]}"); !strings.Contains(got, `{"next":3,"lost":0,"messages":["b","c"]}`) {
		t.Fatalf("answered with %q", got)
	}
}

// A client that leaves while it waits makes room for another at once.
func TestLongPollLeft(t *testing.T) {
	s := start(t, func(l *limits) { l.clients = 1 })
	path := s.create()
	w := s.wire()
	w.send("GET " + path + "/longpoll HTTP/1.1\nHost: a\n\n")
	until(t, "it waits", func() bool { r, _ := s.get(path + "/counts"); return r.StatusCode == http.StatusServiceUnavailable })
	w.Close()
	until(t, "it has left", func() bool { r, _ := s.get(path + "/counts"); return r.StatusCode == http.StatusOK })
}
