package main

import (
	"strings"
	"testing"
	"time"
)

// TestSoak is a short one: make soak, or go run ./soak, is the long one.
func TestSoak(t *testing.T) {
	got, err := run(settings{length: 2 * time.Second, connections: 50, seed: 1, pause: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	got.print(&out)
	t.Log(out.String())
	if got.faulty() {
		t.Fail()
	}
	ours := 2*got.connections - got.references
	if got.connections < 100 || got.messages.Load() < 1000 || got.compressed == 0 || got.references == 0 ||
		got.handed == 0 || got.handed == ours || len(got.endings) < len(endings) {
		t.Error("too little has happened")
	}
}
