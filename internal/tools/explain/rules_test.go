package explain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/causes"
)

// sourceIDs tells of each cause whether the code of the rules names it.
func sourceIDs(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	ids := map[string]bool{}
	for _, c := range causes.All {
		ids[c.ID] = strings.Contains(source.String(), `"`+c.ID+`"`)
	}
	return ids
}
