package conform

import (
	"encoding/hex"
	"fmt"
	"sync"
	"time"
)

// A Line is something that went over the wire.
type Line struct {
	At   time.Duration `json:"at"`   // since the case began
	Sent bool          `json:"sent"` // by the suite
	What string        `json:"what"` // in words
	Hex  string        `json:"hex"`  // the first bytes
	Len  int           `json:"len"`  // in bytes, of all
}

func (l Line) String() string {
	arrow := "<"
	if l.Sent {
		arrow = ">"
	}
	return fmt.Sprintf("%s %7.1f ms  %s, %d bytes: %s", arrow, float64(l.At.Microseconds())/1000, l.What, l.Len, l.Hex)
}

// Bounds of a transcript: of its lines the first and the last are kept, of each line the first bytes.
const (
	firstLines = 24
	lastLines  = 16
	lineBytes  = 48
	headBytes  = 512 // of an HTTP head
)

// A transcript is what went over the wire in a case, within bounds. Several goroutines may add to it.
type transcript struct {
	mu      sync.Mutex
	begun   time.Time
	lines   []Line
	dropped int
}

func (t *transcript) add(sent bool, what string, b []byte, length int) {
	t.keep(sent, what, b[:min(len(b), lineBytes)], length)
}

// addHead adds an HTTP head, of which more is worth keeping.
func (t *transcript) addHead(sent bool, what string, b []byte) {
	t.keep(sent, what, b[:min(len(b), headBytes)], len(b))
}

func (t *transcript) keep(sent bool, what string, b []byte, length int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == firstLines+lastLines {
		copy(t.lines[firstLines:], t.lines[firstLines+1:])
		t.lines = t.lines[:len(t.lines)-1]
		t.dropped++
	}
	shown := hex.EncodeToString(b)
	if length > len(b) {
		shown += "…"
	}
	t.lines = append(t.lines, Line{At: time.Since(t.begun), Sent: sent, What: what, Hex: shown, Len: length})
}

// kept returns the lines, with one in place of those that were dropped.
func (t *transcript) kept() []Line {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dropped == 0 {
		return append([]Line(nil), t.lines...)
	}
	kept := append([]Line(nil), t.lines[:firstLines]...)
	kept = append(kept, Line{At: t.lines[firstLines].At, What: fmt.Sprintf("%d more, not kept", t.dropped)})
	return append(kept, t.lines[firstLines:]...)
}
