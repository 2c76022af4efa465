package cloudformation_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/cloudformation"
	"github.com/streamfront/streamfront/internal/template"
)

// find writes the stacks' templates into a cloud assembly and returns what is found in it. What
// the manifest says of a stack comes after its name: "B after A".
func find(t *testing.T, stacks map[string]string) []string {
	t.Helper()
	dir, artifacts := t.TempDir(), map[string]any{}
	for name, text := range stacks {
		name, after, _ := strings.Cut(name, " after ")
		file := name + ".template.json"
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "nested") {
			continue
		}
		artifacts[name] = map[string]any{
			"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "dependencies": strings.Fields(after),
			"properties": map[string]any{"templateFile": file},
		}
	}
	manifest, err := json.Marshal(map[string]any{"artifacts": artifacts})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	log := &template.Log{}
	cloudformation.Judge(a, log)
	var found []string
	for _, f := range log.Findings() {
		found = append(found, fmt.Sprintf("%s %s: %s", f.Level, f.Rule, f.String()))
	}
	slices.Sort(found)
	return found
}

// What AWS refuses as a circle, with the words of the finding after "error circular-dependency:".
func TestCircles(t *testing.T) {
	t.Parallel()
	const (
		refused = "is in a circle, which AWS refuses as a circular dependency: "
		conds   = `"Parameters": {"Stage": {"Type": "String"}, "Mode": {"Type": "String", "Default": "a"}},
			"Conditions": {"No": {"Fn::Equals": [1, 2]}, "Yes": {"Fn::Equals": [1, 1]}, "Mode": {"Fn::Equals": [{"Ref": "Mode"}, "b"]}, "Open": {"Fn::Equals": [{"Ref": "Stage"}, "b"]}},`
	)
	for name, test := range map[string]struct {
		resources string // of the stack S
		want      []string
	}{
		"none": {`"A": {"Type": "T", "Properties": {"X": {"Ref": "B"}, "Y": {"Fn::GetAtt": ["C", "Arn"]}}}, "B": {"Type": "T", "DependsOn": "C"}, "C": {"Type": "T"}`, nil},
		"by Fn::Sub and DependsOn": {
			`"A": {"Type": "T", "Properties": {"List": [1, {"Name": {"Fn::Sub": "x-${B.Arn}-${AWS::Region}-${!A}"}}]}}, "B": {"Type": "T", "DependsOn": ["A"]}`,
			[]string{"S/A: List[1].Name " + refused + "A -> B (Fn::Sub in List[1].Name) -> A (DependsOn)"},
		},
		"by Ref and Fn::GetAtt, of three": {
			`"A": {"Type": "T", "Properties": {"X": {"Fn::Join": ["", ["a", {"Ref": "C"}]]}}}, "C": {"Type": "T", "Properties": {"X": {"Fn::GetAtt": "B.Arn"}}}, "B": {"Type": "T", "DependsOn": "A"}`,
			[]string{"S/A: X " + refused + "A -> C (Ref in X) -> B (Fn::GetAtt in X) -> A (DependsOn)"},
		},
		"the shortest": {
			`"A": {"Type": "T", "DependsOn": ["B", "C"]}, "B": {"Type": "T", "DependsOn": "C"}, "C": {"Type": "T", "DependsOn": "A"}`,
			[]string{
				"S/A: DependsOn " + refused + "A -> C (DependsOn) -> A (DependsOn)",
				"S/B: DependsOn " + refused + "B -> C (DependsOn) -> A (DependsOn) -> B (DependsOn)",
			},
		},
		"two, and what leads to one and away": {
			`"A": {"Type": "T", "DependsOn": "B"}, "B": {"Type": "T", "DependsOn": "C"}, "C": {"Type": "T", "DependsOn": ["B", "D"]}, "D": {"Type": "T"}, "E": {"Type": "T", "Properties": {"X": {"Ref": "E"}}}`,
			[]string{"S/B: DependsOn " + refused + "B -> C (DependsOn) -> B (DependsOn)", "S/E: X " + refused + "E -> E (Ref in X)"},
		},
		"by the variables of Fn::Sub": {
			`"A": {"Type": "T", "Properties": {"X": {"Fn::Sub": ["${B} ${V}", {"B": "b", "V": {"Ref": "C"}}]}}}, "B": {"Type": "T", "DependsOn": "A"}, "C": {"Type": "T", "DependsOn": "A"}`,
			[]string{"S/A: X " + refused + "A -> C (Ref in X) -> A (DependsOn)"},
		},
		"by an update policy and metadata": {
			`"A": {"Type": "T", "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {"DeploymentGroupName": {"Ref": "B"}}}}, "B": {"Type": "T", "Metadata": {"x": {"Ref": "A"}}}`,
			[]string{"S/A: UpdatePolicy.CodeDeployLambdaAliasUpdate.DeploymentGroupName " + refused + "A -> B (Ref in UpdatePolicy.CodeDeployLambdaAliasUpdate.DeploymentGroupName) -> A (Ref in Metadata.x)"},
		},
		"in a branch that is taken": {
			`"A": {"Type": "T", "Properties": {"X": {"Fn::If": ["Yes", {"Ref": "B"}, 1]}}}, "B": {"Type": "T", "DependsOn": "A"}`,
			[]string{"S/A: X " + refused + "A -> B (Ref in X) -> A (DependsOn)"},
		},
		"in a branch that is not":               {`"A": {"Type": "T", "Properties": {"X": {"Fn::If": ["No", {"Ref": "B"}, 1]}}}, "B": {"Type": "T", "DependsOn": "A"}`, nil},
		"in a branch that a default leaves out": {`"A": {"Type": "T", "Properties": {"X": [{"Fn::If": ["Mode", {"Ref": "B"}, 1]}]}}, "B": {"Type": "T", "DependsOn": "A"}`, nil},
		"in the branch of a condition that nobody knows": {
			`"A": {"Type": "T", "Properties": {"X": {"Fn::If": ["Open", {"Ref": "B"}, 1]}}}, "B": {"Type": "T", "DependsOn": "A"}`,
			[]string{"may be"},
		},
		"of a resource that is not deployed":                  {`"A": {"Type": "T", "DependsOn": "B"}, "B": {"Type": "T", "Condition": "No", "DependsOn": "A"}`, nil},
		"of a resource that may be deployed":                  {`"A": {"Type": "T", "DependsOn": "B"}, "B": {"Type": "T", "Condition": "Open", "DependsOn": "A"}`, []string{"may be"}},
		"of what SAM makes, which is not known":               {`"A": {"Type": "AWS::Serverless::Api", "Properties": {"X": {"Ref": "B"}}}, "B": {"Type": "T", "DependsOn": "A"}`, nil},
		"to a parameter, and to what is not in the template":  {`"A": {"Type": "T", "Properties": {"X": {"Ref": "Mode"}, "Y": {"Ref": "None"}}}`, nil},
		"of text that only looks like a call":                 {`"A": {"Type": "T", "Properties": {"X": {"Ref": "B", "Other": 1}, "Y": "${B}"}}, "B": {"Type": "T", "DependsOn": "A"}`, nil},
		"of malformed calls, which CloudFormation refuses so": {`"A": {"Type": "T", "DependsOn": [1, {}], "Properties": {"X": {"Fn::GetAtt": []}, "Y": {"Ref": 1}, "Z": {"Fn::Sub": [1, 2]}, "W": {"Fn::If": ["Yes"]}}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := find(t, map[string]string{"S": "{" + conds + `"Resources": {` + test.resources + "}}"})
			if len(test.want) == 1 && test.want[0] == "may be" {
				if len(got) != 1 || !strings.HasPrefix(got[0], "warning circular-dependency: ") || !strings.Contains(got[0], "may be in a circle") || !strings.Contains(got[0], "parameter Stage") {
					t.Errorf("found %q, want a warning that names the parameter", got)
				}
				return
			}
			var want []string
			for _, w := range test.want {
				want = append(want, "error circular-dependency: "+w)
			}
			if !slices.Equal(got, want) {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// Stacks wait for those that they import from, and for those that the app names.
func TestCirclesOfStacks(t *testing.T) {
	t.Parallel()
	exports := func(name, imports string) string {
		return fmt.Sprintf(`{"Resources": {"R": {"Type": "T", "Properties": {"X": {"Fn::ImportValue": {"Fn::Sub": "%s-${AWS::Region}"}}}}},
			"Outputs": {"O": {"Value": 1, "Export": {"Name": "%s-eu-west-1"}}}}`, imports, name)
	}
	const refused = "error circular-dependency: %s is in a circle, which AWS refuses as a circular dependency: %s"
	for name, test := range map[string]struct {
		stacks map[string]string
		want   string
	}{
		"none": {map[string]string{"A after B": exports("a", "b"), "B": exports("b", "other")}, ""},
		"by exports": {
			map[string]string{"A": exports("a", "b"), "B": exports("b", "c"), "C": exports("c", "a")},
			fmt.Sprintf(refused, "A/R: X", "A -> B (Fn::ImportValue in R: X) -> C (Fn::ImportValue in R: X) -> A (Fn::ImportValue in R: X)"),
		},
		"by an output": {
			map[string]string{"A": exports("a", "b"), "B": `{"Outputs": {"O": {"Value": {"Fn::ImportValue": "a-eu-west-1"}, "Export": {"Name": "b-eu-west-1"}}}}`},
			fmt.Sprintf(refused, "A/R: X", "A -> B (Fn::ImportValue in R: X) -> A (Fn::ImportValue in Outputs: O)"),
		},
		"by itself": {
			map[string]string{"A": exports("a", "a")},
			fmt.Sprintf(refused, "A/R: X", "A -> A (Fn::ImportValue in R: X)"),
		},
		"by the manifest": {
			map[string]string{"A after B": exports("a", "none"), "B": exports("b", "a")},
			fmt.Sprintf(refused, "A/manifest.json: dependencies", "A -> B (manifest.json) -> A (Fn::ImportValue in R: X)"),
		},
		"between nested stacks of one": {
			map[string]string{
				"A":        nesting(`"DependsOn": "Two"`, ""),
				"nested-1": exports("one", "two"), "nested-2": exports("two", "none"),
			}, "",
		},
		"of a nested stack with its parent": {
			map[string]string{
				"A":        nesting(`"DependsOn": "Two"`, `, "Parameters": {"P": {"Fn::GetAtt": ["One", "Outputs.O"]}}`),
				"nested-1": exports("one", "none"), "nested-2": `{"Parameters": {"P": {"Type": "String"}}, "Resources": {}}`,
			},
			fmt.Sprintf(refused, "A/One: DependsOn", "One -> Two (DependsOn) -> One (Fn::GetAtt in Parameters.P)"),
		},
		"in a nested stack": {
			map[string]string{
				"A":        nesting(`"DependsOn": "Two"`, ""),
				"nested-1": exports("one", "none"), "nested-2": `{"Resources": {"Q": {"Type": "T", "DependsOn": "R"}, "R": {"Type": "T", "Properties": {"X": {"Ref": "Q"}}}}}`,
			},
			fmt.Sprintf(refused, "A/Two/Q: DependsOn", "Q -> R (DependsOn) -> Q (Ref in X)"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(find(t, test.stacks), "\n"); got != test.want {
				t.Errorf("found\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// nesting is a stack with two nested ones, the first with an attribute more, the second with a
// property.
func nesting(attribute, property string) string {
	nested := func(number, property, attribute string) string {
		return `{"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "nested-` + number + `.template.json", "aws:asset:property": "TemplateURL"},
			"Properties": {"TemplateURL": "https://s3.amazonaws.com/b/` + number + `"` + property + `}` + attribute + `}`
	}
	return `{"Resources": {"One": ` + nested("1", "", ", "+attribute) + `, "Two": ` + nested("2", property, "") + `}}`
}
