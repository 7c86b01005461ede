package browser

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/tandem/server/endpoints"
	"github.com/chromedp/chromedp/kb"
)

// token is what a page names its connections by.
func (p page) token() string {
	p.t.Helper()
	return get[string](p, `import("/wire/token.js").then((m) => m.token)`)
}

// drawn is what the figure in a place shows of a frame, bit by bit and byte by byte.
func (p page) drawn(place string) (bits string, masked, plain string) {
	p.t.Helper()
	got := get[[]string](p, `(() => {
		const root = document.querySelector(`+quote(place)+`);
		const fields = [...root.querySelectorAll(".field:not([data-field=payload]) .value")].map((e) => e.textContent).join("");
		const dump = (kind) => [...(root.querySelector("[data-dump=" + kind + "] pre")?.textContent ?? "").split("\n")].map((line) => line.slice(0, 24).trim()).join(" ").trim();
		return [fields, dump("masked"), dump("plain")];
	})()`)
	return got[0], got[1], got[2]
}

// binary writes bytes as zeros and ones.
func binary(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		fmt.Fprintf(&s, "%08b", c)
	}
	return s.String()
}

func (p page) listening() {
	p.t.Helper()
	p.wait(`document.querySelector("[data-field=stream]").dataset.state === "open"`)
}

// lines are those of the frames' log that are in sight: "out text 1 Hello".
func (p page) lines() []string {
	p.t.Helper()
	return get[[]string](p, `[...document.querySelectorAll("[data-field=wire-rows] .row:not([hidden])")].sort((a, b) => a.dataset.index - b.dataset.index)
		.map((row) => row.dataset.direction + " " + row.dataset.type + " " + row.querySelector(".content").textContent)`)
}

