package browser

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"example.com/tandem/server/endpoints/feed"
)

// Feeds that can be watched and disturbed.
type feeds struct {
	mu      sync.Mutex
	handler http.Handler
	serving map[string]int // requests by service
	most    map[string]int // at one time
	resumed []string       // the last events that an EventSource had when it came again
	cut     time.Duration  // after which the first stream of events is cut; 0: it is not
}

func (f *feeds) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handler = feed.New(nil)
}

func (f *feeds) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service := path.Base(r.URL.Path)
	f.mu.Lock()
	handler := f.handler
	f.serving[service]++
	f.most[service] = max(f.most[service], f.serving[service])
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		f.resumed = append(f.resumed, last)
	}
	cut := f.cut
	if service == "events" {
		f.cut = 0
	}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.serving[service]--
	}()
	if service == "events" && cut > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), cut)
		defer cancel()
		handler.ServeHTTP(w, r.WithContext(ctx))
		panic(http.ErrAbortHandler) // in the middle of the body
	}
	handler.ServeHTTP(w, r)
}

// waiting is the number of requests that last, WebSockets among them.
func (f *feeds) waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.serving["longpoll"] + f.serving["events"] + f.serving["socket"] + f.serving["signal"] + f.serving["publish"]
}

func newFeedSite(t *testing.T) (*site, *feeds) {
	t.Helper()
	f := &feeds{serving: make(map[string]int), most: make(map[string]int)}
	f.forget()
	return newSite(t, map[string]http.Handler{"/feed": f, "/feed/": f}), f
}

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
	p.wait(`document.querySelector("[data-field=published]").textContent === document.querySelector("[data-transport=` + transports[0] + `] [data-field=arrived]").textContent`)
	published := p.text("[data-field=published]")
	for _, transport := range transports {
		if got := p.cell(transport, "arrived"); got != published || p.cell(transport, "lost") != "0" || p.cell(transport, "disordered") != "0" {
			p.t.Errorf("%s: %s of %s arrived, %s lost, %s out of order", transport, got, published, p.cell(transport, "lost"), p.cell(transport, "disordered"))
		}
	}
}

// deliver publishes messages through the page's own modules, while the EventSource is cut, and gives for each transport how it
// differs from what was published.
const deliver = `(async (messages, size) => {
	const { transports } = await import("/why/transports.js");
	const { create } = await import("/why/feed.js");
	const feed = await create();
	const want = Array.from({length: messages}, (_, i) => (i + 1) + " " + "x".repeat(size));
	const got = {}, open = [], connections = [], problems = [];
	for (const { key, open: connect } of transports) {
		got[key] = [];
		open.push(new Promise((resolve) => connections.push(connect(feed, {
			after: 0, interval: 50, onopen: resolve, onmessage: (text) => got[key].push(text), onproblem: (problem) => problems.push(key + ": " + problem),
		}))));
	}
	await Promise.all(open);
	const publisher = feed.socket("publish");
	await new Promise((resolve) => publisher.onopen = resolve);
	for (const text of want) {
		publisher.send(text);
		connections.forEach((connection) => connection.publish?.(text));
		await new Promise((resolve) => setTimeout(resolve));
	}
	for (let i = 0; i < 400 && Object.values(got).some((texts) => texts.length < want.length); i++) {
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
	publisher.close();
	connections.forEach((connection) => connection.close());
	return [...Object.entries(got).map(([key, texts]) => {
		const at = want.findIndex((text, i) => text !== texts[i]);
		return key + ": " + (at < 0 && texts.length === want.length ? "all in order" : texts.length + " messages, number " + (at + 1) + " is " + String(texts[at]).slice(0, 20));
	}), ...problems].join("\n");
})`

// The five transports deliver the same feed in order, also when the EventSource is cut in the middle.
func TestWhySameFeedInOrder(t *testing.T) {
	t.Parallel()
	s, f := newFeedSite(t)
	f.cut = 400 * time.Millisecond
	p := visit(t, s, "#/why", "ERR_INCOMPLETE_CHUNKED_ENCODING")
	must(t, p.Unwatch())
	got := get[string](p, deliver+`(400, 500)`)
	want := "poll: all in order\nlongpoll: all in order\nevents: all in order\nsocket: all in order\nchannel: all in order\n" +
		"events: The stream was cut: the browser connects again"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(f.resumed) != 1 || f.resumed[0] == "0" {
		t.Errorf("the EventSource came again with Last-Event-ID %q", f.resumed)
	}
}

