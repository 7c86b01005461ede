package browser

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	t.Setenv("CHROMIUM", "")
	if path, err := Find(); !errors.Is(err, ErrNotFound) {
		t.Errorf("found %q, %v where there is none", path, err)
	}
	for _, name := range []string{"google-chrome", "chromium-browser", "chromium"} { // each is preferred to the one before
		want := filepath.Join(dir, name)
		must(t, os.WriteFile(want, []byte("#!/bin/sh\n"), 0o700))
		if path, err := Find(); path != want || err != nil {
			t.Errorf("found %q, %v, want %q", path, err, want)
		}
	}
	named := filepath.Join(t.TempDir(), "my-chromium")
	t.Setenv("CHROMIUM", named)
	if path, err := Find(); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("a name that leads nowhere gave %q, %v", path, err)
	}
	must(t, os.WriteFile(named, []byte("#!/bin/sh\n"), 0o700))
	if path, err := Find(); path != named || err != nil {
		t.Errorf("found %q, %v, want the one that CHROMIUM names", path, err)
	}
}
