//go:build unix

package procgroup

import (
	"os/exec"
	"syscall"
)

// Own keeps a Ctrl-C in the terminal from the process: the chain ends it in order. It is
// called before the process starts.
func Own(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// Kill ends the process and all that it started.
func Kill(c *exec.Cmd) {
	_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
}

// Terminate asks the process, and all that it started, to end.
func Terminate(c *exec.Cmd) {
	_ = syscall.Kill(-c.Process.Pid, syscall.SIGTERM)
}
