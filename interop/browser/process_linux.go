package browser

import (
	"os/exec"
	"syscall"
)

// endWithParent ends the process with this one, however that ends.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
