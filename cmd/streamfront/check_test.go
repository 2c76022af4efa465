package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/terminal"
)

const (
	foreign   = "../../local/testdata/foreign/"
	strangers = "../../local/testdata/apps/"
)

// checked runs the command with the variables NAME=value of the environment.
func checked(t *testing.T, environment []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	io := terminal.New(&out, &err, func(name string) string {
		for _, variable := range environment {
			if value, ok := strings.CutPrefix(variable, name+"="); ok {
				return value
			}
		}
		return ""
	})
	status = execute(t.Context(), newRootCommand(io), io, append([]string{"check"}, args...))
	return status, out.String(), err.String()
}

func TestCheckExitStatus(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, "manifest.json"), []byte(`{"artifacts":{"S":{"type":"aws:cloudformation:stack","properties":{"templateFile":"S.json"}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(empty, "S.json"), []byte(`{"Resources":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	unseen := t.TempDir()
	for name, text := range map[string]string{
		"manifest.json": `{"artifacts":{"S":{"type":"aws:cloudformation:stack","properties":{"templateFile":"S.json"}}}}`,
		"S.json": `{"Parameters":{"Domain":{"Type":"String"}},"Resources":{"D":{"Type":"AWS::CloudFront::Distribution","Properties":{"DistributionConfig":{
			"Enabled":true,"Origins":[{"Id":"o","DomainName":{"Ref":"Domain"},"CustomOriginConfig":{"OriginProtocolPolicy":"https-only"}}],
			"DefaultCacheBehavior":{"TargetOriginId":"o","ViewerProtocolPolicy":"https-only","CachePolicyId":"4135ea2d-6df8-44a3-9df3-4b5a84be39ad"}}}}}}`,
	} {
		if err := os.WriteFile(filepath.Join(unseen, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		"nothing found":        {[]string{foreign + "shared-oac"}, 0, "nothing found in 2 stacks: 2 distributions, 2 function URLs", ""},
		"warnings":             {[]string{foreign + "own-oac"}, 0, "1 warning in 1 stack", ""},
		"strict with warnings": {[]string{"--strict", foreign + "own-oac"}, 1, "1 warning in 1 stack", ""},
		"errors":               {[]string{foreign + "go-cdk"}, 1, "2 errors, 1 warning in 1 stack: 1 distribution, 1 function URL", ""},
		"errors as JSON":       {[]string{foreign + "go-cdk", "--json"}, 1, `"rule": "grant-function-missing"`, ""},
		"errors as SARIF":      {[]string{foreign + "go-cdk", "--sarif"}, 1, `"ruleId": "grant-function-missing"`, ""},
		"nothing to check":     {[]string{empty}, 0, "nothing to check", ""},
		"an origin unseen":     {[]string{unseen}, 2, "1 warning in 1 stack", "1 part of the way to a function could not be examined"},
		"unseen as JSON":       {[]string{unseen, "--json"}, 2, `"unseen": true`, "--accept-unknown"},
		"unseen and accepted":  {[]string{unseen, "--accept-unknown"}, 0, "1 warning in 1 stack", ""},
		"unseen and given":     {[]string{unseen, "--parameter", "S.Domain=api.example.com"}, 0, "nothing found", ""},
		"unseen and strict":    {[]string{unseen, "--strict", "--accept-unknown"}, 1, "1 warning in 1 stack", ""},
		"no such parameter":    {[]string{unseen, "--parameter", "S.Domian=x"}, 2, "", `there is no parameter "S.Domian": the assembly has S.Domain`},
		"a parameter alone":    {[]string{unseen, "--parameter", "S.Domain"}, 2, "", "want STACK.NAME=VALUE"},
		"SAM with a URL":       {[]string{strangers + "sam"}, 1, "1 error in 1 stack", ""},
		"nested stacks":        {[]string{strangers + "nested-siblings"}, 0, "1 note in 3 stacks: 1 distribution, 1 function URL", ""},
		"no assembly":          {[]string{t.TempDir()}, 2, "", "run 'cdk synth' first"},
		"two assemblies":       {[]string{"a", "b"}, 2, "", "takes one cloud assembly"},
		"two formats":          {[]string{"--json", "--sarif", foreign + "go-cdk"}, 2, "", "json"},
		"an unknown flag":      {[]string{"--yaml"}, 2, "", "--yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := checked(t, nil, test.args...)
			if status != test.status || !strings.Contains(stdout, test.stdout) || !strings.Contains(stderr, test.stderr) {
				t.Errorf("status %d, stdout %q, stderr %q\nwant %d, %q, %q", status, stdout, stderr, test.status, test.stdout, test.stderr)
			}
		})
	}
}

// By resource, aligned, and why and fix of a rule told once.
func TestCheckIsMadeForPeople(t *testing.T) {
	t.Parallel()
	_, plain, _ := checked(t, nil, foreign+"go-cdk")
	for _, want := range []string{
		"Plain/Distribution830FAC52 AWS::CloudFront::Distribution\nPlain.template.json:111\n",
		"\n  error  payload-hash-missing\n    at    DistributionConfig.DefaultCacheBehavior.AllowedMethods\n    what  has PUT, PATCH, POST, DELETE",
		"\n    why   Lambda accepts no unsigned payloads", "\n    fix   Hash the body at the edge", "\n          CDK in TypeScript: Make the signer a new cloudfront.experimental.EdgeFunction(",
		"\n  warning  read-timeout-short\n",
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("output = %s\nwant %q", plain, want)
		}
	}
	if strings.Contains(plain, "\x1b[") {
		t.Error("there are colours where there is no terminal")
	}
	_, coloured, _ := checked(t, []string{"FORCE_COLOR=1"}, foreign+"go-cdk")
	if !strings.Contains(coloured, "\x1b[31") {
		t.Error("an error is not red where colours are asked for")
	}
	_, narrow, _ := checked(t, []string{"COLUMNS=60"}, foreign+"go-cdk")
	for line := range strings.Lines(narrow) {
		if words := strings.Fields(line); len(words) > 3 && terminal.Columns(strings.TrimSuffix(line, "\n")) > 60 && len(words[len(words)-1]) < 30 {
			t.Errorf("%q is wider than 60 columns", line)
		}
	}
}

// What scripts read has its own names, lists that are never null, and no colours.
func TestCheckJSON(t *testing.T) {
	t.Parallel()
	_, stdout, _ := checked(t, []string{"FORCE_COLOR=1"}, "--json", foreign+"shared-oac")
	var report map[string]any
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	for _, name := range []string{"findings", "suppressed", "notes"} {
		if list, ok := report[name].([]any); !ok || len(list) != 0 {
			t.Errorf("%s = %v, want an empty list", name, report[name])
		}
	}
	for name, want := range map[string]float64{"stacks": 2, "distributions": 2, "functionUrls": 2} {
		if report[name] != want {
			t.Errorf("%s = %v, want %v", name, report[name], want)
		}
	}
}
