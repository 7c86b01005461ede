package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"example.com/tandem/interop/conform"
)

// page writes the comparison in Markdown.
func (c *Comparison) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Conformance, beside %s\n\n", referenceName)
	fmt.Fprintf(&b, "The suite of [package conform](conform/doc.go) on this project (tandem) and on %s %s, in this order. `make compare` in\n"+
		"the root writes this page anew, and `make test` holds its verdicts, bytes and codes against both.\n\n", referenceName, c.Reference)
	fmt.Fprintf(&b, "Run: %s. The reference speaks permessage-deflate with context takeover, and has our limit of 16 MiB for a\n"+
		"message; both read a message, and send it back. Tolerated is what the RFC allows and a strict peer does better;\n"+
		"unimplemented what a peer need not have.\n\n", c.Conditions)
	if len(c.Worse) == 0 {
		fmt.Fprintf(&b, "**There is no case that the reference passes and tandem does not.**\n\n")
	} else {
		fmt.Fprintf(&b, "**The reference passes, and tandem does not:**\n\n")
		for _, worse := range c.Worse {
			fmt.Fprintf(&b, "- %s\n", worse)
		}
		b.WriteString("\n")
	}
	for _, r := range roles {
		c.writeGroups(&b, r.name)
	}
	fmt.Fprintf(&b, "## Where they differ\n\nOne row for each reason; behind it is an example in bytes. In the bytes payloads are unmasked, with zeros for the masking\n"+
		"key; of heads, what differs from run to run is left out. Times are of one run and tell more about waiting than about\n"+
		"speed.\n\n| | the reference | RFC | as a server | as a client |\n|--:|---|---|---|---|\n")
	c.eachFinding(func(n int, f *finding, rows []Row) {
		cells := map[conform.Role]string{}
		for _, row := range rows {
			cells[row.Role] = row.Reference.String()
		}
		fmt.Fprintf(&b, "| %d | [%s](#%s) | %s | %s | %s |\n", n, f.title, anchor(f.title), f.section, cells[conform.Server], cells[conform.Client])
	})
	c.eachFinding(func(_ int, f *finding, rows []Row) {
		fmt.Fprintf(&b, "\n### %s\n\n%s: %s\n", f.title, f.section, f.says)
		for i, row := range rows {
			row.write(&b)
			switch {
			case i > 0 && slices.Equal(row.Cases, rows[0].Cases):
				b.WriteString("\nThe cases are the same.\n")
			case len(row.Cases) > 1:
				fmt.Fprintf(&b, "\n<details><summary>all %d cases</summary>\n\n%s\n\n</details>\n", len(row.Cases), strings.Join(row.Cases, " "))
			}
		}
	})
	return b.String()
}

// eachFinding calls write for each finding that has rows, counted from 1.
func (c *Comparison) eachFinding(write func(n int, f *finding, rows []Row)) {
	n := 0
	for i := range findings {
		var rows []Row
		for _, row := range c.Rows {
			if row.Finding == findings[i].title {
				rows = append(rows, row)
			}
		}
		if len(rows) > 0 {
			n++
			write(n, &findings[i], rows)
		}
	}
}

// writeGroups writes the summary of one role.
func (c *Comparison) writeGroups(b *strings.Builder, role conform.Role) {
	fmt.Fprintf(b, "## As a %s\n\n| group | cases | tandem | reference | time of what both pass: tandem | reference |\n|---|--:|---|---|--:|--:|\n", role)
	all := Group{Ours: make(Counts), Reference: make(Counts)}
	for _, g := range c.Groups {
		if g.Role != role {
			continue
		}
		g.write(b)
		all.Cases += g.Cases
		all.OurTime += g.OurTime
		all.Time += g.Time
		all.Ours.add(g.Ours)
		all.Reference.add(g.Reference)
	}
	all.Name = "all"
	all.write(b)
	b.WriteString("\n")
}

func (g Group) write(b *strings.Builder) {
	fmt.Fprintf(b, "| %s | %d | %s | %s | %s | %s |\n", g.Name, g.Cases, g.Ours, g.Reference, duration(g.OurTime), duration(g.Time))
}

func (c Counts) add(more Counts) {
	for v, n := range more {
		c[v] += n
	}
}

// String words the counts: "120 pass, 2 tolerated".
func (c Counts) String() string {
	var parts []string
	for _, v := range conform.Verdicts {
		if c[v] > 0 {
			parts = append(parts, fmt.Sprint(c[v], " ", v))
		}
	}
	return strings.Join(parts, ", ")
}

// write writes the example of a row.
func (r Row) write(b *strings.Builder) {
	e := r.Example
	fmt.Fprintf(b, "\n`%s`, as a %s. Sent: %s. Allowed: %s.\n\n", e.ID, r.Role, cell(e.Sends), cell(e.Allows))
	fmt.Fprintf(b, "| | verdict | bytes | code | end | time |\n|---|---|---|---|---|--:|\n| sent | | %s | | | |\n", code(e.Wire))
	e.Ours.write(b, "tandem")
	e.Theirs.write(b, "reference")
}

func (a Answer) write(b *strings.Builder, name string) {
	verdict := string(a.Verdict)
	if a.Problem != "" {
		verdict += ": " + cell(a.Problem)
	}
	status, end := "–", string(a.End)
	if a.Code != 0 {
		status = fmt.Sprint(a.Code)
	}
	if end == "" {
		end = "–"
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", name, verdict, code(a.Wire), status, end, duration(a.Time))
}

// code writes lines as code in a cell of a table.
func code(lines []string) string {
	if len(lines) == 0 {
		return "–"
	}
	var quoted []string
	for _, line := range lines {
		quoted = append(quoted, "`"+strings.NewReplacer("|", `\|`, "`", "'").Replace(line)+"`")
	}
	return strings.Join(quoted, "<br>")
}

// anchor is where a heading is to be found on the page.
func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

// cell makes a text fit into a cell of a table.
func cell(s string) string { return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(s) }

// duration writes a time with about two digits.
func duration(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
