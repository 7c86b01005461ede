package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A script that starts the server and waits would be measured instead of it. It is refused, and leaves nothing running.
func TestAScriptHasToExecTheServer(t *testing.T) {
	dir := t.TempDir()
	p, err := build(dir, known[:1])
	if err != nil {
		t.Fatal(err)
	}
	script := func(name, last string) server {
		file := filepath.Join(dir, name)
		content := fmt.Sprintf("#!/bin/sh\necho $ADDR >%[1]s/addr\n%[2]s %[1]s/tandem blocking\nexit 1\n", dir, last)
		if err := os.WriteFile(file, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
		return server{name: name, command: []string{file}, role: outside}
	}

	o, err := p.open(script("execs", "exec"), saturation, 20*time.Millisecond, 0)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := o.turn(); err != nil || r.Events == 0 {
		t.Errorf("with exec: %+v, %v", r, err)
	}
	o.close()

	o, err = p.open(script("waits", ""), saturation, 20*time.Millisecond, 0)
	if err == nil {
		o.close()
	}
	if err == nil || !strings.Contains(err.Error(), errNotItself.Error()) {
		t.Errorf("without exec: %v", err)
	}
	addr, err := os.ReadFile(filepath.Join(dir, "addr"))
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		c, err := net.Dial("tcp", strings.TrimSpace(string(addr)))
		if err != nil {
			return
		}
		c.Close()
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the server still listens")
}
