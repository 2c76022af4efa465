package causes_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/causes"
)

// Whoever names a cause in the code of the chain and of the commands names one that there is.
func TestNamedCausesExist(t *testing.T) {
	t.Parallel()
	named, files := map[string]bool{}, token.NewFileSet()
	look := func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, id := range idsIn(n) {
				named[id] = true
				if causes.Get(id) == nil {
					t.Errorf("%s: there is no cause %q", files.Position(n.Pos()), id)
				}
			}
			return true
		})
		return nil
	}
	for _, folder := range []string{"cmd", "internal", "local"} {
		if err := filepath.WalkDir("../../"+folder, look); err != nil {
			t.Fatal(err)
		}
	}
	if len(named) < 20 {
		t.Errorf("%d causes are named, too few to be all: look at idsIn", len(named))
	}
}

// idsIn returns the ids that a node names in one of the ways that the code does it: handed to
// a function, set as a field or variable called cause, returned by a function called cause...
func idsIn(n ast.Node) []string {
	var values []ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) > 0 && slices.Contains([]string{"find", "Refuse", "Suspected"}, f.Sel.Name) {
			values = n.Args[:1]
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "cause") {
			values = []ast.Expr{n.Value}
		}
	case *ast.AssignStmt:
		if name, ok := n.Lhs[0].(*ast.Ident); ok && name.Name == "cause" {
			values = n.Rhs[:1]
		}
	case *ast.FuncDecl:
		if !strings.Contains(strings.ToLower(n.Name.Name), "cause") {
			return nil
		}
		ast.Inspect(n, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok {
				values = append(values, r.Results...)
			}
			return true
		})
	}
	var ids []string
	for _, value := range values {
		if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if id, err := strconv.Unquote(literal.Value); err == nil && id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
