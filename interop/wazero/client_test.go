// Package wazero runs the client's test binary and the browser module in a page that exists in memory alone (package gojs). There it
// can be counted what they cost and what they leave behind, and faults can be forced that no browser commits.
package wazero

import (
	"bytes"
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/tandem/interop/gojs"
	"example.com/tandem/interop/suite"
	"example.com/tandem/wasm/client/clienttest"
)

// startServer gives the ws: address of a server with the suite's scenarios.
func startServer(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(clienttest.Handler())
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "http", "ws", 1)
}

// The same test binary that runs natively and in a browser. Its network is the reference peer nhooyr.io/websocket.
func TestClient(t *testing.T) {
	binary, err := gojs.BuildTest(t.Context(), suite.Dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	// Of the 66,000 messages that this one test receives, the interpreted page takes 10 s; the browsers run it.
	const skip = "-test.skip=^TestQueueFullOfSmall$"
	var out bytes.Buffer
	result, err := gojs.Run(ctx, binary, gojs.Config{
		Args:   []string{"-test.v", "-test.run=^Test", skip, "-test.timeout=50s"},
		Env:    []string{"TANDEM_TEST_URL=" + startServer(t)},
		Stdout: &out,
		Stderr: &out,
	})
	if err != nil {
		t.Errorf("%v\n%s", err, out.String()[max(0, out.Len()-2000):])
	}
	suite.Report(t, out.String(), result.ExitCode)
}

// The tests that the browser module has of its own, of what it gives to JavaScript.
func TestModuleFromWithin(t *testing.T) {
	binary, err := gojs.BuildTest(t.Context(), "../../wasm")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	result, err := gojs.Run(ctx, binary, gojs.Config{
		Args:   []string{"-test.v", "-test.timeout=50s"},
		Env:    []string{"TANDEM_TEST_URL=" + startServer(t)},
		Stdout: &out,
		Stderr: &out,
	})
	if err != nil || result.ExitCode != 0 {
		t.Errorf("%v, exit code %d\n%s", err, result.ExitCode, out.String())
	}
	if cases := suite.Parse(out.String()); len(cases) < 8 {
		t.Errorf("%d tests were run\n%s", len(cases), out.String())
	}
}
