package browser

import (
	"net/url"
	"testing"
)

// watching is JavaScript that notes what the page does that it should not, in any browser; see Watch.
const watching = `globalThis.problems = [];
	for (const kind of ["error", "unhandledrejection", "securitypolicyviolation"])
		addEventListener(kind, (e) => problems.push([kind, e.message ?? e.reason ?? e.violatedDirective].join(": ")), true);
	for (const kind of ["error", "warn"])
		console[kind] = (...words) => problems.push("console." + kind + ": " + words.join(" "));`

// The page's main path in every browser, over both schemes: a deep link, both clients with a subprotocol, text and binary there
// and back, a closing handshake with a code and a reason; over TLS then what each of the other views is there for.
func TestEverywhere(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	for scheme, s := range map[string]*site{"ws": theSite(t), "wss": newSecureSite(t)} {
		for _, browser := range kinds {
			t.Run(browser.name+"/"+scheme, func(t *testing.T) {
				t.Parallel()
				p := browser.visit(t, s, "#/?endpoint=/echo&subprotocol=tandem.v1&code=4001&reason="+url.QueryEscape("до свидания"))
				p.do(watching)
				if got, want := p.text("#url"), scheme+"://"+s.address+"/echo"; got != want {
					t.Errorf("the address shown is %s, want %s", got, want)
				}
				p.act("go", "open")
				p.state("open", "go", "js")
				for _, column := range []string{"go", "js"} {
					if got := p.text(field(column, "status")); got != "/echo · tandem.v1" {
						t.Errorf("%s: the status is %q", column, got)
					}
				}

				const text = "hello, 你好, שלום 👋"
				p.sendText("go", text)
				p.act("js", "tab-hex")
				p.logged("js", "out text 28 "+text, "in text 28 "+text)
				p.fill(in("js")+"[data-input=hex]", "00 7f ff")
				p.act("js", "send-hex")
				for _, column := range []string{"go", "js"} {
					p.logged(column, "out text 28 "+text, "in text 28 "+text, "out binary 3 00 7f ff", "in binary 3 00 7f ff")
				}

				p.act("go", "close")
				p.closed("go", 4001, "до свидания", true)
				p.closed("js", 4001, "", true) // the server's answer has the code alone
				if s.secure {
					p.tour()
				}
				for _, problem := range get[[]string](p, "problems") {
					t.Errorf("the page reports: %s", problem)
				}
			})
		}
	}
}

// tour uses each of the views but the pair.
func (p page) tour() {
	p.t.Helper()
	p.click("[data-nav=guide]")
	p.wait(`location.hash === "#/guide" && document.querySelector("[data-view=pair]").hidden && document.querySelector("[data-example=hello]") !== null`)
	p.click("[data-example=hello] [data-action=run]")
	p.wait(`document.querySelector("[data-example=hello] [data-field=output]").dataset.state === "done"`)

	p.click("[data-nav=wire]")
	p.listening()
	p.wait(`document.querySelector("[data-field=wire-rows]").textContent.includes("4001 до свидания")`) // the pair's connections are there
	p.click("[data-action=wire-open]")
	p.wait(`document.querySelector("#wire-talk [data-field=state]").dataset.state === "open"`)
	p.click("[data-action=wire-close]")
	p.wait(`document.querySelector("[data-field=wire-rows]").textContent.includes("“bye” · by the client · closing handshake")`)

	p.do(`location.hash = "#/composer?preset=rsv2"`)
	p.wait(`document.querySelector("#main").dataset.shown === "composer"`)
	if code, client, _ := p.played(); code != "1002" || client != "1002" {
		p.t.Errorf("RSV2 got %s, %s", code, client)
	}

	p.click("[data-nav=handshake]")
	p.wait(`document.querySelector("[data-field=accept-own] [data-same=true]") !== null`)
	p.click("[data-refusal=version]")
	p.wait(`document.querySelector("[data-field=refusal]").dataset.status === "426"`)

	p.do(`location.hash = "#/why?rate=50&run=on"`)
	p.wait(`document.querySelector("#main").dataset.shown === "why"`)
	carried := everyTransport
	if !get[bool](p, `"RTCPeerConnection" in globalThis`) {
		carried = everyTransport[:4]
	}
	for _, transport := range carried {
		p.wait(arrived(transport, 10))
	}
	p.wait(`document.querySelectorAll(".why canvas").length === 2`)
	p.finish(carried...)
}
