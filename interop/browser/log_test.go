package browser

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

const atOnce = 12_000 // messages

// stream pushes some messages at once, then 1,000 a second.
func stream(ctx context.Context, c *server.Conn) error {
	go func() {
		begun := time.Now()
		for sent := 0; ; time.Sleep(time.Millisecond) {
			for ; sent < atOnce+int(time.Since(begun).Milliseconds()); sent++ {
				if c.Send(ctx, shared.Text("message "+strconv.Itoa(sent)+" of many, with some text in it")) != nil {
					return
				}
			}
		}
	}()
	_, err := c.Receive(ctx) // sees the Close
	return err
}

// With full logs the document stays small, and the page stays quick while 1,000 messages a second arrive in each column.
func TestLog(t *testing.T) {
	s := newSite(t, map[string]http.Handler{"/clock": server.Handler(stream, nil)})
	p := visit(t, s, "#/?endpoint=/clock")
	must(t, p.Unwatch())
	p.watchTasks()
	p.act("go", "open")
	for _, column := range []string{"go", "js"} {
		p.wait(data(column, "received") + `.messages > ` + strconv.Itoa(atOnce))
	}
	arrived := func(column string) int { return get[int](p, `Number(`+data(column, "received")+`.messages)`) }
	begun, before := time.Now(), map[string]int{"go": arrived("go"), "js": arrived("js")}
	p.staysQuick(300 * time.Millisecond)
	for column, n := range before {
		if rate := float64(arrived(column)-n) / time.Since(begun).Seconds(); rate < 500 {
			t.Errorf("%s: %.0f messages a second arrived, not 1,000", column, rate)
		}
	}
	p.staysSmall("go")
	p.staysSmall("js")
	p.act("js", "close")
	p.state("closed", "go", "js")
}

// staysSmall checks what of a full log is in the document.
func (p page) staysSmall(column string) {
	p.t.Helper()
	if rows := get[string](p, `document.querySelector('`+field(column, "log")+`').getAttribute("aria-rowcount")`); rows != "10001" {
		p.t.Errorf("the log has %s rows", rows)
	}
	if n := get[int](p, `document.querySelectorAll('`+field(column, "rows")+` .row').length`); n == 0 || n > 40 {
		p.t.Errorf("%d rows are in the document", n)
	}
	if n := get[int](p, `document.querySelectorAll("*").length`); n > 700 {
		p.t.Errorf("the document has %d elements", n)
	}
	// The newest is in sight, until the reader goes up: then what he reads stays.
	newest := `Math.max(...[...document.querySelectorAll('` + field(column, "rows") + ` .row:not([hidden])')].map((row) => row.dataset.index))`
	first := get[int](p, newest)
	p.wait(newest + ` > ` + strconv.Itoa(first+100))
	p.act(column, "follow")
	time.Sleep(100 * time.Millisecond)
	top := `document.querySelector('` + field(column, "rows") + ` .row:not([hidden])').dataset.index`
	stays := get[string](p, top)
	time.Sleep(300 * time.Millisecond)
	if now := get[string](p, top); now != stays {
		p.t.Errorf("the log moved from entry %s to %s under its reader", stays, now)
	}
}
