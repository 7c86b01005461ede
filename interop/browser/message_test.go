package browser

import (
	"strings"
	"testing"
)

func TestSection1_9_Subprotocol(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/?endpoint=/echo&subprotocol=other,tandem.v2")
	p.act("go", "open")
	p.state("open", "go", "js") // in tandem
	for _, column := range []string{"go", "js"} {
		if got := p.text(field(column, "status")); got != "/echo · tandem.v2" {
			t.Errorf("%s: the status is %q", column, got)
		}
	}
}

// In tandem what is sent in one column is sent in both, and both show the same.
func TestSection5_6_Messages(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/")
	p.act("js", "open")
	p.state("open", "go", "js")
	var want []string
	for _, m := range []struct{ text, size string }{
		{"hello", "5"},
		{"👩‍🚀 über 你好", "24"},
		{"שלום עולם", "17"},
		{`<img src=x onerror="alert(1)"><b>&amp;`, "38"},
	} {
		p.sendText("go", m.text)
		want = append(want, "out text "+m.size+" "+m.text, "in text "+m.size+" "+m.text)
		p.logged("go", want...)
		p.logged("js", want...)
	}
	if n := get[int](p, `document.querySelectorAll("[data-field=rows] :is(img, b)").length`); n != 0 {
		t.Errorf("a message became %d elements of the page", n)
	}
	direction := `getComputedStyle([...document.querySelectorAll('` + field("go", "rows") + ` .content')].find((e) => e.textContent.startsWith("ש"))).direction`
	if got := get[string](p, direction); got != "rtl" {
		t.Errorf("text from right to left is shown %s", got)
	}

	p.act("go", "clear")
	p.act("js", "tab-hex")
	want = nil
	for _, m := range []struct{ typed, size, hex string }{
		{"48 65 6C 6c 6f", "5", "48 65 6c 6c 6f"},
		{"0x00, 0xff", "2", "00 ff"},
		{"", "0", ""},
		{strings.Repeat("ab", 50), "50", strings.TrimSpace(strings.Repeat("ab ", 48))},
	} {
		p.fill(in("js")+"[data-input=hex]", m.typed)
		p.act("js", "send-hex")
		want = append(want, "out binary "+m.size+" "+m.hex, "in binary "+m.size+" "+m.hex)
		p.logged("go", want...)
		p.logged("js", want...)
	}
	for typed, problem := range map[string]string{"4": "pairs", "zz": "z"} {
		p.fill(in("js")+"[data-input=hex]", typed)
		p.act("js", "send-hex")
		p.problem("js", problem)
	}
	p.logged("js", want...) // and nothing was sent
}

// Out of tandem a column is alone.
func TestOutOfTandem(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/?tandem=off")
	p.act("go", "open")
	p.state("open", "go")
	p.sendText("go", "only here")
	p.logged("go", "out text 9 only here", "in text 9 only here")
	p.logged("js")
	if state := get[string](p, data("js", "state")+".state"); state != "idle" {
		t.Errorf("the other column is %s", state)
	}
	p.sendText("js", "nowhere")
	p.logged("js")
}

// An entry that was chosen is shown in whole, though its row has one line only.
func TestChosenEntry(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/?tandem=off")
	p.act("js", "open")
	p.state("open", "js")
	text := "one\ntwo " + strings.Repeat("three ", 100)
	p.sendText("js", text)
	p.wait(data("js", "received") + ".messages == 1")
	p.click(field("js", "rows") + " .row[data-direction=in]")
	p.wait(`document.querySelector('` + field("js", "detail") + ` pre').textContent === ` + quote(text))
}
