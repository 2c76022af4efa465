package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The README's import example is the compiled one.
func TestReadmeShowsTheCompiledExample(t *testing.T) {
	t.Parallel()
	source := read(t, "infra/streamfront/example_test.go")
	example := source[strings.Index(source, "func ExampleNewEndpoint()"):]
	if !strings.Contains(read(t, "README.md"), "```go\n"+example+"```") {
		t.Errorf("README.md does not have this example word for word:\n%s", example)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
