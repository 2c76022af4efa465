//go:build unix

package gobuild

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFindTakesRegularFilesOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"bootstrap", "go.mod"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := &Builder{Sources: []string{dir}, Dir: t.TempDir(), Fresh: true}
	if _, err := b.Find(t.Context(), "Site/Fn", dir, "x86_64"); err == nil || !strings.Contains(err.Error(), "a named pipe") {
		t.Errorf("Find = %v, want an error that tells of the pipe", err)
	}
	if found := modules(dir); len(found) > 0 {
		t.Errorf("modules = %v, want none of a pipe", found)
	}
}
