package feed

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// poll gives the messages of one answer.
func (s site) poll(path string, after int) []string {
	s.t.Helper()
	_, body := s.get(path + "?after=" + strconv.Itoa(after))
	var b batch
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		s.t.Fatalf("%.100q: %v", body, err)
	}
	return b.Messages
}

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

func TestCreate(t *testing.T) {
	s := start(t, nil)
	seen := make(map[string]bool)
	for range 5 {
		r, err := http.Post(s.URL+"/feed", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		var made struct{ Token string }
		err = json.NewDecoder(r.Body).Decode(&made)
		r.Body.Close()
		if err != nil || r.StatusCode != 201 || len(made.Token) < 26 || r.Header.Get("Location") != "/feed/"+made.Token || seen[made.Token] {
			t.Errorf("%s %q at %s: %v", r.Status, made.Token, r.Header.Get("Location"), err)
		}
		seen[made.Token] = true
	}
}

// Each feed has its own messages, and only those who know its token have them.
func TestFeedsAreApart(t *testing.T) {
	s := start(t, nil)
	one, two := s.create(), s.create()
	s.publish(one, "a")
	if got := s.poll(two+"/poll", 0); len(got) != 0 {
		t.Errorf("the other feed has %q", got)
	}
	for _, service := range []string{"publish", "poll", "longpoll", "events", "socket", "signal", "counts"} {
		if r, body := s.get("/feed/AAAAAAAAAAAAAAAAAAAAAAAAAA/" + service); r.StatusCode != 404 || !strings.Contains(body, "no such feed") {
			t.Errorf("%s of a forged token: %d %q", service, r.StatusCode, body)
		}
	}
}

// A page of another origin makes no feed: it could use all there are.
func TestCreateForOwnPagesOnly(t *testing.T) {
	s := start(t, nil)
	for header, want := range map[string]int{
		"Sec-Fetch-Site: cross-site":    403,
		"Origin: https://other.example": 403,
		"Sec-Fetch-Site: same-origin":   201,
		"User-Agent: none of a browser": 201,
	} {
		r, err := http.NewRequest("POST", s.URL+"/feed", nil)
		if err != nil {
			t.Fatal(err)
		}
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", header, res.StatusCode, want)
		}
	}
}

func TestLimits(t *testing.T) {
	s := start(t, func(l *limits) { l.feeds, l.clients = 2, 2 })
	path := s.create()
	s.create()
	r, err := http.Post(s.URL+"/feed", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 503 || r.Header.Get("Retry-After") == "" {
		t.Errorf("a third feed: %s", r.Status)
	}
	s.dial(path + "/socket")
	s.dial(path + "/socket")
	if r, body := s.get(path + "/poll"); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" || !strings.Contains(body, "2 clients") {
		t.Errorf("a third client: %s %q", r.Status, body)
	}
}

// A feed lasts as long as it has a client, and a while longer.
func TestExpiry(t *testing.T) {
	s := start(t, func(l *limits) { l.idle = 200 * time.Millisecond })
	used, unused := s.create(), s.create()
	c := s.dial(used + "/socket")
	time.Sleep(500 * time.Millisecond)
	if r, _ := s.get(unused + "/poll"); r.StatusCode != 404 {
		t.Errorf("a feed that nobody used: %d", r.StatusCode)
	}
	s.publish(used, "a")
	expect(t, c, "1 a")
	c.CloseNow()
	time.Sleep(50 * time.Millisecond)
	if r, _ := s.get(used + "/poll"); r.StatusCode != 200 {
		t.Errorf("right after the last client left: %d", r.StatusCode)
	}
	time.Sleep(500 * time.Millisecond)
	if r, _ := s.get(used + "/poll"); r.StatusCode != 404 {
		t.Errorf("long after the last client left: %d", r.StatusCode)
	}
}

// A timer that comes late, when somebody was there since, takes nothing away.
func TestExpiryComesLate(t *testing.T) {
	s := &feeds{limits: usual, byName: make(map[string]*feed)}
	for name, test := range map[string]struct {
		clients int
		ago     time.Duration // the last one left
		gone    bool
	}{
		"there is a client":       {1, time.Hour, false},
		"one has just left":       {0, 0, false},
		"nobody was there lately": {0, time.Hour, true},
	} {
		s.byName["token"] = &feed{clients: test.clients, left: time.Now().Add(-test.ago)}
		s.expire("token")
		if _, kept := s.byName["token"]; kept == test.gone {
			t.Errorf("%s: gone is %v", name, !kept)
		}
	}
	s.expire("of a feed that is gone")
}

func TestMethods(t *testing.T) {
	s := start(t, nil)
	path := s.create()
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/feed", 405}, {"POST", path + "/poll", 405}, {"DELETE", path + "/counts", 405}, {"GET", path, 404}, {"GET", "/feed/", 404},
	} {
		r, err := http.NewRequest(test.method, s.URL+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != test.want {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, res.StatusCode, test.want)
		}
	}
}
