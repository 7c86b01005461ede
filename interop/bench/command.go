package main

import (
	"flag"
	"path/filepath"
	"regexp"
	"strings"
)

// commandLine is what was asked for, to be pasted into a shell. Where things lie on this machine is not in it: of the
// commands of other servers only the names of files are left, and of paths that lead elsewhere.
func commandLine(f *flag.FlagSet, with []server) string {
	words := []string{"go", "run", "./bench"}
	f.Visit(func(set *flag.Flag) {
		value := set.Value.String()
		bare, _ := set.Value.(interface{ IsBoolFlag() bool })
		switch {
		case set.Name == "with":
		case set.Name == "o" && !filepath.IsLocal(value):
			words = append(words, "-o", quoted(filepath.Base(value)))
		case bare != nil && value == "true":
			words = append(words, "-"+set.Name)
		default:
			words = append(words, "-"+set.Name, quoted(value))
		}
	})
	for _, s := range with {
		words = append(words, "-with", quoted(s.name+"="+folders.ReplaceAllString(strings.Join(s.command, " "), "")))
	}
	return strings.Join(words, " ")
}

var (
	folders = regexp.MustCompile(`[^ =:,]*/`)
	plain   = regexp.MustCompile(`^[\w./:=,+-]+$`)
)

// quoted returns a word as a shell reads it.
func quoted(s string) string {
	if plain.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
