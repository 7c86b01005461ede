package main

import (
	"bufio"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// modules are where the peers' versions are found.
var modules = map[string]string{
	"nhooyr":  "nhooyr.io/websocket",
	"gorilla": "github.com/gorilla/websocket",
	"gobwas":  "github.com/gobwas/ws",
	"gws":     "github.com/lxzan/gws",
}

// writeConditions says when, where and with what the figures were taken.
func writeConditions(w io.Writer, o options, began time.Time) {
	pinning := "server and load pinned to a core each"
	if !pinned() {
		pinning = "server and load not pinned"
	}
	fmt.Fprintf(w, "%s, %s/%s, %s, %d cores, %s, %s.\n", began.UTC().Format("2006-01-02 15:04 MST"), runtime.GOOS, runtime.GOARCH,
		processor(), runtime.NumCPU(), pinning, runtime.Version())
	var versions []string
	for _, s := range o.servers {
		if v := version(s); v != "" {
			versions = append(versions, v)
		}
	}
	if len(versions) > 0 {
		fmt.Fprintf(w, "Peers: %s.\n", strings.Join(versions, ", "))
	}
	fmt.Fprintf(w, "Command: `go run ./bench %s`.\n\n", strings.Join(os.Args[1:], " "))
}

// version returns the module and version that a server was built with, or "".
func version(s server) string {
	info, err := buildinfo.ReadFile(s.command[0])
	if err != nil {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == modules[s.name] {
			return m.Path + " " + m.Version
		}
	}
	return ""
}

// processor returns the processor's name, where the system tells it.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "processor unknown"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "processor unknown"
}
