package assembly_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
)

// writeNested writes a stack App with the nested templates as assets, by the name of the file.
func writeNested(t *testing.T, app string, nested map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files := object{}
	for name, template := range nested {
		writeFile(t, filepath.Join(dir, name), template)
		files[name] = object{"source": object{"path": name}, "destinations": object{"here": object{"objectKey": "assets/" + name}}}
	}
	writeFile(t, filepath.Join(dir, "App.template.json"), app)
	writeJSON(t, filepath.Join(dir, "App.assets.json"), object{"files": files})
	writeJSON(t, filepath.Join(dir, "manifest.json"), object{"artifacts": object{
		"App": object{
			"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
			"properties": object{"templateFile": "App.template.json"},
		},
		"App.assets": object{"type": "cdk:asset-manifest", "properties": object{"file": "App.assets.json"}},
	}})
	return dir
}

func loadDir(t *testing.T, dir string) *assembly.Assembly {
	t.Helper()
	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const nestedURL = `{"Fn::Sub": "https://s3.${AWS::Region}.${AWS::URLSuffix}/bucket/assets/FILE"}`

func nestedResource(file, more string) string {
	return `{"Type": "AWS::CloudFormation::Stack", "Properties": {` + more + `"TemplateURL": ` + strings.Replace(nestedURL, "FILE", file, 1) + `}}`
}

// Values go down by parameters and up by outputs, over two steps and between siblings.
func TestNestedStacks(t *testing.T) {
	t.Parallel()
	dir := writeNested(t, `{
		"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
		"Resources": {
			"Back": `+nestedResource("back.json", `"Parameters": {"Stage": "beta", "Zones": ["a", "b"], "None": {"Ref": "AWS::NoValue"}},`)+`,
			"Front": `+nestedResource("front.json", `"Parameters": {"Address": {"Fn::GetAtt": ["Back", "Outputs.Address"]}},`)+`,
			"Gone": {"Condition": "Never", "Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": `+strings.Replace(nestedURL, "FILE", "back.json", 1)+`, "Parameters": {"Stage": "never"}}},
			"Top": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::GetAtt": ["Front", "Outputs.Shown"]}}},
			"Missing": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::GetAtt": ["Front", "Outputs.Other"]}}},
			"Hidden": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::GetAtt": ["Back", "Outputs.Hidden"]}}},
			"Id": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Ref": "Back"}}}
		}
	}`, map[string]string{
		"back.json": `{
			"Parameters": {"Stage": {"Type": "String"}, "Zones": {"Type": "CommaDelimitedList", "Default": ""}, "None": {"Type": "String", "Default": "by default"}},
			"Conditions": {"Never": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
			"Resources": {
				"Fn": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": {"Fn::Sub": "chat-${Stage}"}}},
				"Unnamed": {"Type": "AWS::Lambda::Function"},
				"Deep": ` + nestedResource("deep.json", `"Parameters": {"Name": {"Ref": "Fn"}},`) + `
			},
			"Outputs": {
				"Address": {"Value": {"Fn::Join": ["/", [{"Fn::GetAtt": ["Deep", "Outputs.Name"]}, {"Fn::Select": [1, {"Ref": "Zones"}]}, {"Ref": "None"}]]}},
				"Hidden": {"Condition": "Never", "Value": "x"}
			}
		}`,
		"deep.json":  `{"Parameters": {"Name": {"Type": "String"}}, "Resources": {}, "Outputs": {"Name": {"Value": {"Fn::Sub": "${Name} in ${AWS::Region}"}}}}`,
		"front.json": `{"Parameters": {"Address": {"Type": "String"}}, "Resources": {"Shown": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Ref": "Address"}}}}, "Outputs": {"Shown": {"Value": {"Fn::GetAtt": ["Shown", "Value"]}}}}`,
	})
	a := loadDir(t, dir)
	if got, want := attribute(t, one(t, a, "App/Top"), "Value"), "chat-beta in eu-west-1/b/by default"; got != want {
		t.Errorf("what came through three stacks is %q, want %q", got, want)
	}
	if got, want := attribute(t, one(t, a, "App/Back/Fn"), "Arn"), "arn:aws:lambda:eu-west-1:111122223333:function:chat-beta"; got != want {
		t.Errorf("the function in the nested stack is %q, want %q", got, want)
	}
	if got := attribute(t, one(t, a, "App/Back/Unnamed"), ""); !strings.HasPrefix(got, "App-Back-") || strings.Contains(got, "/") {
		t.Errorf("a function without a name is %q, want one named after the nested stack as AWS names it", got)
	}
	if got := attribute(t, one(t, a, "App/Id"), "Value"); !strings.HasPrefix(got, "arn:aws:cloudformation:eu-west-1:111122223333:stack/App-Back-") {
		t.Errorf("Ref of a nested stack is %q, want its ARN", got)
	}
	for name, want := range map[string]string{
		"App/Missing": "the nested stack has no output Other", "App/Hidden": "the condition of its output Hidden is false",
	} {
		if _, err := one(t, a, name).Attribute("Value"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error = %v, want %q", name, err, want)
		}
	}
	functions, err := a.OfType("AWS::Lambda::Function")
	if err != nil || len(functions) != 2 {
		t.Errorf("%d functions, %v, want the 2 of Back: Gone is not deployed", len(functions), err)
	}
}

// A nested stack that cannot be read leaves the rest readable, and says why.
func TestNestedStacksThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ resource, nested, want string }{
		"from elsewhere": {`{"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://example.com/x/y.json"}}`, `{}`, "not in this assembly"},
		"of a parameter": {`{"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": {"Ref": "Address"}}}`, `{}`, "--parameter App.Address=VALUE"},
		"without an URL": {`{"Type": "AWS::CloudFormation::Stack"}`, `{}`, "no value"},
		"in itself":      {nestedResource("n.json", ""), `{"Resources": {"N": ` + nestedResource("n.json", "") + `}}`, "template of a stack around it"},
		"broken":         {nestedResource("n.json", ""), `{`, "n.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := loadDir(t, writeNested(t, `{"Parameters": {"Address": {"Type": "String"}}, "Resources": {"N": `+test.resource+`}}`, map[string]string{"n.json": test.nested}))
			res := one(t, a, "App/N")
			if s, err := res.Nested(); err == nil && s != nil && s.Resources["N"] != nil {
				res = s.Resources["N"] // the one that must not unfold
			}
			if s, err := res.Nested(); s != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Nested = %v, %v, want an error with %q", s, err, test.want)
			}
			if _, err := res.Attribute("Outputs.X"); err == nil {
				t.Error("its output is known, want an error")
			}
		})
	}
}

// CDK notes a nested template's file down for tools that do not upload assets.
func TestNestedTemplateByMetadata(t *testing.T) {
	t.Parallel()
	a := loadDir(t, writeNested(t, `{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://example.com/x.json"},
		"Metadata": {"aws:asset:path": "n.json", "aws:asset:property": "TemplateURL"}}}}`, map[string]string{"n.json": `{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}`}))
	one(t, a, "App/N/T")
}

// Without staging the paths of assets are absolute.
func TestAbsoluteAssetPaths(t *testing.T) {
	t.Parallel()
	code := filepath.Join(t.TempDir(), "code")
	if err := os.Mkdir(code, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := writeNested(t, `{"Resources": {}}`, nil)
	writeJSON(t, filepath.Join(dir, "App.assets.json"), object{"files": object{"a": object{
		"source": object{"path": code}, "destinations": object{"here": object{"objectKey": "a.zip"}},
	}}})
	if got, err := loadDir(t, dir).Stacks[0].AssetPath("a.zip"); got != code || err != nil {
		t.Errorf("AssetPath = %q, %v, want %q", got, err, code)
	}
}
