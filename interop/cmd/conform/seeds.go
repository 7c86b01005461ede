package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"example.com/tandem/interop/conform"
)

// What of the cases becomes a seed for fuzzing.
const (
	seedsOfAGroup = 30
	longestSeed   = 1024 // digits
)

// writeSeeds writes what the suite sent behind the handshake, a line for each of some cases of every group: "server" or
// "client", which is what was tested, the case, and the bytes in hexadecimal. The fuzz targets of package server begin with
// them.
func writeSeeds(file string, reports []*conform.Report) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for _, r := range reports {
		var order []string
		groups := make(map[string][]string)
		for _, result := range r.Results {
			group := (&conform.Case{ID: result.ID}).Group()
			sent := frames(result.Wire)
			if sent == "" || group == "handshake" || group == "hostile" {
				continue
			}
			if groups[group] == nil {
				order = append(order, group)
			}
			groups[group] = append(groups[group], fmt.Sprintf("%s %s %s", r.Role, result.ID, sent))
		}
		for _, group := range order {
			lines := groups[group]
			n := min(len(lines), seedsOfAGroup)
			for i := range n { // from the whole length of the group
				fmt.Fprintln(w, lines[i*len(lines)/n])
			}
		}
	}
	return w.Flush()
}

// frames is what the suite sent behind the only handshake of a case, if all of that is known.
func frames(wire []conform.Line) string {
	var b strings.Builder
	heads := 0
	for _, line := range wire {
		switch {
		case strings.Contains(line.What, "HTTP/"):
			heads++
		case strings.HasSuffix(line.Hex, "…") || heads > 2:
			return ""
		case line.Sent:
			b.WriteString(line.Hex)
		}
	}
	if b.Len() > longestSeed {
		return ""
	}
	return b.String()
}
