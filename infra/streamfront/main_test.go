package streamfront_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// outdirs holds the assembly of every app of the run.
var outdirs string

// No test of this package runs in parallel: the jsii runtime has no locks.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if outdirs, err = os.MkdirTemp("", "streamfront"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(outdirs)
	defer jsii.Close()
	return m.Run()
}

// newApp returns an app whose templates hold nothing that depends on the run.
func newApp(context map[string]any) awscdk.App {
	outdir, err := os.MkdirTemp(outdirs, "")
	if err != nil {
		panic(err)
	}
	return awscdk.NewApp(&awscdk.AppProps{
		Outdir:             &outdir,
		AnalyticsReporting: jsii.Bool(false),
		Context:            &context,
		DefaultStackSynthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			GenerateBootstrapVersionRule: jsii.Bool(false),
		}),
	})
}

func newStack(region string) awscdk.Stack {
	return awscdk.NewStack(newApp(nil), jsii.String("Test"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("123456789012"), Region: &region},
	})
}

// newFunction stands for the user's function. Its code does not matter to a template.
func newFunction(stack awscdk.Stack, id string) awslambda.Function {
	return awslambda.NewFunction(stack, &id, &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = awslambda.streamifyResponse(async () => {});")),
	})
}

// An assembly is the templates of one app: the stack's own and, outside us-east-1, that of
// its edge stack.
type assembly struct {
	dir  string
	main *template
	edge *template // the same as main in us-east-1
}

type template struct {
	text      string
	Resources map[string]*resource
	Outputs   map[string]any
}

type resource struct {
	id                                        string
	Type, DeletionPolicy, UpdateReplacePolicy string
	DependsOn                                 any
	Properties                                map[string]any
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

func readTemplate(path string) *template {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	t := &template{text: string(text)}
	if err := json.Unmarshal(text, t); err != nil {
		panic(err)
	}
	for id, r := range t.Resources {
		r.id = id
	}
	return t
}

// all returns the resources of a type.
func (t *template) all(typ string) []*resource {
	var found []*resource
	for _, r := range t.Resources {
		if r.Type == typ {
			found = append(found, r)
		}
	}
	return found
}

// only returns the one resource of a type.
func (t *template) only(tb testing.TB, typ string) *resource {
	tb.Helper()
	found := t.all(typ)
	if len(found) != 1 {
		tb.Fatalf("%d resources of type %s, want 1", len(found), typ)
	}
	return found[0]
}

// refers returns the resource that a Ref or Fn::GetAtt names.
func (t *template) refers(tb testing.TB, value any) *resource {
	tb.Helper()
	reference, _ := value.(map[string]any)
	id, _ := reference["Ref"].(string)
	if attribute, ok := reference["Fn::GetAtt"].([]any); ok {
		id, _ = attribute[0].(string)
	}
	if t.Resources[id] == nil {
		tb.Fatalf("%v names no resource of the template", value)
	}
	return t.Resources[id]
}

// at follows keys and indices into a property.
func (r *resource) at(tb testing.TB, path ...any) any {
	tb.Helper()
	var v any = r.Properties
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				tb.Fatalf("%s has no %v", r.id, path)
			}
			v = list[step]
		}
	}
	return v
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

// mustPanic runs f and compares the text of its panic.
func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		got := recover()
		if got == nil {
			t.Fatalf("no panic, want %q", want)
		}
		if got != want {
			t.Errorf("panic = %q\nwant    %q", got, want)
		}
	}()
	f()
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
