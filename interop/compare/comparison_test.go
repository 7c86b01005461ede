package main

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"example.com/tandem/interop/conform"
)

// stored returns what the page was made of.
func stored(t *testing.T) *Comparison {
	t.Helper()
	b, err := os.ReadFile("testdata/comparison.json")
	if err != nil {
		t.Fatal(err)
	}
	c := new(Comparison)
	if err := json.Unmarshal(b, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPage: the page says what its data do, and both are about the cases and the reference that there are now.
func TestPage(t *testing.T) {
	c := stored(t)
	page, err := os.ReadFile("../COMPARISON.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != c.page() {
		t.Error("COMPARISON.md is not what its data make: run make compare")
	}
	if now := referenceVersion(); c.Reference != now {
		t.Errorf("the page is about version %q of the reference, and this is %q: run make compare", c.Reference, now)
	}
	for _, role := range roles {
		cases := make(map[string]int)
		ids := make(map[string]bool)
		for _, each := range conform.Cases(role.name, false) {
			cases[each.Group()]++
			ids[each.ID] = true
		}
		for _, g := range c.Groups {
			if g.Role != role.name {
				continue
			}
			if g.Cases != cases[g.Name] {
				t.Errorf("%s as a %s: %d cases on the page, %d in the suite: run make compare", g.Name, role.name, g.Cases, cases[g.Name])
			}
			delete(cases, g.Name)
		}
		for name := range cases {
			t.Errorf("%s as a %s is not on the page: run make compare", name, role.name)
		}
		for _, row := range c.Rows {
			for _, id := range row.Cases {
				if row.Role == role.name && !ids[id] {
					t.Errorf("%s is on the page, and no case: run make compare", id)
				}
			}
		}
	}
	for _, f := range findings {
		if !f.timing && !slices.ContainsFunc(c.Rows, func(r Row) bool { return r.Finding == f.title }) {
			t.Errorf("nothing is found that %q; run make compare, or take it out", f.title)
		}
	}
}

// TestExamples runs the example of each row again, with both: verdicts, bytes and codes are those of the page. What
// differs is run again by itself, as the machine may have other things to do.
func TestExamples(t *testing.T) {
	c := stored(t)
	for _, role := range roles {
		rows := slices.DeleteFunc(slices.Clone(c.Rows), func(r Row) bool { return r.Role != role.name })
		differ := rerun(t, role, rows, 8)
		for range 2 {
			if len(differ) > 0 {
				differ = rerun(t, role, slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { _, does := differ[r.Example.ID]; return !does }), 1)
			}
		}
		for id, now := range differ {
			t.Errorf("%s as a %s is no longer what the page says: run make compare; now it is\n%+v", id, role.name, now)
		}
	}
}

// rerun runs the examples of the rows, and returns those that came out in another way.
func rerun(t *testing.T, role role, rows []Row, parallel int) map[string]Example {
	t.Helper()
	suite := &conform.Suite{Parallel: parallel, Pick: func(each *conform.Case) bool {
		return slices.ContainsFunc(rows, func(r Row) bool { return r.Example.ID == each.ID })
	}}
	r, err := role.test(t.Context(), suite)
	if err != nil {
		t.Fatal(err)
	}
	differ := make(map[string]Example)
	for i, each := range suite.Cases(role.name) {
		now := example(each, r.ours.Results[i], r.reference.Results[i])
		for _, row := range rows {
			if row.Example.ID == each.ID && !alike(findings[place(row.Finding)].timing, row.Example, now) {
				differ[each.ID] = now
			}
		}
	}
	return differ
}

// alike reports whether two runs of a case came to the same, but for their times.
func alike(timing bool, a, b Example) bool {
	a.Ours, a.Theirs, b.Ours, b.Theirs = settled(a.Ours), settled(a.Theirs), settled(b.Ours), settled(b.Theirs)
	if timing { // what the reference did is one of several things
		a.Theirs, b.Theirs, a.Wire, b.Wire = Answer{}, Answer{}, nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// settled leaves out of an answer what is a matter of time: its time, and whether TCP ends with FIN or a reset.
func settled(a Answer) Answer {
	a.Time = 0
	if a.End == conform.EndReset {
		a.End = conform.EndFIN
	}
	a.Problem = strings.Replace(a.Problem, "(reset,", "(FIN,", 1)
	if a.Verdict == conform.Tolerated && strings.HasPrefix(a.Problem, "resets TCP after the closing handshake") {
		a.Verdict, a.Problem = conform.Pass, ""
	}
	return a
}

// TestExampleDiffers: another verdict, code or byte is seen; another time is not.
func TestExampleDiffers(t *testing.T) {
	base := Example{ID: "x", Wire: []string{"text 8100"}, Theirs: Answer{Verdict: conform.Tolerated, Problem: "resets TCP after the closing handshake (RFC 6455 §7.1.1)",
		Wire: []string{"close 880203ea"}, Code: 1002, End: conform.EndReset, Time: 1}}
	for _, test := range []struct {
		name   string
		change func(*Answer)
		alike  bool
	}{
		{"time", func(a *Answer) { a.Time = 2 }, true},
		{"FIN in place of a reset", func(a *Answer) { a.Verdict, a.Problem, a.End = conform.Pass, "", conform.EndFIN }, true},
		{"verdict", func(a *Answer) { a.Verdict = conform.Fail }, false},
		{"problem", func(a *Answer) { a.Problem = "another" }, false},
		{"code", func(a *Answer) { a.Code = 1007 }, false},
		{"bytes", func(a *Answer) { a.Wire = []string{"close 880203ef"} }, false},
		{"end", func(a *Answer) { a.End = conform.EndTimeout }, false},
	} {
		changed := base
		test.change(&changed.Theirs)
		if got := alike(false, base, changed); got != test.alike {
			t.Errorf("%s: alike is %t", test.name, got)
		}
	}
}

// TestCompare: what is the same in both is on no row, what is another code is, and what only the reference passes stands
// by itself.
func TestCompare(t *testing.T) {
	pass := func(id string, code int) conform.Result {
		return conform.Result{ID: id, Verdict: conform.Pass, CloseCode: code, End: conform.EndFIN, Duration: 1}
	}
	fail := func(id, problem string) conform.Result {
		return conform.Result{ID: id, Verdict: conform.Fail, Problem: problem}
	}
	results := func(theirs conform.Result) report {
		return report{
			&conform.Report{Role: conform.Server, Results: []conform.Result{pass("frame.text.1", 1000), fail("ping.size.0", "no Pong"), pass("utf8.invalid.80.whole", 1007), pass("close.code.1000", 1000)}},
			&conform.Report{Role: conform.Server, Results: []conform.Result{theirs, pass("ping.size.0", 1000), fail("utf8.invalid.80.whole", "sends it"), pass("close.code.1000", 1001)}},
		}
	}
	c, err := compare([]report{results(pass("frame.text.1", 1000))})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, row := range c.Rows {
		rows = append(rows, strings.Join(row.Cases, " ")+": "+row.Reference.String())
	}
	if want := []string{"utf8.invalid.80.whole: 1 fail", "close.code.1000: 1 pass"}; !slices.Equal(rows, want) {
		t.Errorf("rows %q, want %q", rows, want)
	}
	if len(c.Worse) != 1 || !strings.Contains(c.page(), "- ping.size.0 (server): no Pong\n") || strings.Contains(c.page(), "There is no case") {
		t.Errorf("worse are %q", c.Worse)
	}
	if frame := c.Groups[0]; frame.Name != "frame" || frame.Cases != 1 || frame.Ours[conform.Pass] != 1 || frame.OurTime != 1 || frame.Time != 1 || len(c.Groups) != 4 {
		t.Errorf("groups %+v", c.Groups)
	}
	if _, err := compare([]report{results(fail("frame.text.1", "something new"))}); err == nil || !strings.Contains(err.Error(), "something new") {
		t.Errorf("a difference that no finding is behind: %v", err)
	}
}
