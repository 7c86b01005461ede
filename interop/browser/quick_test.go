package browser

import (
	"fmt"
	"time"
)

// watchTasks has the page note its long tasks: those of over 50 ms, from where a browser counts a task as long.
func (p page) watchTasks() {
	p.t.Helper()
	p.do(`globalThis.long = [];
		new PerformanceObserver((list) => long.push(...list.getEntries().map((e) => Math.round(e.duration)))).observe({type: "longtask"})`)
}

// staysQuick checks that the page, which watches its tasks, has no long one.
//
// A busy machine takes the processor away from the page in the middle of a task, and the browser counts that too. A page that is
// slow itself is slow all the time, for it draws many times a second. So it is watched in spells until five of them had no long
// task, and twenty-five at most. For the same reason no other test runs meanwhile.
func (p page) staysQuick(spell time.Duration) {
	p.t.Helper()
	clean := 0
	var found []string
	for len(found) < 25 && clean < 5 {
		p.do(`long.length = 0`)
		time.Sleep(spell)
		tasks := get[[]int](p, `long`)
		if len(tasks) == 0 {
			clean++
		}
		found = append(found, fmt.Sprint(tasks))
	}
	p.t.Logf("long tasks in milliseconds, by spell: %v", found)
	if clean < 5 {
		p.t.Errorf("%d of %d spells had no long task", clean, len(found))
	}
}
