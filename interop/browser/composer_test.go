package browser

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// played waits until the composition has been played and gives what the page makes of it.
func (p page) played() (code, client, layer string) {
	p.t.Helper()
	p.click("#play")
	p.wait(`["done", "failed"].includes(document.querySelector("[data-field=outcome]").dataset.state)`)
	if problem := p.text("[data-field=compose-problem]"); problem != "" {
		p.t.Fatal(problem)
	}
	got := get[[]string](p, `(({code, client, layer}) => [code, client, layer])(document.querySelector("[data-field=outcome]").dataset)`)
	return got[0], got[1], got[2]
}

// Each preset gets the code that is documented for it, on the wire and in what the server reports.
func TestComposerPresets(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/composer")
	type preset struct {
		ID, Title, Section, Serve string
		Code                      int
		Secure                    bool
	}
	presets := get[[]preset](p, `import("/wire/presets.js").then((m) => [...m.presets.values()])`)
	if len(presets) < 40 {
		t.Fatalf("%d presets", len(presets))
	}
	for _, preset := range presets {
		p.do(fmt.Sprintf(`location.hash = "#/composer?preset=%s"`, preset.ID))
		p.wait(`document.querySelector("#preset").value === ` + quote(preset.ID) + ` && document.querySelector("[data-field=outcome]").dataset.state === "idle"`)
		code, client, layer := p.played()
		wantClient := fmt.Sprint(preset.Code)
		if preset.ID == "end-unanswered" { // the client did get a Close frame, and did not answer
			wantClient = "1001"
		}
		if code != fmt.Sprint(preset.Code) || client != wantClient || layer == "" {
			t.Errorf("%s (%s): the server reports %s, %s, the client %s; want %d", preset.ID, preset.Section, code, layer, client, preset.Code)
		}
		wrong := get[int](p, `document.querySelectorAll("[data-field=outcome-figure] .field[data-wrong=true]").length`)
		fault := preset.Code == 1002 || preset.Code == 1007 || preset.Code == 1008 || preset.Code == 1009
		if fault != (wrong > 0) || fault != (layer == "violation") {
			t.Errorf("%s: %d fields are marked, the layer is %s", preset.ID, wrong, layer)
		}
	}
}

// What the composer's client saw is what a raw client sees that sends the same bytes to the site's own endpoint.
func TestComposerSeesWhatARawClientSees(t *testing.T) {
	t.Parallel()
	s := theSite(t)
	for preset, frames := range map[string][]string{
		"hel-lo":         {"01 83 37 fa 21 3d 7f 9f 4d", "80 82 37 fa 21 3d 5b 95", "88 82 37 fa 21 3d 34 12"},
		"rsv2":           {"a1 85 37 fa 21 3d 7f 9f 4d 51 58"},
		"utf8-surrogate": {"81 84 37 fa 21 3d 56 17 81 bd"},
		"close-reason":   {"88 85 37 fa 21 3d 38 5b 43 44 52"},
	} {
		p := visit(t, s, "#/composer?preset="+preset)
		p.played()
		answer := get[struct{ Sent, Received string }](p, `import("/wire/play.js").then(async ({play}) => {
			const {presets} = await import("/wire/presets.js");
			const {client} = await play({steps: presets.get(`+quote(preset)+`).steps});
			const bytes = (by) => client.filter((s) => s.by === by).map((s) => s.bytes ?? "").join("");
			return {sent: bytes("client"), received: bytes("server")};
		})`)
		c := dialRaw(t, s, upgrade("/echo")...)
		if sent := strings.ReplaceAll(strings.Join(frames, ""), " ", ""); answer.Sent != sent {
			t.Errorf("%s: sent %s, want %s", preset, answer.Sent, sent)
		}
		for _, frame := range frames {
			c.send(frame)
		}
		received := hex.EncodeToString(c.receive(len(answer.Received) / 2))
		if answer.Received != received {
			t.Errorf("%s: the page saw %s, a raw client %s", preset, answer.Received, received)
		}
		// Nothing else comes.
		if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%s: a raw client received more", preset)
		}
	}
}

