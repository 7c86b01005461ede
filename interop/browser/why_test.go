package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// everyTransport is the keys of all.
var everyTransport = []string{"poll", "longpoll", "events", "socket", "channel"}

func (p page) whyState(state string) {
	p.t.Helper()
	p.wait(`document.querySelector("#why-setup").dataset.state === ` + quote(state))
}

func (p page) cell(transport, name string) string {
	p.t.Helper()
	return p.text("[data-transport=" + transport + "] [data-field=" + name + "]")
}

func arrived(transport string, atLeast int) string {
	return fmt.Sprintf(`Number(document.querySelector("[data-transport=%s] [data-field=arrived]").textContent.replaceAll(",", "")) >= %d`, transport, atLeast)
}

// finish stops the run and checks that each of the transports had all that was published.
func (p page) finish(transports ...string) {
	p.t.Helper()
	p.click("[data-action=why-stop]")
	p.whyState("done")
	p.wait(arrived(transports[0], 1)) // the table is drawn at its own pace
	p.complete(transports...)
}

func (p page) complete(transports ...string) {
	p.t.Helper()
	for _, transport := range transports { // the table is drawn while the last ones come
		p.wait(`document.querySelector("[data-field=published]").textContent === document.querySelector("[data-transport=` + transport + `] [data-field=arrived]").textContent`)
	}
	published := p.text("[data-field=published]")
	for _, transport := range transports {
		if got := p.cell(transport, "arrived"); got != published || p.cell(transport, "lost") != "0" || p.cell(transport, "disordered") != "0" {
			p.t.Errorf("%s: %s of %s arrived, %s lost, %s out of order", transport, got, published, p.cell(transport, "lost"), p.cell(transport, "disordered"))
		}
	}
}

func TestWhyRun(t *testing.T) {
	t.Parallel()
	for scheme, start := range map[string]func(*testing.T) (*site, *feeds){"ws": newFeedSite, "wss": newSecureFeedSite} {
		t.Run(scheme, func(t *testing.T) {
			s, f := start(t)
			runFeed(t, s, f)
		})
	}
}

func runFeed(t *testing.T, s *site, f *feeds) {
	t.Helper()
	p := visit(t, s, "#/why?rate=10&interval=50&size=64")
	p.click("[data-action=why-start]")
	p.whyState("running")
	p.wait(`document.querySelector("#announcer").textContent.includes("The feed is published")`)
	for _, transport := range everyTransport {
		p.wait(arrived(transport, 12))
	}
	p.finish(everyTransport...)
	p.wait(`document.querySelector("#announcer").textContent.includes("WebSocket: ")`)

	number := func(transport, name string) int {
		return get[int](p, `parseInt(`+quote(p.cell(transport, name))+`.replaceAll(",", ""))`)
	}
	if number("poll", "unmodified") < 5 {
		t.Errorf("polls answered with 304: %s of %s", p.cell("poll", "unmodified"), p.cell("poll", "requests"))
	}
	if n, m := number("longpoll", "requests"), number("longpoll", "arrived"); n < m/2 || n > m+5 {
		t.Errorf("%d long polls for %d messages", n, m)
	}
	for transport, want := range map[string]string{"events": "1", "socket": "1", "channel": "2"} {
		if got := p.cell(transport, "requests"); got != want {
			t.Errorf("%s: %s requests, want %s", transport, got, want)
		}
	}
	if a, b := number("socket", "each"), number("longpoll", "each"); a < 64 || b < 2*a {
		t.Errorf("bytes for each message: WebSocket %d, long polling %d", a, b)
	}
	if each := number("channel", "each"); each < 64 {
		t.Errorf("bytes for each message of the data channel: %d", each)
	}
	if n := f.most["longpoll"] + f.most["events"]; n != 2 {
		t.Errorf("%d requests lasted at one time", n)
	}
	if n := f.waiting(); n != 0 {
		t.Errorf("%d requests are left after the run", n)
	}

	// The table can be copied.
	p.do(`navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }`)
	p.click("[data-action=why-copy]")
	p.wait(`document.querySelector("[data-field=copied]").textContent === "Copied"`)
	lines := strings.Split(get[string](p, "copied"), "\n")
	if len(lines) != 8 || !strings.HasPrefix(lines[0], "| Transport ") || !strings.HasPrefix(lines[5], "| WebSocket ") || len([]rune(lines[5])) != len([]rune(lines[0])) {
		t.Errorf("copied\n%s", strings.Join(lines, "\n"))
	}
	p.do(`navigator.clipboard.writeText = async () => { throw new Error("no"); }`)
	p.click("[data-action=why-copy]")
	p.wait(`document.querySelector("[data-field=copied]").textContent.includes("selected") && getSelection().toString().includes("WebRTC")`)
	t.Logf("\n%s", strings.Join(lines, "\n"))
}

