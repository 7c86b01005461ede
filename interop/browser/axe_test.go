package browser

import (
	"cmp"
	"os"
	"strings"
	"sync"
	"testing"
)

// axeCore is JavaScript that makes axe.run; see testdata/axe.
var axeCore = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile("testdata/axe/axe.min.js")
	return string(source), err
})

// A finding is what axe-core has against the page as it stands.
type finding struct {
	Rule, Impact, Help string
	Elements           []string
}

func (p page) axe() []finding {
	p.t.Helper()
	return get[[]finding](p, `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then(({violations}) => violations.map(({id, impact, help, nodes}) => ({rule: id, impact, help, elements: nodes.map(({html, any, all, none}) =>
			html.slice(0, 160) + " | " + [...any, ...all, ...none].map(({message}) => message).join("; "))})))`)
}

// A look is a width in CSS pixels and a colour scheme.
type look struct {
	width  int64
	scheme string
}

// examine fails the test for what is serious in any of the looks, and logs the rest.
func (p page) examine(state string, looks ...look) {
	p.t.Helper()
	for _, l := range looks {
		must(p.t, p.Resize(l.width, 800))
		must(p.t, p.Prefer("prefers-color-scheme", l.scheme))
		for _, f := range p.axe() {
			report := p.t.Errorf
			if f.Impact == "moderate" || f.Impact == "minor" {
				report = p.t.Logf
			}
			report("%s, %d pixels, %s: %s: %s (%s)\n%s", state, l.width, l.scheme, f.Impact, f.Help, f.Rule, strings.Join(f.Elements, "\n"))
		}
	}
}

// busy is what fills the views that are empty at first.
var busy = map[string]func(p page){
	"pair": func(p page) {
		p.act("go", "open")
		p.state("open", "go", "js")
		p.sendText("go", "hello")
		p.wait(data("js", "received") + ".messages === '1'")
		p.click(field("go", "rows") + " .row[data-direction=in]")
		p.wait(`!document.querySelector('` + field("go", "detail") + `').hidden`)
		p.act("js", "tab-hex")
		p.fill(in("js")+"[data-input=hex]", "zz")
		p.act("js", "send-hex")
		p.problem("js", "z")
		p.act("js", "close")
		p.state("closed", "go", "js")
	},
	"wire": func(p page) {
		p.click("[data-action=wire-open]")
		p.wait(`document.querySelector("#wire-talk [data-field=state]").dataset.state === "open"`)
		p.click("[data-action=hello]")
		p.wait(`document.querySelector("[data-field=wire-count]").dataset.frames >= 2`)
		p.click("[data-field=wire-rows] .row[data-index='1']")
		p.wait(`document.querySelector("[data-field=wire-figure] .frame")`)
	},
	"composer": func(p page) {
		p.do(`location.hash = "#/composer?preset=too-big"`)
		p.wait(`document.querySelector("#preset").value === "too-big"`)
		p.played()
	},
	"handshake": func(p page) {
		p.click("[data-action=handshake]")
		p.wait(`document.querySelectorAll("[data-field=connections] option").length > 0`)
	},
	"guide": func(p page) {
		p.click("[data-example=hello] [data-action=run]")
		p.wait(`document.querySelector("[data-example=hello] [data-field=output]").dataset.state === "done"`)
	},
	"why": func(p page) {
		p.click("[data-action=why-start]")
		p.wait(`document.querySelector("[data-field=published]").textContent > 3`)
	},
}

// No serious finding in any view that the page links to, neither as it opens nor in use.
func TestAxe(t *testing.T) {
	t.Parallel()
	axe, err := axeCore()
	must(t, err)
	s := theSite(t)
	start := visit(t, s, "#/")
	views := get[map[string]string](start, `Object.fromEntries([...document.querySelectorAll("[data-nav]")].map((link) => [link.dataset.nav, link.getAttribute("href")]))`)
	for view := range busy {
		if views[view] == "" {
			t.Errorf("no link to %s", view)
		}
	}
	for view, hash := range views {
		t.Run(view, func(t *testing.T) {
			t.Parallel()
			p := visit(t, s, hash)
			must(t, p.Unwatch())
			p.do(axe)
			p.examine("as it opens", look{1280, "dark"}, look{360, "light"})
			if use := busy[view]; use != nil {
				use(p)
			}
			p.examine("in use", look{360, "dark"}, look{1280, "light"})
		})
	}
}

// axe-core is not blind here: it sees what is planted.
func TestAxeFinds(t *testing.T) {
	t.Parallel()
	axe, err := axeCore()
	must(t, err)
	p := visit(t, theSite(t), "#/guide")
	p.do(axe)
	p.do(`document.querySelector("[data-view=guide]").insertAdjacentHTML("afterbegin", '<img src="favicon.svg"><p>faint</p><button></button>');
		document.querySelector("[data-view=guide] p").style.color = "color-mix(in srgb, currentColor 20%, Canvas)"`)
	found := make(map[string]string)
	for _, f := range p.axe() {
		found[f.Rule] = f.Impact
	}
	for _, rule := range []string{"image-alt", "color-contrast", "button-name"} {
		if impact := cmp.Or(found[rule], "nothing"); impact != "serious" && impact != "critical" {
			t.Errorf("%s found %s", rule, impact)
		}
	}
}
