//go:build !linux

package browser

import "os/exec"

// endWithParent is for Linux: elsewhere Close ends the process.
func endWithParent(*exec.Cmd) {}