func (p page) hasLines(want ...string) {
	p.t.Helper()
	var got []string
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(20 * time.Millisecond) {
		if got = p.lines(); slices.Equal(got, want) {
			return
		}
	}
	p.t.Fatalf("the frames are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
}

// What the page shows is what a raw client has sent and received, bit by bit, over TCP and over TLS.
func TestSection5_2_WireShowsTheBitsThatWereSent(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*site{"ws": newSite(t, nil), "wss": newSecureSite(t)} {
		t.Run(name, func(t *testing.T) {
			p := visit(t, s, "#/wire")
			p.listening()
			c := dialRaw(t, s, upgrade("/echo?wire="+p.token())...)
			long := "82 fe 01 00 11 22 33 44" + strings.Repeat("a5", 256)
			sent := []string{"01 83 37 fa 21 3d 7f 9f 4d", "89 82 00 00 00 00 68 69", "80 82 37 fa 21 3d 5b 95", long, "91 80 01 02 03 04"}
			c.send(sent[0])
			c.send(sent[1])
			pong := c.receive(4)
			c.send(sent[2])
			echo := c.receive(7)
			c.send(sent[3])
			longEcho := c.receive(4 + 256)
			c.send(sent[4])
			end, err := io.ReadAll(c)
			must(t, err)
			c.Close()
			p.hasLines("event info 1 opened /echo", "out text 1 ┌ FIN=0 Hel", "out ping 1 │ hi", "in pong 1 hi", "out cont 1 └ lo",
				"event info 1 text message, 5 bytes, joined from 2 fragments", "in text 1 Hello",
				"out binary 1 "+strings.TrimSpace(strings.Repeat("b4 87 96 e1 ", 6)), "in binary 1 "+strings.TrimSpace(strings.Repeat("b4 87 96 e1 ", 6)),
				"out text 1 RSV3", "event problem 1 breaks a rule: RSV3 is set, and no extension uses it (RFC 6455 §5.2); answered with 1002",
				"in close 1 1002 RSV3 is set, and no extension uses it",
				"event problem 1 ended: 1002 · “RSV3 is set, and no extension uses it” · by the server · violation")

			for row, wire := range map[int][]byte{1: unhex(t, sent[0]), 2: unhex(t, sent[1]), 3: pong, 4: unhex(t, sent[2]), 6: echo, 7: unhex(t, sent[3]), 8: longEcho, 9: unhex(t, sent[4]), 11: end} {
				p.click(fmt.Sprintf("[data-field=wire-rows] .row[data-index='%d']", row))
				p.wait(fmt.Sprintf(`document.querySelector("[data-field=wire-rows] .row[data-index='%d']").ariaSelected === "true"`, row))
				header := 2
				if wire[1]&0x7f == 126 {
					header += 2
				}
				payload := wire[header:]
				unmasked := bytes.Clone(payload)
				if wire[1] >= 0x80 {
					key := wire[header : header+4]
					header += 4
					payload = wire[header:]
					unmasked = bytes.Clone(payload)
					for i := range unmasked {
						unmasked[i] ^= key[i%4]
					}
				} else {
					payload = nil
				}
				bits, masked, plain := p.drawn("[data-field=wire-figure]")
				if bits != binary(wire[:header]) || masked != spaced(payload) || plain != spaced(unmasked) {
					t.Errorf("row %d shows %s, %s, %s; on the wire was %x", row, bits, masked, plain, wire)
				}
			}
			// The offending bit, and what its figure says of it. (A click on the chosen line would let go of it.)
			p.click("[data-field=wire-rows] .row[data-index='1']")
			p.click("[data-field=wire-rows] .row[data-index='9']")
			p.wait(`document.querySelector("[data-field=wire-figure] [data-field=rsv3]").dataset.wrong === "true"`)
			if got := p.text("[data-field=wire-figure] .meaning"); !strings.Contains(got, "RSV3 is set, and no extension uses it (RFC 6455 §5.2). The answer is Close 1002.") {
				t.Errorf("the meaning is %q", got)
			}
			// Fragments join into a message, with the Ping between them.
			p.click("[data-field=wire-rows] .row[data-index='4']")
			p.wait(`document.querySelector("[data-field=wire-figure] .message")`)
			if got := p.text("[data-field=wire-figure] .message"); got != "text Helping hicont lo“Hello” · 5 bytes · one message of 2 fragments" {
				t.Errorf("the message is drawn as %q", got)
			}
		})
	}
}

// Chromium's own frames: compressed, masked, and what it calls them.
func TestWireOfTheViewsOwnConnection(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*site{"ws": theSite(t), "wss": newSecureSite(t)} {
		t.Run(name, func(t *testing.T) {
			p := visit(t, s, "#/wire")
			p.click("[data-action=wire-open]")
			p.wait(`document.querySelector("#wire-talk [data-field=state]").dataset.state === "open"`)
			p.click("[data-action=deflated]")
			p.wait(`document.querySelector("[data-field=wire-rows]").textContent.includes("deflated to 8")`) // the echo is there
			p.click("[data-action=wire-close]")
			p.wait(`document.querySelector("#wire-talk [data-field=state]").textContent === "closed, 1000"`)
			p.wait(`document.querySelector("[data-field=wire-rows]").textContent.includes("ended")`)
			lines := p.lines()
			compressed := regexp.MustCompile(`^event info 1 text message, 300 bytes, inflated from (\d+) on the wire$`).FindStringSubmatch(lines[2])
			if len(lines) != 8 || compressed == nil || !strings.HasPrefix(lines[1], "out text 1 RSV1 ca 48 ") || lines[3] != "in text 1 RSV1 ca 48 1c 85 c4 42 00 00" ||
				lines[4] != "event info 1 text message, 300 bytes, deflated to 8 on the wire" ||
				lines[5] != "out close 1 1000 bye" || lines[6] != "in close 1 1000" || lines[7] != "event info 1 ended: 1000 · “bye” · by the client · closing handshake" {
				t.Errorf("the frames are\n%s", strings.Join(lines, "\n"))
			}
			p.click("[data-field=wire-rows] .row[data-index='1']")
			p.wait(`document.querySelector("[data-field=wire-figure] .whole")?.textContent === "` + compressed[1] + ` bytes on the wire, 300 inflated · one message of one frame"`)
			p.click("[data-field=wire-rows] .row[data-index='3']")
			p.wait(`document.querySelector("[data-field=wire-figure] .whole")?.textContent === "8 bytes on the wire, 300 before · one message of one frame"`)
		})
	}
}

// The pair's connections are on the tape before the view was ever seen, and both pages see their own only.
func TestWireOfTwoPages(t *testing.T) {
	t.Parallel()
	s := theSite(t)
	one, two := visit(t, s, "#/?endpoint=/close&code=4001&reason=one"), visit(t, s, "#/?endpoint=/close&code=4002&reason=two&tandem=off")
	one.act("go", "open")
	two.act("js", "open")
	one.state("closed", "go", "js")
	two.state("closed", "js")
	for _, p := range []page{one, two} {
		p.click("[data-nav=wire]")
		p.wait(`document.querySelector("[data-field=wire-rows]").textContent.includes("ended")`)
	}
	two.hasLines("event info 1 opened /close?code=4002&reason=two&by=javascript", "in close 1 4002 two", "out close 1 4002 two",
		"event info 1 ended: 4002 · “two” · by the server · closing handshake")
	one.wait(`document.querySelector("[data-field=wire-count]").dataset.frames === "4"`)
	if text := one.text("[data-field=wire-rows]"); strings.Contains(text, "two") || strings.Count(text, "opened") != 2 || !strings.Contains(text, "by=go") {
		t.Errorf("the first page shows %s", text)
	}
}

// A view that is not in sight holds no request, and goes on where it was.
func TestWireListensWhileItIsSeen(t *testing.T) {
	t.Parallel()
	s := theSite(t)
	p := visit(t, s, "#/wire")
	p.listening()
	p.click("[data-nav=guide]")
	p.wait(`document.querySelector("[data-field=stream]").dataset.state === "off"`)
	c := dialRaw(t, s, upgrade("/echo?wire="+p.token())...)
	c.send("81 82 00 00 00 00 68 69")
	c.receive(4)
	p.click("[data-nav=wire]")
	p.hasLines("event info 1 opened /echo", "out text 1 hi", "in text 1 hi")
	p.click("[data-nav=guide]")
	p.wait(`document.querySelector("[data-field=stream]").dataset.state === "off"`)
	c.send("81 81 00 00 00 00 21")
	c.receive(3)
	p.click("[data-nav=wire]")
	p.hasLines("event info 1 opened /echo", "out text 1 hi", "in text 1 hi", "out text 1 !", "in text 1 !")
}

// The stream is cut in the middle, and goes on with nothing missing and nothing twice. Then the server comes back as
// another process, which knows nothing of this page.
func TestWireOfAServerThatIsStartedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	p := visit(t, s, "#/wire", "Failed to load resource", "WebSocket connection to ")
	p.click("[data-action=wire-open]")
	p.hasLines("event info 1 opened /echo?by=wire")
	s.stop()
	p.wait(`document.querySelector("[data-field=stream]").dataset.state === "connecting"`)
	must(t, s.start())
	c := dialRaw(t, s, upgrade("/echo?wire="+p.token())...)
	c.send("81 82 00 00 00 00 68 69")
	c.receive(4)
	p.listening()
	p.hasLines("event info 1 opened /echo?by=wire", "event problem 1 ended: 1006 · by the server · local", "event info 2 opened /echo", "out text 2 hi", "in text 2 hi")
	s.stop()
	p.wait(`document.querySelector("[data-field=stream]").dataset.state === "connecting"`)
	p.wait(`document.querySelector("#wire-talk [data-field=state]").dataset.state === "closed"`)
	another, err := startSite(nil)
	must(t, err)
	another.stop()
	s.handler = another.handler
	must(t, s.start())
	p.listening()
	p.click("[data-action=wire-open]")
	p.wait(`document.querySelector("[data-field=wire-rows]").textContent.split("opened").length === 4`)
	p.click("[data-action=hello]")
	p.wait(`document.querySelector("[data-field=wire-rows]").textContent.includes("Hello")`)
}

