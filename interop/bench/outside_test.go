package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestWithIsANameAndACommand(t *testing.T) {
	s, err := parseWith("uWebSockets v20.79.0=go  run a=b")
	if err != nil || s.name != "uWebSockets v20.79.0" || s.role != outside || !slices.Equal(s.command[1:], []string{"run", "a=b"}) {
		t.Fatalf("%+v, %v", s, err)
	}
	if _, err := os.Stat(s.command[0]); err != nil {
		t.Errorf("the program was not looked up: %v", err)
	}
	for _, s := range []string{"", "uws", "=go", " =go", "uws= "} {
		if _, err := parseWith(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

// A program that is not there is reported before anything is measured, and where it was looked for.
func TestWithNeedsAProgramThatIsThere(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, test := range []struct{ command, says string }{
		{"no-such-program", "no-such-program"}, {"./echo", "taken from " + dir}, {filepath.Join(dir, "echo"), filepath.Join(dir, "echo")},
	} {
		if _, err := parseWith("uws=" + test.command); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q in it", test.command, err, test.says)
		}
	}
	if _, err := parseWith("uws=" + filepath.Join(dir, "echo")); strings.Contains(err.Error(), "taken from") {
		t.Errorf("an absolute path: %v", err)
	}
}

func TestNamesFromOutsideMustBeTheirOwn(t *testing.T) {
	for _, test := range []struct {
		names []string
		want  bool
	}{
		{nil, true}, {[]string{"uws", "nbio"}, true}, {[]string{"uws", "nbio", "uws"}, false}, {[]string{"gws"}, false},
		{[]string{"bare-emptied"}, false},
	} {
		c := choice{servers: "tandem", silent: 5000}
		for _, name := range test.names {
			c.with = append(c.with, server{name: name, role: outside})
		}
		if _, err := c.plan(); (err == nil) != test.want {
			t.Errorf("%q: %v", test.names, err)
		}
	}
}
