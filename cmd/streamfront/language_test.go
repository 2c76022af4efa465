package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every command that prints a fix names the CDK's constructs in the language asked for.
func TestFixesInALanguage(t *testing.T) {
	t.Parallel()
	const typescript, python = "edgeLambdas: [{ eventType: LambdaEdgeEventType.ORIGIN_REQUEST, ", "edge_lambdas=[cloudfront.EdgeLambda(event_type=cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST, "
	for name, test := range map[string]struct {
		args []string
		want string
		not  string
	}{
		"check":                {[]string{"check", foreign + "unsigned"}, typescript, "edge_lambdas"},
		"check in Python":      {[]string{"check", "--language", "Python", foreign + "unsigned"}, python, "edgeLambdas"},
		"check as JSON":        {[]string{"check", "--json", "--language", "python", foreign + "unsigned"}, `"language": "python"`, "edgeLambdas"},
		"check as SARIF":       {[]string{"check", "--sarif", "--language", "python", foreign + "unsigned"}, "\\n\\nCDK in Python: Make the signer", "edgeLambdas"},
		"explain":              {[]string{"explain", "payload-hash-missing"}, typescript, "edge_lambdas"},
		"explain in Go":        {[]string{"explain", "payload-hash-missing", "--language", "go"}, "&awscloudfront.EdgeLambda{EventType: awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST", "edgeLambdas"},
		"an answer":            {[]string{"explain", "--error-type", "InvalidSignatureException", "--language", "python"}, python, "edgeLambdas"},
		"an answer as JSON":    {[]string{"explain", "--error-type", "InvalidSignatureException", "--language", "csharp", "--json"}, "EdgeLambdas = new[] { new EdgeLambda {", "edgeLambdas"},
		"the list":             {[]string{"explain", "--list", "--json", "--language", "java"}, ".edgeLambdas(List.of(EdgeLambda.builder()", "edge_lambdas"},
		"CloudFormation alone": {[]string{"explain", "viewer-http-allowed", "--language", "cloudformation"}, "fix     CloudFormation: Set ViewerProtocolPolicy: redirect-to-https", "CDK in"},
		"check of another":     {[]string{"check", "--language", "rust"}, `"rust": want one of typescript, python, go, java, csharp, cloudformation`, "Usage"},
		"explain in another":   {[]string{"explain", "--language", "", "throttled"}, `"": want one of typescript, `, "More requests"},
		"run in another":       {[]string{"run", "--language", "rust"}, `"rust": want one of`, "Usage"},
		"smoke in another":     {[]string{"smoke", "--language", "rust", "https://example.com"}, `"rust": want one of`, "Usage"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, _ := try(t, "", test.args...)
			if text := stdout + stderr; !strings.Contains(text, test.want) || strings.Contains(text, test.not) {
				t.Errorf("printed\n%s\nwant %q and no %q", text, test.want, test.not)
			}
		})
	}
}

// Without the flag, the language is that of the app in the working directory. Not parallel:
// there is one working directory.
func TestFixesInTheAppsLanguage(t *testing.T) {
	from, err := filepath.Abs(foreign + "unsigned")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("cdk.json", []byte(`{"app": "python3 app.py"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	// GIVEN no assembly yet
	for _, args := range [][]string{{"explain", "payload-hash-missing"}, {"explain", "--error-type", "InvalidSignatureException"}} {
		if stdout, _, _ := try(t, "", args...); !strings.Contains(stdout, "CDK in Python: ") {
			t.Errorf("%q printed\n%s\nwant a fix in Python", args, stdout)
		}
	}
	// AND one without metadata
	if err := os.CopyFS("cdk.out", os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"explain", "payload-hash-missing"}, {"check"}} {
		if stdout, _, _ := try(t, "", args...); !strings.Contains(stdout, "CDK in Python: ") {
			t.Errorf("%q printed\n%s\nwant a fix in Python", args, stdout)
		}
	}
	// AND one of which the metadata says Java
	template, err := os.ReadFile("cdk.out/Plain.template.json")
	if err != nil {
		t.Fatal(err)
	}
	var content map[string]any
	if err := json.Unmarshal(template, &content); err != nil {
		t.Fatal(err)
	}
	content["Resources"].(map[string]any)["CDKMetadata"] = map[string]any{"Type": "AWS::CDK::Metadata", "Properties": map[string]any{"Modules": "jsii-runtime=Java/17.0.9"}}
	if template, err = json.Marshal(content); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("cdk.out/Plain.template.json", template, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"explain", "payload-hash-missing"}, {"check"}} {
		if stdout, _, _ := try(t, "", args...); !strings.Contains(stdout, "CDK in Java: ") {
			t.Errorf("%q printed\n%s\nwant a fix in Java", args, stdout)
		}
	}
}
