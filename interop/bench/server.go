package main

import (
	"cmp"
	"debug/buildinfo"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// A server is a command that listens on the address in $ADDR, over TLS where $CERT and $KEY name files.
type server struct {
	name     string
	command  []string // the first is a folder of bench/servers, for those that are built here
	module   string   // whose version is on the page
	role     role
	restOnly bool // it has a form for silent connections only
	mute     bool // it does not echo
}

type role int

const (
	own     role = iota
	peer         // a Go library: the ratios are to the best of these
	outside      // given with -with
	floor        // no library at all
)

// known are the servers that are built here. For another peer, add a folder to bench/echo and bench/servers, and a line.
var known = []server{
	{name: "tandem", command: []string{"tandem", "blocking"}},
	{name: "tandem-handler", command: []string{"tandem", "handler"}},
	{name: "tandem-accept", command: []string{"tandem", "accepted"}, restOnly: true},
	{name: "tandem-goroutine", command: []string{"tandem", "goroutine"}, restOnly: true},
	{name: "nhooyr", command: []string{"nhooyr"}, module: "nhooyr.io/websocket", role: peer},
	{name: "gorilla", command: []string{"gorilla"}, module: "github.com/gorilla/websocket", role: peer},
	{name: "gobwas", command: []string{"gobwas"}, module: "github.com/gobwas/ws", role: peer},
	{name: "gobwas-zero-copy", command: []string{"gobwas", "zero-copy"}, role: peer, restOnly: true},
	{name: "gws", command: []string{"gws"}, module: "github.com/lxzan/gws", role: peer},
	{name: "bare", command: []string{"bare"}, role: floor, restOnly: true, mute: true},
	{name: "bare-emptied", command: []string{"bare", "emptied"}, role: floor, restOnly: true, mute: true},
}

// blocking and handler are this project's forms.
const (
	blocking = "tandem"
	handler  = "tandem-handler"
)

// choose returns the known servers with these names; all if there are none.
func choose(names string) ([]server, error) {
	if names == "" {
		return slices.Clone(known), nil
	}
	var chosen []server
	for _, name := range strings.Split(names, ",") {
		i := slices.IndexFunc(known, func(s server) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no server is called %q", name)
		}
		chosen = append(chosen, known[i])
	}
	return chosen, nil
}

// takes reports whether the server has what a scenario needs. Of one from outside nothing is known but that it echoes.
func (s server) takes(what scenario) bool {
	if s.role == outside {
		return what.kind != broadcast && !what.tls && !what.deflate
	}
	return !s.restOnly || what.kind == rest
}

// in returns the server with the program in dir.
func (s server) in(dir string) server {
	s.command = append([]string{filepath.Join(dir, s.command[0])}, s.command[1:]...)
	return s
}

// version returns the module and version that a server was built with, or "".
func (s server) version() string {
	info, err := buildinfo.ReadFile(s.command[0])
	if err != nil {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == s.module {
			return m.Path + " " + cmp.Or(m.Version, "(unknown)")
		}
	}
	return ""
}
