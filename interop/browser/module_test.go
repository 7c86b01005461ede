package browser

import (
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/tandem/interop/gojs"
)

const modulePath = "/wasm/tandem.wasm"

func serve(body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/wasm")
		w.Header().Set("Cache-Control", "no-cache")
		w.Write(body)
	})
}

// A module that cannot be started says why in its column, and takes nothing from the other one.
func TestModuleDoesNotStart(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile("../../web/page/wasm/tandem.wasm")
	must(t, err)
	panics, err := gojs.Build(t.Context(), "testdata/panics-at-start")
	must(t, err)
	missing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "run make build", http.StatusNotFound) })
	for _, test := range []struct {
		name, path string
		handler    http.Handler
		says       string
	}{
		{"Missing", modulePath, missing, "/wasm/tandem.wasm: 404. run make build"},
		{"MissingLoader", "/wasm/wasm_exec.js", missing, "/wasm/wasm_exec.js: 404. run make build"},
		{"Truncated", modulePath, serve(whole[:len(whole)/2]), "/wasm/tandem.wasm: WebAssembly.compileStreaming()"},
		{"NoModule", modulePath, serve([]byte("<!DOCTYPE html>")), "/wasm/tandem.wasm: WebAssembly.compileStreaming()"},
		{"Panics", modulePath, serve(panics), "panic: out of paper"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := visit(t, newSite(t, map[string]http.Handler{test.path: test.handler}), "#/", "Failed to load resource: the server responded with a status of 404")
			p.wait(`document.querySelector("[data-column=go]").dataset.module === "failed"`)
			if says := p.text(field("go", "module-problem") + " span"); len(says) < len(test.says) || says[:len(test.says)] != test.says {
				t.Errorf("the column says %q, not %q", says, test.says)
			}
			if !get[bool](p, `document.querySelector("[data-column=go] [data-action=open]").ariaDisabled === "true"`) {
				t.Error("the column can be opened")
			}
			p.act("js", "open")
			p.state("open", "js")
			p.sendText("js", "alone")
			p.logged("js", "out text 5 alone", "in text 5 alone")
		})
	}
}

// What was missing can be there the next time.
func TestModuleStartsAgain(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile("../../web/page/wasm/tandem.wasm")
	must(t, err)
	var there atomic.Bool
	p := visit(t, newSite(t, map[string]http.Handler{modulePath: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if there.Load() {
			serve(whole).ServeHTTP(w, r)
		} else {
			http.Error(w, "come again", http.StatusServiceUnavailable)
		}
	})}), "#/", "Failed to load resource: the server responded with a status of 503")
	p.wait(`document.querySelector("[data-column=go]").dataset.module === "failed"`)
	there.Store(true)
	p.act("go", "reload-module")
	p.wait(`document.querySelector("[data-column=go]").dataset.module === "ready"`)
	p.act("go", "open")
	p.state("open", "go")
	p.sendText("go", "at last")
	p.logged("go", "out text 7 at last", "in text 7 at last")
}

// A panic later on closes the column's connection and says why; the page stays.
func TestModulePanics(t *testing.T) {
	t.Parallel()
	panics, err := gojs.Build(t.Context(), "testdata/panics-later")
	must(t, err)
	p := visit(t, newSite(t, map[string]http.Handler{modulePath: serve(panics)}), "#/")
	p.act("go", "open")
	p.closed("go", 1006, "", false)
	p.wait(`document.querySelector("[data-column=go]").dataset.module === "exited"`)
	if says := p.text(field("go", "module-problem") + " span"); says != "panic: out of ink" {
		t.Errorf("the column says %q", says)
	}
	p.state("open", "js")
	p.sendText("js", "alone")
	p.logged("js", "out text 5 alone", "in text 5 alone")
}

// A wrong argument is a TypeError, whatever it is: the module, and what else it does for the page, goes on.
func TestModuleStrangeArguments(t *testing.T) {
	t.Parallel()
	s := theSite(t)
	const arguments = `{
		bigint: (c) => c.send(10n),
		detached: (c) => { const bytes = new Uint8Array(4); structuredClone(bytes, {transfer: [bytes.buffer]}); return c.send(bytes); },
		detachedBuffer: (c) => { const bytes = new ArrayBuffer(4); structuredClone(bytes, {transfer: [bytes]}); return c.send(bytes); },
		code: (c) => c.close(1000n),
		reason: (c) => c.close(1000, 1n),
		address: () => tandem.open(1n),
		options: () => tandem.open(url, 1n),
		limit: () => tandem.open(url, {message: 1n}),
		subprotocol: () => tandem.open(url, {subprotocols: [1n]}),
		getter: () => tandem.open(url, {get message() { throw new TypeError("not to be had"); }}),
	}`
	p := visit(t, s, "#/guide")
	got := get[[]string](p, `(async () => {
		const url = "ws://`+s.address+`/echo";
		const all = `+arguments+`;
		const late = () => new Promise((resolve) => setTimeout(resolve, 20000, "no answer"));
		const seen = [];
		for (const [name, call] of Object.entries(all)) {
			const c = await tandem.open(url);
			const first = await Promise.race([(async () => call(c))().then(() => "taken", (error) => error.name), late()]);
			const works = async () => { await c.send("still there?"); return c.receive(); };
			seen.push(name + ": " + first + ", " + await Promise.race([works().catch(String), late()]));
			await c.close();
		}
		return seen;
	})()`)
	if len(got) != 10 {
		t.Errorf("%d were tried", len(got))
	}
	for _, seen := range got {
		if !strings.HasSuffix(seen, ": TypeError, still there?") {
			t.Error(seen)
		}
	}
}