// By hand, over TLS too: a step is changed, added, removed, and what cannot be is said.
func TestComposerByHand(t *testing.T) {
	t.Parallel()
	p := visit(t, newSecureSite(t), "#/composer?preset=hel-lo", "400 (Bad Request)")
	problem := func(part string) {
		t.Helper()
		p.wait(`document.querySelector("[data-field=compose-problem]").textContent.includes(` + quote(part) + `)`)
	}
	open := func(step int) string {
		t.Helper()
		item := fmt.Sprintf("[data-field=steps] > li:nth-child(%d) ", step)
		if !get[bool](p, `document.querySelector(`+quote(item+"details")+`).open`) {
			p.click(item + "summary")
		}
		return item
	}
	second := open(2)
	p.click(second + "[name=rsv2]")
	p.wait(`document.querySelector("#preset").value === "" && location.hash === "#/composer"`)
	if got := p.text(second + "summary"); got != "2. continuation RSV2 “lo”" {
		t.Errorf("the step is %q", got)
	}
	if code, client, _ := p.played(); code != "1002" || client != "1002" {
		t.Errorf("RSV2 on a continuation got %s, %s", code, client)
	}
	if got := p.text("[data-field=server-report]"); !strings.Contains(got, "RSV2 is set") {
		t.Errorf("the server reports %q", got)
	}
	p.fill(second+"[name=key]", "01 02 03")
	problem("The masking key has four bytes")
	p.click("#play")
	problem("The masking key has four bytes")
	p.fill(second+"[name=key]", "0g")
	problem("“g” is not a hexadecimal digit")
	p.fill(second+"[name=key]", "00 00 00 00")
	p.fill(second+"[name=times]", "999999")
	problem("Times: a whole number from 0 to 262144")
	p.fill(second+"[name=times]", "200000")
	problem("Over 256 KiB")
	p.fill(second+"[name=times]", "1")
	p.fill(second+"[name=length]", "18446744073709551616")
	problem("below 2⁶⁴")
	p.fill(second+"[name=length]", "9223372036854775807")
	p.click(second + "[name=rsv2]")
	if code, client, _ := p.played(); code != "1009" || client != "1009" {
		t.Errorf("an absurd length got %s, %s", code, client)
	}
	p.click(second + "[data-action=remove]")
	p.wait(`document.querySelectorAll("[data-field=steps] > li").length === 2`)
	p.click("[data-action=add-end]")
	p.do(`(() => { const how = document.querySelector("[data-field=steps] > li:nth-child(3) [name=how]"); how.value = "close_notify"; how.dispatchEvent(new Event("input", {bubbles: true})); })()`)
	p.click("#play")
	problem("not secure")
	p.click("#compose-secure")
	p.click("[data-field=steps] > li:nth-child(2) summary")
	p.click("[data-field=steps] > li:nth-child(2) [data-action=remove]")
	if code, _, layer := p.played(); code != "1006" || layer != "TLS" {
		t.Errorf("close_notify got %s, %s", code, layer)
	}
}

// An answer that comes when another preset has been chosen is not that one's outcome.
func TestComposerLeavesWhatIsBeingPlayed(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/composer?preset=end-unanswered") // takes more than a second
	p.click("#play")
	p.do(`location.hash = "#/composer?preset=hel-lo"`)
	p.wait(`document.querySelector("#preset").value === "hel-lo" && document.querySelector("#play").ariaDisabled === "false"`)
	if state := get[string](p, `document.querySelector("[data-field=outcome]").dataset.state`); state != "idle" {
		t.Errorf("“Hel” + “lo” was not played, and its outcome is %s: the server reports %s", state, p.text("[data-field=server-report]"))
	}
	if code, _, _ := p.played(); code != "1000" {
		t.Errorf("then it was played, and got %s", code)
	}
}
