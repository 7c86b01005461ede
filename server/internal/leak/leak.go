// Package leak finds the goroutines that the tests of a package leave behind. Its place is in TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(leak.Status(m.Run())) }
package leak

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// patience is how long goroutines may take that are about to end: the machine may have other work.
const patience = 3 * time.Second

// Status takes the exit status of the tests and returns what it has to be: 1 where they passed, but left goroutines of
// this module behind, whose stacks it then writes to the standard error. It has to be called by the goroutine that ran the
// tests, after them.
func Status(code int) int { return status(code, patience, os.Stderr) }

func status(code int, patience time.Duration, w io.Writer) int {
	if code != 0 {
		return code
	}
	left := stacks(patience)
	if left == "" {
		return 0
	}
	fmt.Fprintf(w, "goroutines left behind:\n%s\n", left)
	return 1
}

// stacks returns the stacks of the other goroutines that are in this module's code, or were started there, after it has
// given them time to end.
func stacks(patience time.Duration) string {
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		left := Others()
		if len(left) == 0 || time.Now().After(end) {
			return strings.Join(left, "\n\n")
		}
	}
}

// Others returns the stacks of the goroutines that are in this module, but for the caller's.
func Others() (stacks []string) {
	all := make([]byte, 4<<20)
	all = all[:runtime.Stack(all, true)]
	for i, stack := range strings.Split(string(all), "\n\n") {
		if i > 0 && strings.Contains(stack, "example.com/tandem") { // the first is the caller's
			stacks = append(stacks, stack)
		}
	}
	return stacks
}
