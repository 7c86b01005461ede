package conform

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestBounded(t *testing.T) {
	stuck := make(chan struct{})
	defer close(stuck)
	for _, test := range []struct {
		name string
		f    func()
		want string
	}{
		{"returns", func() {}, ""},
		{"panics", func() { panic("at once") }, "panics: at once"},
		{"does not return", func() { <-stuck }, "does not return after the case, within 50ms"},
	} {
		if got := bounded(50*time.Millisecond, test.f); got != test.want {
			t.Errorf("a function that %s: %q", test.name, got)
		}
	}
}

// A client that panics has failed, whatever the suite has seen of it.
func TestClientPanics(t *testing.T) {
	s := &Suite{Pick: func(c *Case) bool { return c.ID == "frame.text.1" }}
	report, err := s.TestClient(t.Context(), "panics", func(context.Context, string) error { panic("in the client") })
	if err != nil {
		t.Fatal(err)
	}
	if r := report.Results[0]; r.Verdict != Fail || !strings.Contains(r.Problem, "in the client") {
		t.Errorf("%v", r)
	}
}
