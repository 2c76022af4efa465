package nag

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// samples are the contexts that the sample's app is checked with.
var samples = map[string]map[string]any{
	"default":           {},
	"full, two regions": {"full": "true", "region": "eu-west-1", "alarmEmail": "ops@example.com"},
	"full, one region":  {"full": "true", "region": "us-east-1"},
	"vpc":               {"vpc": "true"},
	"vpc, upstream": {
		"vpc": "true", "upstream": "https://api.example.com/v1", "upstreamKey": "arn:aws:secretsmanager:us-east-1:123456789012:secret:upstream-AbCdEf",
	},
	"bedrock":   {"bedrockModel": "amazon.nova-lite-v1:0"},
	"cognito":   {"auth": "cognito"},
	"node":      {"sample": "node"},
	"url":       {"front": "url"},
	"rest":      {"front": "rest"},
	"http":      {"front": "http"},
	"websocket": {"front": "websocket"},
	"alb":       {"front": "alb"},
	"alb, with a domain": {
		"front": "alb", "certificate": "arn:aws:acm:us-east-1:123456789012:certificate/1", "domainName": "chat.example.com",
	},
	"ecs": {"front": "ecs"},
}

// sampleApp builds the app of package infra, as it is, with one file more, which adds cdk-nag. The
// requirement is in a go.mod for this build alone: in the module's own everybody would get
// cdk-nag along.
func sampleApp(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	read := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	absolute := func(file string) string {
		file, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{absolute("../../infra/inspect.go"): absolute("testdata/inspect.go")}})
	if err != nil {
		t.Fatal(err)
	}
	nag := regexp.MustCompile(`github.com/cdklabs/cdk-nag-go/cdknag/v2 v\S+`).FindString(read("go.mod"))
	modfile := write("sample.mod", read("../../go.mod")+"\nrequire "+nag+"\n")
	write("sample.sum", read("../../go.sum")+read("go.sum"))
	program := filepath.Join(dir, "sample")
	build := exec.CommandContext(t.Context(), "go", "build", "-modfile", modfile, "-mod=mod", "-overlay", write("overlay.json", string(overlay)), "-o", program, "./infra")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// synthesize runs the app with a context, and returns cdk-nag's reports. Functions are not built.
func synthesize(t *testing.T, program string, context map[string]any) []line {
	t.Helper()
	dir := t.TempDir()
	context["aws:cdk:bundling-stacks"] = []string{}
	text, err := json.Marshal(context)
	if err != nil {
		t.Fatal(err)
	}
	app := exec.CommandContext(t.Context(), program)
	app.Dir = "../.." // where cdk.json is
	app.Env = append(app.Environ(), "CDK_OUTDIR="+dir, "CDK_CONTEXT_JSON="+string(text), "CDK_DEFAULT_ACCOUNT=", "CDK_DEFAULT_REGION=")
	if out, err := app.CombinedOutput(); err != nil {
		t.Fatalf("the app: %v\n%s", err, out)
	}
	return reports(t, dir)
}
