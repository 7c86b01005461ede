// Package suite makes the tests of package wasm/client, run as one binary in some host, subtests of the host's own test: their
// number is seen, and one that fails there fails here.
package suite

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Dir is the folder of the client, as seen from a package in a folder of this module.
const Dir = "../../wasm/client"

// A Case is what the output of a test binary says about one test at the top level, or one example.
type Case struct {
	Name   string
	Result string // "PASS", "FAIL", "SKIP", or "" when it did not come to an end
	Output string
}

var (
	begun = regexp.MustCompile(`^=== RUN   ([^/\s]+)$`)
	ended = regexp.MustCompile(`^--- (PASS|FAIL|SKIP): ([^/\s]+) \(`)
)

// Parse reads the output of a test binary that was run with -test.v.
func Parse(output string) []Case {
	var cases []Case
	for line := range strings.Lines(output) {
		text := strings.TrimRight(line, "\r\n")
		if m := begun.FindStringSubmatch(text); m != nil {
			cases = append(cases, Case{Name: m[1]})
			continue
		}
		if len(cases) == 0 {
			continue
		}
		last := &cases[len(cases)-1]
		if m := ended.FindStringSubmatch(text); m != nil && m[2] == last.Name {
			last.Result = m[1]
		}
		last.Output += line
	}
	return cases
}

// Report makes each test in the output a subtest of t. Every test of the behaviour suite has to be among them, and the binary
// has to have exited with 0.
func Report(t *testing.T, output string, exitCode int) {
	t.Helper()
	missing := make(map[string]bool)
	for _, name := range behaviour(t) {
		missing[name] = true
	}
	passed := 0
	cases := Parse(output)
	for _, c := range cases {
		delete(missing, c.Name)
		t.Run(c.Name, func(t *testing.T) {
			switch c.Result {
			case "PASS":
				passed++
				t.Log(c.Output)
			case "SKIP":
				t.Skip(c.Output)
			default:
				t.Errorf("result %q\n%s", c.Result, c.Output)
			}
		})
	}
	for name := range missing {
		t.Errorf("%s of the behaviour suite was not run", name)
	}
	if exitCode != 0 {
		t.Errorf("the test binary exited with %d; its output ends with\n%s", exitCode, output[max(0, len(output)-4096):])
	}
	t.Logf("%d of %d tests passed", passed, len(cases))
}

// behaviour gives the names of the tests that run on both ends: those in behaviour_*.go that are not for one of them.
func behaviour(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(Dir, "behaviour_*test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") && f.Name.Name != "TestMain" {
				names = append(names, f.Name.Name)
			}
		}
	}
	if len(names) == 0 {
		t.Fatalf("no behaviour suite in %s", Dir)
	}
	return names
}
