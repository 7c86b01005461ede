package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestThePageCanBeWritten, or it is said before hours of measuring.
func TestThePageCanBeWritten(t *testing.T) {
	page := filepath.Join(t.TempDir(), "a", "folder", "RESULTS.md")
	f, err := create(page)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := bench(choice{file: filepath.Join(page, "RESULTS.md"), run: "^10 connections"}); err == nil {
		t.Error("a page was written into a file")
	}
	if err := os.WriteFile(page, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	if f, err = create(page); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if b, err := os.ReadFile(page); string(b) != "before" || err != nil {
		t.Errorf("%q, %v: it was lost before there is another", b, err)
	}
}
