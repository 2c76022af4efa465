package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/check"
)

const apps = "../../../local/testdata/apps"

// Apps in the styles that strangers have: exactly what is wrong with them, and all of the way
// of a request looked at.
func TestAppsOfStrangers(t *testing.T) {
	t.Parallel()
	const grant = "DistributionOrigin1Invoke"
	// Their function reads x-forwarded-host, which nothing before it sets.
	const host = "note viewer-forwarded-host Distribution830FAC52"
	tests := map[string]struct {
		want                        []string
		stacks, distributions, urls int
	}{
		"spa": {[]string{ // which its error pages do to the API, too
			"warning errors-hide-403 Distribution830FAC52", "warning errors-hide-403 Distribution830FAC52",
		}, 2, 1, 1},
		"nested":          {[]string{host}, 2, 1, 1},
		"nested-siblings": {[]string{host}, 3, 1, 1},
		"stages":          {[]string{host, host}, 5, 2, 2},
		"cross-region":    {[]string{host}, 2, 1, 1},
		"cross-region-function": {[]string{
			host,
			"error grant-other-region " + grant + "FromApiForFrontDistributionOrigin1658556E6C9FEB17B",
			"error grant-other-region " + grant + "FunctionFromCloudFrontForFrontDistributionOrigin1658556E60F024747",
		}, 2, 1, 1},
		"origin-group": {[]string{host}, 1, 1, 1},
		"several":      {[]string{"note viewer-forwarded-host ACCC8ACD5", "note viewer-forwarded-host B08E7C7AF"}, 1, 2, 2},
		"python":       {nil, 1, 1, 1},
		"container":    {nil, 1, 1, 1},
		"unstaged":     {[]string{host}, 1, 1, 1},
		"sam":          {[]string{"error url-public ChatUrl"}, 1, 0, 1},
		// These are right.
		"resources": {nil, 1, 1, 1}, "rendering": {nil, 1, 1, 2}, "domain": {nil, 1, 1, 1}, "adapter": {nil, 1, 1, 1}, "exports": {nil, 3, 1, 1},
		"identity": {nil, 1, 1, 1}, "conditions": {nil, 1, 1, 1}, "agnostic": {nil, 1, 1, 1}, "callers": {nil, 1, 1, 1}, "cross-region-names": {nil, 3, 1, 1},
		"sam-front": {nil, 1, 1, 1},
	}
	manifests, err := filepath.Glob(apps + "/*/manifest.json")
	if err != nil || len(manifests) != len(tests) {
		t.Errorf("%d assemblies in %s, %d in the table: %v", len(manifests), apps, len(tests), err)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(apps, name)
			if name == "unstaged" {
				dir = unstaged(t)
			}
			report := wantFindings(t, dir, test.want...)
			if got, want := [3]int{report.Stacks, report.Distributions, report.FunctionURLs}, [3]int{test.stacks, test.distributions, test.urls}; got != want {
				t.Errorf("stacks, distributions and function URLs = %v, want %v", got, want)
			}
			if report.Unseen() > 0 {
				t.Errorf("%d parts were not looked at", report.Unseen())
			}
			for _, f := range report.Findings {
				if f.Line == 0 {
					t.Errorf("%s has no line in %s", f.LogicalID, f.Template)
				}
			}
		})
	}
}

