package check_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/check"
)

// Templates that are odd in one place after the other: each value of a whole endpoint in
// turn is nothing, or of another type, or an intrinsic function that nobody knows. None may
// panic.
func TestOddValuesNeverPanic(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole := roundTrip(t, endpoint())
	odd := []any{
		nil, "text", 5.5,
		list{nil, list{}, 7},
		object{"a": list{object{}}},
		object{"Ref": 5},
		object{"Fn::GetAtt": list{}},
		object{"Fn::Transform": object{"Name": "x"}},
		object{"Ref": "AWS::NoValue"},
	}
	write(t, dir, nil)
	places := 0
	walk(whole, func(set func(any), value any) {
		places++
		for _, v := range odd {
			set(v)
			writeJSON(t, filepath.Join(dir, "Site.template.json"), object{"Resources": whole})
			_, _ = check.Run(dir, check.Options{}) // an error is as good as a finding
		}
		set(value)
	})
	if places < 50 {
		t.Errorf("%d places, want those of an endpoint", places)
	}
}

// A value that is not known is said to be, wherever it stands on the way: no rule takes it
// for right.
func TestUnknownValuesAreNamed(t *testing.T) {
	t.Parallel()
	unknown := object{"Fn::ImportValue": "elsewhere"}
	for name, set := range map[string]func(resources){
		"AuthType":             func(r resources) { r.at("Url")["AuthType"] = unknown },
		"InvokeMode":           func(r resources) { r.at("Url")["InvokeMode"] = unknown },
		"TargetFunctionArn":    func(r resources) { r.at("Url")["TargetFunctionArn"] = unknown },
		"Principal":            func(r resources) { r.at("GrantUrl")["Principal"] = unknown },
		"Action":               func(r resources) { r.at("GrantUrl")["Action"] = unknown },
		"FunctionName":         func(r resources) { r.at("GrantUrl")["FunctionName"] = unknown },
		"SourceArn":            func(r resources) { r.at("GrantUrl")["SourceArn"] = unknown },
		"via URL":              func(r resources) { r.at("GrantFunction")["InvokedViaFunctionUrl"] = unknown },
		"config":               func(r resources) { r.at("Distribution")["DistributionConfig"] = unknown },
		"origins":              func(r resources) { r.config()["Origins"] = unknown },
		"origin":               func(r resources) { r.config()["Origins"] = list{unknown} },
		"domain":               func(r resources) { r.origin()["DomainName"] = unknown },
		"OAC":                  func(r resources) { r.origin()["OriginAccessControlId"] = unknown },
		"signing":              func(r resources) { r.at("OAC", "OriginAccessControlConfig")["SigningBehavior"] = unknown },
		"custom origin":        func(r resources) { r.origin()["CustomOriginConfig"] = unknown },
		"completion":           func(r resources) { r.origin()["ResponseCompletionTimeout"] = unknown },
		"behavior":             func(r resources) { r.config()["DefaultCacheBehavior"] = unknown },
		"behaviors":            func(r resources) { r.config()["CacheBehaviors"] = unknown },
		"target":               func(r resources) { r.behavior()["TargetOriginId"] = unknown },
		"methods":              func(r resources) { r.behavior()["AllowedMethods"] = unknown },
		"method":               func(r resources) { r.behavior()["AllowedMethods"] = list{"GET", unknown} },
		"protocol":             func(r resources) { r.behavior()["ViewerProtocolPolicy"] = unknown },
		"cache policy":         func(r resources) { r.behavior()["CachePolicyId"] = unknown },
		"request policy":       func(r resources) { r.behavior()["OriginRequestPolicyId"] = unknown },
		"associations":         func(r resources) { r.behavior()["LambdaFunctionAssociations"] = unknown },
		"edge function":        func(r resources) { r.association()["LambdaFunctionARN"] = unknown },
		"body":                 func(r resources) { r.association()["IncludeBody"] = unknown },
		"event":                func(r resources) { r.association()["EventType"] = unknown },
		"timeout":              func(r resources) { r.at("Function")["Timeout"] = unknown },
		"runtime of the edge":  func(r resources) { r.at("Signer")["Runtime"] = unknown },
		"variables at edge":    func(r resources) { r.at("Signer")["Environment"] = unknown },
		"architecture at edge": func(r resources) { r.at("Signer")["Architectures"] = unknown },
		"certificate":          func(r resources) { r.config()["ViewerCertificate"] = unknown },
		"error responses":      func(r resources) { r.config()["CustomErrorResponses"] = unknown },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := endpoint()
			set(r)
			report := run(t, r.write(t))
			named := false
			for _, f := range report.Findings {
				named = named || f.Rule == "value-unknown"
			}
			if !named {
				t.Errorf("findings = %q, want one that says that it is not known", told(report.Findings))
			}
		})
	}
}

