package causes_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/causes"
)

// The ids of id.go are those of the table, so that code that names a cause by its constant
// names one that there is.
func TestEveryIDHasItsCause(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "id.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, id := range literals(file) {
		if id != "" && causes.Get(causes.ID(id)) == nil {
			t.Errorf("id.go has %q, and no cause has this id", id)
		}
		ids[id] = true
	}
	for _, c := range causes.All {
		if !ids[string(c.ID)] {
			t.Errorf("id.go has no constant for %s", c.ID)
		}
	}
}

// Nobody writes the id of a cause as text, which could be wrong and still compile.
func TestCausesAreNamedByTheirConstants(t *testing.T) {
	t.Parallel()
	files, read := token.NewFileSet(), 0
	look := func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "causes/id.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		read++
		for _, text := range literals(file) {
			if strings.Contains(text, "-") && causes.Get(causes.ID(text)) != nil {
				t.Errorf("%s: %q is a cause: use its constant of package causes", path, text)
			}
		}
		return nil
	}
	for _, folder := range []string{"cmd", "internal", "local"} {
		if err := filepath.WalkDir("../../"+folder, look); err != nil {
			t.Fatal(err)
		}
	}
	if read < 50 {
		t.Errorf("%d files were read, too few to be all", read)
	}
}

// literals are the texts that a file has, those of tags of fields among them.
func literals(file *ast.File) []string {
	var texts []string
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}
