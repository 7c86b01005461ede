package browser

import "testing"

// The server stops while the page is open: both columns say so, and can reconnect when it is back.
func TestServerStops(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	p := visit(t, s, "#/", "WebSocket connection to ")
	p.act("go", "open")
	p.state("open", "go", "js")
	p.sendText("go", "before")
	p.wait(data("js", "received") + `.messages === "1"`)

	s.stop()
	for _, column := range []string{"go", "js"} {
		p.closed(column, 1006, "", false)
	}
	p.act("js", "open")
	for _, column := range []string{"go", "js"} {
		p.wait(`document.querySelector('` + field(column, "rows") + `').textContent.includes("the browser does not say why") ||
			document.querySelector('` + field(column, "rows") + `').textContent.includes("a browser does not say why")`)
		p.closed(column, 1006, "", false)
	}

	must(t, s.start())
	p.act("js", "open")
	p.state("open", "go", "js")
	p.sendText("js", "after")
	for _, column := range []string{"go", "js"} {
		p.wait(data(column, "received") + `.messages === "2"`)
	}
}