// FuzzRun checks templates of any shape.
func FuzzRun(f *testing.F) {
	for _, template := range []string{
		`{}`, `{"Resources":{}}`, `{"Resources":{"A":{}}}`, `{"Resources":{"A":{"Type":"AWS::CloudFront::Distribution"}}}`,
		`{"Resources":{"A":{"Type":"AWS::Lambda::Url","Properties":{"AuthType":{"Ref":"A"}}}}}`, `[]`, ``, `{"Resources":[]}`,
		`{"Resources":{"A":{"Type":"AWS::Lambda::Permission","Condition":"C"}},"Conditions":{"C":{"Fn::Not":[{"Condition":"C"}]}}}`,
	} {
		f.Add(template)
	}
	text, err := json.Marshal(object{"Resources": endpoint()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Fuzz(func(t *testing.T, template string) {
		dir := t.TempDir()
		write(t, dir, []byte(template))
		report, err := check.Run(dir, check.Options{})
		if err == nil && report == nil {
			t.Error("neither report nor error")
		}
	})
}

// BenchmarkRun checks the largest golden template of the constructs.
func BenchmarkRun(b *testing.B) {
	text, err := os.ReadFile("../../../infra/streamfront/testdata/routes-us-east-1.template.json")
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	write(b, dir, text)
	for b.Loop() {
		if _, err := check.Run(dir, check.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// write writes an assembly of one stack; without a template it lacks that.
func write(t testing.TB, dir string, template []byte) {
	t.Helper()
	writeJSON(t, filepath.Join(dir, "manifest.json"), object{"artifacts": object{"Site": object{
		"type": "aws:cloudformation:stack", "environment": "aws://123456789012/us-east-1",
		"properties": object{"templateFile": "Site.template.json"},
	}}})
	if template == nil {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, "Site.template.json"), template, 0o600); err != nil {
		t.Fatal(err)
	}
}

// roundTrip makes plain lists and objects of the resources.
func roundTrip(t *testing.T, r resources) object {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var out object
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// walk calls visit with every value below v, and a way to replace it.
func walk(v any, visit func(set func(any), value any)) {
	switch v := v.(type) {
	case object:
		for key, item := range v {
			visit(func(with any) { v[key] = with }, item)
			walk(item, visit)
		}
	case list:
		for i, item := range v {
			visit(func(with any) { v[i] = with }, item)
			walk(item, visit)
		}
	}
}

// BenchmarkRunLarge checks an assembly of 150 resources: ten endpoints, and what stands beside
// them in an app.
func BenchmarkRunLarge(b *testing.B) {
	all := resources{}
	for i := range 10 {
		text, err := json.Marshal(endpoint())
		if err != nil {
			b.Fatal(err)
		}
		for _, id := range []string{"Function", "Url", "GrantUrl", "GrantFunction", "Signer", "SignerVersion", "OAC", "Distribution"} {
			text = []byte(strings.ReplaceAll(strings.ReplaceAll(string(text), `"`+id+`"`, fmt.Sprintf(`"%s%d"`, id, i)), "${"+id+"}", fmt.Sprintf("${%s%d}", id, i)))
		}
		some := resources{}
		if err := json.Unmarshal(text, &some); err != nil {
			b.Fatal(err)
		}
		maps.Copy(all, some)
	}
	for i := len(all); i < 150; i++ {
		all[fmt.Sprintf("Table%d", i)] = object{"Type": "AWS::DynamoDB::Table", "Properties": object{"TableName": object{"Fn::Sub": "t-${AWS::Region}"}}}
	}
	dir := all.write(b)
	for b.Loop() {
		report, err := check.Run(dir, check.Options{})
		if err != nil || len(report.Findings) != 0 || report.Distributions != 10 {
			b.Fatalf("%+v, %v, want ten distributions with nothing wrong", report, err)
		}
	}
}
