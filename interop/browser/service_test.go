package browser

import "testing"

// Two pages are in one room.
func TestChat(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	one := visit(t, s, "#/?endpoint=/chat&tandem=off")
	two := visit(t, s, "#/?endpoint=/chat&tandem=off")
	one.act("go", "open")
	one.logged("go", "in text 22 guest 1 joined, 1 here")
	two.act("js", "open")
	two.logged("js", "in text 22 guest 2 joined, 2 here")

	two.sendText("js", "hi 👋")
	one.logged("go", "in text 22 guest 1 joined, 1 here", "in text 22 guest 2 joined, 2 here", "in text 16 guest 2: hi 👋")
	one.sendText("go", "<b>hello</b>")
	two.logged("js", "in text 22 guest 2 joined, 2 here", "out text 7 hi 👋", "in text 16 guest 2: hi 👋", "in text 21 guest 1: <b>hello</b>")
	two.act("js", "close")
	one.wait(`document.querySelector('` + field("go", "rows") + `').textContent.includes("guest 2 left, 1 here")`)
}

// The server pushes, unasked.
func TestClock(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/?endpoint=/clock")
	p.act("js", "open")
	for _, column := range []string{"go", "js"} {
		p.wait(data(column, "received") + `.messages >= 2`)
		p.wait(`[1, 2].every((n) => [...document.querySelectorAll('` + field(column, "rows") + ` .content')].some((e) => e.textContent.startsWith('{"tick":' + n + ',"time":"20')))`)
		if sent := get[string](p, data(column, "sent")+".messages"); sent != "0" {
			t.Errorf("%s: %s messages were sent", column, sent)
		}
		p.wait(data(column, "rate") + `.rate > 0`)
	}
}
