package feed

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func (w wire) listen(path string, header string) string {
	w.t.Helper()
	w.send("GET " + path + " HTTP/1.0\n" + header + "\n") // HTTP/1.0: no chunks between the lines
	return w.until("\r\n\r\n")
}

func TestEvents(t *testing.T) {
	s := start(t, func(l *limits) { l.silence = 50 * time.Millisecond })
	path := s.create()
	s.publish(path, "a", "", " c: 1")
	w := s.wire()
	if head := w.listen(path+"/events", ""); !strings.Contains(head, "200 OK") || !strings.Contains(head, "Content-Type: text/event-stream\r\n") ||
		!strings.Contains(head, "Cache-Control: no-store\r\n") {
		t.Errorf("the header is %q", head)
	}
	if got, want := w.until("1\n\n"), "retry: 1000\n\nid: 1\ndata: a\n\nid: 2\ndata: \n\nid: 3\ndata:  c: 1\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := w.until("\n\n"); got != ":\n\n" {
		t.Errorf("after silence: %q", got)
	}
	s.publish(path, "d")
	if got := strings.ReplaceAll(w.until("d\n\n"), ":\n\n", ""); got != "id: 4\ndata: d\n\n" {
		t.Errorf("got %q", got)
	}
}

// What an EventSource sends when it connects again counts, not the address it was made with.
func TestEventsResume(t *testing.T) {
	s := start(t, nil)
	path := s.create()
	s.publish(path, "a", "b", "c")
	for _, test := range []struct{ query, header, want string }{
		{"?after=2", "", "id: 3\ndata: c\n\n"},
		{"?after=0", "Last-Event-ID: 2\n", "id: 3\ndata: c\n\n"},
		{"?after=3", "Last-Event-ID: 1\n", "id: 2\ndata: b\n\nid: 3\ndata: c\n\n"},
	} {
		w := s.wire()
		w.listen(path+"/events"+test.query, test.header)
		if got := w.until("c\n\n"); got != "retry: 1000\n\n"+test.want {
			t.Errorf("%s %s: %q, want %q", test.query, test.header, got, test.want)
		}
	}
	for _, test := range []struct{ query, header string }{{"?after=4", ""}, {"", "Last-Event-ID: 4\n"}, {"?after=1", "Last-Event-ID: a\n"}} {
		w := s.wire()
		if head := w.listen(path+"/events"+test.query, test.header); !strings.HasPrefix(head, "HTTP/1.0 400 ") {
			t.Errorf("%s %s: %q", test.query, test.header, head)
		}
	}
}

// A client that takes nothing of its stream does not keep its place.
func TestEventsThatNobodyReads(t *testing.T) {
	s := start(t, func(l *limits) { l.clients, l.stall = 2, 200*time.Millisecond })
	path := s.create()
	nc, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, "GET "+path+"/events HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	s.publish(path, slices.Repeat([]string{strings.Repeat("a", 8<<10)}, 2000)...) // more than the network holds
	publisher := s.dial(path + "/publish")
	defer publisher.CloseNow()
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		r, err := http.Get(s.URL + path + "/counts")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode == http.StatusOK {
			return
		}
		if time.Since(begun) > 5*time.Second {
			t.Fatalf("its place is taken: %s", r.Status)
		}
	}
}
