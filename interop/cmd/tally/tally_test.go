package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

const oneRun = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: chatter\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:8: looking for one\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:9: no browser: install one\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- SKIP: TestB (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:1: too long for -short\n"}
{"Action":"skip","Package":"p","Test":"TestC"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p","Elapsed":0.1}
{"Action":"output","Package":"q","Output":"?   \tq\t[no test files]\n"}
{"Action":"skip","Package":"q"}
`

const anotherRun = `{"Action":"pass","Package":"p","Test":"TestC"}
{"ImportPath":"r","Action":"build-output","Output":"r.go:1: undefined: x\n"}
{"Action":"output","Package":"p","Test":"TestD","Output":"=== CONT  TestD\n"}
{"Action":"output","Package":"p","Test":"TestD","Output":"    d_test.go:2: want 1\n"}
{"Action":"output","Package":"p","Test":"TestD","Output":"--- FAIL: TestD (0.00s)\n"}
{"Action":"fail","Package":"p","Test":"TestD"}
{"Action":"output","Package":"p","Test":"TestE","Output":"panic: lost\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
this is not JSON
`

func TestTally(t *testing.T) {
	var got tally
	var printed strings.Builder
	for _, run := range []string{oneRun, anotherRun} {
		if err := got.read(strings.NewReader(run), &printed); err != nil {
			t.Fatal(err)
		}
	}
	got.omitted = []string{"the race detector: no C compiler"}
	got.summary(&printed)
	const want = "ok  \tp\t0.1s\n" +
		"r.go:1: undefined: x\n" +
		"    d_test.go:2: want 1\n--- FAIL: TestD (0.00s)\n" +
		"FAIL\tp\t0.1s\n" +
		"panic: lost\n" +
		"this is not JSON\n" +
		"tests: 2 passed, 1 failed, 1 skipped\n" +
		"skipped: 1 (no browser: install one)\n" +
		"skipped: the race detector: no C compiler\n"
	if printed.String() != want {
		t.Errorf("printed:\n%s\nwant:\n%s", printed.String(), want)
	}
}

func TestSplit(t *testing.T) {
	got := split([]string{"go", "test", "./...", "--", "--", "env", "X=1", "go", "test"}, "--")
	want := [][]string{{"go", "test", "./..."}, {"env", "X=1", "go", "test"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Commands that run beside each other are added up, and each prints in one piece.
func TestRunAll(t *testing.T) {
	var got tally
	var printed strings.Builder
	err := got.runAll([][]string{
		{"go", "test", "-count=1", "-run", "^TestSplit$"}, {"skip", "the rest:", "no browser"}, {"go", "test", "-count=1", "-run", "^TestTally$"},
	}, &printed)
	if err != nil || got.passed != 2 || !slices.Equal(got.omitted, []string{"the rest: no browser"}) {
		t.Errorf("%d tests passed, %q left out, %v", got.passed, got.omitted, err)
	}
	want := regexp.MustCompile(`^> go test .*TestSplit\$\nok .*\n  [0-9.]+s\n\n> go test .*TestTally\$\nok .*\n  [0-9.]+s\n\n$`)
	if !want.MatchString(printed.String()) {
		t.Errorf("printed:\n%s", printed.String())
	}
}

func TestRunFails(t *testing.T) {
	var printed strings.Builder
	for _, command := range [][]string{{"go", "vet"}, {"no-such-program", "test"}, {"go", "test", "-no-such-flag"}} {
		for _, commands := range [][][]string{{command}, {command, {"skip", "it"}}} {
			if err := new(tally).runAll(commands, &printed); err == nil {
				t.Errorf("%q: no error", commands)
			}
		}
	}
	if n := strings.Count(printed.String(), "FAIL: "); n != 6 {
		t.Errorf("%d of 6 failures are told of:\n%s", n, printed.String())
	}
}
