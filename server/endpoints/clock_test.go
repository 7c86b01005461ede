package endpoints

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

func TestClock(t *testing.T) {
	c := dial(t, start(t, server.Options{})+"/clock?interval=50ms", nil)
	begun := time.Now()
	send(t, c, shared.Text("ignored"))
	for n := 1; n <= 4; n++ {
		m, err := c.Receive(within(t))
		if err != nil {
			t.Fatal(err)
		}
		var got tick
		if err := json.Unmarshal(m.Payload, &got); err != nil || m.Opcode != shared.OpcodeText {
			t.Fatalf("%s %q: %v", m.Opcode, m, err)
		}
		if got.Tick != n || time.Since(got.Time).Abs() > 10*time.Second || !strings.Contains(m.String(), `Z"`) {
			t.Errorf("tick %d is %s at %s", n, m, time.Now())
		}
	}
	if took := time.Since(begun); took < 120*time.Millisecond {
		t.Errorf("four ticks took %v, want three times 50ms", took)
	}
	if err := c.Close(shared.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
}

func TestClockTicksAtOnce(t *testing.T) {
	c := dial(t, start(t, server.Options{})+"/clock?interval=1m", nil)
	if _, err := c.Receive(within(t)); err != nil {
		t.Fatal(err)
	}
}

func TestClockInterval(t *testing.T) {
	for s, want := range map[string]time.Duration{"": time.Second, "20ms": 20 * time.Millisecond, "1m": time.Minute} {
		if got, err := parseInterval(s); got != want || err != nil {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	url := start(t, server.Options{}) + "/clock?interval="
	for _, s := range []string{"19ms", "61s", "-1s", "0s", "100", "soon", "\u00a0"} {
		status, body := refused(t, url+strings.ReplaceAll(s, "\u00a0", "%C2%A0"), nil)
		if status != http.StatusBadRequest || !strings.HasPrefix(body, "interval: ") {
			t.Errorf("%q: %d %q, want 400 and the reason", s, status, body)
		}
	}
}
