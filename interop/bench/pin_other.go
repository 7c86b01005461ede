//go:build !linux

package main

// pin does nothing: this system has no call for it that is known here.
func pin(core int) {}

// pinned reports whether server and load have a core each.
func pinned() bool { return false }
