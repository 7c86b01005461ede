package browser

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.com/tandem/interop/gojs"
	"example.com/tandem/interop/suite"
	"example.com/tandem/wasm/client/clienttest"
)

// wasmExec gives the path of the loader that belongs to this Go.
var wasmExec = sync.OnceValues(func() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	return filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"), err
})

// queueOfSmall has a server fill the client's queue with 65,536 messages, which takes as long as half of the rest. What counts them is
// Go everywhere, and TestQueueFull fills that queue everywhere, without a server: this one runs in a page of Chromium alone.
const queueOfSmall = "^TestQueueFullOfSmall$"

// goIsBusy keeps the page's thread for long, and runs under wazero alone: Chromium reports calls of released functions after it, and
// which these are is not known.
const goIsBusy = "^TestErrorKeepsMessages$"

// The same test binary that runs natively and under wazero, in each browser in a page and in a worker.
func TestClient(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	binary, err := gojs.BuildTest(t.Context(), suite.Dir)
	must(t, err)
	loader, err := wasmExec()
	must(t, err)

	mux := http.NewServeMux()
	mux.Handle("/suite/", http.StripPrefix("/suite/", http.FileServer(http.Dir("testdata/suite"))))
	mux.HandleFunc("/suite/wasm_exec.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, loader) })
	mux.HandleFunc("/suite/client.test.wasm", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/wasm")
		w.Write(binary)
	})
	mux.Handle("/", clienttest.Handler())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close) // when the subtests, too, have ended

	for _, browser := range kinds {
		env, err := json.Marshal(map[string]string{
			"TANDEM_TEST_URL":    strings.Replace(server.URL, "http", "ws", 1),
			"TANDEM_TEST_ENGINE": browser.name,
		})
		must(t, err)
		for _, host := range []string{"Page", "Worker"} {
			without := goIsBusy
			if browser != chromium || host != "Page" {
				without += "|" + queueOfSmall
			}
			args, err := json.Marshal([]string{"-test.v", "-test.run=^Test", "-test.timeout=50s", "-test.skip=" + without})
			must(t, err)
			t.Run(browser.name+host, func(t *testing.T) {
				t.Parallel()
				tab := browser.openTab(t,
					"WebSocket connection to ",      // some tests make it fail, which the browser reports
					"Go program has already exited") // the loader leaves the timer of Go's next wake-up behind
				if browser == chromium {
					must(t, tab.Unwatch())
				}
				must(t, tab.Visit(server.URL+"/suite/page.html"))
				must(t, tab.Wait("globalThis.runInWorker", patience)) // WebKit's driver can be earlier than the modules of a page
				result, err := Evaluate[struct {
					ExitCode int    `json:"exitCode"`
					Output   string `json:"output"`
				}](tab, "runIn"+host+"("+string(args)+", "+string(env)+")")
				must(t, err)
				suite.Report(t, result.Output, result.ExitCode)
			})
		}
	}
}
