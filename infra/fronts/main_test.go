package fronts_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/apptest"
)

// No test of this package runs in parallel: the jsii runtime has no locks.
func TestMain(m *testing.M) { os.Exit(apptest.Run(m)) }

// newStack makes a stack whose template holds nothing that depends on the run.
func newStack() awscdk.Stack {
	return awscdk.NewStack(apptest.New(nil), jsii.String("Test"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("123456789012"), Region: jsii.String("eu-west-1")},
	})
}

// newFunction stands for the user's function. Its code does not matter to a template.
func newFunction(stack awscdk.Stack) awslambda.Function {
	return awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(), Handler: jsii.String("index.handler"),
		Code: awslambda.Code_FromInline(jsii.String("exports.handler = async () => {};")),
	})
}

type template struct {
	dir, text string
	Resources map[string]*resource
}

type resource struct {
	Type       string
	Properties map[string]any
}

// synth must be called only once for a stack.
func synth(stack awscdk.Stack) *template {
	t := &template{dir: *awscdk.App_Of(stack).Synth(nil).Directory()}
	text, err := os.ReadFile(filepath.Join(t.dir, "Test.template.json"))
	if err != nil {
		panic(err)
	}
	t.text = string(text)
	if err := json.Unmarshal(text, t); err != nil {
		panic(err)
	}
	return t
}

// all returns the properties of the resources of a type, as JSON without spaces.
func (t *template) all(typ string) []string {
	var found []string
	for _, r := range t.Resources {
		if r.Type == typ {
			text, err := json.Marshal(r.Properties)
			if err != nil {
				panic(err)
			}
			found = append(found, string(text))
		}
	}
	return found
}

// wantSome checks that a resource of the type has all the pieces, in JSON without spaces and
// with keys in order.
func (t *template) wantSome(tb testing.TB, typ string, pieces ...string) {
	tb.Helper()
	for _, properties := range t.all(typ) {
		missing := false
		for _, piece := range pieces {
			missing = missing || !strings.Contains(properties, piece)
		}
		if !missing {
			return
		}
	}
	tb.Errorf("no %s has %q:\n%s", typ, pieces, strings.Join(t.all(typ), "\n"))
}

func (t *template) wantNone(tb testing.TB, typ string) {
	tb.Helper()
	if found := t.all(typ); len(found) > 0 {
		tb.Errorf("there are resources of type %s: %s", typ, found)
	}
}

// mustPanic runs f and looks for a piece of the text of its panic.
func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got, _ := recover().(string); !strings.HasPrefix(got, "streamfront: ") || !strings.Contains(got, want) {
			t.Errorf("panic = %q, want %q in it", got, want)
		}
	}()
	f()
}
