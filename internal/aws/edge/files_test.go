package edge

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/streamfront/streamfront/internal/resources"
)

// A process reads its files while the next function is prepared: none of them may be written
// again.
func TestAFunctionLeavesTheFilesOfOthersAlone(t *testing.T) {
	t.Parallel()
	host := newHost(t)
	prepare := func(name string) {
		t.Helper()
		f, err := host.ViewerFunction(&resources.ViewerFunction{Name: name, ARN: "arn:aws:cloudfront::1:function/" + name, Code: "function handler(event) { return event.request; }"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
	}
	prepare("first")
	const mark = "// of the first function\n"
	var marked []string
	err := filepath.WalkDir(host.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		marked = append(marked, path)
		return os.WriteFile(path, []byte(mark), 0o600)
	})
	if err != nil || len(marked) == 0 {
		t.Fatalf("files %q, %v", marked, err)
	}
	prepare("second")
	for _, path := range marked {
		if text, err := os.ReadFile(path); string(text) != mark {
			t.Errorf("%s was written again (%v)", path, err)
		}
	}
}
