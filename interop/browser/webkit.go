package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// WebKit opens WebKitGTK's browser on a screen that nobody sees. Several goroutines may use it.
type WebKit struct {
	ctx    context.Context
	driver string // its path
	screen *process
	number string // of the screen, as DISPLAY has it
}

// StartWebKit starts a screen for the driver at path. It ends with Close, or with the context.
func StartWebKit(ctx context.Context, path string) (*WebKit, error) {
	xvfb, err := findXvfb()
	if err != nil {
		return nil, err
	}
	screen, err := newProcess(ctx, xvfb)
	if err != nil {
		return nil, err
	}
	w := &WebKit{ctx: ctx, driver: path, screen: screen}
	if err := w.start(); err != nil {
		w.Close()
		return nil, fmt.Errorf("starting %s: %w", xvfb, err)
	}
	return w, nil
}

// start lets the screen choose its number, and waits for it.
func (w *WebKit) start() error {
	number, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer number.Close()
	cmd := w.screen.cmd
	cmd.Args = append(cmd.Args, "-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{write}
	err = cmd.Start()
	write.Close()
	if err != nil {
		return err
	}
	line, err := bufio.NewReader(number).ReadString('\n')
	w.number = ":" + strings.TrimSpace(line)
	return err
}

// Close ends the screen, and with it what is on it.
func (w *WebKit) Close() {
	w.screen.end(0)
}

// Open opens an empty page, for at most the given time, in a browser of its own: a driver has one session at a time.
func (w *WebKit) Open(limit time.Duration) (*Tab, error) {
	ctx, cancel := context.WithTimeout(w.ctx, limit)
	driver, err := newProcess(w.ctx, w.driver, "DISPLAY="+w.number, "LC_ALL=en_US.UTF-8", "GDK_BACKEND=x11", "NO_AT_BRIDGE=1",
		"MESA_SHADER_CACHE_DISABLE=true") // it would be written when the folder is gone
	if err != nil {
		cancel()
		return nil, err
	}
	session, err := startSession(ctx, driver)
	if err != nil {
		cancel()
		driver.end(0)
		return nil, fmt.Errorf("starting %s: %w", w.driver, err)
	}
	leave := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		session.end(ctx) // what has ended already cannot be ended again
		driver.end(0)
	}
	return &Tab{Context: ctx, cancel: []context.CancelFunc{cancel, leave}, engine: session}, nil
}

// startSession starts the driver, waits until it listens, and has it start a browser.
func startSession(ctx context.Context, driver *process) (webDriver, error) {
	port, err := freePort()
	if err != nil {
		return "", err
	}
	driver.cmd.Args = append(driver.cmd.Args, "--host=127.0.0.1", "--port="+port)
	if err := driver.cmd.Start(); err != nil {
		return "", err
	}
	url := "http://127.0.0.1:" + port
	for command(ctx, http.MethodGet, url+"/status", struct{}{}, nil) != nil {
		select {
		case <-ctx.Done():
			return "", errors.New("it does not listen")
		case <-time.After(20 * time.Millisecond):
		}
	}
	return newWebDriver(ctx, url)
}

// freePort gives a port on which nobody listens. The driver does not choose one itself.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