// unstaged is the assembly whose assets have absolute paths, with those of this machine.
func unstaged(t *testing.T) string {
	t.Helper()
	here, err := filepath.Abs(apps)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"manifest.json", "App.template.json", "App.assets.json"} {
		text, err := os.ReadFile(filepath.Join(apps, "unstaged", name))
		if err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("%q", filepath.Join(here, "chat"))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(string(text), `"/app/chat"`, path)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What is in nested stacks is judged: the errors name the stack and the nested one.
func TestFindingsInNestedStacks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(apps, "nested"))); err != nil {
		t.Fatal(err)
	}
	const file = "AppBackendCE3BDF3A.nested.template.json"
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, file), []byte(strings.Replace(string(text), "AWS_IAM", "NONE", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	report := run(t, dir)
	i := slices.IndexFunc(report.Findings, func(f check.Finding) bool { return f.Rule == "url-public" })
	if i < 0 {
		t.Fatalf("findings = %q, want that the URL is public", told(report.Findings))
	}
	f := report.Findings[i]
	if f.Stack != "App/BackendNestedStackBackendNestedStackResource93EB27D0" || f.Template != file || f.Line == 0 {
		t.Errorf("found in %s, %s:%d, want the nested stack", f.Stack, f.Template, f.Line)
	}
}

// Where an origin, an edge function, or a template is known to a deployment only, what could
// not be looked at is counted, unless it is given or suppressed.
func TestUnseen(t *testing.T) {
	t.Parallel()
	suppressed := func(r resources, id string) {
		r[id]["Metadata"] = object{"streamfront": object{"suppress": list{object{"id": "value-unknown", "reason": "looked at by hand"}}}}
	}
	const version = "arn:aws:lambda:us-east-1:111122223333:function:signer:1"
	for name, test := range map[string]struct {
		mutate func(resources)
		given  map[string]string
		want   int
	}{
		"everything known": {func(resources) {}, nil, 0},
		"origin":           {func(r resources) { r.origin()["DomainName"] = ref("Domain") }, nil, 1},
		"origin that is given": {
			func(r resources) { r.origin()["DomainName"] = ref("Domain") },
			map[string]string{"Site.Domain": "api.example.com"},
			0,
		},
		"origin that is suppressed": {func(r resources) {
			r.origin()["DomainName"] = ref("Domain")
			suppressed(r, "Distribution")
		}, nil, 0},
		"a function URL of others": {func(r resources) { r.origin()["DomainName"] = "abc.lambda-url.us-east-1.on.aws" }, nil, 1},
		"viewer function of others": {func(r resources) {
			r.behavior()["FunctionAssociations"] = list{object{"EventType": "viewer-request", "FunctionARN": "arn:aws:cloudfront::111122223333:function/theirs"}}
		}, nil, 1},
		"edge function":               {func(r resources) { r.association()["LambdaFunctionARN"] = object{"Fn::ImportValue": "signer"} }, nil, 1},
		"edge function by SSM":        {func(r resources) { r.association()["LambdaFunctionARN"] = "{{resolve:ssm:/signer}}" }, nil, 1},
		"edge function of others":     {func(r resources) { r.association()["LambdaFunctionARN"] = version }, nil, 1},
		"edge function that is given": {func(r resources) { r.association()["LambdaFunctionARN"] = object{"Fn::ImportValue": "signer"} }, map[string]string{"export:signer": version}, 1},
		"viewer function": {func(r resources) {
			r.behavior()["FunctionAssociations"] = list{object{"EventType": "viewer-request", "FunctionARN": ref("Domain")}}
		}, nil, 1},
		"nested stack": {func(r resources) {
			r["Nested"] = object{"Type": "AWS::CloudFormation::Stack", "Properties": object{"TemplateURL": "https://example.com/x.json"}}
		}, nil, 1},
		// These are values, and not parts of the way.
		"timeout": {func(r resources) { r.at("Function")["Timeout"] = ref("Domain") }, nil, 0},
		"OAC":     {func(r resources) { r.origin()["OriginAccessControlId"] = ref("Domain") }, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := endpoint()
			test.mutate(r)
			dir := writeAssembly(t, "aws://111122223333/us-east-1", object{"Resources": r, "Parameters": object{"Domain": object{"Type": "String"}}})
			report, err := check.Run(dir, check.Options{Values: test.given})
			if err != nil {
				t.Fatal(err)
			}
			if got := report.Unseen(); got != test.want {
				t.Errorf("%d parts unseen, want %d: %q", got, test.want, told(report.Findings))
			}
		})
	}
}

// A macro may add what it likes.
func TestTransformsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		transform any
		resource  object
		want      []string
	}{
		"a macro":          {"Own", object{"Type": "AWS::SNS::Topic"}, []string{"warning value-unknown Transform"}},
		"an include":       {object{"Name": "AWS::Include"}, object{"Type": "AWS::SNS::Topic"}, []string{"warning value-unknown Transform"}},
		"of the language":  {list{"AWS::LanguageExtensions"}, object{"Type": "AWS::SNS::Topic"}, nil},
		"SAM of an app":    {"AWS::Serverless-2016-10-31", object{"Type": "AWS::Serverless::Application"}, []string{"warning value-unknown R"}},
		"SAM of no stream": {"AWS::Serverless-2016-10-31", object{"Type": "AWS::Serverless::SimpleTable"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := writeAssembly(t, "aws://111122223333/us-east-1", object{"Transform": test.transform, "Resources": object{"R": test.resource}})
			report := wantFindings(t, dir, test.want...)
			if report.Unseen() != len(test.want) {
				t.Errorf("%d parts unseen, want %d", report.Unseen(), len(test.want))
			}
			said := len(report.Notes) == 1 && strings.Contains(report.Notes[0], "nothing to check")
			if said != (len(test.want) == 0) {
				t.Errorf("notes = %q", report.Notes)
			}
		})
	}
}
