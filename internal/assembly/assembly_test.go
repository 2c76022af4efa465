package assembly_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
)

type object = map[string]any

// A stack is one entry of the manifest of a test's cloud assembly.
type stack struct {
	env      string // default: aws://111122223333/us-east-1
	template string // JSON
}

// write writes a cloud assembly with the stacks into dir.
func write(t *testing.T, dir string, stacks map[string]stack) {
	t.Helper()
	artifacts := object{}
	for name, s := range stacks {
		if s.env == "" {
			s.env = "aws://111122223333/us-east-1"
		}
		writeFile(t, filepath.Join(dir, name+".template.json"), s.template)
		artifacts[name] = object{
			"type": "aws:cloudformation:stack", "environment": s.env,
			"properties": object{"templateFile": name + ".template.json"},
		}
	}
	writeJSON(t, filepath.Join(dir, "manifest.json"), object{"artifacts": artifacts})
}

func writeJSON(t *testing.T, file string, content any) {
	t.Helper()
	data, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, string(data))
}

func writeFile(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// load loads a cloud assembly that is made of the stacks.
func load(t *testing.T, stacks map[string]stack) *assembly.Assembly {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, stacks)
	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return a
}

// one returns a resource by the name Stack/LogicalId.
func one(t *testing.T, a *assembly.Assembly, name string) *assembly.Resource {
	t.Helper()
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			if r.Name() == name {
				return r
			}
		}
	}
	t.Fatalf("the assembly has no resource %s", name)
	return nil
}

func attribute(t *testing.T, r *assembly.Resource, name string) string {
	t.Helper()
	v, err := r.Attribute(name)
	if err != nil {
		t.Fatalf("%s: Attribute(%q): %v", r.Name(), name, err)
	}
	return v
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files object // by name; a string is written as it is
		want  []string
	}{
		"empty folder": {nil, []string{"no cloud assembly in ", "manifest.json is missing", "run 'cdk synth' first"}},
		"no stack": {object{
			"manifest.json": `{"artifacts": {"Tree": {"type": "cdk:tree"}}}`,
		}, []string{"has no stack", "cdk synth"}},
		"a file":          {object{".": ``}, []string{"is a file", "give the folder that 'cdk synth' wrote"}},
		"broken manifest": {object{"manifest.json": `{`}, []string{"manifest.json", "run 'cdk synth' again"}},
		"nested assembly that is the assembly itself": {object{
			"manifest.json": `{"artifacts": {"N": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}}}`,
		}, []string{"manifest.json", `"."`, "want a folder in it"}},
		"nested assembly without a name": {object{
			"manifest.json": `{"artifacts": {"N": {"type": "cdk:cloud-assembly"}}}`,
		}, []string{"manifest.json", `""`, "want a folder in it"}},
		"missing template": {object{
			"manifest.json": `{"artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"}}}}`,
		}, []string{"S.template.json", "run 'cdk synth' again"}},
		"broken template": {object{
			"manifest.json":   `{"artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"}}}}`,
			"S.template.json": `{"Resources": []}`,
		}, []string{"S.template.json"}},
		"resources that only CloudFormation makes": {object{
			"manifest.json":   `{"artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"}}}}`,
			"S.template.json": `{"Resources": {"Fn::ForEach::Topics": ["Name", ["a", "b"], {"Topic${Name}": {"Type": "AWS::SNS::Topic"}}]}}`,
		}, []string{"S.template.json", "a value in Resources is of the type array, which CDK does not write there", "Fn::ForEach"}},
		"missing asset manifest": {object{
			"manifest.json": `{"artifacts": {"A": {"type": "cdk:asset-manifest", "properties": {"file": "S.assets.json"}}}}`,
		}, []string{"S.assets.json"}},
		"nested assembly without a manifest": {object{
			"manifest.json": `{"artifacts": {"N": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "stage"}}}}`,
		}, []string{"stage", "manifest.json is missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "cdk.out")
			for file, content := range test.files {
				writeFile(t, filepath.Join(dir, file), content.(string))
			}
			_, err := assembly.Load(dir)
			if err == nil {
				t.Fatal("Load succeeded, want an error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error = %q, want it to say %q", err, want)
				}
			}
		})
	}
}

func TestStacksKnowTheirEnvironment(t *testing.T) {
	t.Parallel()
	for env, want := range map[string][2]string{
		"aws://222233334444/eu-west-1":         {"222233334444", "eu-west-1"},
		"aws://unknown-account/unknown-region": {"111122223333", "us-east-1"},
		"aws://unknown-account/eu-north-1":     {"111122223333", "eu-north-1"},
		"aws://222233334444/unknown-region":    {"222233334444", "us-east-1"},
	} {
		a := load(t, map[string]stack{"S": {env: env, template: `{}`}})
		if got := [2]string{a.Stacks[0].Account, a.Stacks[0].Region}; got != want {
			t.Errorf("environment %s: account and region = %q, want %q", env, got, want)
		}
	}
}

