package browser

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for _, k := range []struct {
		find     func() (string, error)
		variable string
		install  string
		names    []string // each is preferred to the one before
	}{
		{Find, "CHROMIUM", "chromium", []string{"google-chrome", "chromium-browser", "chromium"}},
		{FindFirefox, "FIREFOX", "firefox-esr", []string{"firefox", "firefox-esr"}},
		{findXvfb, "XVFB", "xvfb", []string{"Xvfb"}},
		{FindWebKit, "WEBKIT_DRIVER", "webkit2gtk-driver", []string{"WebKitWebDriver"}},
	} {
		t.Run(k.variable, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", dir)
			t.Setenv(k.variable, "")
			t.Setenv("XVFB", "")
			if path, err := k.find(); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "apt-get install "+k.install+")") || !strings.Contains(err.Error(), k.variable) {
				t.Errorf("found %q, %v where there is none", path, err)
			}
			program(t, filepath.Join(dir, "Xvfb"))
			for _, name := range k.names {
				want := filepath.Join(dir, name)
				program(t, want)
				if path, err := k.find(); path != want || err != nil {
					t.Errorf("found %q, %v, want %q", path, err, want)
				}
			}
			named := filepath.Join(t.TempDir(), "my-own")
			t.Setenv(k.variable, named)
			if path, err := k.find(); err == nil || errors.Is(err, ErrNotFound) {
				t.Errorf("a name that leads nowhere gave %q, %v", path, err)
			}
			program(t, named)
			if path, err := k.find(); path != named || err != nil {
				t.Errorf("found %q, %v, want the one that %s names", path, err, k.variable)
			}
		})
	}
}

// WebKitGTK's driver is of no use without a screen.
func TestFindWebKitWithoutAScreen(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	t.Setenv("WEBKIT_DRIVER", "")
	t.Setenv("XVFB", "")
	program(t, filepath.Join(dir, "WebKitWebDriver"))
	if path, err := FindWebKit(); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "apt-get install xvfb") {
		t.Errorf("found %q, %v", path, err)
	}
}

func program(t *testing.T, path string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700))
}
