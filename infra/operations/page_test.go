package operations_test

import (
	"os"
	"strings"
	"testing"
)

// docs/operations.md shows a program that synthesizes, word for word.
func TestThePageShowsAProgramThatSynthesizes(t *testing.T) {
	stack := newStack("eu-west-1")
	operate(stack, newFunction(stack, "Function"))
	if n := len(synth(stack).main.All("AWS::Budgets::Budget")); n != 1 {
		t.Errorf("%d budgets, want 1", n)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(source), "\n// operate puts")
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	if program = "// operate puts" + program; !strings.Contains(string(page), "```go\n"+program+"```") {
		t.Errorf("docs/operations.md does not have this program word for word:\n%s", program)
	}
}
