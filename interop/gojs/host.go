// Package gojs is a test host for Go programs built with GOOS=js GOARCH=wasm: it runs them in wazero, gives them the gojs
// imports that wasm_exec.js gives them elsewhere, and a small model of a browser to talk to.
//
// The whole page is one JavaScript thread: the goroutine that calls Start, Await, Sleep and Wait. Only these turn the event
// loop, so between two calls nothing moves and a test can look at everything. What a browser never does on demand is chosen by
// the test: see Network and Fault. Every crossing between Go and JavaScript is counted, and so are the references that are held.
package gojs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/sys"
)

// Config says what a program finds around it.
type Config struct {
	Args    []string // after the program's name
	Env     []string // KEY=value
	Stdout  io.Writer
	Stderr  io.Writer
	Network Network // behind WebSocket; nil: Peer
}

// Result is what a run came to.
type Result struct {
	ExitCode       int
	Crossings      Crossings
	LiveReferences int // JavaScript values that the program still held, each counted once
	LiveFuncs      int // those of them that are wrapped js.Funcs
}

// Crossings counts the passages between Go and JavaScript.
type Crossings struct {
	Imports   map[string]int // calls from Go into JavaScript, by import: "syscall/js.valueCall"
	Callbacks int            // calls of a js.Func from JavaScript
	Timeouts  int            // timers of Go's scheduler that woke it
}

// ErrDeadlock is matched by a StallError for a page in which nothing can happen any more.
var ErrDeadlock = errors.New("deadlock: nothing is left to do")

// A StallError reports a wait that ended for want of events or of time.
type StallError struct {
	Err     error    // ErrDeadlock, or the context's cause
	Waiting []string // what could still have brought an event: timers, connections
	Stderr  string   // the last of what the program wrote; after a deadlock with Go's own list of goroutines
}

func (e *StallError) Error() string {
	text := e.Err.Error()
	if len(e.Waiting) > 0 {
		text += "; waiting for " + strings.Join(e.Waiting, ", ")
	}
	if e.Stderr != "" {
		text += "\n" + e.Stderr
	}
	return text
}

// Unwrap gives Err.
func (e *StallError) Unwrap() error { return e.Err }

// An ExitError reports that the program had ended when something else was waited for.
type ExitError struct {
	Code   int
	Stderr string // the last of what the program wrote
}

func (e *ExitError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the program exited with code %d\n%s", e.Code, e.Stderr))
}

// A Host is a page with one program in it. It belongs to one goroutine; only what Socket says so may be called from others.
type Host struct {
	*loop
	realm
	program
	ctx        context.Context
	cancel     context.CancelFunc
	config     Config
	rejections []*promise
	stderr     tail
	failure    error // ended the run other than by an exit
}

// Run runs a program to its end and returns its exit code; an error means that it did not come to an exit.
func Run(ctx context.Context, wasm []byte, config Config) (Result, error) {
	h, err := Start(ctx, wasm, config)
	if err != nil {
		return Result{}, err
	}
	defer h.Close()
	return h.Wait()
}

// Start loads a program and runs it until it waits for the first time. The context bounds the whole life of the Host.
// Close must be called at the end.
func Start(ctx context.Context, wasm []byte, config Config) (*Host, error) {
	if config.Network == nil {
		config.Network = Peer{}
	}
	h := &Host{loop: newLoop(), config: config}
	h.ctx, h.cancel = context.WithCancel(ctx)
	h.installRealm()
	if err := h.load(wasm); err != nil {
		h.Close()
		return nil, err
	}
	h.turn(h.run)
	if h.failure != nil {
		h.Close()
		return nil, h.failure
	}
	return h, nil
}

// Close ends the program and its connections, and returns when these are gone.
func (h *Host) Close() {
	h.cancel()
	h.outside.Wait()
	if h.runtime != nil {
		h.runtime.Close(context.WithoutCancel(h.ctx))
	}
}

// Wait turns the event loop until the program exits.
func (h *Host) Wait() (Result, error) {
	err := h.until(func() bool { return h.exited })
	return h.Result(), err
}

// Result returns the counts as they stand now, and the exit code when the program has exited.
func (h *Host) Result() Result {
	live, funcs := h.refs.live()
	return Result{ExitCode: h.exitCode, Crossings: h.crossings(), LiveReferences: live, LiveFuncs: funcs}
}

// Await turns the event loop until the promise is settled and returns its value; a rejection is a *Throw. It takes the two
// results of Call, so that they nest: h.Await(h.Call("tandem.open", url)). A value that is no promise is returned as it is.
func (h *Host) Await(v Value, err error) (Value, error) {
	if err != nil {
		return nil, err
	}
	if state, _ := Promise(v); state == NotPromise {
		return v, nil
	}
	p := v.(*Object).state.(*promise)
	p.handled = true
	if err := h.until(func() bool { return p.state != Pending }); err != nil {
		return nil, err
	}
	if p.state == Rejected {
		return nil, &Throw{p.value}
	}
	return p.value, nil
}

// Sleep turns the event loop for as long.
func (h *Host) Sleep(d time.Duration) error {
	over := false
	h.after(d, func() { over = true })
	return h.until(func() bool { return over })
}

// until turns the loop until done. A deadlock is made known to the program, which then writes down its goroutines and exits.
func (h *Host) until(done func() bool) error {
	for {
		switch {
		case h.failure != nil:
			return h.failure
		case done():
			return nil
		case h.exited:
			return &ExitError{h.exitCode, h.stderr.String()}
		}
		task, ok, err := h.next(h.ctx)
		switch {
		case err != nil:
			return h.giveUp(err)
		case !ok:
			return h.giveUp(ErrDeadlock)
		}
		h.turn(task)
		h.reportRejections()
	}
}

// giveUp ends a program that waits in vain, and has it write down its goroutines first. It cannot while it has timers.
func (h *Host) giveUp(err error) error {
	stall := &StallError{Err: err, Waiting: h.waiting()}
	if len(h.timeouts) == 0 {
		var cancel context.CancelFunc
		h.ctx, cancel = context.WithTimeout(context.WithoutCancel(h.ctx), time.Second)
		defer cancel()
		h.turn(h.reportDeadlock)
	}
	stall.Stderr = h.stderr.String()
	h.failure = stall
	return stall
}

// turn runs one task and the microtasks that follow it.
func (h *Host) turn(task func()) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case runtime.Error:
			panic(r) // a bug of this package
		case error:
			h.ended(r)
		default:
			panic(r)
		}
	}()
	task()
	h.checkpoint()
}

// ended sorts the program's exit from a failure of the run.
func (h *Host) ended(err error) {
	var exit *sys.ExitError
	isExit := errors.As(err, &exit)
	switch {
	case isExit && h.exited:
	case isExit && h.ctx.Err() != nil:
		h.failure = &StallError{context.Cause(h.ctx), h.waiting(), h.stderr.String()}
	default:
		h.failure = err
	}
}

// checkpoint runs the microtasks when no code of the page is on the stack.
func (h *Host) checkpoint() {
	if h.depth > 0 {
		return
	}
	for len(h.microtasks) > 0 {
		task := h.microtasks[0]
		h.microtasks = h.microtasks[1:]
		task()
	}
}

// report calls a function as an event does, with nobody to catch what it throws.
func (h *Host) report(fn, this Value, args ...Value) {
	if _, err := h.call(fn, this, args...); err != nil {
		h.logError("Uncaught " + toString(err.(*Throw).Value))
	}
	h.checkpoint()
}
