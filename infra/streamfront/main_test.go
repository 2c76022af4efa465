package streamfront_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/apptest"
)

// No test of this package runs in parallel: the jsii runtime has no locks.
func TestMain(m *testing.M) { os.Exit(apptest.Run(m)) }

// What the tests of the constructs share.
var (
	newApp      = apptest.New
	newFunction = apptest.NewFunction
	mustPanic   = apptest.MustPanic
)

type (
	template struct{ *apptest.Template }
	resource = apptest.Resource
)

func readTemplate(file string) *template { return &template{apptest.Read(file)} }

func newStack(region string) awscdk.Stack {
	return awscdk.NewStack(newApp(nil), jsii.String("Test"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("123456789012"), Region: &region},
	})
}

// An assembly is the templates of one app: the stack's own and, outside us-east-1, that of
// its edge stack.
type assembly struct {
	dir  string
	main *template
	edge *template // the same as main in us-east-1
}

// synth synthesizes the app of a stack that newStack made. It must be called only once for
// an app.
func synth(stack awscdk.Stack) *assembly {
	dir := *awscdk.App_Of(stack).Synth(nil).Directory()
	a := &assembly{dir: dir, main: readTemplate(filepath.Join(dir, "Test.template.json"))}
	a.edge = a.main
	if edge, _ := filepath.Glob(filepath.Join(dir, "edge-lambda-stack-*.template.json")); len(edge) == 1 {
		a.edge = readTemplate(edge[0])
	}
	return a
}

// wantJSON compares a property with its JSON.
func wantJSON(t *testing.T, what string, got any, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if got, want := indent(got), indent(wanted); got != want {
		t.Errorf("%s differs %s", what, firstDifference(got, want))
	}
}

// indent returns a decoded value as JSON of one line for each field, in a fixed order.
func indent(v any) string {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		panic(err)
	}
	return string(text)
}

// firstDifference shows the first lines in which two texts differ.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < len(g) && i < len(w) && g[i] == w[i] {
		i++
	}
	return fmt.Sprintf("from line %d on\ngot:\n%swant:\n%s", i+1, lines(g, i), lines(w, i))
}

func lines(text []string, from int) string {
	to := min(from+8, len(text))
	return "\t" + strings.Join(text[min(from, len(text)):to], "\n\t") + "\n"
}
