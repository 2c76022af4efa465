package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
)

// The test binary is also the app, since only a process of its own has an exit status.
func TestMain(m *testing.M) {
	if os.Getenv("STREAMFRONT_TEST_RUN_APP") != "" {
		main()
		return
	}
	status := m.Run()
	jsii.Close()
	os.Exit(status)
}

// runApp runs the app in dir, but lets it build no function.
func runApp(t *testing.T, dir string, environment ...string) (outdir, stderr string, err error) {
	t.Helper()
	outdir = t.TempDir()
	app := exec.Command(os.Args[0])
	app.Dir = dir
	app.Env = append(app.Environ(), "STREAMFRONT_TEST_RUN_APP=1", "CDK_OUTDIR="+outdir)
	app.Env = append(app.Env, environment...)
	var b bytes.Buffer
	app.Stderr = &b
	err = app.Run()
	return outdir, b.String(), err
}

func TestAppReadsContextAndEnvironment(t *testing.T) {
	outdir, stderr, err := runApp(t, "..", // where cdk.json is
		`CDK_CONTEXT_JSON={"aws:cdk:bundling-stacks": [], "stackName": "Chat", "architecture": "x86_64"}`,
		"STREAMFRONT_STACK_NAME=Other", "STREAMFRONT_REGION=eu-west-1",
		"CDK_DEFAULT_ACCOUNT=123456789012", "STREAMFRONT_API_KEY=trial-key")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for file, wants := range map[string][]string{
		"Chat.template.json": {`"x86_64"`, `"provided.al2023"`, `"Timeout": 900`, `"API_KEY": "trial-key"`},
		"manifest.json":      {`"aws://123456789012/eu-west-1"`, `"aws://123456789012/us-east-1"`},
		// A key in plain text must not go unnoticed. The CDK CLI prints this.
		"Chat.metadata.json": {"STREAMFRONT_API_KEY is in plain text"},
	} {
		text, err := os.ReadFile(filepath.Join(outdir, file))
		if err != nil {
			t.Error(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s has no %s", file, want)
			}
		}
	}
}

// Who mistypes something wants to read one line, and a script an exit status.
func TestErrorsHaveNoStackTrace(t *testing.T) {
	_, stderr, err := runApp(t, t.TempDir()) // without functions/stream
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("the app ended with %v, want exit status 1", err)
	}
	want := `streamfront: GoCodeProps.Entry "./functions/stream" is not a directory; it is relative to the folder with cdk.json`
	if !slices.Contains(strings.Split(stderr, "\n"), want) {
		t.Errorf("stderr has no line %q:\n%s", want, stderr)
	}
	if strings.Contains(stderr, "goroutine ") {
		t.Errorf("stderr has a stack trace:\n%s", stderr)
	}
}
