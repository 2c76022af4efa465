package operations_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// outdirs holds the assembly of every app of the run.
var outdirs string

// No test of this package runs in parallel: the jsii runtime has no locks.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if outdirs, err = os.MkdirTemp("", "streamfront"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(outdirs)
	defer jsii.Close()
	return m.Run()
}

const account = "123456789012"

// newStack makes a stack whose templates hold nothing that depends on the run.
func newStack(region string) awscdk.Stack {
	outdir, err := os.MkdirTemp(outdirs, "")
	if err != nil {
		panic(err)
	}
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir: &outdir, AnalyticsReporting: jsii.Bool(false),
		DefaultStackSynthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			GenerateBootstrapVersionRule: jsii.Bool(false),
		}),
	})
	return awscdk.NewStack(app, jsii.String("Test"), &awscdk.StackProps{
		Env:                   &awscdk.Environment{Account: jsii.String(account), Region: &region},
		CrossRegionReferences: jsii.Bool(true),
	})
}

// newFunction stands for the user's function. Its code does not matter to a template.
func newFunction(stack awscdk.Stack, id string) awslambda.Function {
	return awslambda.NewFunction(stack, &id, &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(), Handler: jsii.String("index.handler"),
		Code: awslambda.Code_FromInline(jsii.String("exports.handler = awslambda.streamifyResponse(async () => {});")),
	})
}

func newEndpoint(stack awscdk.Stack, function awslambda.IFunction) streamfront.Endpoint {
	return streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{Function: function})
}

type object = map[string]any

// An assembly is the templates of one app: the stack's own, and outside us-east-1 that of the
// operations stack.
type assembly struct {
	dir        string
	main, edge *template
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
	UpdatePolicy                              object
	Properties                                object
}

// synth synthesizes the app of a stack that newStack made.
func synth(stack awscdk.Stack) *assembly {
	dir := *awscdk.App_Of(stack).Synth(nil).Directory()
	a := &assembly{dir: dir, main: readTemplate(filepath.Join(dir, "Test.template.json"))}
	a.edge = a.main
	if file := filepath.Join(dir, "Test-Operations.template.json"); exists(file) {
		a.edge = readTemplate(file)
	}
	return a
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
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

// only returns the one resource of a type that has a property with a value; "" for any.
func (t *template) only(tb testing.TB, typ, property string, value any) *resource {
	tb.Helper()
	var found []*resource
	for _, r := range t.all(typ) {
		if property == "" || text(r.Properties[property]) == text(value) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		tb.Fatalf("%d resources of type %s with %s %v, want 1", len(found), typ, property, value)
	}
	return found[0]
}

// text is a value as JSON.
func text(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// wantJSON compares a property with its JSON.
func wantJSON(t *testing.T, what string, got any, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if got, want := text(got), text(wanted); got != want {
		t.Errorf("%s = %s\nwant %s", what, got, want)
	}
}

// mustPanic runs f and compares the text of its panic.
func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := fmt.Sprint(recover()); got != want {
			t.Errorf("panic = %q\nwant    %q", got, want)
		}
	}()
	f()
}
