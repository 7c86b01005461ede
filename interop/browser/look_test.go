package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestDeepLink(t *testing.T) {
	t.Parallel()
	s := theSite(t)
	p := visit(t, s, "#/?endpoint=/close&subprotocol=tandem.v1&code=1001&reason=bye&tandem=off")
	setup := `[...new FormData(document.querySelector("#setup"))].map(String).join(" ")`
	if got := get[string](p, setup); got != "endpoint,/close subprotocol,tandem.v1 code,1001 reason,bye" {
		t.Errorf("the form has %s", got)
	}
	if got, want := p.text("#url"), "ws://"+s.address+"/close?code=1001&reason=bye"; got != want {
		t.Errorf("the address shown is %s, want %s", got, want)
	}
	// What is chosen goes into the address, and the address can be given to others.
	p.click("#endpoint-chat")
	p.fill("#close-reason", "שלום")
	hash := get[string](p, "location.hash")
	must(t, p.Visit("about:blank"))
	p.open(s.url(hash))
	if got := get[string](p, setup); got != "endpoint,/chat subprotocol,tandem.v1 code,1001 reason,שלום" {
		t.Errorf("%s: the form has %s", hash, got)
	}
	p.click("[data-nav=guide]")
	p.wait(`location.hash === "#/guide" && document.querySelector("[data-view=pair]").hidden && !document.querySelector("[data-view=guide]").hidden`)
	p.do("history.back()")
	p.wait(`!document.querySelector("[data-view=pair]").hidden && document.querySelector("#endpoint-chat").checked`)
}

// focus moves the focus with Tab alone until it is there.
func (p page) focus(selector string) {
	p.t.Helper()
	for range 60 {
		if get[bool](p, `document.activeElement.matches(`+quote(selector)+`)`) {
			return
		}
		must(p.t, p.Press(kb.Tab))
	}
	p.t.Fatalf("Tab does not lead to %s", selector)
}

func (p page) press(keys string) {
	p.t.Helper()
	must(p.t, p.Press(keys))
}

func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/?endpoint=/chat")
	p.press(kb.Tab)
	if !get[bool](p, `document.activeElement.id === "skip"`) {
		t.Error("the skip link does not come first")
	}
	p.press(kb.Enter)
	p.wait(`document.activeElement.id === "main"`)
	p.focus("#endpoint-chat")
	p.press(kb.ArrowLeft)
	p.wait(`document.querySelector("#endpoint-echo").checked`)
	p.focus("#in-tandem")
	p.press(" ")
	p.wait(`!document.querySelector("#in-tandem").checked`)
	p.focus(in("go") + "[data-action=open]")
	p.press(kb.Enter)
	p.state("open", "go")
	p.wait(`document.querySelector("#announcer").textContent.includes("Go open")`)
	p.focus(in("go") + "[data-input=text]")
	must(t, p.Type("typed"))
	p.press(kb.Enter)
	p.logged("go", "out text 5 typed", "in text 5 typed")
	// Tabs with arrow keys, as their pattern has it.
	must(t, p.Press(kb.Tab, kb.ModifierShift))
	p.press(kb.ArrowRight)
	p.wait(`document.activeElement.matches('` + in("go") + `[data-action=tab-hex]') && !document.querySelector('` + in("go") + `[data-form=hex]').closest("[hidden]")`)
	p.press(kb.Tab)
	must(t, p.Type("00"))
	p.press(kb.Enter)
	p.logged("go", "out text 5 typed", "in text 5 typed", "out binary 1 00", "in binary 1 00")
	// Around the page to the log of the same column, where an arrow key chooses the newest entry.
	p.focus(field("go", "log"))
	p.press(kb.ArrowUp)
	p.wait(`document.querySelector('` + field("go", "detail") + ` pre').textContent === "00"`)
	p.press(kb.Escape)
	p.wait(`document.querySelector('` + field("go", "detail") + `').hidden`)
	p.focus(in("go") + "[data-action=close]")
	p.press(kb.Enter)
	p.closed("go", 1000, "", true)
}

// At the width of a small phone nothing sticks out, whatever is shown.
func TestNarrow(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/")
	must(t, p.Resize(360, 740))
	fits := func(what string) {
		t.Helper()
		if width := get[int](p, "document.documentElement.scrollWidth"); width > 360 {
			t.Errorf("%s: the page is %d pixels wide; beyond the edge is %s", what, width,
				get[string](p, `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > 360).map((e) => e.outerHTML.slice(0, 120)).join("\n")`))
		}
	}
	fits("the start")
	p.fill("#subprotocol", "tandem.v2")
	p.act("go", "open")
	p.state("open", "go", "js")
	p.sendText("go", strings.Repeat("unbroken", 200))
	p.wait(data("js", "received") + ".messages == 1")
	p.click(field("go", "rows") + " .row[data-direction=in]")
	p.wait(`!document.querySelector('` + field("go", "detail") + `').hidden`)
	fits("a long word")
	p.sendFile("go", file(t, strings.Repeat("a-long-name", 10)+".bin", 1000))
	p.wait(data("js", "transfer") + `.state === "done"`)
	fits("a file")
	p.fill("#close-reason", strings.Repeat("r", 123))
	p.act("go", "close")
	p.state("closed", "go", "js")
	fits("a long reason")
	p.click("[data-nav=guide]")
	p.wait(`!document.querySelector("[data-view=guide]").hidden`)
	fits("the guide")
}

// The lightness of the background from 0 to 1, and the least contrast of any text in sight with what is behind it.
const shades = `(() => {
	const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
	const rgb = (...colours) => { // painted over each other
		for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
		return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
	};
	const light = (c) => c.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (e) => e ? [...behind(e.parentElement), getComputedStyle(e).backgroundColor] : ["white"];
	let least = Infinity, worst = "";
	for (const e of document.querySelectorAll("main *, header *")) {
		const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
		if (!text || !e.checkVisibility({visibilityProperty: true}) || e.closest(".visually-hidden, [aria-disabled=true]")) continue;
		const back = behind(e);
		const [a, b] = [light(rgb(...back)), light(rgb(...back, getComputedStyle(e).color))];
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (contrast < least) { least = contrast; worst = e.outerHTML.slice(0, 120); }
	}
	return {ground: light(rgb("white", getComputedStyle(document.body).backgroundColor)), least, worst};
})()`

func TestColours(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil) // of its own, because the choice is stored
	p := visit(t, s, "#/")
	check := func(what string, dark bool) {
		t.Helper()
		got := get[struct {
			Ground, Least float64
			Worst         string
		}](p, shades)
		if dark != (got.Ground < 0.5) {
			t.Errorf("%s: the lightness of the ground is %.2f", what, got.Ground)
		}
		if got.Least < 4.5 { // WCAG 2.2, 1.4.3
			t.Errorf("%s: the contrast is %.2f in %s", what, got.Least, got.Worst)
		}
	}
	must(t, p.Prefer("prefers-color-scheme", "dark"))
	check("the system's dark", true)
	must(t, p.Prefer("prefers-color-scheme", "light"))
	check("the system's light", false)
	p.click("#theme")
	p.click("#theme")
	p.wait(`document.documentElement.dataset.theme === "dark"`)
	check("dark by choice", true)
	p.open(s.url("#/guide"))
	p.do("globalThis.before = true; location.reload()")
	p.wait(`!globalThis.before && document.readyState === "complete" && document.documentElement.dataset.theme === "dark"`)
	check("dark after a reload", true)
	p.click("#theme")
	p.wait(`document.documentElement.dataset.theme === "auto"`)
	check("the system's light again", false)
}
