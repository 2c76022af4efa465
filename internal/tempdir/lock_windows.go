package tempdir

import (
	"os"

	"golang.org/x/sys/windows"
)

// tryLock locks the file until it is closed; an error if somebody else holds it.
func tryLock(file *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &windows.Overlapped{})
}
