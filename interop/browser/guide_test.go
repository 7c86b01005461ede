package browser

import (
	"strings"
	"testing"
)

// The examples of the guide do what they say.
func TestGuideExamples(t *testing.T) {
	t.Parallel()
	s := theSite(t)
	p := visit(t, s, "#/guide")
	for example, want := range map[string]string{
		"hello":  "hello\nUint8Array [1,2,3]\nclosed: 1000, clean\n",
		"errors": "", // below: the sentences are the module's
	} {
		p.click("[data-example=" + example + "] [data-action=run]")
		output := "[data-example=" + example + "] [data-field=output]"
		p.wait(`document.querySelector('` + output + `').dataset.state === "done"`)
		if got := p.text(output); want != "" && got != want {
			t.Errorf("%s printed %q, want %q", example, got, want)
		}
	}
	lines := strings.Split(p.text("[data-example=errors] [data-field=output]"), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "http") || !strings.HasPrefix(lines[1], "1008 no: ") {
		t.Errorf("errors printed %q", lines)
	}
}

// What the guide promises of tandem.open to JavaScript of anyone's. Each part is a body of an async function of url, the address of
// the site.
func TestTandemOpen(t *testing.T) {
	t.Parallel()
	s := theSite(t)
	p := visit(t, s, "#/guide", "WebSocket connection to ")
	for name, test := range map[string]struct{ body, want string }{
		"echo": {`const c = await tandem.open(url + "/echo", {subprotocols: ["tandem.v2", "tandem.v1"]});
			const got = [c.subprotocol, c.url === url + "/echo", c.bufferedAmount];
			await c.send("👋"); got.push(await c.receive());
			await c.send(""); got.push(await c.receive());
			for (const data of [new Uint8Array([1, 2]).buffer, new Uint8Array([0, 1, 2, 3]).subarray(1, 3), new DataView(new ArrayBuffer(2)), new Uint16Array([258]), new Uint8Array()]) {
				await c.send(data);
				const m = await c.receive();
				got.push(m instanceof Uint8Array && [...m].join(" "));
			}
			return [...got, await c.close()]`,
			`["tandem.v1",true,0,"👋","","1 2","1 2","0 0","2 1","",{"code":1000,"reason":"","wasClean":true}]`},
		"closed by the page": {`const c = await tandem.open(url + "/echo");
			const receiving = c.receive();
			return [await c.close(1008, "no"), await receiving.catch((e) => [e instanceof Error, e.code, e.reason, e.wasClean]), await c.closed, await c.send("x").catch((e) => e.code)]`,
			`[{"code":1008,"reason":"no","wasClean":true},[true,1008,"no",true],{"code":1008,"reason":"no","wasClean":true,"by":"local","layer":"closing handshake"},1008]`},
		"closed by the server": {`const c = await tandem.open(url + "/close?code=4001&reason=why");
			const end = await c.closed;
			return [end, await c.receive().catch((e) => [e.code, e.reason, e.wasClean]), await c.close()]`,
			`[{"code":4001,"reason":"why","wasClean":true,"by":"peer","layer":"closing handshake"},[4001,"why",true],{"code":4001,"reason":"why","wasClean":true}]`},
		"normal end": {`const c = await tandem.open(url + "/close?code=1001"); return [await c.receive(), await c.receive()]`, `[null,null]`},
		"many at once": {`const c = await tandem.open(url + "/echo");
			const sent = Array.from({length: 500}, (_, i) => c.send(String(i)));
			let right = true;
			for (let i = 0; i < 500; i++) right &&= (await c.receive()) === String(i);
			await Promise.all(sent); await c.close(); return right`, `true`},
		"too long": {`const c = await tandem.open(url + "/echo", {message: 10});
			await c.send("12345678901");
			return await c.receive().catch((e) => [e.code, e.wasClean])`, `[1009,false]`},
		"refused":                {`return await tandem.open(url + "/nothing").catch((e) => [e instanceof Error, e.code])`, `[true,1006]`},
		"in a page that goes on": {`const c = await tandem.open(url + "/echo"); c.receive(); return await c.receive().catch((e) => e.message.includes("receiving"))`, `true`},
	} {
		got := get[string](p, `(async (url) => JSON.stringify(await (async () => {`+test.body+`})()))("ws://`+s.address+`")`)
		if got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	// Wrong arguments: a TypeError that names what is wrong, and nothing is opened.
	for call, names := range map[string]string{
		`tandem.open()`:                                                         "address",
		`tandem.open(7)`:                                                        "address",
		`tandem.open("")`:                                                       "ws",
		`tandem.open("http://localhost/")`:                                      "http",
		`tandem.open("ws:///echo")`:                                             "host",
		`tandem.open("ws://localhost/#a")`:                                      "fragment",
		`tandem.open("ws://localhost:x/")`:                                      "port",
		`tandem.open(url + "/echo", 7)`:                                         "options",
		`tandem.open(url + "/echo", {subprotocols: "a"})`:                       "subprotocols",
		`tandem.open(url + "/echo", {subprotocols: [7]})`:                       "subprotocols",
		`tandem.open(url + "/echo", {message: -1})`:                             "message",
		`tandem.open(url + "/echo", {close: NaN})`:                              "close",
		`tandem.open(url + "/echo").then((c) => c.send())`:                      "message must be",
		`tandem.open(url + "/echo").then((c) => c.send({}))`:                    "message must be",
		`tandem.open(url + "/echo").then((c) => c.send("\ud800"))`:              "surrogate",
		`tandem.open(url + "/echo").then((c) => c.close("1000"))`:               "code",
		`tandem.open(url + "/echo").then((c) => c.close(1006))`:                 "1006",
		`tandem.open(url + "/echo").then((c) => c.close(1000, 7))`:              "reason",
		`tandem.open(url + "/echo").then((c) => c.close(1000, "я".repeat(62)))`: "123",
		`tandem.open(url + "/echo").then((c) => c.send.call({}, "a"))`:          "no connection",
	} {
		got := get[string](p, `((url) => `+call+`.then(() => "resolved", (e) => e.name + ": " + e.message))("ws://`+s.address+`")`)
		if !strings.HasPrefix(got, "TypeError: ") || !strings.Contains(got, names) {
			t.Errorf("%s: %s, want a TypeError that names %q", call, got, names)
		}
	}
}
