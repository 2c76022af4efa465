package script

import (
	"reflect"
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// A reach is which of the language's own properties the code of a function can get at. What it
// cannot get at needs no bound, and the bounds of all that it might call take longer to put up
// than most functions run.
//
// Code gets at a property by its name, which then stands in the code; by a name that it computes,
// as in x[y]; or by a function that lists what there is. Code with one of the latter two reaches
// everything.
type reach struct {
	everything bool
	names      map[string]bool
}

// listing are the names of what gives properties without their names, or for names that are values.
var listing = []string{"getOwnPropertyDescriptor", "getOwnPropertyDescriptors", "getOwnPropertyNames", "Reflect"}

// inGo are the modules that call none of the language's own functions on what they are given;
// querystring is written in JavaScript.
var inGo = []string{"buffer", "cloudfront", "crypto"}

// reachOf reads the code of a function.
func reachOf(program *ast.Program) *reach {
	r := &reach{names: map[string]bool{}}
	unread := map[*ast.BracketExpression]bool{} // its value goes nowhere
	loads := map[*ast.Identifier]bool{}         // require, called for one of inGo
	_ = walk(reflect.ValueOf(program.Body), func(node any) error {
		switch n := node.(type) {
		case *ast.Identifier:
			r.name(n.Name)
			if n.Name == "require" && !loads[n] {
				r.everything = true
			}
		case *ast.StringLiteral:
			r.name(n.Value)
		case *ast.TemplateElement:
			r.name(n.Parsed)
		case *ast.CallExpression:
			if callee, ok := n.Callee.(*ast.Identifier); ok && len(n.ArgumentList) == 1 {
				module, ok := n.ArgumentList[0].(*ast.StringLiteral)
				loads[callee] = ok && slices.Contains(inGo, module.Value.String())
			}
		case *ast.UnaryExpression:
			if of, ok := n.Operand.(*ast.BracketExpression); ok && n.Operator == token.DELETE {
				unread[of] = true
			}
		case *ast.AssignExpression:
			if to, ok := n.Left.(*ast.BracketExpression); ok && n.Operator == token.ASSIGN {
				unread[to] = true
			}
		case *ast.BracketExpression:
			r.everything = r.everything || !unread[n] && computed(n.Member)
		case *ast.PropertyKeyed: // of a pattern, or of an object, where it does no harm
			r.everything = r.everything || n.Computed && computed(n.Key)
		}
		return nil
	})
	return r
}

func computed(name ast.Expression) bool {
	switch name.(type) {
	case *ast.StringLiteral, *ast.NumberLiteral:
		return false
	}
	return true
}

func (r *reach) name(name unistring.String) {
	text := name.String()
	r.names[text] = true
	r.everything = r.everything || slices.Contains(listing, text)
}

// has reports whether the code gets at a property of one of the names.
func (r *reach) has(names ...string) bool {
	return r.everything || slices.ContainsFunc(names, func(name string) bool { return r.names[name] })
}
