package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A Tab is a page in a window of its own. One goroutine uses it. What it says to be for Chromium fails in another browser.
type Tab struct {
	Watch   // over what the page does that it should not; it is blind but in Chromium
	Context context.Context
	cancel  []context.CancelFunc
	engine  engine
}

// An engine is what a Tab needs of its browser.
type engine interface {
	visit(ctx context.Context, url string) error
	// evaluate gives the value of an expression as JSON, or of what it resolves to if it is a promise.
	evaluate(ctx context.Context, expression string) (json.RawMessage, error)
	click(ctx context.Context, x, y float64) error
	write(ctx context.Context, text string) error
}

// Close closes the tab.
func (t *Tab) Close() {
	for i := len(t.cancel) - 1; i >= 0; i-- {
		t.cancel[i]()
	}
}

// Visit goes to an address and waits until the page has loaded.
func (t *Tab) Visit(url string) error {
	return t.engine.visit(t.Context, url)
}

// Do runs statements of JavaScript.
func (t *Tab) Do(statements string) error {
	_, err := t.engine.evaluate(t.Context, "(() => {"+statements+"\nreturn null; })()")
	if err != nil {
		err = fmt.Errorf("%s: %w", shortened(statements), err)
	}
	return err
}

// Evaluate gives the value of an expression; if it is a promise, what that resolves to. null and undefined are errors.
func Evaluate[T any](t *Tab, expression string) (T, error) {
	var v *T
	text, err := t.engine.evaluate(t.Context, expression)
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err == nil && v == nil {
		err = errors.New("it is null")
	}
	if err != nil {
		return *new(T), fmt.Errorf("%s: %w", shortened(expression), err)
	}
	return *v, nil
}

// shortened is as much of a script as one wants to read in an error.
func shortened(script string) string {
	if len(script) > 500 {
		return script[:500] + "…"
	}
	return script
}

// Wait waits until the expression is true.
func (t *Tab) Wait(expression string, limit time.Duration) error {
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		v, err := Evaluate[bool](t, "!!("+expression+")")
		switch {
		case err != nil:
			return err
		case v:
			return nil
		case time.Since(begun) > limit:
			return fmt.Errorf("not so after %v: %s", limit, expression)
		}
	}
}

// Click brings an element into sight and clicks in its middle, where nothing may cover it. The page can move what is there between
// the look and the click; what was missed is clicked again, a few times.
func (t *Tab) Click(selector string) error {
	for range 5 {
		at, err := Evaluate[[]float64](t, `(() => {
			const element = document.querySelector(`+quote(selector)+`);
			if (!element) throw new Error("there is none");
			element.scrollIntoView({block: "center", behavior: "instant"});
			const {x, y, width, height} = element.getBoundingClientRect();
			const at = [x + width / 2, y + height / 2];
			const within = (hit) => element.contains(hit) || (element.closest("label")?.contains(hit) ?? false);
			const hit = document.elementFromPoint(...at);
			if (!within(hit)) throw new Error("covered by " + (hit?.outerHTML ?? "nothing").slice(0, 100));
			globalThis.missed = false;
			addEventListener("pointerdown", (e) => globalThis.missed = !within(e.target), {capture: true, once: true});
			return at;
		})()`)
		if err != nil {
			return fmt.Errorf("click on %s: %w", selector, err)
		}
		if err := t.engine.click(t.Context, at[0], at[1]); err != nil {
			return err
		}
		if missed, err := Evaluate[bool](t, "globalThis.missed === true"); !missed {
			return err
		}
	}
	return fmt.Errorf("click on %s: it moves", selector)
}

// Type puts text where the focus is.
func (t *Tab) Type(text string) error {
	return t.engine.write(t.Context, text)
}

// quote writes a string as JavaScript does.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can always be written
	}
	return string(b)
}