// A stage is an assembly in a folder of the assembly, whose assets lie in the folder above.
// An app that leaves its account open may be deployed to any account that it writes down.
func TestOwnAccount(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]map[string]string{
		"aws://unknown-account/us-east-1": {
			"arn:aws:cloudfront::444455556666:distribution/E1": "arn:aws:cloudfront::111122223333:distribution/E1",
			"arn:aws:cloudfront::*:distribution/E1":            "arn:aws:cloudfront::*:distribution/E1",
			"arn:aws:s3:::bucket":                              "arn:aws:s3:::bucket",
			"444455556666":                                     "111122223333",
			"":                                                 "",
			"*":                                                "*",
		},
		"aws://222233334444/us-east-1": {
			"arn:aws:cloudfront::444455556666:distribution/E1": "arn:aws:cloudfront::444455556666:distribution/E1",
			"444455556666": "444455556666",
		},
	} {
		s := load(t, map[string]stack{"S": {env: env, template: `{}`}}).Stacks[0]
		for given, own := range want {
			if got := s.Own(given); got != own {
				t.Errorf("%s: %q is %q, want %q", env, given, got, own)
			}
		}
	}
}

func TestNestedAssemblies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeJSON(t, filepath.Join(dir, "manifest.json"), object{"artifacts": object{
		"assembly-Prod": object{"type": "cdk:cloud-assembly", "properties": object{"directoryName": "assembly-Prod"}},
		"Tools": object{
			"type": "aws:cloudformation:stack", "environment": "aws://111122223333/us-east-1",
			"properties": object{"templateFile": "Tools.template.json"},
		},
	}})
	writeFile(t, filepath.Join(dir, "Tools.template.json"), `{}`)
	writeJSON(t, filepath.Join(dir, "assembly-Prod", "manifest.json"), object{"artifacts": object{
		"ProdSite": object{
			"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
			"properties": object{"templateFile": "ProdSite.template.json", "stackName": "Prod-Site"},
		},
		"ProdSite.assets": object{"type": "cdk:asset-manifest", "properties": object{"file": "ProdSite.assets.json"}},
	}})
	writeFile(t, filepath.Join(dir, "assembly-Prod", "ProdSite.template.json"), `{}`)
	writeJSON(t, filepath.Join(dir, "assembly-Prod", "ProdSite.assets.json"), object{"files": object{
		"abc": object{
			"source":       object{"path": "../asset.abc"},
			"destinations": object{"here": object{"objectKey": "abc.zip"}, "there": object{"objectKey": "copy/abc.zip"}},
		},
	}})

	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range a.Stacks {
		names = append(names, s.Name)
	}
	if want := []string{"Prod-Site", "Tools"}; !slices.Equal(names, want) {
		t.Fatalf("stacks = %q, want %q", names, want)
	}
	for _, key := range []string{"abc.zip", "copy/abc.zip"} {
		path, err := a.Stacks[0].AssetPath(key)
		if want := filepath.Join(dir, "asset.abc"); path != want || err != nil {
			t.Errorf("AssetPath(%q) = %q, %v, want %q", key, path, err, want)
		}
	}
	if _, err := a.Stacks[1].AssetPath("abc.zip"); err == nil || !strings.Contains(err.Error(), `"abc.zip"`) {
		t.Errorf("AssetPath of an asset of another stage: %v, want an error that names it", err)
	}
}

// Two stacks of one name in two regions are a usual sight: a stage deployed twice.
// Stages that leave their environment open may have stacks of one name, which are not the
// same and refer to their own stage.
func TestStagesAreApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	artifacts := object{}
	for _, stage := range []string{"Dev", "Prod"} {
		artifacts[stage] = object{"type": "cdk:cloud-assembly", "properties": object{"directoryName": stage}}
		write(t, filepath.Join(dir, stage), map[string]stack{
			"Site": {template: `{"Resources": {"Web": {"Type": "AWS::CloudFront::Distribution"}},
				"Outputs": {"Id": {"Value": {"Ref": "Web"}, "Export": {"Name": "id"}}, "Stage": {"Value": "` + stage + `", "Export": {"Name": "stage"}}}}`},
			"Reader": {template: `{"Resources": {"Read": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::ImportValue": "stage"}}}}}`},
		})
	}
	artifacts["Shared"] = object{"type": "aws:cloudformation:stack", "environment": "aws://111122223333/us-east-1", "properties": object{"templateFile": "Shared.json"}}
	writeFile(t, filepath.Join(dir, "Shared.json"), `{"Resources": {"Read": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::ImportValue": "id"}}}}}`)
	writeJSON(t, filepath.Join(dir, "manifest.json"), object{"artifacts": artifacts})
	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, s := range a.Stacks {
		switch s.Name {
		case "Site":
			ids[attribute(t, s.Resources["Web"], "Id")] = true
		case "Reader":
			if got, want := attribute(t, s.Resources["Read"], "Value"), filepath.Base(filepath.Dir(s.TemplateFile)); got != want {
				t.Errorf("the import of %s is that of %s", want, got)
			}
		}
	}
	if len(ids) != 2 {
		t.Errorf("ids = %v, want one for each stage", ids)
	}
	if shared := attribute(t, a.Stacks[2].Resources["Read"], "Value"); !ids[shared] {
		t.Errorf("the import of a stack outside of the stages = %q, want that of a stage", shared)
	}
}

