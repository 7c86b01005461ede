package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// pin confines the calling thread, and the processes it starts, to one core. Where there is only one, or it is not
// allowed, nothing changes.
func pin(core int) {
	var set unix.CPUSet
	set.Set(core)
	if pinned() {
		unix.SchedSetaffinity(0, &set)
	}
}

// pinned reports whether server and load have a core each.
func pinned() bool { return runtime.NumCPU() > max(serverCore, loadCore) }