// Two pages side by side: each has its own feed, and both have connections enough.
func TestWhyTwoPages(t *testing.T) {
	t.Parallel()
	s, f := newFeedSite(t)
	one, two := visit(t, s, "#/why?rate=50&run=on"), visit(t, s, "#/why?rate=100&run=on")
	for _, p := range []page{one, two} {
		must(t, p.Unwatch())
		p.whyState("running")
		for _, transport := range everyTransport {
			p.wait(arrived(transport, 100))
		}
	}
	one.finish(everyTransport...)
	two.finish(everyTransport...)
	if n := f.most["longpoll"] + f.most["events"]; n > 4 {
		t.Errorf("%d requests lasted at one time", n)
	}
}

// A view that nobody sees holds no connection, and goes on when it is seen again.
func TestWhyHidden(t *testing.T) {
	t.Parallel()
	s, f := newFeedSite(t)
	p := visit(t, s, "#/why?rate=50&run=on")
	p.wait(arrived("socket", 20))
	p.click("[data-nav=guide]")
	p.whyState("paused")
	for begun := time.Now(); f.waiting() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatalf("%d requests last while the view is hidden", f.waiting())
		}
	}
	published := get[int](p, `Number(document.querySelector("[data-field=published]").textContent)`)
	p.click("[data-nav=why]")
	p.whyState("running")
	for _, transport := range everyTransport {
		p.wait(arrived(transport, published+20))
	}
	p.finish(everyTransport...)
}

// A page holds two requests that last at most: those of this view are over when another view may begin its own, though the polls,
// ten seconds apart, are waited for.
func TestWhyHiddenLetsGoOfWhatLasts(t *testing.T) {
	t.Parallel()
	s, f := newFeedSite(t)
	p := visit(t, s, "#/why?rate=50&interval=10000&run=on")
	for _, transport := range []string{"longpoll", "events"} {
		p.wait(arrived(transport, 20))
	}
	p.click("[data-nav=guide]")
	for begun := time.Now(); f.lasting() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatalf("%d requests last", f.lasting())
		}
	}
	p.whyState("finishing")
}

func TestWhySetup(t *testing.T) {
	t.Parallel()
	s, f := newFeedSite(t)
	p := visit(t, s, "#/why?rate=7&size=200&interval=250&without=poll,channel")
	settings := `JSON.stringify([...new FormData(document.querySelector("#why-setup"))])`
	if got, want := get[string](p, settings), `[["rate","7"],["size","200"],["interval","250"],["with","longpoll"],["with","events"],["with","socket"]]`; got != want {
		t.Errorf("the deep link made %s, want %s", got, want)
	}
	p.fill("#why-rate", "300")
	p.click("#why-setup [value=poll]")
	p.wait(`location.hash === "#/why?without=channel&rate=300&size=200&interval=250"`)
	for selector, test := range map[string]struct{ value, problem string }{
		"#why-rate":     {"0", "from 1 to 1000"},
		"#why-size":     {"31", "from 32 to 16384"},
		"#why-interval": {"", "from 50 to 10000"},
	} {
		before := get[string](p, `document.querySelector('`+selector+`').value`)
		p.fill(selector, test.value)
		p.click("[data-action=why-start]")
		p.wait(`document.querySelector("[data-field=why-problem]").textContent.includes(` + quote(test.problem) + `) && document.activeElement.matches('` + selector + `')`)
		p.fill(selector, before)
	}
	p.fill("#why-size", "16384")
	p.click("[data-action=why-start]")
	p.wait(`document.querySelector("[data-field=why-problem]").textContent.includes("512 KiB")`)
	if f.waiting() != 0 || p.text("[data-field=published]") != "0" {
		t.Error("a run began with settings that cannot be")
	}
	// With the keyboard alone.
	p.fill("#why-size", "100")
	p.focus("[data-action=why-start]")
	p.press(kb.Enter)
	p.wait(arrived("socket", 20))
	p.focus("[data-action=why-stop]")
	p.press(kb.Enter)
	p.whyState("done")
	p.complete("poll", "longpoll", "events", "socket")
	p.focus(".why .scroll")
}

