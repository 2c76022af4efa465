//go:build !unix

package procgroup

import "os/exec"

// Own does nothing where there are no process groups.
func Own(*exec.Cmd) {}

// Kill ends the process.
func Kill(c *exec.Cmd) { _ = c.Process.Kill() }

// Terminate ends the process, where none can be asked to.
func Terminate(c *exec.Cmd) { _ = c.Process.Kill() }
