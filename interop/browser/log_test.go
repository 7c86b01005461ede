package browser

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
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

// With a full log the document stays small, and the page stays quick while 1,000 messages a second arrive: no task of its main
// thread takes more than 50 ms, from where a browser counts a task as long.
//
// A busy machine takes the processor away from the page in the middle of a task, and the browser counts that too. A page that is
// slow itself is slow all the time, for it draws the log 20 times a second. So it is watched in spells of 300 ms until five of them
// had no long task, and twenty-five at most. For the same reason no other test runs meanwhile.
func TestLog(t *testing.T) {
	s := newSite(t, map[string]http.Handler{"/clock": server.Handler(stream, nil)})
	for _, columns := range [][]string{{"go"}, {"js"}, {"go", "js"}} {
		t.Run(strings.Join(columns, "+"), func(t *testing.T) {
			tandem := map[bool]string{false: "off"}[len(columns) > 1]
			p := visit(t, s, "#/?endpoint=/clock&tandem="+tandem)
			must(t, p.Unwatch())
			p.do(`globalThis.long = [];
				new PerformanceObserver((list) => long.push(...list.getEntries().map((e) => e.duration))).observe({type: "longtask"})`)
			p.act(columns[0], "open")
			for _, column := range columns {
				p.wait(data(column, "received") + `.messages > ` + strconv.Itoa(atOnce))
			}
			p.staysQuick(columns)
			for _, column := range columns {
				p.staysSmall(column)
			}
			p.act(columns[0], "close")
			p.state("closed", columns...)
		})
	}
}

// staysQuick watches for long tasks while messages arrive in the columns.
func (p page) staysQuick(columns []string) {
	p.t.Helper()
	arrived := func(column string) int { return get[int](p, `Number(`+data(column, "received")+`.messages)`) }
	before := make(map[string]int)
	for _, column := range columns {
		before[column] = arrived(column)
	}
	begun, clean := time.Now(), 0
	var found []string
	for len(found) < 25 && clean < 5 {
		p.do(`long.length = 0`)
		time.Sleep(300 * time.Millisecond)
		tasks := get[[]float64](p, `long`)
		if len(tasks) == 0 {
			clean++
		}
		text, _ := json.Marshal(tasks)
		found = append(found, string(text))
	}
	p.t.Logf("long tasks in milliseconds, by spell: %v", found)
	if clean < 5 {
		p.t.Errorf("%d of %d spells had no long task", clean, len(found))
	}
	for _, column := range columns {
		if rate := float64(arrived(column)-before[column]) / time.Since(begun).Seconds(); rate < 500 {
			p.t.Errorf("%s: %.0f messages a second arrived, not 1,000", column, rate)
		}
	}
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
