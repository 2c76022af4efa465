package script

import (
	"fmt"
	"math/big"
	"reflect"

	"github.com/dop251/goja/ast"
)

// onlyOldStatements refuses what cloudfront-js-1.0 does not compile: let, const, async and
// await came with 2.0 (documented).
func onlyOldStatements(program *ast.Program) error {
	body := *program
	body.Body = program.Body[:len(program.Body)-1] // without our own call
	return walk(reflect.ValueOf(body.Body), func(node any) error {
		newer := ""
		switch n := node.(type) {
		case *ast.LexicalDeclaration:
			newer = n.Token.String()
		case *ast.ForDeclaration:
			newer = "let"
			if n.IsConst {
				newer = "const"
			}
		case *ast.FunctionLiteral:
			if n.Async {
				newer = "async"
			}
		case *ast.ArrowFunctionLiteral:
			if n.Async {
				newer = "async"
			}
		}
		if newer == "" {
			return nil
		}
		at := program.File.Position(int(node.(ast.Node).Idx0()) - program.File.Base())
		return fmt.Errorf("SyntaxError: function.js: Line %d: %s is not supported by %s: use var, or %s", at.Line, newer, Runtime1, Runtime2)
	})
}

// noBigInts refuses what AWS does not list for either runtime, and njs, which both are made of,
// does not have (assumed). One operator can make a BigInt that no memory holds.
func noBigInts(program *ast.Program) error {
	return walk(reflect.ValueOf(program.Body), func(node any) error {
		literal, ok := node.(*ast.NumberLiteral)
		if !ok {
			return nil
		}
		if _, ok := literal.Value.(*big.Int); !ok {
			return nil
		}
		at := program.File.Position(int(literal.Idx0()) - program.File.Base())
		return fmt.Errorf("SyntaxError: function.js: Line %d: the BigInt %s is not available to CloudFront Functions: use a number", at.Line, literal.Literal)
	})
}

// walk calls look with each node below a value.
func walk(v reflect.Value, look func(node any) error) error {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return walk(v.Elem(), look)
	case reflect.Slice:
		for i := range v.Len() {
			if err := walk(v.Index(i), look); err != nil {
				return err
			}
		}
	case reflect.Struct:
		if v.Type().PkgPath() != reflect.TypeFor[ast.Program]().PkgPath() {
			return nil
		}
		if v.CanAddr() {
			if err := look(v.Addr().Interface()); err != nil {
				return err
			}
		}
		for i := range v.NumField() {
			// A function lists its declarations beside its body: each stands there, too.
			if v.Type().Field(i).Name == "DeclarationList" {
				continue
			}
			if err := walk(v.Field(i), look); err != nil {
				return err
			}
		}
	}
	return nil
}
