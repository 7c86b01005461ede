package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/tandem/server"
)

// A tally is what a soak has seen.
type tally struct {
	settings
	took                time.Duration
	messages, bytes     atomic.Uint64 // received and found to be right
	before, after, most weight

	mu          sync.Mutex
	connections int
	references  int
	compressed  int // as negotiated
	handed      int // of our ends
	sent        server.Stats
	endings     map[string]int
	ends        map[string]int
	faults      []string
	more        int // faults that are not among them
}

const mostFaults = 20

func newTally(s settings) *tally {
	return &tally{settings: s, endings: make(map[string]int), ends: make(map[string]int)}
}

func (t *tally) fault(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.faults) == mostFaults {
		t.more++
		return
	}
	t.faults = append(t.faults, text)
}

func (t *tally) faulty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.faults) > 0
}

// count counts one side of a talk that is over.
func (t *tally) count(s *station, gaveUp bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.side == client {
		t.connections++
		t.endings[s.ending.name]++
		if gaveUp {
			t.endings["the reference gave up by itself"]++
		}
		if s.reference {
			t.references++
		}
	} else if s.conn.Extensions() != "" {
		t.compressed++
	}
	if s.conn == nil {
		return
	}
	if s.handed[s.side] {
		t.handed++
	}
	stats := s.conn.Stats()
	t.sent.MessagesSent += stats.MessagesSent
	t.sent.BytesSent += stats.BytesSent
	if e := s.conn.End(); e != nil {
		t.ends[fmt.Sprintf("%v, %v, %d", e.By, e.Layer, e.Code)]++
	}
}

func (t *tally) print(w io.Writer) {
	fmt.Fprintf(w, "%v with %d connections at a time, seed %d\n", t.took.Round(time.Second), t.settings.connections, t.seed)
	fmt.Fprintf(w, "%d connections, %d of them compressed, %d with the reference's client; %d of our ends handed over to a handler\n",
		t.connections, t.compressed, t.references, t.handed)
	fmt.Fprintf(w, "%d messages received and right, %d MiB; %d accepted by our Send, %d MiB\n", t.messages.Load(), t.bytes.Load()>>20,
		t.sent.MessagesSent, t.sent.BytesSent>>20)
	list(w, "what was done about their end", t.endings)
	list(w, "what our ends tell about it", t.ends)
	fmt.Fprintf(w, "before: %v\nat most: %v\nafter: %v\n", t.before, t.most, t.after)
	for _, fault := range t.faults {
		fmt.Fprintln(w, "FAULT:", fault)
	}
	if t.more > 0 {
		fmt.Fprintf(w, "and %d more faults\n", t.more)
	}
}

func list(w io.Writer, title string, counts map[string]int) {
	fmt.Fprintf(w, "%s:\n", title)
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(w, "%8d  %s\n", counts[name], name)
	}
}
