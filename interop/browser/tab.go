package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	protocol "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A Tab is a page in a window of its own. Tabs share the browser's cache and storage. One goroutine uses it.
type Tab struct {
	Watch   // over what the page does that it should not
	Context context.Context
	cancel  []context.CancelFunc
}

// Open opens an empty page, for at most the given time.
func (b *Browser) Open(limit time.Duration) (*Tab, error) {
	t := new(Tab)
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewWindow(true))
	t.cancel = append(t.cancel, cancel)
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context of this call
		t.Close()
		return nil, err
	}
	t.Context, cancel = context.WithTimeout(ctx, limit)
	t.cancel = append(t.cancel, cancel)
	if err := t.prepare(); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t *Tab) prepare() error {
	if err := chromedp.Listen(t.Context, t.Watch.see); err != nil {
		return err
	}
	// Several tabs at once: each believes that it is the one in front.
	if err := call(t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		return err
	}
	// Reports of each change to the document, which nobody here reads and which slow the page down.
	if err := call(t, css.Disable, cdp.Empty{}); err != nil {
		return err
	}
	return call(t, dom.Disable, cdp.Empty{})
}

func call[P, R any](t *Tab, command cdp.Command[P, R], params P) error {
	_, err := chromedp.Call(t.Context, command, params)
	return err
}

// Close closes the tab.
func (t *Tab) Close() {
	for i := len(t.cancel) - 1; i >= 0; i-- {
		t.cancel[i]()
	}
}

// Unwatch turns the reports of the network off, which cost more than a flood does. Hosts gives no more from then on.
func (t *Tab) Unwatch() error {
	return call(t, network.Disable, cdp.Empty{})
}

// Visit goes to an address and waits until the page has loaded.
func (t *Tab) Visit(url string) error {
	return chromedp.Do(t.Context, chromedp.Navigate(url))
}

// Evaluate gives the value of an expression; if it is a promise, what that resolves to.
func Evaluate[T any](t *Tab, expression string) (T, error) {
	v, err := chromedp.Run(t.Context, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		err = fmt.Errorf("%s: %w", expression, err)
	}
	return v, err
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

// Click brings an element into sight and clicks in its middle, where nothing may cover it.
func (t *Tab) Click(selector string) error {
	at, err := Evaluate[[]float64](t, `(() => {
		const element = document.querySelector(`+quote(selector)+`);
		if (!element) throw new Error("there is none");
		element.scrollIntoView({block: "center", behavior: "instant"});
		const {x, y, width, height} = element.getBoundingClientRect();
		const at = [x + width / 2, y + height / 2];
		const hit = document.elementFromPoint(...at);
		if (!element.contains(hit) && !element.closest("label")?.contains(hit)) throw new Error("covered by " + (hit?.outerHTML ?? "nothing").slice(0, 100));
		return at;
	})()`)
	if err != nil {
		return fmt.Errorf("click on %s: %w", selector, err)
	}
	return chromedp.Do(t.Context, chromedp.MouseClickXY(at[0], at[1]))
}

// Type puts text where the focus is, as an input method does.
func (t *Tab) Type(text string) error {
	return call(t, input.InsertText, input.InsertTextParams{Text: text})
}

// Press presses keys, one for each rune; package kb names those that write nothing. What a key writes, it writes only if the page
// lets it.
func (t *Tab) Press(keys string, modifiers ...kb.Modifier) error {
	var held kb.Modifier
	for _, m := range modifiers {
		held |= m
	}
	for _, r := range keys {
		key := kb.Keys[r]
		press := input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeKeyDown, Modifiers: int64(held), Key: key.Key, Code: key.Code, Text: key.Text,
			UnmodifiedText: key.Unmodified, WindowsVirtualKeyCode: key.Windows, NativeVirtualKeyCode: key.Native,
		}
		if err := call(t, input.DispatchKeyEvent, press); err != nil {
			return err
		}
		press.Type, press.Text, press.UnmodifiedText = input.DispatchKeyEventTypeKeyUp, "", ""
		if err := call(t, input.DispatchKeyEvent, press); err != nil {
			return err
		}
	}
	return nil
}

// Choose puts a file into a file input.
func (t *Tab) Choose(selector, path string) error {
	handle, err := chromedp.Run(t.Context, chromedp.Evaluate[*runtime.RemoteObject](`document.querySelector(`+quote(selector)+`)`))
	if err != nil {
		return err
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return err
	}
	return call(t, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{path}, ObjectID: handle.ObjectID})
}

// Resize gives the page a window of this many CSS pixels.
func (t *Tab) Resize(width, height int64) error {
	return chromedp.Do(t.Context, chromedp.EmulateViewport(width, height))
}

// Prefer sets a media feature, such as prefers-color-scheme, to a value.
func (t *Tab) Prefer(feature, value string) error {
	return call(t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: feature, Value: value}},
	})
}

// Screenshot writes the whole page as PNG, also what is out of sight.
func (t *Tab) Screenshot(path string) error {
	size, err := Evaluate[[]float64](t, "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
	if err != nil {
		return err
	}
	beyond := true
	shot, err := chromedp.Call(t.Context, protocol.CaptureScreenshot, protocol.CaptureScreenshotParams{
		Format:                protocol.CaptureScreenshotFormatPng,
		Clip:                  &protocol.Viewport{Width: size[0], Height: size[1], Scale: 1},
		CaptureBeyondViewport: &beyond,
	})
	if err != nil {
		return err
	}
	return os.WriteFile(path, shot.Data, 0o644)
}

// quote writes a string as JavaScript does.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can always be written
	}
	return string(b)
}