func TestResourcesAreOrdered(t *testing.T) {
	t.Parallel()
	const urls = `{"Resources": {"B": {"Type": "T"}, "A": {"Type": "T"}, "X": {"Type": "Other"}}}`
	dir := t.TempDir()
	artifacts := object{}
	for id, env := range map[string]string{"One": "us-east-1", "Two": "eu-west-1"} {
		artifacts[id] = object{
			"type": "aws:cloudformation:stack", "environment": "aws://111122223333/" + env,
			"properties": object{"templateFile": "t.json", "stackName": "Same"},
		}
	}
	writeJSON(t, filepath.Join(dir, "manifest.json"), object{"artifacts": artifacts})
	writeFile(t, filepath.Join(dir, "t.json"), urls)
	for range 20 { // a map's order would show
		a, err := assembly.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		found, err := a.OfType("T")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range found {
			got = append(got, r.Stack.Region+" "+r.Name())
		}
		want := []string{"eu-west-1 Same/A", "eu-west-1 Same/B", "us-east-1 Same/A", "us-east-1 Same/B"}
		if !slices.Equal(got, want) {
			t.Fatalf("OfType = %q, want %q", got, want)
		}
	}
}

func TestConditionsOfResources(t *testing.T) {
	t.Parallel()
	a := load(t, map[string]stack{"S": {template: `{
		"Conditions": {"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}, "Odd": {"Fn::Equals": [{"Ref": "Nothing"}, ""]}},
		"Resources": {
			"Always": {"Type": "T"},
			"There": {"Type": "T", "Condition": "Yes"},
			"Gone": {"Type": "T", "Condition": "No", "Properties": {"Name": "gone"}},
			"Unclear": {"Type": "U", "Condition": "Odd"}
		}}`}})
	found, err := a.OfType("T")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range found {
		got = append(got, r.LogicalID)
	}
	if want := []string{"Always", "There"}; !slices.Equal(got, want) {
		t.Errorf("OfType = %q, want %q", got, want)
	}
	if r, err := a.Find("T", "", "gone"); r != nil || err != nil {
		t.Errorf("Find of what is not deployed = %v, %v, want nil", r, err)
	}
	if _, err := a.OfType("U"); err == nil || !strings.Contains(err.Error(), "S/Unclear: condition Odd") {
		t.Errorf("OfType with a condition that cannot be told: %v, want an error that names both", err)
	}
	// CloudFormation refuses a reference to what it does not create.
	if _, err := a.Stacks[0].Resolve(object{"Ref": "Gone"}); err == nil || !strings.Contains(err.Error(), "S/Gone") {
		t.Errorf("Ref of what is not deployed: %v, want an error that names it", err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	a := load(t, map[string]stack{"S": {template: `{"Resources": {
		"First": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": {"Ref": "NobodyKnows"}}},
		"Second": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "second"}}
	}}`}})
	const arn = "arn:aws:lambda:us-east-1:111122223333:function:"

	// GIVEN a function off the path whose name cannot be resolved
	// WHEN another one is looked for
	r, err := a.Find("AWS::Lambda::Function", "Arn", arn+"second")
	// THEN it is found all the same
	if err != nil || r == nil || r.LogicalID != "Second" {
		t.Errorf("Find = %v, %v, want Second", r, err)
	}
	// WHEN none is found
	_, err = a.Find("AWS::Lambda::Function", "Arn", arn+"third")
	// THEN it might be the one that is not known
	if err == nil || !strings.Contains(err.Error(), "NobodyKnows") {
		t.Errorf("Find of nothing: %v, want an error that names what is not known", err)
	}
	if r, err := a.Find("AWS::Lambda::Url", "", arn); r != nil || err != nil {
		t.Errorf("Find without candidates = %v, %v, want nil", r, err)
	}
}