func TestWhyRun(t *testing.T) {
	t.Parallel()
	s, f := newFeedSite(t)
	p := visit(t, s, "#/why?rate=10&interval=50&size=64")
	p.click("[data-action=why-start]")
	p.whyState("running")
	p.wait(`document.querySelector("#announcer").textContent.includes("The feed is published")`)
	for _, transport := range everyTransport {
		p.wait(arrived(transport, 20))
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

// Every connection is cut, and the server still has the feed: nothing that it was told is lost.
func TestWhyConnectionsAreCut(t *testing.T) {
	t.Parallel()
	s, _ := newFeedSite(t)
	p := visit(t, s, "#/why", "WebSocket connection to ", "Failed to load resource", "ERR_")
	must(t, p.Unwatch())
	// In two halves, of which the server has the first when the connections are cut.
	get[bool](p, `(async () => {
		const { transports } = await import("/why/transports.js");
		const { create } = await import("/why/feed.js");
		const feed = await create();
		const got = Object.fromEntries(transports.map(({ key }) => [key, []]));
		for (const { key, open } of transports.slice(0, 4)) open(feed, {after: 0, interval: 50, onopen() {}, onproblem() {}, onmessage: (text) => got[key].push(text)});
		globalThis.got = got;
		globalThis.publish = async (from, to) => {
			const socket = feed.socket("publish");
			await new Promise((resolve) => socket.onopen = resolve);
			for (let n = from; n <= to; n++) socket.send(String(n));
			while ((await feed.counts()).published < to) await new Promise((resolve) => setTimeout(resolve, 20));
		};
		await publish(1, 100);
		return true;
	})()`)
	s.cut()
	get[bool](p, `publish(101, 200).then(() => true)`)
	for _, transport := range everyTransport[:4] {
		p.wait(`got.` + transport + `.length >= 200`)
		if text := get[string](p, `got.`+transport+`.join(" ")`); text != get[string](p, `Array.from({length: 200}, (_, i) => i + 1).join(" ")`) {
			t.Errorf("%s: %s", transport, text)
		}
	}
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

// No task takes more than 50 ms while 1,000 messages a second arrive by each of the transports. TestLog says why it is watched in
// spells, and runs alone.
func TestWhyStaysQuick(t *testing.T) {
	s, _ := newFeedSite(t)
	p := visit(t, s, "#/why?rate=1000&interval=500&run=on")
	must(t, p.Unwatch())
	for _, transport := range everyTransport {
		p.wait(arrived(transport, 1000))
	}
	p.do(`globalThis.long = [];
		new PerformanceObserver((list) => long.push(...list.getEntries().map((e) => Math.round(e.duration)))).observe({type: "longtask"})`)
	clean := 0
	var found []string
	for len(found) < 25 && clean < 5 {
		p.do(`long.length = 0`)
		time.Sleep(600 * time.Millisecond) // a poll, a sample and two drawings of the table are among them
		tasks := get[[]int](p, `long`)
		if len(tasks) == 0 {
			clean++
		}
		found = append(found, fmt.Sprint(tasks))
	}
	t.Logf("long tasks in milliseconds, by spell: %v", found)
	if clean < 5 {
		t.Errorf("%d of %d spells had no long task", clean, len(found))
	}
	p.finish(everyTransport...)
	p.do(`navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }`)
	p.click("[data-action=why-copy]")
	p.wait(`globalThis.copied`)
	t.Logf("\n%s", get[string](p, "copied"))
}

// What arrives is told apart from what is missing, late or there twice.
func TestWhyArrivals(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/why")
	got := get[string](p, `(async () => {
		const { Arrivals } = await import("/why/arrivals.js");
		const { Histogram } = await import("/why/histogram.js");
		const show = (begin, taken, end) => {
			const a = new Arrivals();
			a.begin(begin);
			taken.forEach((n) => a.take(n, 1));
			a.miss(end + 1);
			return [a.messages, a.lost, a.disordered, a.reached(end)].join(" ");
		};
		const h = new Histogram();
		const nothing = h.quantile(0.5);
		for (let i = 1; i <= 1000; i++) h.add(i);
		const near = (share, want) => Math.abs(h.quantile(share) / want - 1) < 0.026;
		const extremes = new Histogram();
		[-1, 0, 1e9].forEach((v) => extremes.add(v));
		return [show(1, [1, 2, 3], 3), show(1, [1, 4], 5), show(1, [1, 3, 2, 2], 3), show(3, [3], 3), show(1, [], 6000), nothing,
			near(0.001, 1), near(0.5, 500), near(0.95, 950), near(1, 1000), extremes.quantile(0.5), extremes.quantile(1) > 60000].join("\n");
	})()`)
	want := "3 0 0 true\n2 3 0 true\n4 0 2 true\n1 0 0 true\n0 6000 0 true\n\ntrue\ntrue\ntrue\ntrue\n0.05\ntrue"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
