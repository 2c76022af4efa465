// Package tempdir makes temporary folders. Each call also removes the folders of programs that
// were killed, so that they do not accumulate.
package tempdir

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// prefix is what the names begin with. No other files of this project have it.
	prefix = "streamfront-chain-"
	// lockName is a file in each folder that its program holds locked. The system takes the
	// lock back when the program ends, however that comes: unlike a process's number, it
	// never is somebody else's.
	lockName = "lock"
	// grace is how long a folder may have no lock yet.
	grace = time.Hour
)

// A Dir is a temporary folder that is in use.
type Dir struct {
	Path string
	lock *os.File
}

// New makes a folder in os.TempDir, and removes those that programs left there which have
// ended. That it cannot remove one is no error: it may be somebody else's.
func New() (*Dir, error) {
	sweep(os.TempDir(), time.Now())
	path, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, err
	}
	lock, err := hold(path)
	if err != nil {
		_ = os.RemoveAll(path)
		return nil, err
	}
	return &Dir{Path: path, lock: lock}, nil
}

// hold makes the lock. It has its name once it is held: a lock that is free is a dead
// program's.
func hold(dir string) (*os.File, error) {
	lock, err := os.CreateTemp(dir, lockName+"-")
	if err != nil {
		return nil, err
	}
	if err := tryLock(lock); err != nil {
		_ = lock.Close()
		return nil, &os.PathError{Op: "lock", Path: lock.Name(), Err: err}
	}
	// Windows renames no file that is open, and some file systems have no links.
	name := filepath.Join(dir, lockName)
	if os.Link(lock.Name(), name) == nil {
		return lock, nil
	}
	if err := os.Rename(lock.Name(), name); err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock, nil
}

// Remove removes the folder with all that is in it.
func (d *Dir) Remove() error {
	_ = d.lock.Close()
	return os.RemoveAll(d.Path)
}

// sweep removes the folders of programs that have ended.
func sweep(parent string, now time.Time) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if path := filepath.Join(parent, entry.Name()); entry.IsDir() && strings.HasPrefix(entry.Name(), prefix) && isDead(path, now) {
			_ = os.RemoveAll(path)
		}
	}
}

// isDead reports whether the program of a folder has ended.
func isDead(path string, now time.Time) bool {
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR, 0)
	if os.IsNotExist(err) {
		info, err := os.Stat(path)
		return err == nil && now.Sub(info.ModTime()) > grace
	}
	if err != nil {
		return false
	}
	defer lock.Close() // before RemoveAll: Windows removes nothing that is open
	return tryLock(lock) == nil
}
