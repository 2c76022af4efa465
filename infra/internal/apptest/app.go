// Package apptest makes apps for the tests of the constructs, and reads their templates. Only
// tests import it.
package apptest

import (
	"os"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// outdirs holds the assembly of every app of the run.
var outdirs string

// Run is the TestMain of a package, of which no test runs in parallel: the jsii runtime has no
// locks.
func Run(m *testing.M) int {
	var err error
	if outdirs, err = os.MkdirTemp("", "streamfront"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(outdirs)
	defer jsii.Close()
	return m.Run()
}

// New returns an app whose templates hold nothing that depends on the run.
func New(context map[string]any) awscdk.App {
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

// NewFunction stands for the user's function. Its code does not matter to a template.
func NewFunction(stack awscdk.Stack, id string) awslambda.Function {
	return awslambda.NewFunction(stack, &id, &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = awslambda.streamifyResponse(async () => {});")),
	})
}

// MustPanic runs f and compares the text of its panic.
func MustPanic(t *testing.T, want string, f func()) {
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
