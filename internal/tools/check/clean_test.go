package check_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/authorizer"
	"github.com/streamfront/streamfront/functions/challenge"
	"github.com/streamfront/streamfront/functions/signer"
	"github.com/streamfront/streamfront/functions/viewer"
)

func TestNothingIsWrongWithAnEndpoint(t *testing.T) {
	t.Parallel()
	report := wantFindings(t, endpoint().write(t))
	if report.Stacks != 1 || report.Distributions != 1 || report.FunctionURLs != 1 || len(report.Notes) != 0 {
		t.Errorf("report = %+v, want one of each and no notes", report)
	}
}

// goldens are the golden templates of the constructs.
const goldens = "../../../infra/streamfront/testdata/"

// The golden templates of the constructs are right, but for routes whose callers hash.
func TestGoldenTemplates(t *testing.T) {
	t.Parallel()
	caller := []string{"note payload-hash-missing ApiDistribution2AD4699A"}
	tests := map[string][]string{
		// Its open route has a wildcard.
		"authorizer-us-east-1": {"warning authorizer-avoided ApiDistribution2AD4699A", "warning authorizer-avoided ApiDistribution2AD4699A"},
		"routes-us-east-1":     caller, "routes-eu-west-1": caller,
		// Of these there is no golden template of the edge stack with the signer.
		"uploads-eu-west-1": {"warning value-unknown ApiDistribution2AD4699A"}, "registered-eu-west-1": {"warning value-unknown ApiDistribution2AD4699A"},
	}
	files, err := filepath.Glob(goldens + "*.template.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d golden templates: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".template.json"), ".edge")
		if _, ok := tests[name]; !ok {
			tests[name] = nil
		}
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFindings(t, writeGolden(t, name), want...)
		})
	}
}

// writeGolden writes an assembly of the golden templates of a name, and returns its folder.
func writeGolden(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	artifacts := object{}
	for stack, file := range map[string]string{"Test": name + ".template.json", "edge-lambda-stack": name + ".edge.template.json"} {
		text, err := os.ReadFile(goldens + file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		writeJSON(t, filepath.Join(dir, file), withCode(t, text))
		region := name[strings.Index(name, "-")+1:]
		if strings.HasSuffix(file, ".edge.template.json") {
			region = "us-east-1"
		}
		artifacts[stack] = object{
			"type": "aws:cloudformation:stack", "environment": "aws://123456789012/" + region,
			"properties": object{"templateFile": file},
		}
	}
	writeJSON(t, filepath.Join(dir, "manifest.json"), object{"artifacts": artifacts})
	return dir
}

// withCode puts the code back that the golden templates leave out, by the logical ids.
func withCode(t *testing.T, text []byte) object {
	t.Helper()
	var template object
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	for id, resource := range template["Resources"].(object) {
		properties, _ := resource.(object)["Properties"].(object)
		if properties["FunctionCode"] == "CODE" {
			properties["FunctionCode"] = viewer.Route{
				Streamed: !strings.Contains(id, "Buffered"), Cached: strings.Contains(id, "Cached"), Anonymous: strings.Contains(id, "Anonymous"),
				Signed: !strings.Contains(id, "Unsigned") && !strings.Contains(id, "Cached") && !strings.Contains(id, "Anonymous"),
			}.Source()
		}
		code, _ := properties["Code"].(object)
		if code["ZipFile"] != "CODE" {
			continue
		}
		switch {
		case strings.Contains(id, "SigningAuthorizer"):
			code["ZipFile"] = authorizer.Signing
		case strings.Contains(id, "Authorizer"):
			code["ZipFile"] = authorizer.Checking
		case strings.Contains(id, "Signer"):
			code["ZipFile"] = signer.Source
		case strings.Contains(id, "Challenge"):
			code["ZipFile"] = challenge.Source
		case strings.HasPrefix(id, "Pages"):
			code["ZipFile"] = "exports.handler = async () => ({ statusCode: 200 });"
		default:
			code["ZipFile"] = "exports.handler = awslambda.streamifyResponse(async () => {});"
		}
	}
	return template
}

// The app of this project in one stack, as its golden templates are. That of several stacks
// refers across regions: the tests of the app look at its assembly.
func TestTheAppHasNoErrors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../test/testdata/Streamfront*.template.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden templates of the app: %v", err)
	}
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "Streamfront.full") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		report := run(t, writeAssembly(t, "aws://unknown-account/us-east-1", withCode(t, text)))
		if got := told(report.Findings); len(got) != 0 || report.Distributions != 1 {
			t.Errorf("%s: findings = %q in %d distributions, want none in 1", file, got, report.Distributions)
		}
	}
}