// Nothing sticks out on a small phone, every text has contrast enough, and the plots are drawn in the colours of the scheme.
func TestWhyLook(t *testing.T) {
	t.Parallel()
	s, _ := newFeedSite(t)
	p := visit(t, s, "#/why?rate=20&run=on")
	must(t, p.Resize(360, 740))
	for _, transport := range everyTransport {
		p.wait(arrived(transport, 20))
	}
	p.wait(`document.querySelectorAll(".why canvas").length === 2`)
	if width := get[int](p, "document.documentElement.scrollWidth"); width > 360 {
		t.Errorf("the page is %d pixels wide; beyond the edge is %s", width,
			get[string](p, `[...document.querySelectorAll("body *")].filter((e) => !e.closest(".scroll") && e.getBoundingClientRect().right > 360).map((e) => e.outerHTML.slice(0, 120)).join("\n")`))
	}
	for _, scheme := range []string{"dark", "light"} {
		must(t, p.Prefer("prefers-color-scheme", scheme))
		got := get[struct {
			Least float64
			Worst string
		}](p, shades)
		if got.Least < 4.5 {
			t.Errorf("%s: the contrast is %.2f in %s", scheme, got.Least, got.Worst)
		}
		// The line of WebSocket, in the colour that the scheme has for it.
		p.wait(`(() => {
			const probe = document.querySelector("[data-transport=socket] .sample-line");
			const want = getComputedStyle(probe).color.match(/[0-9]+/g).slice(0, 3).join();
			const canvas = document.querySelector("#why-latency canvas");
			const copy = Object.assign(document.createElement("canvas"), {width: canvas.width, height: canvas.height}).getContext("2d", {willReadFrequently: true});
			copy.drawImage(canvas, 0, 0);
			const {data} = copy.getImageData(0, 0, canvas.width, canvas.height);
			for (let i = 0; i < data.length; i += 4) if ([data[i], data[i + 1], data[i + 2]].join() === want && data[i + 3] > 200) return true;
		})()`)
	}
	p.finish(everyTransport...)
}

// The page stays quick while 1,000 messages a second arrive by each of the transports.
func TestWhyStaysQuick(t *testing.T) {
	s, _ := newFeedSite(t)
	p := visit(t, s, "#/why?rate=1000&interval=500&run=on")
	must(t, p.Unwatch())
	for _, transport := range everyTransport {
		p.wait(arrived(transport, 1000))
	}
	p.watchTasks()
	p.staysQuick(600 * time.Millisecond) // a poll, a sample and two drawings of the table are in each spell
	p.finish(everyTransport...)
	p.do(`navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }`)
	p.click("[data-action=why-copy]")
	p.wait(`globalThis.copied`)
	t.Logf("\n%s", get[string](p, "copied"))
}

// A run that is stopped while it comes to rest, because nobody saw it for a moment, does not go on.
func TestWhyStoppedWhilePausing(t *testing.T) {
	t.Parallel()
	s, _ := newFeedSite(t)
	p := visit(t, s, "#/why?rate=50&interval=3000&run=on")
	p.wait(arrived("poll", 1))
	p.click("[data-nav=guide]")
	p.whyState("finishing") // waits for the next poll
	p.click("[data-nav=why]")
	p.click("[data-action=why-stop]")
	p.wait(`document.querySelector("#why-setup").dataset.state !== "finishing"`)
	p.whyState("done")
	p.complete("poll", "longpoll", "events", "socket")
}
