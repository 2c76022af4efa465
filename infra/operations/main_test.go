package operations_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/apptest"
	"github.com/streamfront/streamfront/infra/streamfront"
)

// No test of this package runs in parallel: the jsii runtime has no locks.
func TestMain(m *testing.M) { os.Exit(apptest.Run(m)) }

// What the tests of the constructs share.
var (
	newFunction = apptest.NewFunction
	mustPanic   = apptest.MustPanic
)

const account = "123456789012"

// newStack makes a stack whose templates hold nothing that depends on the run.
func newStack(region string) awscdk.Stack {
	return awscdk.NewStack(apptest.New(nil), jsii.String("Test"), &awscdk.StackProps{
		Env:                   &awscdk.Environment{Account: jsii.String(account), Region: &region},
		CrossRegionReferences: jsii.Bool(true),
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
	main, edge *apptest.Template
}

// synth synthesizes the app of a stack that newStack made.
func synth(stack awscdk.Stack) *assembly {
	dir := *awscdk.App_Of(stack).Synth(nil).Directory()
	a := &assembly{dir: dir, main: apptest.Read(filepath.Join(dir, "Test.template.json"))}
	a.edge = a.main
	if file := filepath.Join(dir, "Test-Operations.template.json"); exists(file) {
		a.edge = apptest.Read(file)
	}
	return a
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
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
