//go:build unix

package lambda

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe among the code of a function, or in place of its archive, holds nothing up.
func TestCodeIsReadFromRegularFilesOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"index.js", "code.zip"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := (&Source{}).tree(dir); err == nil {
		t.Error("code was read from a pipe")
	}
	if err := (&Source{}).zip(filepath.Join(dir, "code.zip")); err == nil {
		t.Error("an archive was read from a pipe")
	}
}
