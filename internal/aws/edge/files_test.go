package edge

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/streamfront/streamfront/internal/aws/lambda"
)

// A process reads its files while the next function is prepared: what it has opened stays
// whole, and what it opens then, too.
func TestAFunctionLeavesTheFilesOfOthersWhole(t *testing.T) {
	t.Parallel()
	host := newHost(t)
	prepare := func(name string) {
		t.Helper()
		f, err := host.OriginRequest(definition(name, "arn:aws:lambda:us-east-1:111122223333:function:"+name+":1",
			lambda.Code{Inline: "exports.handler = async (event) => event.Records[0].cf.request"}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
	}
	prepare("first")
	const mark = "// of the first function\n"
	opened := map[string]*os.File{}
	err := filepath.WalkDir(host.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if err := os.WriteFile(path, []byte(mark), 0o600); err != nil {
			return err
		}
		file, err := os.Open(path)
		if err == nil {
			t.Cleanup(func() { file.Close() })
			opened[path] = file
		}
		return err
	})
	if err != nil || len(opened) == 0 {
		t.Fatalf("%d files, %v", len(opened), err)
	}
	prepare("second")
	for path, file := range opened {
		if text, err := io.ReadAll(file); string(text) != mark {
			t.Errorf("%s was written to while it was read: %q, %v", path, text, err)
		}
	}
}
