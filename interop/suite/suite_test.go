package suite

import (
	"slices"
	"testing"
)

const output = `=== RUN   TestGood
=== RUN   TestGood/part
--- PASS: TestGood (0.00s)
    --- PASS: TestGood/part (0.00s)
=== RUN   TestBad
    bad_test.go:7: wrong
--- FAIL: TestBad (0.01s)
=== RUN   TestLeft
    left_test.go:3: not here
--- SKIP: TestLeft (0.00s)
=== RUN   ExampleOpen
--- PASS: ExampleOpen (0.02s)
=== RUN   TestDies
panic: out of paper
`

func TestParse(t *testing.T) {
	want := []Case{
		{"TestGood", "PASS", "=== RUN   TestGood/part\n--- PASS: TestGood (0.00s)\n    --- PASS: TestGood/part (0.00s)\n"},
		{"TestBad", "FAIL", "    bad_test.go:7: wrong\n--- FAIL: TestBad (0.01s)\n"},
		{"TestLeft", "SKIP", "    left_test.go:3: not here\n--- SKIP: TestLeft (0.00s)\n"},
		{"ExampleOpen", "PASS", "--- PASS: ExampleOpen (0.02s)\n"},
		{"TestDies", "", "panic: out of paper\n"},
	}
	if got := Parse(output); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestBehaviour(t *testing.T) {
	names := behaviour(t)
	if len(names) < 20 || !slices.Contains(names, "TestSection5_6_RoundTrip") {
		t.Errorf("the behaviour suite is %q", names)
	}
}
