package main

import (
	"strings"
	"testing"
	"time"

	"example.com/tandem/interop/bench/sample"
)

// The go command, given what it does not know, is a server that ends at once.
func TestAServerThatEndsSaysHow(t *testing.T) {
	_, err := programs{}.open(server{name: "broken", command: []string{"go", "no-such-command"}}, saturation, time.Millisecond, 0)
	if err == nil {
		t.Fatal("it was started")
	}
	for _, want := range []string{"did not come to listen", "exit status 2", "unknown command"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in the error: %v", want, err)
		}
	}
}

func TestAServerWithoutProcessorTimeIsIdle(t *testing.T) {
	report := func(events int, server, load float64) sample.Report {
		return sample.Report{Usage: sample.Usage{Seconds: 1, ServerCPU: server, LoadCPU: load}, Events: events}
	}
	for _, test := range []struct {
		what scenario
		r    sample.Report
		want bool
	}{
		{saturation, report(65, 0, 1), true},
		{saturation, report(65, 1e-6, 1), false},
		{saturation, report(64, 0, 1), false},   // the answers may have been on the way
		{saturation, report(1000, 0, 0), false}, // the system does not tell
		{echoOf(64, 16, 16, "binary"), report(1024, 0, 1), false},
		{echoOf(64, 16, 16, "binary"), report(1025, 0, 1), true},
		{scenario{kind: handshakes}, report(1, 0, 1), true},
		{scenario{kind: rest}, report(0, 0, 1), false},
	} {
		if got := test.what.idle(test.r); got != test.want {
			t.Errorf("%s, %+v: %t", test.what.name(), test.r, got)
		}
	}
}

// TestASessionThatWasStillForLongIsStale: a server may have sent Pings that the load has not answered.
func TestASessionThatWasStillForLongIsStale(t *testing.T) {
	for ago, want := range map[time.Duration]bool{0: false, patience / 2: false, patience + time.Second: true} {
		if got := (&session{rested: time.Now().Add(-ago)}).stale(); got != want {
			t.Errorf("after %v: %v", ago, got)
		}
	}
}
