package browser

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// exchanged are the request and the response as a place shows them.
func (p page) exchanged(place string) (request, response string) {
	p.t.Helper()
	got := get[[]string](p, `[...document.querySelectorAll("[data-field=`+place+`] pre")].map((e) => e.textContent)`)
	if len(got) != 2 {
		p.t.Fatalf("%s shows %q", place, got)
	}
	return got[0], got[1]
}

func shownAs(wire string) string {
	return strings.ReplaceAll(strings.TrimRight(wire, "\r\n"), "\r\n", "\n") + "\n"
}

// The request and the response are those that a raw client has sent and received, in its own words; over both schemes.
func TestSection1_3_HandshakeAsItWasOnTheWire(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*site{"ws": newSite(t, nil), "wss": newSecureSite(t)} {
		t.Run(name, func(t *testing.T) {
			p := visit(t, s, "#/handshake")
			p.wait(`document.querySelectorAll("[data-field=connections] option").length === 1 && document.querySelector("[data-field=accept-own]").dataset.accept`)
			request, response := p.exchanged("exchange")
			var key string
			for line := range strings.SplitSeq(request, "\n") {
				if value, is := strings.CutPrefix(line, "Sec-WebSocket-Key: "); is {
					key = value
				}
			}
			sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
			accept := base64.StdEncoding.EncodeToString(sum[:])
			if !strings.Contains(request, "\nUser-Agent: Mozilla/5.0") || !strings.Contains(response, "\nSec-WebSocket-Accept: "+accept+"\n") {
				t.Errorf("the browser's request is %q, the response %q", request, response)
			}
			want := fmt.Sprintf("%s|%s|% x|%s|The same as in the response.", key, key+"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", sum, accept)
			derivation := func(name string) string {
				return strings.Join(get[[]string](p, `[...document.querySelectorAll("[data-field=`+name+`] li")].map((e) => (e.querySelector(".code") ?? e).textContent)`), "|")
			}
			if got := derivation("accept-own"); got != want {
				t.Errorf("derived\n%s\nwant\n%s", got, want)
			}
			if got := derivation("accept-example"); !strings.HasSuffix(got, "|b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea|s3pPLMBiTxaQ9kYGzzhZRbK+xOo=|The same as in the response.") {
				t.Errorf("the example is %s", got)
			}

			c := dialRaw(t, s, upgrade("/echo?wire="+p.token()+"&by=raw")...)
			p.wait(`document.querySelectorAll("[data-field=connections] option").length === 2 && document.querySelector("[data-field=exchange]").textContent.includes("UPGRADE")`)
			request, response = p.exchanged("exchange")
			if request != shownAs(c.request) || response != shownAs(c.response) {
				t.Errorf("shown are\n%s\n%s\non the wire were\n%s\n%s", request, response, c.request, c.response)
			}
		})
	}
}

