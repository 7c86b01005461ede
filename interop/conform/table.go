package conform

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteTable writes reports as text: the counts of each group with a column for each peer, then every result that is
// not a pass.
func WriteTable(w io.Writer, reports []*Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name string, cell func(*Report) string) {
		cells := []string{name}
		for _, r := range reports {
			cells = append(cells, cell(r))
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	row("", func(r *Report) string { return r.Peer })
	row("", func(r *Report) string { return "(" + string(r.Role) + ")" })
	for _, group := range groupsOf(reports) {
		row(group, func(r *Report) string { return r.counts(group) })
	}
	row("all", func(r *Report) string { return r.counts("") })
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range reports {
		for _, result := range r.Results {
			if result.Verdict == Pass || result.Verdict == Unimplemented {
				continue
			}
			if _, err := fmt.Fprintf(w, "\n%s (%s): %s\n", r.Peer, r.Role, result); err != nil {
				return err
			}
			for _, line := range result.Wire {
				fmt.Fprintln(w, "  ", line)
			}
		}
	}
	return nil
}

// groupsOf returns the groups of all reports, in the order in which they first come.
func groupsOf(reports []*Report) (groups []string) {
	for _, r := range reports {
		for _, result := range r.Results {
			c := Case{ID: result.ID}
			if group := c.Group(); !slices.Contains(groups, group) {
				groups = append(groups, group)
			}
		}
	}
	return groups
}

// counts words how the cases of a group came out: "120 pass, 2 tolerated".
func (r *Report) counts(group string) string {
	var parts []string
	for _, v := range Verdicts {
		if n := r.Count(group, v); n > 0 {
			parts = append(parts, fmt.Sprint(n, " ", v))
		}
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}
