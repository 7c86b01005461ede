package browser

import (
	"net/http"
	"strings"
	"testing"
)

// Each view loads its own modules and no other's, what is large only where it is used, and all of it compressed.
func TestViewsLoadWhatTheyNeed(t *testing.T) {
	t.Parallel()
	for view, want := range map[string]struct {
		folders string
		most    int // bytes on the wire
	}{
		"":          {"connection pair wasm wire", 820_000},
		"guide":     {"connection guide wasm", 790_000},
		"wire":      {"connection pair wire", 56_000},
		"composer":  {"wire", 56_000},
		"handshake": {"connection handshake wire", 56_000},
		"why":       {"vendor why", 104_000},
	} {
		p := visit(t, newSite(t, nil), "#/"+view) // nothing of which is in the cache
		if view == "why" {
			p.wait(`document.querySelectorAll(".why canvas").length === 2`)
		}
		got := get[[]string](p, `[...new Set(performance.getEntriesByType("resource").map(({name}) => new URL(name).pathname.split("/").slice(1, -1)[0] ?? ""))].filter(Boolean).sort()`)
		if strings.Join(got, " ") != want.folders {
			t.Errorf("%q loads from %s, want %s", view, got, want.folders)
		}
		received := p.Received()
		t.Logf("%q: %d bytes", view, received)
		if received < 20_000 || received > want.most {
			t.Errorf("%q takes %d bytes on the wire, at most %d were wanted", view, received, want.most)
		}
	}
}

// The server is away while a view is chosen for the first time: the page says so, and the views that it has go on. When the
// server is back, so is the view.
func TestViewsThatCannotBeLoaded(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	p := visit(t, s, "#/guide", "Failed to load resource", "Failed to fetch dynamically imported module")
	s.stop()
	p.click("[data-nav=composer]")
	p.wait(`!document.querySelector("#unloaded").hidden && !document.querySelector("[data-view=composer]").hidden`)
	p.click("[data-nav=guide]")
	p.wait(`document.querySelector("#unloaded").hidden && !document.querySelector("[data-view=guide]").hidden`)
	p.click("[data-nav=composer]")
	p.wait(`!document.querySelector("#unloaded").hidden`)
	must(t, s.start())
	p.click("#unloaded button")
	p.wait(`document.querySelector("#main")?.dataset.shown === "composer" && document.querySelector("#unloaded").hidden`)
	p.played()
}

// Of two views that are chosen one right after the other, the second is shown with its own parameters, though the first takes
// longer to load.
func TestViewsThatAreLeftBeforeTheyCome(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	own := theSite(t).handler
	s := newSite(t, map[string]http.Handler{"/why/view.js": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-held
		own.ServeHTTP(w, r)
	})})
	p := visit(t, s, "#/guide")
	p.do(`location.hash = "#/why?run=on"`)
	p.wait(`!document.querySelector("[data-view=why]").hidden`)
	p.do(`location.hash = "#/composer?preset=rsv2"`)
	p.wait(`document.querySelector("#main").dataset.shown === "composer" && document.querySelector("#preset").value === "rsv2"`)
	close(held)
	p.wait(`document.querySelector("#why-setup [value=poll]") !== null`) // it was mounted, out of sight
	if got := get[string](p, `[location.hash, document.querySelector("[data-view=why]").hidden, document.querySelector("#main").dataset.shown, document.querySelector("#why-setup").dataset.state].join(" ")`); got != "#/composer?preset=rsv2 true composer " {
		t.Errorf("the page shows %s", got)
	}
	p.click("[data-nav=why]")
	p.wait(`document.querySelector("#main").dataset.shown === "why" && document.querySelector("#why-rate").value === "5"`)
}

// The server is started again while a view is open: it says that it has no answer, and works when it has one again. The pair, the
// wire and the feeds have tests of their own.
func TestViewsOfAServerThatIsStartedAgain(t *testing.T) {
	t.Parallel()
	another := func(s *site) { // another process, which knows nothing of this page
		fresh, err := startSite(nil)
		must(t, err)
		fresh.stop()
		s.handler = fresh.handler
		must(t, s.start())
	}
	away := []string{"Failed to load resource", "WebSocket connection to "}
	t.Run("composer", func(t *testing.T) {
		s := newSite(t, nil)
		p := visit(t, s, "#/composer?preset=rsv2", away...)
		p.played()
		s.stop()
		p.click("#play")
		p.wait(`document.querySelector("[data-field=compose-problem]").textContent.includes("is the server running?")`)
		another(s)
		if code, client, _ := p.played(); code != "1002" || client != "1002" {
			t.Errorf("RSV2 got %s, %s", code, client)
		}
	})
	t.Run("handshake", func(t *testing.T) {
		s := newSite(t, nil)
		p := visit(t, s, "#/handshake", away...)
		shown := `[...document.querySelectorAll("[data-field=connections] option")].map((e) => e.textContent).join("|")`
		p.wait(shown + ` === "1: /echo, handshake"`)
		s.stop()
		p.click("[data-action=handshake]")
		p.wait(`document.querySelector("[data-field=handshake-problem]").textContent.includes("No connection")`)
		p.click("[data-refusal=version]")
		p.wait(`document.querySelector("[data-field=refusal-problem]").textContent.includes("is the server running?")`)
		another(s)
		p.click("[data-action=handshake]")
		p.wait(shown + ` === "1: /echo, handshake|1: /echo, handshake"`) // the new one first, also counted from 1
		p.click("[data-refusal=version]")
		p.wait(`document.querySelector("[data-field=refusal]").dataset.status === "426"`)
		if problems := p.text("[data-field=handshake-problem]") + p.text("[data-field=refusal-problem]"); problems != "" {
			t.Errorf("what is over is still said: %s", problems)
		}
	})
	t.Run("guide", func(t *testing.T) {
		s := newSite(t, nil)
		p := visit(t, s, "#/guide", away...)
		s.stop()
		run := "[data-example=hello] [data-action=run]"
		state := `document.querySelector("[data-example=hello] [data-field=output]").dataset.state`
		p.click(run)
		p.wait(state + ` === "failed"`)
		another(s)
		p.click(run)
		p.wait(state + ` === "done"`)
	})
}
