package wire

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// fill adds events to a tape: "o" a beginning, "f" a frame of ten bytes, "e" an end.
func fill(t *tape, kinds string) {
	for _, kind := range kinds {
		e := event{Connection: 1}
		switch kind {
		case 'o':
			e.Open = &opening{}
		case 'f':
			e.Frame = &frame{Wire: make([]byte, 10)}
		case 'e':
			e.End = &end{}
		}
		t.add(e)
	}
}

func shape(b batch) string {
	var s strings.Builder
	for _, e := range b.Events {
		kind := "f"
		if e.Open != nil {
			kind = "o"
		} else if e.End != nil {
			kind = "e"
		}
		fmt.Fprint(&s, kind, e.number, " ")
	}
	return fmt.Sprintf("%snext %d lost %d", &s, b.Next, b.Lost)
}

func TestTapeKeepsTheLatestAndBothEnds(t *testing.T) {
	for _, test := range []struct {
		events, bytes, batch int
		added                string
		cursor               uint64
		want                 string
	}{
		{100, 1000, 100, "", 0, "next 0 lost 0"},
		{100, 1000, 100, "off", 0, "o1 f2 f3 next 3 lost 0"},
		{100, 1000, 100, "off", 1, "f2 f3 next 3 lost 0"},
		{100, 1000, 100, "off", 3, "next 3 lost 0"},
		{2, 1000, 100, "offff", 0, "o1 f4 f5 next 5 lost 2"}, // too many events
		{100, 25, 100, "offff", 0, "o1 f4 f5 next 5 lost 2"}, // too many bytes
		{100, 1000, 2, "offff", 0, "o1 f4 f5 next 5 lost 2"}, // too many for a batch
		{2, 1000, 100, "offff", 1, "f4 f5 next 5 lost 2"},    // the beginning was seen
		{2, 1000, 100, "ofefff", 0, "o1 e3 f5 f6 next 6 lost 2"},
		{100, 5, 100, "of", 0, "o1 next 2 lost 1"}, // a frame longer than everything
	} {
		l := usual
		l.events, l.bytes, l.batch = test.events, test.bytes, test.batch
		tape := newTape("a", l)
		fill(tape, test.added)
		if got := shape(tape.after(test.cursor)); got != test.want {
			t.Errorf("%q after %d: %s, want %s", test.added, test.cursor, got, test.want)
		}
	}
}

func TestTapeRemembersABoundedNumberOfConnections(t *testing.T) {
	l := usual
	l.events = 1
	tape := newTape("a", l)
	fill(tape, strings.Repeat("oe", 1000))
	if b := tape.after(0); len(b.Events) != maxRemembered+1 || b.Lost != 2000-maxRemembered-1 {
		t.Errorf("%d events, %d lost", len(b.Events), b.Lost)
	}
}

func TestTapeWakesWhoAwaits(t *testing.T) {
	tape := newTape("a", usual)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if tape.await(ctx, 0) {
		t.Error("there is nothing")
	}
	woken := make(chan bool)
	go func() { woken <- tape.await(t.Context(), 0) }()
	time.Sleep(10 * time.Millisecond)
	fill(tape, "o")
	select {
	case is := <-woken:
		if !is {
			t.Error("there is an event")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("not woken")
	}
}

func TestTapeIdsOfAnotherTapeBeginAtTheBeginning(t *testing.T) {
	tape := newTape("ABC", usual)
	fill(tape, "off")
	for id, want := range map[string]uint64{"": 0, "ABC-2": 2, "ABC-3": 3, "ABC-4": 0, "ABD-2": 0, "2": 0, "ABC-": 0, "ABC-x": 0, "ABC--1": 0, "ABC-99999999999999999999": 0} {
		if got := tape.cursor(id); got != want {
			t.Errorf("%q: %d, want %d", id, got, want)
		}
	}
}

// What a tape holds in all is bounded, also by long beginnings: those that it keeps, and those that it remembers.
func TestTapeBoundsWhatItHolds(t *testing.T) {
	l := usual
	l.batch = l.events
	for name, o := range map[string]opening{
		"targets":  {Target: strings.Repeat("t", 1<<19)},
		"requests": {Request: strings.Repeat("r", 64<<10)},
	} {
		tape := newTape("a", l)
		for range 200 {
			tape.add(event{Open: &o})
		}
		held := 0
		for _, e := range tape.after(0).Events {
			held += len(e.Open.Target) + len(e.Open.Request) + len(e.Open.Response)
		}
		if held > 2*l.bytes {
			t.Errorf("%s: %d bytes are held, the bound is %d", name, held, l.bytes)
		}
	}
}
