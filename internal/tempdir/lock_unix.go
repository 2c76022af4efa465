//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tempdir

import (
	"os"
	"syscall"
)

// tryLock locks the file until it is closed; an error if somebody else holds it.
func tryLock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
