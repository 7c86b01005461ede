package browser

import (
	"net/http"
	"testing"
)

// The server is started again while the view is open, and knows nothing of the feed: a new one begins.
func TestWhyServerRestarts(t *testing.T) {
	t.Parallel()
	s, f := newFeedSite(t)
	p := visit(t, s, "#/why?rate=50&run=on", "WebSocket connection to ", "Failed to load resource", "ERR_")
	must(t, p.Unwatch())
	p.wait(arrived("socket", 20))
	s.stop()
	p.wait(`document.querySelector("[data-field=why-problem]").textContent.includes("cannot be reached")`)
	p.wait(`document.querySelector("[data-transport=socket] [data-field=state]").textContent.includes("1006")`)
	f.forget()
	must(t, s.start())
	p.wait(`document.querySelector("[data-field=why-problem]").textContent.includes("a new one begins")`)
	p.whyState("running")
	for _, transport := range everyTransport {
		p.wait(arrived(transport, 20))
	}
	p.finish(everyTransport...)
}

// What a browser lacks is said, and the rest works.
func TestWhyBrowserLacks(t *testing.T) {
	t.Parallel()
	s, _ := newFeedSite(t)
	p := visit(t, s, "#/why?rate=50")
	p.do(`delete globalThis.EventSource; delete globalThis.RTCPeerConnection`)
	p.click("[data-action=why-start]")
	p.wait(arrived("socket", 20))
	for transport, name := range map[string]string{"events": "EventSource", "channel": "RTCPeerConnection"} {
		if got := p.cell(transport, "state"); got != "This browser has no "+name {
			t.Errorf("%s: %s", transport, got)
		}
	}
	p.finish("poll", "longpoll", "socket")
	if got := p.cell("events", "arrived"); got != "–" {
		t.Errorf("without EventSource %s messages arrived", got)
	}
}

// Where the plots cannot be drawn the view says so, and the rest works.
func TestWhyWithoutPlots(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]http.Handler{"/vendor/uplot/uPlot.esm.js": http.NotFoundHandler()})
	p := visit(t, s, "#/why?rate=50&run=on", "Failed to load resource")
	p.wait(`[...document.querySelectorAll(".why .plot")].every((plot) => plot.textContent.startsWith("The plots cannot be drawn"))`)
	p.wait(arrived("socket", 20))
	p.finish(everyTransport...)
}

// A server that has feeds enough says so, and the page passes it on until there is room.
func TestWhyServerIsFull(t *testing.T) {
	t.Parallel()
	s, f := newFeedSite(t)
	for status := http.StatusCreated; status == http.StatusCreated; {
		r, err := http.Post("http://"+s.address+"/feed", "", nil)
		must(t, err)
		r.Body.Close()
		status = r.StatusCode
	}
	p := visit(t, s, "#/why?rate=50&run=on", "Failed to load resource")
	p.wait(`document.querySelector("[data-field=why-problem]").textContent.includes("feeds already")`)
	p.click("[data-action=why-stop]")
	p.whyState("done")
	p.click("[data-action=why-start]")
	p.wait(`document.querySelector("[data-field=why-problem]").textContent.includes("feeds already")`)
	f.forget()
	p.wait(arrived("socket", 20))
	p.finish(everyTransport...)
}
