package main

import (
	"slices"
	"testing"
	"time"
)

func TestScenariosAreUniqueAndHaveNames(t *testing.T) {
	for name, all := range map[string][]scenario{"usual": usual("1000,5000"), "full": full("1000,5000"), "short": short()} {
		names := make(map[string]bool)
		for _, s := range all {
			if names[s.name()] {
				t.Errorf("%s: two are called %q", name, s.name())
			}
			names[s.name()] = true
		}
	}
	if u, f := usual("1000,5000"), full("1000,5000"); slices.ContainsFunc(u, func(s scenario) bool { return !slices.Contains(f, s) }) {
		t.Error("the whole matrix lacks one of the usual scenarios")
	}
}

// The matrix of the benchmark's description: sizes, connections, in flight.
func TestTheWholeMatrixIsThere(t *testing.T) {
	all := full("1000,5000")
	for _, size := range []int{16, 1 << 10, 64 << 10, 1 << 20} {
		for _, conns := range []int{1, 64, 1000} {
			for _, inFlight := range []int{1, 16} {
				s := echoOf(conns, size, inFlight, "binary")
				fits := conns*size*inFlight <= 1<<30
				if slices.Contains(all, s) != fits {
					t.Errorf("%s: there %t, want %t", s.name(), !fits, fits)
				}
			}
		}
	}
	for _, s := range []scenario{broadcastTo(1000, 128, true), broadcastTo(10_000, 1<<10, true), echoOf(64, 1<<10, 16, "ascii")} {
		if !slices.Contains(all, s) {
			t.Errorf("%s is missing", s.name())
		}
	}
}

func TestAPacedScenarioBringsItsSaturation(t *testing.T) {
	p, err := choice{run: "half of the lowest", silent: 5000}.plan()
	if err != nil || !slices.Equal(p.scenarios, []scenario{saturation, pacedOf(true)}) {
		t.Errorf("%v, %v", p.scenarios, err)
	}
	if _, err := (choice{run: "nothing of the kind", silent: 5000}).plan(); err == nil {
		t.Error("no scenario is a plan")
	}
	if _, err := (choice{servers: "tandem,unheard-of", silent: 5000}).plan(); err == nil {
		t.Error("an unknown server is part of a plan")
	}
}

func TestTurnsAreWhatAScenarioNeeds(t *testing.T) {
	slow := broadcastTo(10_000, 128, true)
	for _, test := range []struct {
		s           scenario
		asked, want int
		length      time.Duration // of a turn, where one of 100ms is asked for
	}{
		{saturation, 30, 30, 100 * time.Millisecond}, {pacedOf(true), 30, 5, 1200 * time.Millisecond},
		{pacedOf(true), 3, 3, 100 * time.Millisecond}, {slow, 30, 5, 600 * time.Millisecond}, {slow, 2, 2, 100 * time.Millisecond},
		{scenario{kind: rest}, 30, 1, 100 * time.Millisecond},
	} {
		if n, length := test.s.turns(test.asked, 100*time.Millisecond); n != test.want || length != test.length {
			t.Errorf("%s: %d turns of %v, want %d of %v", test.s.name(), n, length, test.want, test.length)
		}
	}
}

func TestServersTakeWhatTheyCan(t *testing.T) {
	uws := server{name: "uws", role: outside}
	silence := scenario{kind: rest}
	for _, test := range []struct {
		server server
		s      scenario
		want   bool
	}{
		{uws, saturation, true}, {uws, broadcastTo(10, 10, false), false}, {uws, saturation.withTLS(), false},
		{server{restOnly: true}, saturation, false}, {server{restOnly: true}, silence, true}, {server{}, silence, true},
	} {
		if got := test.server.takes(test.s); got != test.want {
			t.Errorf("%+v, %s: %t", test.server, test.s.name(), got)
		}
	}
}

func TestSilentGoesFromAThousandUp(t *testing.T) {
	for most, want := range map[int]string{5000: "1000,2000,5000", 19_500: "1000,2000,5000,10000,19500", 21_000: "1000,2000,5000,10000,21000", 1_000_000: "1000,2000,5000,10000,20000,50000,100000,200000,500000,1000000"} {
		if got := silent(most); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