// A browser does not try again when an EventSource is refused; the page does.
func TestWireTriesAgainWhenItIsRefused(t *testing.T) {
	t.Parallel()
	own, refused := endpoints.New(nil), make(chan struct{}, 2)
	s := newSite(t, map[string]http.Handler{"/tapes/": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case refused <- struct{}{}:
			http.Error(w, "too many", http.StatusServiceUnavailable)
		default:
			own.ServeHTTP(w, r)
		}
	})})
	p := visit(t, s, "#/wire", "503 (Service Unavailable)")
	p.listening()
	if len(refused) != 2 {
		t.Errorf("%d requests were refused", len(refused))
	}
}

// With 10,000 lines and a thousand messages in a second nothing on the page takes long, and few rows are in the document.
func TestWireOfAFlood(t *testing.T) {
	s := theSite(t)
	p := visit(t, s, "#/wire")
	must(t, p.Unwatch())
	p.listening()
	shown := func(frames int) {
		t.Helper()
		p.wait(fmt.Sprintf(`(({frames, lost}) => Number(frames) + Number(lost) >= %d)(document.querySelector("[data-field=wire-count]").dataset)`, frames))
	}
	c := dialRaw(t, s, upgrade("/echo?wire="+p.token())...)
	const batch = 500 // messages, which are as many frames and their echoes: as many as the server sends at a time
	for frames := 2 * batch; frames <= 10_000; frames += 2 * batch {
		c.send(strings.Repeat("81 81 00 00 00 00 21", batch))
		c.receive(3 * batch)
		shown(frames)
	}
	p.click("[data-action=wire-open]")
	p.wait(`document.querySelector("#wire-talk [data-field=state]").dataset.state === "open"`)
	p.do(`setInterval(() => document.querySelector("[data-action=burst]").click(), 1000)`)
	shown(11_000)
	p.watchTasks()
	p.staysQuick(300 * time.Millisecond)
	if rows := get[int](p, `document.querySelectorAll("[data-field=wire-rows] .row").length`); rows > 60 {
		t.Errorf("%d rows are in the document", rows)
	}
	if lines := get[string](p, `document.querySelector("[data-field=wire-log]").ariaRowCount`); lines != "10001" {
		t.Errorf("the log has %s rows", lines)
	}
	if lost := get[string](p, `document.querySelector("[data-field=wire-count]").dataset.lost`); lost != "0" {
		t.Errorf("%s events were lost", lost)
	}
	t.Log(p.text("[data-field=wire-count]"))
}

