package browser

import (
	"context"
	"encoding/json"
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

// Open opens an empty page, for at most the given time. Tabs share the browser's cache and storage.
func (b *Browser) Open(limit time.Duration) (*Tab, error) {
	t := &Tab{engine: devtools{}}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewWindow(true))
	t.cancel = append(t.cancel, cancel)
	opening := time.AfterFunc(limit, cancel)
	err := chromedp.Do(ctx) // the tab lives as long as the context of this call, which therefore has no limit of its own
	if !opening.Stop() {
		err = context.DeadlineExceeded
	}
	if err != nil {
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

// devtools is the engine of Chromium's tabs. Their context says which one is meant.
type devtools struct{}

func (devtools) visit(ctx context.Context, url string) error {
	return chromedp.Do(ctx, chromedp.Navigate(url))
}

func (devtools) evaluate(ctx context.Context, expression string) (json.RawMessage, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[json.RawMessage](expression, chromedp.EvalAwaitPromise))
}

func (devtools) click(ctx context.Context, x, y float64) error {
	return chromedp.Do(ctx, chromedp.MouseClickXY(x, y))
}

// write puts text as an input method does.
func (devtools) write(ctx context.Context, text string) error {
	_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
	return err
}

// Unwatch, for Chromium, turns the reports of the network off, which cost more than a flood does. Hosts gives no more from then on.
func (t *Tab) Unwatch() error {
	return call(t, network.Disable, cdp.Empty{})
}

// Press, for Chromium, presses keys, one for each rune; package kb names those that write nothing. What a key
// writes, it writes only if the page lets it.
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

// Choose, for Chromium, puts a file into a file input.
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

// Resize, for Chromium, gives the page a window of this many CSS pixels.
func (t *Tab) Resize(width, height int64) error {
	return chromedp.Do(t.Context, chromedp.EmulateViewport(width, height))
}

// Prefer, for Chromium, sets a media feature, such as prefers-color-scheme, to a value.
func (t *Tab) Prefer(feature, value string) error {
	return call(t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: feature, Value: value}},
	})
}

// Screenshot, for Chromium, writes the whole page as PNG, also what is out of sight.
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