// A refusal looks as it does to a raw client that sends the same request to the site's own endpoint.
func TestSection4_2_RefusalsAsTheyAreOnTheWire(t *testing.T) {
	t.Parallel()
	s := theSite(t)
	p := visit(t, s, "#/handshake?refusal=no-key") // a deep link
	p.wait(`document.querySelector("[data-field=refusal]").dataset.refusal === "no-key"`)
	type refusal struct {
		ID, Request string
		Status      int
	}
	refusals := get[[]refusal](p, `import("/handshake/refusals.js").then((m) => m.refusals)`)
	for _, r := range refusals {
		p.click("[data-refusal=" + r.ID + "]")
		p.wait(`(({state, refusal}) => state === "done" && refusal === "` + r.ID + `")(document.querySelector("[data-field=refusal]").dataset)`)
		if status := get[string](p, `document.querySelector("[data-field=refusal]").dataset.status`); status != fmt.Sprint(r.Status) {
			t.Errorf("%s: %s, want %d", r.ID, status, r.Status)
		}
		request, response := p.exchanged("refusal")
		if request != shownAs(r.Request) {
			t.Errorf("%s: the request is shown as %q", r.ID, request)
		}
		nc, err := net.Dial("tcp", s.address)
		must(t, err)
		must(t, nc.SetDeadline(time.Now().Add(patience)))
		_, err = io.WriteString(nc, r.Request)
		must(t, err)
		var raw []byte
		if r.Status == 101 {
			raw = make([]byte, 4096)
			n, err := nc.Read(raw)
			must(t, err)
			raw = raw[:n]
		} else if raw, err = io.ReadAll(nc); err != nil {
			t.Fatal(err)
		}
		nc.Close()
		undated := func(text string) []string {
			return slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.HasPrefix(line, "Date: ") })
		}
		if got, want := undated(response), undated(shownAs(string(raw))); !slices.Equal(got, want) {
			t.Errorf("%s: shown is\n%s\non the wire was\n%s", r.ID, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if len(refusals) < 5 {
		t.Errorf("%d refusals", len(refusals))
	}
}

// What is below the steps stays where it is while others are drawn, and the steps are those of the key that was drawn last.
func TestAcceptKeyIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/guide")
	got := get[[]string](p, `import("/handshake/acceptkey.js").then(async ({drawDerivation}) => {
		const list = document.createElement("ol");
		const steps = () => [list.children.length, list.children[0]?.lastElementChild.textContent].join(" ");
		const seen = [];
		await drawDerivation(list, "one", "");
		const digest = crypto.subtle.digest.bind(crypto.subtle);
		crypto.subtle.digest = async (...all) => { await first; return digest(...all); }; // the next is the last
		let go;
		const first = new Promise((resolve) => go = resolve);
		const two = drawDerivation(list, "two", "");
		seen.push(steps());
		crypto.subtle.digest = digest;
		await drawDerivation(list, "three", "");
		go();
		await two;
		seen.push(steps());
		const four = drawDerivation(list, "four", "");
		drawDerivation(list, "", "");
		await four;
		seen.push(steps());
		return seen;
	})`)
	if want := []string{"5 one", "5 three", "0 "}; !slices.Equal(got, want) {
		t.Errorf("drawn were %q, want %q", got, want)
	}
}

// Over http from another host a browser has no SHA-1: the sum is read from the accept key.
func TestAcceptKeyWithoutCryptoSubtle(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/guide")
	got := get[string](p, `import("/handshake/acceptkey.js").then(async ({drawDerivation}) => {
		Object.defineProperty(crypto, "subtle", {value: undefined});
		const list = document.createElement("ol");
		await drawDerivation(list, "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
		return [...list.children].slice(2).map((item) => item.lastElementChild?.textContent ?? item.textContent).join("|");
	})`)
	if want := "b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea|s3pPLMBiTxaQ9kYGzzhZRbK+xOo=|As in the response: over http from another host this browser computes no SHA-1."; got != want {
		t.Errorf("derived %s", got)
	}
}

// Of two refusals that are asked for one right after the other the second is shown, though the first takes longer.
func TestRefusalThatIsLeft(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/handshake")
	p.do(`const fetched = fetch;
		const answered = [];
		globalThis.fetch = async (...all) => {
			const response = await fetched(...all);
			if (answered.push(response) === 1) await new Promise((resolve) => globalThis.release = resolve);
			return response;
		};`)
	p.click("[data-refusal=version]")
	p.wait(`globalThis.release`)
	p.click("[data-refusal=no-key]")
	p.wait(`document.querySelector("[data-field=refusal]").dataset.refusal === "no-key"`)
	p.do(`release()`)
	time.Sleep(100 * time.Millisecond)
	got := get[[]string](p, `[document.querySelector("[data-field=refusals] [aria-pressed=true]").dataset.refusal, document.querySelector("[data-field=refusal]").dataset.refusal]`)
	if got[0] != "no-key" || got[1] != "no-key" {
		t.Errorf("%s is pressed, %s is shown", got[0], got[1])
	}
}
