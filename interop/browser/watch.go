package browser

import (
	"net/url"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// A Watch notes what a page does that it should not: errors and warnings on the console, which is also where violations of the
// Content-Security-Policy go, exceptions that nobody catches, and requests. Its methods may be called by several goroutines.
type Watch struct {
	mu       sync.Mutex
	problems []string
	hosts    map[string]int
	received int
}

// see takes an event. It is called for each in turn, between the browser's messages, so it must be quick.
func (w *Watch) see(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			w.note("console." + string(e.Type) + ": " + text(e.Args))
		}
	case *runtime.EventExceptionThrown:
		problem := "exception: " + e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			problem += " " + thrown.Description + string(thrown.Value)
		}
		w.note(problem)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			w.note(string(e.Entry.Source) + " " + string(e.Entry.Level) + ": " + e.Entry.Text + " " + e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		w.request(e.Request.URL)
	case *network.EventWebSocketCreated:
		w.request(e.URL)
	case *network.EventLoadingFinished:
		w.mu.Lock()
		w.received += int(e.EncodedDataLength)
		w.mu.Unlock()
	}
}

func (w *Watch) note(problem string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, strings.TrimSpace(problem))
}

func (w *Watch) request(address string) {
	u, err := url.Parse(address)
	if err != nil {
		w.note("request to " + address)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hosts == nil {
		w.hosts = make(map[string]int)
	}
	w.hosts[u.Host]++
}

// Problems gives what was noted, in order.
func (w *Watch) Problems() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.problems...)
}

// Hosts gives for each host and port the number of requests and WebSockets; "" stands for addresses without one, such as blob:.
func (w *Watch) Hosts() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	hosts := make(map[string]int, len(w.hosts))
	for host, n := range w.hosts {
		hosts[host] = n
	}
	return hosts
}

// Received gives the bytes of all responses that have ended, as they were on the wire, with their headers.
func (w *Watch) Received() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.received
}

func text(args []*runtime.RemoteObject) string {
	parts := make([]string, len(args))
	for i, arg := range args {
		if parts[i] = string(arg.Value); parts[i] == "" {
			parts[i] = arg.Description
		}
	}
	return strings.Join(parts, " ")
}
