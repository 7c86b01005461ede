package browser

import (
	"strconv"
	"testing"
)

func TestFlood(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/")
	must(t, p.Unwatch())
	p.fill("#flood-seconds", "1")
	p.click("#flood-start")
	p.wait(`document.querySelector("#flood").dataset.state === "running"`)
	p.wait(`document.querySelector("#flood").dataset.state === "done"`)
	rate := func(selector, name string) float64 {
		t.Helper()
		text := get[string](p, `document.querySelector('`+selector+`').dataset.`+name+` ?? ""`)
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || v <= 0 {
			t.Errorf("%s is %q", selector, text)
		}
		return v
	}
	goes, js := rate("[data-result=go] [data-field=flood-rate]", "rate"), rate("[data-result=js] [data-field=flood-rate]", "rate")
	ratio := rate("[data-field=flood-ratio]", "ratio")
	if difference := ratio - goes/js; difference > 0.001 || difference < -0.001 {
		t.Errorf("the ratio of %f and %f is %f", goes, js, ratio)
	}
	t.Logf("Go %.0f, JavaScript %.0f messages a second, ratio %.2f", goes, js, ratio)
	if problem := p.text("[data-field=flood-problem]"); problem != "" {
		t.Errorf("the problem is %q", problem)
	}
}

func TestFloodStops(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/")
	must(t, p.Unwatch())
	p.fill("#flood-size", "1048576")
	p.click("#flood-start")
	p.wait(`document.querySelector("[data-field=flood-problem]").textContent.includes("16 MiB")`)
	p.fill("#flood-size", "70000")
	p.fill("#flood-seconds", "10")
	p.do(`document.querySelector("#flood-columns").value = "js"`)
	p.click("#flood-start")
	p.wait(data("js", "received") + `.messages > 0`)
	p.click("#flood-stop")
	p.wait(`document.querySelector("#flood").dataset.state === "done"`)
	p.wait(data("js", "sent") + `.messages === ` + data("js", "received") + `.messages`) // nothing is in flight
	p.state("open", "js")
}
