package local_test

import (
	"os"
	"syscall"
)

// alive reports whether there is a process with the number.
func alive(number int) bool {
	process, err := os.FindProcess(number)
	return err == nil && process.Signal(syscall.Signal(0)) == nil
}

// kill ends the process with the number.
func kill(number int) error {
	process, err := os.FindProcess(number)
	if err != nil {
		return err
	}
	return process.Kill()
}
