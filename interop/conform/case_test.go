package conform

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/cases.txt anew")

// TestCases holds the list of cases against the one that was last agreed on, so that none goes away unseen.
func TestCases(t *testing.T) {
	well := regexp.MustCompile(`^[a-z0-9]+(\.[a-z0-9_^+-]+)+$`)
	var b strings.Builder
	for _, r := range []Role{Server, Client} {
		seen := make(map[string]bool)
		for _, c := range Cases(r, false) {
			b.WriteString(string(r) + " " + c.ID + "\n")
			if seen[c.ID] {
				t.Errorf("%s is there twice for a %s", c.ID, r)
			}
			seen[c.ID] = true
			if !well.MatchString(c.ID) {
				t.Errorf("%q is not words joined by dots", c.ID)
			}
			if c.Section == "" || c.Sends == "" || c.Allows == "" || c.run == nil {
				t.Errorf("%s does not say what it is about", c.ID)
			}
		}
		if full := Cases(r, true); len(full) != len(seen) || slices.ContainsFunc(full, func(c *Case) bool { return !seen[c.ID] }) {
			t.Errorf("the full suite for a %s has other cases", r)
		}
	}
	const path = "testdata/cases.txt"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, want := lines(b.String()), lines(string(golden))
	for id := range want {
		if !got[id] {
			t.Errorf("gone: %s", id)
		}
	}
	for id := range got {
		if !want[id] {
			t.Errorf("new: %s (go test -run TestCases -update)", id)
		}
	}
}

func lines(text string) map[string]bool {
	set := make(map[string]bool)
	for line := range strings.Lines(text) {
		set[line] = true
	}
	return set
}
