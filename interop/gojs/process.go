package gojs

import (
	"io"
	"strings"
)

// tail keeps the end of what was written.
type tail struct{ text []byte }

const tailSize = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if extra := len(t.text) - tailSize; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.text) }

// writeOut writes to the standard output or the standard error.
func (h *Host) writeOut(fd int64, b []byte) {
	w := h.config.Stdout
	if fd != 1 {
		h.stderr.Write(b)
		w = h.config.Stderr
	}
	if w == nil {
		w = io.Discard
	}
	w.Write(b)
}

func (h *Host) logError(text string) { h.writeOut(2, []byte(text+"\n")) }

// installProcess gives os and fmt what their initialization needs: a process, a file system of nothing but the standard output
// and error, and a console.
func (h *Host) installProcess() {
	for name, fd := range map[string]int64{"log": 1, "info": 1, "debug": 1, "warn": 2, "error": 2} {
		h.namespace("console").define(name, h.NewFunction(name, func(_ Value, args []Value) (Value, error) {
			texts := make([]string, len(args))
			for i, v := range args {
				texts[i] = toString(v)
			}
			h.writeOut(fd, []byte(strings.Join(texts, " ")+"\n"))
			return nil, nil
		}))
	}

	process := h.namespace("process")
	process.define("pid", -1.0)
	process.define("ppid", -1.0)
	for _, name := range []string{"getuid", "getgid", "geteuid", "getegid"} {
		process.define(name, h.NewFunction(name, func(Value, []Value) (Value, error) { return -1.0, nil }))
	}
	process.define("cwd", h.NewFunction("cwd", func(Value, []Value) (Value, error) { return "/", nil }))
	h.namespace("path").define("resolve", h.NewFunction("resolve", func(_ Value, args []Value) (Value, error) {
		return h.newArray(args...).state.(*array).join("/"), nil
	}))

	fs := h.namespace("fs")
	constants := h.newObject()
	for _, name := range []string{"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_EXCL", "O_DIRECTORY"} {
		constants.define(name, -1.0)
	}
	fs.define("constants", constants)
	for _, name := range []string{"chmod", "chown", "close", "fchmod", "fchown", "fstat", "fsync", "ftruncate", "lchown", "link", "lstat",
		"mkdir", "open", "read", "readdir", "readlink", "rename", "rmdir", "stat", "symlink", "truncate", "unlink", "utimes"} {
		fs.define(name, h.NewFunction(name, func(_ Value, args []Value) (Value, error) {
			return nil, h.later(args, h.notImplemented())
		}))
	}
	fs.define("write", h.NewFunction("write", func(_ Value, args []Value) (Value, error) {
		b, ok := elementBytes(argument(args, 1))
		from, n := toInt(argument(args, 2)), toInt(argument(args, 3))
		fd := toInt(argument(args, 0))
		if !ok || from < 0 || n < 0 || from+n > len(b) || fd != 1 && fd != 2 || argument(args, 4) != Null {
			return nil, h.later(args, h.notImplemented())
		}
		h.writeOut(int64(fd), b[from:from+n])
		return nil, h.later(args, Null, float64(n))
	}))
}

func (h *Host) namespace(name string) *Object {
	o, ok := h.global.Get(name).(*Object)
	if !ok {
		o = h.newObject()
		h.global.define(name, o)
	}
	return o
}

func (h *Host) notImplemented() Value {
	e := h.throw("Error", "not implemented").(*Throw).Value.(*Object)
	e.define("code", "ENOSYS")
	return e
}

// later calls back, in a task of its own, the function that ends an asynchronous call's arguments.
func (h *Host) later(args []Value, results ...Value) error {
	if len(args) == 0 {
		return h.throw("TypeError", "a callback is needed")
	}
	h.post(func() { h.report(args[len(args)-1], nil, results...) })
	return nil
}
