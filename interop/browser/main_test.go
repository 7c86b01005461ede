package browser

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long anything may take that takes no time to speak of, on a machine that has other work too.
const patience = time.Minute

// A kind of browser, of which this package has one. It is started by the first test that needs it.
type kind struct {
	name  string
	find  func() (string, error)
	start func(ctx context.Context, path string) (opener, error)

	once    sync.Once
	browser opener
	err     error
}

type opener interface {
	Open(limit time.Duration) (*Tab, error)
	Close()
}

var (
	chromium = &kind{name: "Chromium", find: Find, start: starter(Start)}
	firefox  = &kind{name: "Firefox", find: FindFirefox, start: starter(StartFirefox)}
	webkit   = &kind{name: "WebKitGTK", find: FindWebKit, start: starter(StartWebKit)}

	kinds = []*kind{chromium, firefox, webkit}
)

func starter[B opener](start func(context.Context, string) (B, error)) func(context.Context, string) (opener, error) {
	return func(ctx context.Context, path string) (opener, error) { return start(ctx, path) }
}

func TestMain(m *testing.M) {
	if os.Getenv("TANDEM_TEST_PROCESS") != "" { // this is the program of TestProcess
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	flag.Set("test.parallel", "3") // they wait more than they compute; the command line has the last word
	code := m.Run()
	for _, k := range kinds {
		if k.browser != nil && k.err == nil {
			k.browser.Close()
		}
	}
	os.Exit(code)
}

// need skips the test without such a browser, or fails it where REQUIRE_BROWSERS is 1, and gives the browser's path.
func (k *kind) need(t *testing.T) string {
	t.Helper()
	path, err := k.find()
	absent(t, err)
	return path
}

// needBrowser skips the test where there is no browser of any kind, or fails it where REQUIRE_BROWSERS is 1.
func needBrowser(t *testing.T) {
	t.Helper()
	for _, k := range kinds {
		if _, err := k.find(); !errors.Is(err, ErrNotFound) {
			return // also one that is wrongly named, of which its own tests tell
		}
	}
	chromium.need(t) // it has the most tests
}

func absent(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, ErrNotFound) && os.Getenv("REQUIRE_BROWSERS") != "1" {
		t.Skip("not run in a browser: ", err)
	}
	must(t, err)
}

// openTab gives the test a tab. What the page reports as an error fails the test, but for what contains one of the texts in expected.
func (k *kind) openTab(t *testing.T, expected ...string) *Tab {
	t.Helper()
	path := k.need(t)
	k.once.Do(func() { k.browser, k.err = k.start(context.Background(), path) })
	must(t, k.err)
	tab, err := k.browser.Open(5 * patience)
	must(t, err)
	t.Cleanup(func() {
		defer tab.Close()
		for _, problem := range tab.Problems() {
			if !slices.ContainsFunc(expected, func(part string) bool { return strings.Contains(problem, part) }) {
				t.Errorf("the page reports: %s", problem)
			}
		}
	})
	return tab
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
