package browser

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long anything may take that takes no time to speak of.
const patience = 20 * time.Second

// The one browser of this package. It is started by the first test that needs it.
var chromium struct {
	sync.Once
	*Browser
	err error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.Browser != nil {
		chromium.Close()
	}
	os.Exit(code)
}

// needBrowser skips the test without a browser, or fails it where REQUIRE_BROWSERS is 1, and gives the browser's path.
func needBrowser(t *testing.T) string {
	t.Helper()
	path, err := Find()
	if errors.Is(err, ErrNotFound) && os.Getenv("REQUIRE_BROWSERS") != "1" {
		t.Skip("not run in a browser: ", err)
	}
	must(t, err)
	return path
}

// openTab gives the test a tab. What the page reports as an error fails the test, but for what contains one of the texts in expected.
func openTab(t *testing.T, expected ...string) *Tab {
	t.Helper()
	path := needBrowser(t)
	chromium.Do(func() { chromium.Browser, chromium.err = Start(context.Background(), path) })
	must(t, chromium.err)
	tab, err := chromium.Open(2 * time.Minute)
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
