package main

import (
	"os"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/terminal"
)

// An output that names a variable is printed as it is, whoever sets the variable.
func TestOutputsKeepTheirVariables(t *testing.T) {
	t.Setenv("API_KEY", "hunter2")
	const line = `curl -H "authorization: Bearer $API_KEY"`
	s := &served{FrontDoors: []front{{}}, Outputs: []output{{Name: "App.Curl", Value: line}}}
	for _, asJSON := range []bool{false, true} {
		var out strings.Builder
		(&report{out: terminal.New(&out, &out, os.Getenv).Out, json: asJSON}).started(s)
		if text := out.String(); strings.Contains(text, "hunter2") || !strings.Contains(text, "$API_KEY") {
			t.Errorf("printed %s", text)
		}
	}
}

// An app without outputs gets a line to try, which a certificate that no client knows does not
// break.
func TestBanner(t *testing.T) {
	t.Parallel()
	here := []front{{Kind: "distribution", Name: "App/Distribution", URL: "https://127.0.0.1:1"}}
	api := []front{{Kind: "rest api", Name: "App/Distribution", URL: "https://127.0.0.1:1/prod"}}
	for name, test := range map[string]struct {
		served served
		want   string
	}{
		"outputs":      {served{FrontDoors: here, Outputs: []output{{Name: "App.Url", Value: "https://127.0.0.1:1"}}}, "The app's outputs; Ctrl-C stops.\n\nApp.Url\n  https://127.0.0.1:1\n\n"},
		"no outputs":   {served{FrontDoors: here}, "Try this, since no output of the app leads here; Ctrl-C stops.\n\n  curl -N https://127.0.0.1:1/\n\n"},
		"with a stage": {served{FrontDoors: api}, "Try this, since no output of the app leads here; Ctrl-C stops.\n\n  curl -N https://127.0.0.1:1/prod/\n\n"},
		"by HTTPS":     {served{FrontDoors: here, Certificate: "PEM"}, "Try this, since no output of the app leads here; Ctrl-C stops.\n\n  curl -Nk https://127.0.0.1:1/\n\n"},
	} {
		if got := banner(&test.served); !strings.HasSuffix(got, "App/Distribution\n\n"+test.want) {
			t.Errorf("%s: %s\nwant at its end %s", name, got, test.want)
		}
	}
}

// A secret may be on a wrong command line, and must not get into a log from there.
func TestWrongCommandLinesWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	wrong := [][]string{
		{"run", "--invoker-key", "hunter2"},
		{"run", "--env", "A-B=hunter2"},
		{"run", "--env", "=hunter2"},
		{"run", "--env", "sk_hunter2"},
		{"run", "--env", "KEY=", "hunter2", "cdk.out"},
		{"run", "--function", "KEY hunter2"},
		{"run", "--function", "=KEY=hunter2 npm start"},
		{"run", "--origin", "https://user:hunter2@example.com"},
		{"run", "--parameter", "hunter2"},
		{"check", "--parameter", "=hunter2"},
		{"explain", "https://example.com", "--header", "authorization:", "Bearer", "hunter2"},
	}
	for _, args := range wrong {
		_, stderr, status := try(t, "", args...)
		if status != exitFailed || strings.Contains(stderr, "hunter2") || len(args) == 3 && !strings.Contains(stderr, args[1]) {
			t.Errorf("%q: exit status %d, %q, want the name of the flag, and not what it was given", args, status, stderr)
		}
	}
}

func TestVariablesForFunctions(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{
		"STREAMFRONT_TEST_NOT_SET": "STREAMFRONT_TEST_NOT_SET is not set here: want NAME=VALUE",
		"=x":                       "want NAME=VALUE or NAME",
		"A-B=x":                    "want NAME=VALUE or NAME",
	} {
		if _, stderr, status := try(t, "", "run", "--env", arg); status != exitFailed || !strings.Contains(stderr, want) {
			t.Errorf("--env %s: exit status %d, %q, want %q", arg, status, stderr, want)
		}
	}
}
