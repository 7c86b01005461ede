package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestThePageCanBeWritten, or it is said before anything is built or measured, which cannot be done here.
func TestThePageCanBeWritten(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", filepath.Join(folder, "none"))
	page := filepath.Join(folder, "a", "folder", "RESULTS.md")
	if err := writable(page); err != nil {
		t.Fatal(err)
	}
	if err := bench(t.Context(), choice{file: filepath.Join(page, "RESULTS.md"), run: "^10 connections"}); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("a page in a file: %v", err)
	}
	if err := os.WriteFile(page, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writable(page); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(page); string(b) != "before" || err != nil {
		t.Errorf("%q, %v: it was lost before there is another", b, err)
	}
}
