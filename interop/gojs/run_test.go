package gojs

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// buildProgram builds testdata/program once.
var buildProgram = sync.OnceValues(func() ([]byte, error) {
	return Build(context.Background(), "testdata/program", "-trimpath")
})

func start(t *testing.T, limit time.Duration, config Config) (*Host, error) {
	t.Helper()
	wasm, err := buildProgram()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	h, err := Start(ctx, wasm, config)
	if err == nil {
		t.Cleanup(h.Close)
	}
	return h, err
}

func runProgram(t *testing.T, args ...string) (r Result, stderr string, err error) {
	t.Helper()
	var written bytes.Buffer
	h, err := start(t, 20*time.Second, Config{Args: args, Stderr: &written})
	if err != nil {
		t.Fatal(err)
	}
	r, err = h.Wait()
	return r, written.String(), err
}

func TestArgumentsEnvironmentAndOutput(t *testing.T) {
	var stdout, stderr bytes.Buffer
	h, err := start(t, 20*time.Second, Config{
		Args: []string{"echo", "x", "žluť"}, Env: []string{"SHAPE=round", "COLOUR=red"}, Stdout: &stdout, Stderr: &stderr})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := h.Wait(); err != nil || r.ExitCode != 0 {
		t.Fatalf("exit code %d, %v", r.ExitCode, err)
	}
	if got := stdout.String(); got != "[x žluť] red\n" {
		t.Errorf("stdout is %q", got)
	}
	if got := stderr.String(); got != "to stderr\n" {
		t.Errorf("stderr is %q", got)
	}
}

func TestArgumentsThatDoNotFit(t *testing.T) {
	for _, n := range []int{8192, 20000} {
		if _, err := start(t, 20*time.Second, Config{Args: []string{"echo", strings.Repeat("x", n)}}); err == nil {
			t.Errorf("an argument of %d bytes was accepted", n)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		arg    string
		code   int
		stderr string
	}{
		{"exit", 7, ""},
		{"exit-in-callback", 9, ""}, // unwinds through JavaScript
		{"panic", 2, "panic: out of cheese"},
		{"panic-later", 2, "panic: out of cheese"},
		{"stdin", 0, ""},
		{"released", 0, "call to released function"},
		{"unhandled", 0, "Uncaught (in promise) nobody looks"},
	} {
		r, stderr, err := runProgram(t, c.arg)
		if err != nil || r.ExitCode != c.code || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%s: exit code %d, %v, stderr %q", c.arg, r.ExitCode, err, stderr)
		}
	}
}

func TestDeadlockIsReported(t *testing.T) {
	_, _, err := runProgram(t, "deadlock")
	var stall *StallError
	if !errors.Is(err, ErrDeadlock) || !errors.As(err, &stall) {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(stall.Stderr, "chan receive") {
		t.Errorf("the report does not say what waits: %q", stall.Stderr)
	}
}

func TestContextEndsTheRun(t *testing.T) {
	for _, c := range []struct{ arg, waiting string }{{"sleep", "timer due in 59m"}, {"spin", ""}} {
		h, err := start(t, time.Second, Config{Args: []string{c.arg}})
		if err == nil {
			_, err = h.Wait()
		}
		var stall *StallError
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &stall) {
			t.Fatalf("%s: got %v", c.arg, err)
		}
		if !strings.Contains(strings.Join(stall.Waiting, " "), c.waiting) {
			t.Errorf("%s: waiting for %q", c.arg, stall.Waiting)
		}
	}
}

// A connection that is open is no deadlock: it is named when the time is up, and so are the goroutines.
func TestAnOpenConnectionKeepsTheRunAlive(t *testing.T) {
	h, err := start(t, time.Second, Config{Args: []string{"connect", startServer(t) + "/echo"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Wait()
	var stall *StallError
	if !errors.As(err, &stall) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	if len(stall.Waiting) != 1 || !strings.HasPrefix(stall.Waiting[0], "WebSocket ws://127.0.0.1") {
		t.Errorf("waiting for %q", stall.Waiting)
	}
	if !strings.Contains(stall.Stderr, "main.connect") {
		t.Errorf("the report does not say where the program waits: %q", stall.Stderr)
	}
}

func TestNotAProgram(t *testing.T) {
	empty := []byte("\x00asm\x01\x00\x00\x00")
	if _, err := Run(t.Context(), empty, Config{}); err == nil {
		t.Error("an empty module was run")
	}
	if _, err := Run(t.Context(), []byte("text"), Config{}); err == nil {
		t.Error("text was run")
	}
}

func TestReferencesAreCounted(t *testing.T) {
	few, _, err := runProgram(t, "references", "10")
	if err != nil {
		t.Fatal(err)
	}
	many, _, err := runProgram(t, "references", "20")
	if err != nil {
		t.Fatal(err)
	}
	if got := many.LiveFuncs - few.LiveFuncs; got != 10 {
		t.Errorf("10 functions more count as %d", got)
	}
	if got := many.LiveReferences - few.LiveReferences; got != 20 {
		t.Errorf("10 functions and 10 objects more count as %d", got)
	}
}

func TestCrossingsAreCounted(t *testing.T) {
	few, _, err := runProgram(t, "callbacks", "3")
	if err != nil {
		t.Fatal(err)
	}
	many, _, err := runProgram(t, "callbacks", "10")
	if err != nil {
		t.Fatal(err)
	}
	d := many.Crossings.Since(few.Crossings)
	if d.Callbacks != 7 || d.Imports["syscall/js.valueInvoke"] != 7 {
		t.Errorf("7 callbacks more count as %+v", d)
	}
	// A callback of no arguments: invoke; get _pendingEvent, id, this, args; length; set _pendingEvent, result.
	if d.JavaScript() != 7*8 {
		t.Errorf("7 callbacks took %d calls into JavaScript: %v", d.JavaScript(), d.Imports)
	}
}
