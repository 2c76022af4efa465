package gobuild

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A copy of a module does not stand in for the module: not one that is staged in a cloud
// assembly, and not one further down.
func TestModulesNearTheRoot(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, dir := range []string{".", "bin/app.out/asset." + strings.Repeat("0a", 32), "a/copy", "b"} {
		module := "example.com/app"
		if dir == "b" {
			module = "example.com/b"
		}
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, dir, "go.mod"), []byte("module "+module+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := modules(root); got["example.com/app"] != root || got["example.com/b"] != filepath.Join(root, "b") {
		t.Errorf("modules = %v", got)
	}
	if got := modules(filepath.Join(root, "bin")); len(got) != 0 {
		t.Errorf("modules = %v of staged assets", got)
	}
}
