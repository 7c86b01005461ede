package main

import (
	"strings"
	"testing"
	"time"
)

// The page has a table for each feed, with a row for each candidate and each inflation.
func TestPage(t *testing.T) {
	all := short()
	for i := range all {
		all[i].messages = all[i].messages[:2]
	}
	var b strings.Builder
	if err := run(&b, all, 1, time.Microsecond); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, traffic := range all {
		_, table, ok := strings.Cut(page, "## "+traffic.name+"\n")
		if !ok {
			t.Fatalf("no table for %s in:\n%s", traffic.name, page)
		}
		table, _, _ = strings.Cut(table, "\n## ")
		for _, c := range candidates() {
			if row := "| " + c.name + " | " + word(c.takeover, "yes", "no") + " | "; strings.Count(table, row) != 1 {
				t.Errorf("%s: want one row %q in:\n%s", traffic.name, row, table)
			}
		}
		for _, in := range inflations() {
			if row := "| " + in.name + " | " + word(in.takeover, "4 KiB", "none") + " | "; strings.Count(table, row) != 1 {
				t.Errorf("%s: want one row %q in:\n%s", traffic.name, row, table)
			}
		}
	}
	for _, wrong := range []string{"NaN", "Inf", "version unknown"} {
		if strings.Contains(page, wrong) {
			t.Errorf("there is %q in the page", wrong)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1206775: "1,206,775"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
