package browser

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The watch over the page is not blind.
func TestWatch(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src http://127.0.0.1:9 ws://127.0.0.1:9")
			w.Write([]byte(`<!DOCTYPE html><link rel="icon" href="data:,"><p style="color: red">text</p><script>inline()</script><script src="bad.js"></script>`))
		case "/bad.js":
			w.Header().Set("Content-Type", "text/javascript")
			w.Write([]byte(`console.error("complaint", 7); console.warn("warning");
				fetch("http://127.0.0.1:9/elsewhere").catch(() => {});
				new WebSocket("ws://127.0.0.1:9/socket");
				setTimeout(() => { throw new Error("uncaught"); });
				Promise.reject(new Error("unhandled"));`))
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	tab := chromium.openTab(t, "") // expects anything
	must(t, tab.Visit(s.URL))
	for _, part := range []string{
		"console.error: \"complaint\" 7", "console.warning", "exception: Uncaught Error: uncaught", "unhandled",
		"Applying inline style violates", "Executing inline script violates", "WebSocket connection to",
	} {
		var problems string
		for range 200 {
			if problems = strings.Join(tab.Problems(), "\n"); strings.Contains(problems, part) {
				break
			}
			must(t, tab.Wait("true", patience))
		}
		if !strings.Contains(problems, part) {
			t.Errorf("%q is not among\n%s", part, problems)
		}
	}
	if hosts := tab.Hosts(); hosts["127.0.0.1:9"] != 2 {
		t.Errorf("the requests were %v", hosts)
	}
}
