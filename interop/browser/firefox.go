package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Firefox is a running Firefox with a profile of its own, which is removed when it ends. Several goroutines may use it.
type Firefox struct {
	process *process
	session *bidi
}

// StartFirefox starts the Firefox at path. It ends with Close, or with the context.
func StartFirefox(ctx context.Context, path string) (*Firefox, error) {
	p, err := newProcess(ctx, path, "MOZ_CRASHREPORTER_DISABLE=1")
	if err != nil {
		return nil, err
	}
	p.cmd.Args = append(p.cmd.Args, "--headless", "--no-remote", "--profile", p.dir, "--remote-debugging-port", "0")
	f := &Firefox{process: p}
	if err := f.start(ctx); err != nil {
		f.Close()
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return f, nil
}

func (f *Firefox) start(ctx context.Context) error {
	stderr, err := f.process.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := f.process.cmd.Start(); err != nil {
		return err
	}
	address, err := announced(stderr)
	if err != nil {
		return err
	}
	go drain(stderr)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if f.session, err = dialBiDi(ctx, address); err != nil {
		return err
	}
	capabilities := map[string]any{"alwaysMatch": map[string]any{"acceptInsecureCerts": true}}
	return f.session.call(ctx, "session.new", map[string]any{"capabilities": capabilities}, nil)
}

// announced reads what Firefox prints as it starts until it tells its address.
func announced(output io.Reader) (string, error) {
	var all strings.Builder
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if _, address, found := strings.Cut(lines.Text(), "WebDriver BiDi listening on "); found {
			return address, nil
		}
		all.WriteString(lines.Text() + "\n")
	}
	return "", fmt.Errorf("it ended, and had printed: %s", all.String())
}

// Close ends the browser and returns when it has.
func (f *Firefox) Close() {
	patience := time.Duration(0)
	if f.session != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if f.session.call(ctx, "browser.close", struct{}{}, nil) == nil {
			patience = 5 * time.Second
		}
		f.session.conn.CloseNow()
	}
	f.process.end(patience)
}

// Open opens an empty page, for at most the given time.
func (f *Firefox) Open(limit time.Duration) (*Tab, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	var page struct {
		Context string `json:"context"`
	}
	// A window, for what is not in front is slow.
	if err := f.session.call(ctx, "browsingContext.create", map[string]any{"type": "window"}, &page); err != nil {
		cancel()
		return nil, err
	}
	leave := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		f.session.call(ctx, "browsingContext.close", map[string]any{"context": page.Context}, nil)
	}
	return &Tab{Context: ctx, cancel: []context.CancelFunc{cancel, leave}, engine: firefoxPage{f.session, page.Context}}, nil
}

// A firefoxPage is the engine of Firefox's tabs.
type firefoxPage struct {
	session *bidi
	context string // BiDi's name of the page
}

func (p firefoxPage) visit(ctx context.Context, url string) error {
	return p.session.call(ctx, "browsingContext.navigate", map[string]any{"context": p.context, "url": url, "wait": "complete"}, nil)
}

func (p firefoxPage) evaluate(ctx context.Context, expression string) (json.RawMessage, error) {
	var outcome struct {
		Result struct {
			Value string `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	params := map[string]any{"expression": asJSON(expression), "target": map[string]any{"context": p.context}, "awaitPromise": true}
	if err := p.session.call(ctx, "script.evaluate", params, &outcome); err != nil {
		return nil, err
	}
	if outcome.Exception != nil {
		return nil, errors.New(outcome.Exception.Text)
	}
	return json.RawMessage(outcome.Result.Value), nil
}

func (p firefoxPage) act(ctx context.Context, sources []source) error {
	return p.session.call(ctx, "input.performActions", map[string]any{"context": p.context, "actions": sources}, nil)
}

func (p firefoxPage) click(ctx context.Context, x, y float64) error {
	return p.act(ctx, clicking(x, y))
}

func (p firefoxPage) write(ctx context.Context, text string) error {
	return p.act(ctx, typing(text))
}
