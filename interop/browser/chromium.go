// Package browser drives real browsers: its tests run the client's suite and the page in them. Chromium, by the DevTools protocol, has
// all the tests; Firefox, by WebDriver BiDi, and WebKitGTK, by WebDriver, have those that every browser has to pass.
package browser

import (
	"context"
	"fmt"

	"github.com/chromedp/chromedp"
)

// What keeps the browser quiet: no window, no network of its own. A tab in the background has to be as fast as one in front.
var flags = []chromedp.ExecAllocatorOption{
	chromedp.Headless,
	chromedp.NoSandbox, // it needs rights that containers do not have; all pages here are our own
	chromedp.NoFirstRun,
	chromedp.NoDefaultBrowserCheck,
	chromedp.DisableGPU,
	chromedp.IgnoreCertErrors, // nobody has signed those of the tests
	chromedp.Flag("disable-quic", true),
	chromedp.Flag("disable-background-networking", true),
	chromedp.Flag("disable-component-update", true),
	chromedp.Flag("disable-sync", true),
	chromedp.Flag("disable-extensions", true),
	chromedp.Flag("disable-features", "WebUIOmniboxPopup,WebUIOmniboxAimPopup"), // two pages of its own for each window, drawn by nobody's wish
	chromedp.Flag("disable-breakpad", true),
	chromedp.Flag("disable-dev-shm-usage", true), // it is small in containers
	chromedp.Flag("disable-background-timer-throttling", true),
	chromedp.Flag("disable-renderer-backgrounding", true),
	chromedp.Flag("disable-backgrounding-occluded-windows", true),
	chromedp.Flag("force-color-profile", "srgb"),
	chromedp.Flag("lang", "en"),
}

// A Browser is a running Chromium with a profile of its own, which is removed when it ends. Several goroutines may use it.
type Browser struct {
	ctx    context.Context
	cancel []context.CancelFunc
}

// Start starts the Chromium at path. It ends with Close, or with the context.
func Start(ctx context.Context, path string) (*Browser, error) {
	b := new(Browser)
	ctx, cancel := chromedp.NewExecAllocator(ctx, append(flags, chromedp.ExecPath(path))...)
	b.cancel = append(b.cancel, cancel)
	b.ctx, cancel = chromedp.NewContext(ctx)
	b.cancel = append(b.cancel, cancel)
	if err := chromedp.Do(b.ctx); err != nil {
		b.Close()
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return b, nil
}

// Close ends the browser and returns when it has.
func (b *Browser) Close() {
	for i := len(b.cancel) - 1; i >= 0; i-- {
		b.cancel[i]()
	}
}
