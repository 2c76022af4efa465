//go:build unix

package assembly_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
)

// A pipe, a device or a file without an end in place of a file ends a load, and does not
// hold it up.
func TestLoadReadsRegularFilesOnly(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"manifest.json": `{"artifacts":{"S":{"type":"aws:cloudformation:stack","properties":{"templateFile":"t.json"}},` +
			`"A":{"type":"cdk:asset-manifest","properties":{"file":"a.json"}}}}`,
		"t.json": `{"Resources":{}}`,
		"a.json": `{"files":{}}`,
	}
	for name := range files {
		for kind, test := range map[string]struct {
			put  func(path string) error
			want string
		}{
			"a pipe":   {func(path string) error { return syscall.Mkfifo(path, 0o600) }, "a named pipe"},
			"a device": {func(path string) error { return os.Symlink("/dev/zero", path) }, "a device"},
			"a folder": {func(path string) error { return os.Mkdir(path, 0o700) }, "a folder"},
			"too large": {func(path string) error {
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					return err
				}
				return os.Truncate(path, 64<<20+1)
			}, "more than 67108864 bytes"},
		} {
			dir := t.TempDir()
			for other, content := range files {
				if err := os.WriteFile(filepath.Join(dir, other), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := assembly.Load(dir); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := test.put(path); err != nil {
				t.Fatal(err)
			}
			if _, err := assembly.Load(dir); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), name) {
				t.Errorf("Load with %s in place of %s: %v, want an error that says so", kind, name, err)
			}
		}
	}
}
