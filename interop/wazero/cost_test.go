package wazero

import (
	"bytes"
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"example.com/tandem/interop/gojs"
)

var echoProgram = sync.OnceValues(func() ([]byte, error) {
	return gojs.Build(context.Background(), "testdata/echo")
})

// do has the program do something n times, with an echo at the other end that is in the page's own thread: so it happens in the same
// way each time.
func do(t *testing.T, what string, n int) gojs.Result {
	t.Helper()
	program, err := echoProgram()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out bytes.Buffer
	result, err := gojs.Run(ctx, program, gojs.Config{
		Args: []string{what, strconv.Itoa(n)}, Env: []string{"SERVER=ws://echo.fault/"},
		Network: gojs.ByHost(gojs.Faults(), gojs.Peer{}), Stdout: &out, Stderr: &out,
	})
	if err != nil || result.ExitCode != 0 || out.Len() > 0 {
		t.Fatalf("%s: exit code %d, %v\n%s", what, result.ExitCode, err, out.String())
	}
	return result
}

// What one message there and back costs in crossings of the boundary between Go and JavaScript. The bounds are what it was when this
// was written: who lowers it may lower them.
func TestCrossings(t *testing.T) {
	for _, test := range []struct {
		what             string
		calls, callbacks float64
	}{
		{"ping-pong", 26, 1.1},
		{"ping-pong of text", 27, 1.1},
		{"flood", 13, 0.05},
	} {
		const n = 400
		few, many := do(t, test.what, n), do(t, test.what, 2*n)
		more := many.Crossings.Since(few.Crossings)
		calls, callbacks := float64(more.JavaScript())/n, float64(more.Callbacks)/n
		t.Logf("%s: %.2f calls into JavaScript and %.3f callbacks for each message", test.what, calls, callbacks)
		if calls > test.calls || callbacks > test.callbacks {
			t.Errorf("%s: more than %v and %v; the calls are %v", test.what, test.calls, test.callbacks, more.Imports)
		}
	}
}

// Nothing of a connection stays behind in JavaScript.
func TestReferences(t *testing.T) {
	few, many := do(t, "connections", 10), do(t, "connections", 110)
	t.Logf("after 10 connections %d references, %d of them functions; after 110 %d and %d",
		few.LiveReferences, few.LiveFuncs, many.LiveReferences, many.LiveFuncs)
	if many.LiveFuncs != few.LiveFuncs {
		t.Errorf("100 connections more leave %d functions more", many.LiveFuncs-few.LiveFuncs)
	}
	// Each connection has about a dozen; one that the collector has not come round to is no leak.
	if more := many.LiveReferences - few.LiveReferences; more > 15 {
		t.Errorf("100 connections more leave %d references more", more)
	}
}
