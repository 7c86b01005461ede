package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A test is named by its package and its own name.
type test struct{ pkg, name string }

// A tally is what became of the tests of several runs, which may be read at the same time. Subtests count too.
type tally struct {
	mu             sync.Mutex
	passed, failed int
	passedOnce     map[test]bool
	skipped        map[test]string // the reason
	omitted        []string        // reasons of whole runs
}

// An event is one line of go test -json (go doc test2json).
type event struct {
	Action, Package, Test, Output string
}

// read adds the events of one run, and prints what there is to see.
func (t *tally) read(events io.Reader, w io.Writer) error {
	output := make(map[test][]string) // of the tests that are running
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) != nil {
				fmt.Fprint(w, line)
			} else {
				t.add(e, output, w)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) add(e event, output map[test][]string, w io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.skipped == nil {
		t.passedOnce, t.skipped = make(map[test]bool), make(map[test]string)
	}
	id := test{e.Package, e.Test}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(w, e.Output)
	case e.Action == "output" && e.Test != "":
		if !strings.HasPrefix(e.Output, "=== ") { // RUN, PAUSE, CONT, NAME
			output[id] = append(output[id], e.Output)
		}
	case e.Action == "output":
		if e.Output != "PASS\n" && !strings.HasSuffix(e.Output, "[no test files]\n") {
			fmt.Fprint(w, e.Output)
		}
	case e.Test != "" && e.Action == "pass":
		t.passed++
		t.passedOnce[id] = true
		delete(output, id)
	case e.Test != "" && e.Action == "fail":
		t.failed++
		fmt.Fprint(w, strings.Join(output[id], ""))
		delete(output, id)
	case e.Test != "" && e.Action == "skip":
		t.skipped[id] = reason(output[id])
		delete(output, id)
	case e.Action == "fail": // the package's end: a test that has none of its own was running when it stopped
		for id, lines := range output {
			if id.pkg == e.Package {
				fmt.Fprint(w, strings.Join(lines, ""))
				delete(output, id)
			}
		}
	}
}

// omit notes why a whole run is left out.
func (t *tally) omit(reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.omitted = append(t.omitted, reason)
}

// position is where a log line comes from, as package testing writes it.
var position = regexp.MustCompile(`^\s*\S+\.go:\d+: `)

// reason is what a skipped test logged last.
func reason(output []string) string {
	for _, line := range slices.Backward(output) {
		if at := position.FindString(line); at != "" {
			return strings.TrimSpace(line[len(at):])
		}
	}
	return "no reason given"
}

// summary prints the counts, and the skipped tests by reason.
func (t *tally) summary(w io.Writer) {
	reasons := make(map[string]int)
	skipped := 0
	for id, reason := range t.skipped {
		if !t.passedOnce[id] {
			reasons[reason]++
			skipped++
		}
	}
	fmt.Fprintf(w, "tests: %d passed, %d failed, %d skipped\n", t.passed, t.failed, skipped)
	var lines []string
	for _, reason := range t.omitted {
		lines = append(lines, "skipped: "+reason+"\n")
	}
	for reason, n := range reasons {
		lines = append(lines, fmt.Sprintf("skipped: %d (%s)\n", n, reason))
	}
	slices.Sort(lines)
	fmt.Fprint(w, strings.Join(lines, ""))
}
