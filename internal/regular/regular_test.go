//go:build unix

package regular_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/streamfront/streamfront/internal/regular"
)

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(path("file"), []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"link": "file", "zeroes": "/dev/zero", "to the pipe": "pipe", "loop": "loop"} {
		if err := os.Symlink(target, path(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(path("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"file": "", "link": "", "pipe": "named pipe", "to the pipe": "named pipe", "zeroes": "device", "": "folder", "none": "no such file", "loop": "loop",
	} {
		data, err := regular.Read(path(name), 5)
		if want == "" && (err != nil || string(data) != "12345") {
			t.Errorf("Read(%q) = %q, %v", name, data, err)
		}
		if want != "" && (err == nil || !strings.Contains(strings.ToLower(err.Error()), want)) {
			t.Errorf("Read(%q) = %q, %v, want an error with %q", name, data, err, want)
		}
	}
	if _, err := regular.Read(path("file"), 4); err == nil || !strings.Contains(err.Error(), "more than 4 bytes") {
		t.Errorf("Read of 5 bytes where 4 are allowed: %v", err)
	}
	if regular.Check(path("file")) != nil || regular.Check(path("pipe")) == nil {
		t.Error("Check does not tell a file from a pipe")
	}
}
