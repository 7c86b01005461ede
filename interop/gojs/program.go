package gojs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"
)

// program is the Go program in its WebAssembly instance.
type program struct {
	runtime  wazero.Runtime
	module   api.Module
	memory   api.Memory
	getsp    api.Function
	resumes  []api.Function // by depth: a wazero function cannot be entered again while it runs
	depth    int            // calls into the program on the stack
	object   *Object        // what syscall/js knows as the instance of the class Go
	refs     *refs
	timeouts map[int32]*timer
	lastID   int32
	exited   bool
	exitCode int

	counts       map[string]*int
	callbacks    int
	timeoutCount int
}

// Arguments lie between these addresses: the linker leaves the first page and the next 8 KiB free.
const (
	argumentsStart = 4096
	argumentsEnd   = argumentsStart + 8192
)

func (h *Host) installProgram() {
	h.object = h.newObject()
	h.object.define("_pendingEvent", Null)
	h.object.define("_makeFuncWrapper", h.NewFunction("_makeFuncWrapper", func(_ Value, args []Value) (Value, error) {
		return h.wrap(argument(args, 0)), nil
	}))
	h.timeouts = make(map[int32]*timer)
}

// load instantiates the program in wazero.
func (h *Host) load(wasm []byte) error {
	cache, err := compilationCache()
	if err != nil {
		return err
	}
	h.runtime = wazero.NewRuntimeWithConfig(h.ctx, wazero.NewRuntimeConfig().
		WithCloseOnContextDone(true).WithCompilationCache(cache))
	builder := h.runtime.NewHostModuleBuilder("gojs")
	h.refs = newRefs(h.global, h.program.object)
	h.counts = make(map[string]*int)
	for name, body := range imports {
		count := new(int)
		h.counts[name] = count
		builder.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) {
			*count++
			body(&frame{h, uint32(stack[0])})
		}), []api.ValueType{api.ValueTypeI32}, nil).Export(name)
	}
	if _, err := builder.Instantiate(h.ctx); err != nil {
		return err
	}
	h.module, err = h.runtime.InstantiateWithConfig(h.ctx, wasm, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		return err
	}
	h.getsp = h.module.ExportedFunction("getsp")
	if h.getsp == nil || h.module.ExportedMemory("mem") == nil {
		return errors.New("gojs: not a program built with GOOS=js GOARCH=wasm")
	}
	h.memory = h.module.ExportedMemory("mem")
	return nil
}

// wrap makes the JavaScript side of a js.Func.
func (h *Host) wrap(id Value) *Object {
	f := h.NewFunction("", func(this Value, args []Value) (Value, error) {
		h.callbacks++
		event := h.newObject()
		event.define("id", id)
		event.define("this", this)
		event.define("args", h.newArray(args...))
		if err := h.resume(event); err != nil {
			return nil, err
		}
		return event.Get("result"), nil
	})
	f.function().goFunc = true
	f.function().construct = func(args []Value) (*Object, error) {
		this := h.newObject()
		v, err := h.call(f, this, args...)
		if o, ok := v.(*Object); ok {
			return o, err
		}
		return this, err
	}
	return f
}

// run enters the program for the first time.
func (h *Host) run() {
	args := append([]string{"js"}, h.config.Args...)
	var list []uint64
	at := uint32(argumentsStart)
	place := func(s string) {
		h.memory.Write(at, append([]byte(s), 0))
		list = append(list, uint64(at))
		at = (at + uint32(len(s)) + 8) &^ 7
	}
	for _, s := range args {
		place(s)
	}
	list = append(list, 0)
	for _, s := range slices.Sorted(slices.Values(h.config.Env)) {
		place(s)
	}
	list = append(list, 0)
	if at+8*uint32(len(list)) >= argumentsEnd {
		panic(errors.New("gojs: arguments and environment are longer than 8 KiB"))
	}
	for i, p := range list {
		h.memory.WriteUint64Le(at+8*uint32(i), p)
	}
	h.enter(h.module.ExportedFunction("run"), uint64(len(args)), uint64(at))
}

// resume enters the program again, for an event of a js.Func or, without one, for Go's scheduler.
func (h *Host) resume(event Value) error {
	if h.exited {
		return h.throw("Error", "Go program has already exited")
	}
	if len(h.resumes) <= h.depth {
		h.resumes = append(h.resumes, make([]api.Function, h.depth+1-len(h.resumes))...)
	}
	if h.resumes[h.depth] == nil {
		h.resumes[h.depth] = h.module.ExportedFunction("resume")
	}
	if event != nil {
		h.object.define("_pendingEvent", event)
	}
	h.enter(h.resumes[h.depth])
	return nil
}

// enter calls into the program. An exit unwinds every level down to turn.
func (h *Host) enter(f api.Function, args ...uint64) {
	h.depth++
	defer func() { h.depth-- }()
	if _, err := f.Call(h.ctx, args...); err != nil {
		panic(err)
	}
}

func (h *Host) exit(code int32) {
	h.exited, h.exitCode = true, int(code)
	for _, t := range h.timeouts {
		h.clear(t)
	}
	panic(sys.NewExitError(uint32(code)))
}

// reportDeadlock is how Go on js learns of a deadlock: an event of id 0. It prints the goroutines and exits.
func (h *Host) reportDeadlock() {
	event := h.newObject()
	event.define("id", 0.0)
	h.must(nil, h.resume(event))
}

// schedule sets a timer for Go's scheduler.
func (h *Host) schedule(ms int64) int32 {
	h.lastID++
	id := h.lastID
	h.timeouts[id] = h.after(time.Duration(ms)*time.Millisecond, func() {
		// The program clears the timer when it has noticed it; see go.dev/issue/28975 for why it may take a second call.
		for h.timeouts[id] != nil && h.ctx.Err() == nil {
			h.timeoutCount++
			h.must(nil, h.resume(nil))
		}
	})
	return id
}

func (h *Host) unschedule(id int32) {
	if t := h.timeouts[id]; t != nil {
		h.clear(t)
		delete(h.timeouts, id)
	}
}

// crossings copies the counters.
func (h *Host) crossings() Crossings {
	c := Crossings{Imports: make(map[string]int), Callbacks: h.callbacks, Timeouts: h.timeoutCount}
	for name, n := range h.counts {
		if *n > 0 {
			c.Imports[name] = *n
		}
	}
	return c
}

// Since gives the crossings that came after an earlier count.
func (c Crossings) Since(earlier Crossings) Crossings {
	d := Crossings{maps.Clone(c.Imports), c.Callbacks - earlier.Callbacks, c.Timeouts - earlier.Timeouts}
	for name, n := range earlier.Imports {
		if d.Imports[name] -= n; d.Imports[name] == 0 {
			delete(d.Imports, name)
		}
	}
	return d
}

// JavaScript is the number of calls of syscall/js into JavaScript; those of the runtime (clock, timers, random bytes) are left out.
func (c Crossings) JavaScript() int {
	sum := 0
	for name, n := range c.Imports {
		if strings.HasPrefix(name, "syscall/js.") {
			sum += n
		}
	}
	return sum
}
