package conform

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// TestMain sees to it that no case leaves a goroutine behind, in the suite or in the peers that the tests bring.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // little of what the cases allocate stays, and collecting it is a tenth of the time
	code := m.Run()
	if left := leftGoroutines(); code == 0 && left != "" {
		fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// leftGoroutines returns the stacks of the goroutines that are still in this project, after it has given them time.
func leftGoroutines() string {
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		var left []string
		for i, g := range strings.Split(string(stacks), "\n\n") {
			if i > 0 && strings.Contains(g, "example.com/tandem") {
				left = append(left, g)
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return strings.Join(left, "\n\n")
		}
	}
}
