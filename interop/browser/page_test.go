package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A page is the page of this project in a tab. Its methods end the test when they fail. A column is "go" or "js".
type page struct {
	*Tab
	t *testing.T
}

// visit opens the page at a view, in Chromium, and waits until that is there and, if it uses the module, this has started or failed.
func visit(t *testing.T, s *site, hash string, expected ...string) page {
	t.Helper()
	return chromium.visit(t, s, hash, expected...)
}

func (k *kind) visit(t *testing.T, s *site, hash string, expected ...string) page {
	t.Helper()
	p := page{k.openTab(t, expected...), t}
	p.open(s.url(hash))
	t.Cleanup(func() {
		for host := range p.Hosts() {
			if host != s.address {
				t.Errorf("the page made a request to %q", host)
			}
		}
	})
	return p
}

func (p page) open(url string) {
	p.t.Helper()
	must(p.t, p.Visit(url))
	p.wait(`document.querySelector("#main")?.dataset.shown && (!globalThis.tandem || tandem.open || ["failed", "exited"].includes(document.querySelector("[data-column=go]")?.dataset.module))`)
}

func (p page) wait(expression string) {
	p.t.Helper()
	if err := p.Wait(expression, patience); err != nil {
		p.t.Fatalf("%v\nGo:\n%s\nJavaScript:\n%s", err, p.describe("go"), p.describe("js"))
	}
}

// describe is what a column shows, for the report of a failure.
func (p page) describe(column string) string {
	text, _ := Evaluate[string](p.Tab, `document.querySelector("[data-column=`+column+`]")?.innerText ?? ""`)
	return text
}

func (p page) click(selector string) {
	p.t.Helper()
	p.wait("document.querySelector(" + quote(selector) + ") !== null") // the page draws at its own pace
	must(p.t, p.Click(selector))
}

// act presses the button of an action in a column.
func (p page) act(column, action string) {
	p.t.Helper()
	p.click(in(column) + "[data-action=" + action + "]")
}

// fill replaces what is in a field.
func (p page) fill(selector, text string) {
	p.t.Helper()
	p.click(selector)
	p.do(`document.activeElement.select()`)
	if text == "" {
		must(p.t, p.Press("\b"))
	} else {
		must(p.t, p.Type(text))
	}
}

func (p page) do(statements string) {
	p.t.Helper()
	must(p.t, p.Do(statements))
}

// text gives what an element shows.
func (p page) text(selector string) string {
	p.t.Helper()
	return get[string](p, `document.querySelector(`+quote(selector)+`).textContent`)
}

func get[T any](p page, expression string) T {
	p.t.Helper()
	v, err := Evaluate[T](p.Tab, expression)
	must(p.t, err)
	return v
}

func in(column string) string { return "[data-column=" + column + "] " }

func field(column, name string) string { return in(column) + "[data-field=" + name + "]" }

// data is JavaScript for the data attributes of a field in a column.
func data(column, name string) string {
	return "document.querySelector(" + quote(field(column, name)) + ").dataset"
}

// state waits until the columns are in a state.
func (p page) state(state string, columns ...string) {
	p.t.Helper()
	for _, column := range columns {
		p.wait(data(column, "state") + `.state === "` + state + `"`)
	}
}

// closed waits until the column has closed and checks what it says about that.
func (p page) closed(column string, code int, reason string, clean bool) {
	p.t.Helper()
	p.state("closed", column)
	got := get[struct{ Code, Reason, Clean string }](p, "({...("+data(column, "state")+")})")
	want := struct{ Code, Reason, Clean string }{fmt.Sprint(code), reason, fmt.Sprint(clean)}
	if got != want {
		p.t.Errorf("%s: closed with %+v, want %+v", column, got, want)
	}
}

// messages gives the messages of the log that are in sight: "out text 5 hello".
func (p page) messages(column string) []string {
	p.t.Helper()
	return get[[]string](p, `[...document.querySelectorAll('`+field(column, "rows")+` .row:not([hidden])')]
		.filter((row) => row.dataset.direction !== "event")
		.sort((a, b) => a.dataset.index - b.dataset.index)
		.map((row) => [row.dataset.direction, row.dataset.type, row.dataset.size, row.querySelector(".content").textContent].join(" "))`)
}

// logged waits until these are the messages in sight.
func (p page) logged(column string, want ...string) {
	p.t.Helper()
	var got []string
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(20 * time.Millisecond) {
		if got = p.messages(column); strings.Join(got, "\n") == strings.Join(want, "\n") {
			return
		}
	}
	p.t.Fatalf("%s: the log has\n%s\nwant\n%s", column, strings.Join(got, "\n"), strings.Join(want, "\n"))
}

// problem waits until the column says that something went wrong, in words that hold part.
func (p page) problem(column, part string) {
	p.t.Helper()
	p.wait(`document.querySelector('` + field(column, "problem") + `').textContent.includes(` + quote(part) + `)`)
}

// sendText sends from a column's text field.
func (p page) sendText(column, text string) {
	p.t.Helper()
	p.fill(in(column)+"[data-input=text]", text)
	p.act(column, "send-text")
}
