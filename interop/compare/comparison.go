package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/tandem/interop/conform"
)

// A Comparison is what the page is made of.
type Comparison struct {
	Conditions string
	Reference  string // its version
	Groups     []Group
	Worse      []string // cases that the reference passes and we do not
	Rows       []Row
}

// A Group is how the cases of one group came out in one role.
type Group struct {
	Role            conform.Role
	Name            string
	Cases           int
	Ours, Reference Counts
	OurTime, Time   time.Duration // of the cases that both pass; Time is the reference's
}

// Counts are how many cases came out in each way.
type Counts map[conform.Verdict]int

// A Row is what is behind a number of differences in one role, and an example.
type Row struct {
	Finding   string // the title of one of the findings
	Role      conform.Role
	Cases     []string
	Reference Counts
	Example   Example
}

// An Example is one case, and what each made of it.
type Example struct {
	ID, Section, Sends, Allows string
	Wire                       []string // what was sent, within bounds
	Ours, Theirs               Answer
}

// An Answer is what one end did in a case. Whatever is random in it is made the same.
type Answer struct {
	Verdict conform.Verdict
	Problem string
	Wire    []string // what it sent
	Code    int
	End     conform.End
	Time    time.Duration
}

// compare makes a comparison of the reports in each role. Each difference has to be one of the findings.
func compare(reports []report) (*Comparison, error) {
	c := &Comparison{Reference: referenceVersion()}
	var unknown []error
	for _, r := range reports {
		role := r.ours.Role
		cases := make(map[string]*conform.Case)
		for _, each := range conform.Cases(role, false) {
			cases[each.ID] = each
		}
		rows := make(map[*finding]*Row)
		for i, ours := range r.ours.Results {
			theirs := r.reference.Results[i]
			each := cases[ours.ID]
			c.count(role, each.Group(), ours, theirs)
			if ours.Verdict != conform.Pass && theirs.Verdict == conform.Pass {
				c.Worse = append(c.Worse, fmt.Sprintf("%s (%s): %s", ours.ID, role, ours.Problem))
				continue
			}
			if same(ours, theirs) {
				continue
			}
			f := find(ours.ID, theirs)
			if f == nil {
				unknown = append(unknown, fmt.Errorf("no finding says what is behind this: as a %s, ours %v, the reference %v", role, ours, theirs))
				continue
			}
			if rows[f] == nil {
				rows[f] = &Row{Finding: f.title, Role: role, Reference: make(Counts), Example: example(each, ours, theirs)}
			}
			rows[f].Cases = append(rows[f].Cases, ours.ID)
			rows[f].Reference[theirs.Verdict]++
		}
		for i := range findings {
			if row := rows[&findings[i]]; row != nil {
				c.Rows = append(c.Rows, *row)
			}
		}
	}
	slices.SortStableFunc(c.Rows, func(a, b Row) int { return cmp.Compare(place(a.Finding), place(b.Finding)) })
	return c, errors.Join(unknown...)
}

// count adds a case to its group.
func (c *Comparison) count(role conform.Role, name string, ours, theirs conform.Result) {
	i := slices.IndexFunc(c.Groups, func(g Group) bool { return g.Role == role && g.Name == name })
	if i < 0 {
		i = len(c.Groups)
		c.Groups = append(c.Groups, Group{Role: role, Name: name, Ours: make(Counts), Reference: make(Counts)})
	}
	g := &c.Groups[i]
	g.Cases++
	g.Ours[ours.Verdict]++
	g.Reference[theirs.Verdict]++
	if ours.Verdict == conform.Pass && theirs.Verdict == conform.Pass {
		g.OurTime += ours.Duration
		g.Time += theirs.Duration
	}
}

// same reports whether two ends did the same in a case, as far as it can be told from outside.
func same(a, b conform.Result) bool {
	return a.Verdict == b.Verdict && a.CloseCode == b.CloseCode && a.End == b.End
}

func example(c *conform.Case, ours, theirs conform.Result) Example {
	return Example{
		ID: c.ID, Section: c.Section, Sends: c.Sends, Allows: c.Allows,
		Wire: plain(theirs.Wire, true, aboutHeads(c.ID)), Ours: answer(ours), Theirs: answer(theirs),
	}
}

func answer(r conform.Result) Answer {
	return Answer{r.Verdict, randomBytes.ReplaceAllString(r.Problem, "…"), plain(r.Wire, false, aboutHeads(r.ID)), r.CloseCode, r.End, r.Duration}
}

// aboutHeads reports whether the opening handshake matters in a case.
func aboutHeads(id string) bool {
	return slices.ContainsFunc([]string{"handshake.", "hostile.request.", "hostile.answer.", "deflate.offer", "deflate.answer.", "deflate.bad", "deflate.params.", "deflate.distance."},
		func(words string) bool { return strings.HasPrefix(id, words) })
}
