package browser

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// What the tests ask of every browser is done as they expect it.
func TestTab(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'") // does not bind the driver
		w.Write([]byte(`<!DOCTYPE html><link rel="icon" href="data:,"><title>one</title><p>far</p><div style="height: 5000px"></div>
			<label><input id="box" type="checkbox">box</label><input id="text"><button id="hidden" hidden>hidden</button><br><button id="moving">moving</button>`))
	}))
	t.Cleanup(s.Close)
	for _, browser := range kinds {
		t.Run(browser.name, func(t *testing.T) {
			t.Parallel()
			tab := browser.openTab(t, "") // expects anything
			must(t, tab.Visit(s.URL))
			type value struct {
				Text   string
				Number float64
				List   []bool
			}
			v, err := Evaluate[value](tab, `new Promise((resolve) => setTimeout(() => resolve({text: "ü\u2028" + document.title, number: -0.5, list: [true, false]}), 10))`)
			if err != nil || v.Text != "ü\u2028one" || v.Number != -0.5 || len(v.List) != 2 || !v.List[0] {
				t.Errorf("evaluated %+v, %v", v, err)
			}
			must(t, tab.Do(`const a = 7; globalThis.b = a;`))
			must(t, tab.Do(`const a = 1; globalThis.b += a`))
			if b, err := Evaluate[int](tab, `0, b`); b != 8 || err != nil {
				t.Errorf("b is %d, %v", b, err)
			}
			for expression, part := range map[string]string{
				`[][0].length`: "undefined",
				`Promise.reject(new Error("bro" + "ken"))`: "broken", // the error has the expression too
				`null`:      "",
				`undefined`: "",
				`(`:         "",
				`"seven"`:   "int",
			} {
				if v, err := Evaluate[int](tab, expression); err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("%s gave %d, %v", expression, v, err)
				}
			}
			if err := tab.Do(`throw new Error("thr" + "own")`); err == nil || !strings.Contains(err.Error(), "thrown") {
				t.Errorf("Do gave %v", err)
			}

			must(t, tab.Click("#box")) // which is out of sight
			must(t, tab.Wait(`document.querySelector("#box").checked`, patience))
			must(t, tab.Click("#text"))
			const text = "Aé 你好 👋"
			must(t, tab.Type(text))
			must(t, tab.Wait(`document.querySelector("#text").value === `+quote(text), patience))
			for _, selector := range []string{"#none", "#hidden"} {
				if err := tab.Click(selector); err == nil {
					t.Errorf("%s was clicked", selector)
				}
			}
			// What moves between the look and the click is clicked where it stays, once; what never stays is told of.
			must(t, tab.Do(`const look = document.elementFromPoint, button = document.querySelector("#moving");
				globalThis.moves = 2;
				globalThis.clicks = 0;
				button.addEventListener("click", () => clicks++);
				document.elementFromPoint = (...at) => {
					const hit = look.apply(document, at);
					if (moves-- > 0) button.style.marginTop = 200 * (moves % 2) + "px";
					return hit;
				}`))
			must(t, tab.Click("#moving"))
			if clicks, err := Evaluate[int](tab, "clicks"); clicks != 1 || err != nil {
				t.Errorf("what had moved was clicked %d times, %v", clicks, err)
			}
			must(t, tab.Do("moves = 1000"))
			if err := tab.Click("#moving"); err == nil || !strings.Contains(err.Error(), "it moves") {
				t.Errorf("what moves was clicked: %v", err)
			}
			if err := tab.Wait("false", 50*time.Millisecond); err == nil {
				t.Error("what is not so was waited for")
			}

			ctx, cancel := context.WithTimeout(tab.Context, 100*time.Millisecond)
			defer cancel()
			if _, err := tab.engine.evaluate(ctx, `new Promise(() => {})`); err == nil {
				t.Error("a promise that is never kept gave a value")
			}
		})
	}
}

// silent is a browser that gives no tab.
type silent struct{}

func (silent) Allocate(ctx context.Context, _ ...chromedp.BrowserOption) (*chromedp.Browser, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (silent) Wait() {}

func TestOpenHasALimit(t *testing.T) {
	t.Parallel()
	ctx, cancel := chromedp.NewAllocatorContext(t.Context(), silent{})
	defer cancel()
	opened := make(chan error, 1)
	go func() { _, err := (&Browser{ctx: ctx}).Open(50 * time.Millisecond); opened <- err }()
	select {
	case err := <-opened:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits")
	}
}