// Arrow keys go from field to field, each of which explains itself.
func TestWireByKeyboard(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/composer?preset=length-64")
	p.wait(`document.querySelector("[data-field=preview] .bits")`)
	p.do(`document.querySelector("[data-field=preview] .field").focus()`)
	var said []string
	for range 9 {
		said = append(said, get[string](p, `[...document.activeElement.children].filter((part) => part.ariaHidden !== "true").map((part) => part.textContent).join("")`)+" / "+get[string](p, `document.querySelector("[data-field=preview] .meaning b").textContent`))
		p.press(kb.ArrowRight)
	}
	want := []string{"FIN: 1 / FIN 1", "RSV1: 0 / RSV1 0", "RSV2: 0 / RSV2 0", "RSV3: 0 / RSV3 0", "Opcode: 0x2 binary / Opcode 0x2 binary", "MASK: 1 / MASK 1",
		"Length: 127 / Length 127", "Extended length: 65,536 / Extended length 65,536", "Masking key: 37 fa 21 3d / Masking key 37 fa 21 3d"}
	if !slices.Equal(said, want) {
		t.Errorf("said\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}

// On a small phone nothing sticks out of the three views, and everything can be read, in the dark too.
func TestWireNarrowAndReadable(t *testing.T) {
	t.Parallel()
	s := theSite(t)
	p := visit(t, s, "#/wire")
	must(t, p.Resize(360, 740))
	check := func(what string) {
		t.Helper()
		for _, scheme := range []string{"dark", "light"} {
			must(t, p.Prefer("prefers-color-scheme", scheme))
			if width := get[int](p, "document.documentElement.scrollWidth"); width > 360 {
				t.Errorf("%s: the page is %d pixels wide", what, width)
			}
			if cut := get[[]string](p, `[...document.querySelectorAll(".bits, .field")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent + " " + e.scrollWidth + " in " + e.clientWidth)`); len(cut) > 0 {
				t.Errorf("%s: cut off are %s", what, cut)
			}
			got := get[struct {
				Least float64
				Worst string
			}](p, shades)
			if got.Least < 4.5 { // WCAG 2.2, 1.4.3
				t.Errorf("%s, %s: the contrast is %.2f in %s", what, scheme, got.Least, got.Worst)
			}
		}
	}
	c := dialRaw(t, s, upgrade("/echo?wire="+p.token()+"&long="+strings.Repeat("unbroken", 40))...)
	c.send("82 ff 00 00 00 00 00 00 01 00 00 00 00 00" + strings.Repeat("a5", 256))
	p.wait(`document.querySelector("[data-field=wire-rows]").textContent.includes("opened")`)
	c.Close()
	p.wait(`document.querySelector("[data-field=wire-rows] .row[data-type=problem]")`)
	p.click("[data-field=wire-rows] .row[data-index='0']")
	check("a long address")
	p.do(`location.hash = "#/composer?preset=too-big"`)
	p.wait(`document.querySelector("[data-field=preview] .bits")`)
	check("the composer")
	for _, preset := range []string{"utf8-surrogate", "longer-64", "deflated-fragments", "empty-fragments"} {
		p.do(`location.hash = "#/composer?preset=` + preset + `"`)
		p.wait(`document.querySelector("#preset").value === "` + preset + `"`)
		p.played()
		p.click("[data-field=steps] summary")
		check(preset)
	}
	p.do(`location.hash = "#/handshake?refusal=origin"`)
	p.wait(`document.querySelector("[data-field=refusal]").dataset.state === "done" && document.querySelector("[data-field=accept-own]").dataset.accept`)
	check("the handshake")
}
