package explain

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sourceIDs tells of each cause whether the code of the rules names it.
func sourceIDs(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "../../aws/edge/refusedtoken.go") // whose table fromAuthorizer reads
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
	constants, err := os.ReadFile("../../causes/id.go")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\w+)\s+ID = "([^"]+)"`).FindAllStringSubmatch(string(constants), -1) {
		ids[m[2]] = regexp.MustCompile(`causes\.` + m[1] + `\b`).MatchString(source.String())
	}
	return ids
}
