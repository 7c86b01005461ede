package conform_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"example.com/tandem/interop/conform"
)

// TestAutobahnClient drives the suite as the clients do that are made for Autobahn: with a library of others, by nothing
// but the addresses.
func TestAutobahnClient(t *testing.T) {
	suite := &conform.Suite{Pick: anyOf("handshake.asks.key-fresh", "frame.text.125", "ping.size.125", "utf8.invalid.80.whole", "close.code.1000", "deflate.vector.hello")}
	base, reports := listening(t, suite)
	n, err := strconv.Atoi(gorilla(t, base+"/getCaseCount", false))
	if err != nil || n != len(suite.Cases(conform.Client)) {
		t.Fatalf("getCaseCount: %d, %v; want %d", n, err, len(suite.Cases(conform.Client)))
	}
	for i := 1; i <= n; i++ {
		gorilla(t, fmt.Sprintf("%s/runCase?case=%d&agent=gorilla/1.5", base, i), true)
	}
	gorilla(t, base+"/updateReports?agent=gorilla/1.5", false)
	report := <-reports
	if report.Peer != "gorilla/1.5" || len(report.Results) != n {
		t.Errorf("the report is about %q and has %d results", report.Peer, len(report.Results))
	}
	want := map[string]conform.Verdict{"utf8.invalid.80.whole": conform.Fail, "deflate.vector.hello": conform.Unimplemented} // gorilla leaves both to the application
	for _, r := range report.Results {
		verdict := want[r.ID]
		if verdict == "" {
			verdict = conform.Pass
		}
		if r.Verdict != verdict {
			t.Errorf("%v, want %s", r, verdict)
		}
	}
	if status := gorilla(t, base+"/getCaseStatus?case=1&agent=gorilla/1.5", false); status != `{"behavior":"OK"}` {
		t.Errorf("getCaseStatus of the first case: %s", status)
	}
}

// gorilla opens a connection and, if it is to echo, does so until the end. It returns the last message.
func gorilla(t *testing.T, address string, echo bool) (last string) {
	t.Helper()
	c, _, err := websocket.DefaultDialer.Dial(address, nil)
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		kind, message, err := c.ReadMessage()
		if err != nil {
			return last
		}
		last = string(message)
		if echo {
			if err := c.WriteMessage(kind, message); err != nil {
				return last
			}
		}
	}
}
