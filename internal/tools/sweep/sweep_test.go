package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/fakeaws"
)

const (
	left     = "Streamfront-Signer-left"
	used     = "Streamfront-Signer-used"
	replicas = "Streamfront-Signer-replicas"
	skipped  = "Gone-Challenge-skipped"
	byHand   = "by-hand"
	other    = "other-function"
)

// littered is an account with one of everything.
func littered() *fakeaws.Account {
	ours := func(stack string) *fakeaws.Lambda {
		tags := map[string]string{}
		if stack != "" {
			tags["aws:cloudformation:stack-name"] = stack
		}
		return &fakeaws.Lambda{Description: "streamfront: hashes request bodies for OAC", Tags: tags}
	}
	a := &fakeaws.Account{
		ID: "123456789012", Regions: []string{"us-east-1", "eu-west-1", "ap-south-1"},
		Functions: map[string]*fakeaws.Lambda{
			left: ours("Streamfront"), used: ours("Streamfront"), replicas: ours("edge-lambda-stack-1"), skipped: ours("Gone"), byHand: ours(""),
			other: {Description: "somebody's", Tags: map[string]string{"aws:cloudformation:stack-name": "Streamfront"}},
		},
		Stacks: map[string]fakeaws.Stack{used: {Name: "Streamfront", ResourceStatus: "UPDATE_COMPLETE"}, skipped: {Name: "Gone", ResourceStatus: "DELETE_SKIPPED"}},
	}
	a.Functions[replicas].Replicated = true
	for _, name := range []string{left, used, replicas, other, "long-gone"} {
		for _, region := range a.Regions[:2] {
			a.LogGroups = append(a.LogGroups, fakeaws.LogGroup{Region: region, Name: "/aws/lambda/us-east-1." + name, Bytes: 1500})
		}
	}
	// Another one's, with the same beginning, and one of a test in the console.
	a.LogGroups = append(a.LogGroups,
		fakeaws.LogGroup{Region: "eu-west-1", Name: "/aws/lambda/us-east-1." + left + "-2"},
		fakeaws.LogGroup{Region: "us-east-1", Name: "/aws/lambda/" + left})
	return a
}

// in makes this process one with credentials for an account.
func in(t *testing.T, a *fakeaws.Account) {
	t.Helper()
	for name, value := range fakeaws.Environment(fakeaws.Start(t, a)) {
		t.Setenv(name, value)
	}
}

// states are those of all functions and log groups, by their names.
func states(p *Plan) []string {
	var list []string
	for _, f := range p.Functions {
		list = append(list, fmt.Sprintf("%s %s", f.Name, f.State))
		for _, g := range f.LogGroups {
			list = append(list, fmt.Sprintf("%s %s %s", g.Region, g.Name, g.State))
		}
	}
	slices.Sort(list)
	return list
}

// logsOf are the log groups of edge functions in the first two regions.
func logsOf(name string, state State) []string {
	return []string{"eu-west-1 /aws/lambda/us-east-1." + name + " " + string(state), "us-east-1 /aws/lambda/us-east-1." + name + " " + string(state)}
}

func want(t *testing.T, p *Plan, parts ...[]string) {
	t.Helper()
	list := slices.Concat(parts...)
	slices.Sort(list)
	if got := states(p); !slices.Equal(got, list) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(list, "\n"))
	}
}

func TestLookChangesNothing(t *testing.T) {
	a := littered()
	in(t, a)
	plan, err := Look(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, plan,
		[]string{left + " left", used + " in use", replicas + " left", skipped + " left", byHand + " in use", "us-east-1 /aws/lambda/" + left + " left"},
		logsOf(left, Left), logsOf(replicas, Left))
	for _, call := range a.Calls {
		if strings.Contains(call, "Delete") {
			t.Errorf("it calls %s", call)
		}
	}
	if functions, logGroups := plan.Left(); functions != 3 || logGroups != 5 {
		t.Errorf("left are %d and %d, want 3 functions and 5 log groups", functions, logGroups)
	}
}

func TestDelete(t *testing.T) {
	a := littered()
	in(t, a)
	plan, err := Look(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan.Delete(t.Context(), func(*Function) {})
	want(t, plan,
		[]string{left + " deleted", used + " in use", replicas + " replicated", skipped + " deleted", byHand + " in use", "us-east-1 /aws/lambda/" + left + " deleted"},
		logsOf(left, Deleted), logsOf(replicas, Replicated))
	for _, name := range []string{used, replicas, byHand, other} {
		if a.Functions[name] == nil {
			t.Errorf("%s is deleted", name)
		}
	}
	if len(a.Functions) != 4 || len(a.LogGroups) != 9 {
		t.Errorf("%d functions and %d log groups are left, want 4 and 9: %v", len(a.Functions), len(a.LogGroups), a.LogGroups)
	}

	// Hours later the replicas are gone, and a second run has the rest.
	a.Functions[replicas].Replicated = false
	plan, err = Look(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan.Delete(t.Context(), func(*Function) {})
	want(t, plan, []string{used + " in use", byHand + " in use", replicas + " deleted"}, logsOf(replicas, Deleted))
	if functions, logGroups := plan.Left(); functions+logGroups != 0 {
		t.Errorf("left are %d and %d, want nothing", functions, logGroups)
	}
}

func TestSelections(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		want    [][]string
	}{
		"a stack":           {Options{Stack: "edge-lambda-stack-1"}, [][]string{{replicas + " left"}, logsOf(replicas, Left)}},
		"no such stack":     {Options{Stack: "nobody"}, nil},
		"a name":            {Options{Functions: []string{byHand}}, [][]string{{byHand + " left"}}},
		"another's":         {Options{Functions: []string{other}}, [][]string{{other + " left"}, logsOf(other, Left)}},
		"one in use":        {Options{Functions: []string{used}}, [][]string{{used + " in use"}}},
		"one that is gone":  {Options{Functions: []string{"long-gone"}}, [][]string{{"long-gone gone"}, logsOf("long-gone", Left)}},
		"a region for logs": {Options{Functions: []string{left}, Regions: []string{"eu-west-1"}}, [][]string{{left + " left"}, logsOf(left, Left)[:1]}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, littered())
			plan, err := Look(t.Context(), test.options)
			if err != nil {
				t.Fatal(err)
			}
			want(t, plan, test.want...)
		})
	}
}

// What it may not look at it does not take for nothing, and deletes nothing.
func TestDenied(t *testing.T) {
	for _, operation := range []string{"lambda:ListFunctions", "lambda:ListTags", "cloudformation:DescribeStackResources", "account:ListRegions", "logs:DescribeLogGroups"} {
		t.Run(operation, func(t *testing.T) {
			a := littered()
			a.Denied = []string{operation}
			in(t, a)
			plan, err := Look(t.Context(), Options{})
			if err == nil || !strings.Contains(err.Error(), operation) || !strings.Contains(err.Error(), "AccessDenied") {
				t.Errorf("error = %v, plan %v, want one that names %s", err, plan, operation)
			}
		})
	}
	for operation, deleted := range map[string]int{"lambda:DeleteFunction": 0, "logs:DeleteLogGroup": 2} {
		t.Run(operation, func(t *testing.T) {
			a := littered()
			a.Denied = []string{operation}
			in(t, a)
			plan, err := Look(t.Context(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			plan.Delete(t.Context(), func(*Function) {})
			if plan.Failures() == 0 || len(a.Functions) != 6-deleted || len(a.LogGroups) != 12 {
				t.Errorf("%d failures, %d functions and %d log groups, want some, %d and 12", plan.Failures(), len(a.Functions), len(a.LogGroups), 6-deleted)
			}
		})
	}
}

func TestKeptBy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"manifest.json": `{"version": "54.0.0", "artifacts": {"Chat": {"type": "aws:cloudformation:stack", "environment": "aws://123456789012/eu-west-1", "properties": {"templateFile": "Chat.template.json"}}}}`,
		"Chat.template.json": `{"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}, "Resources": {
			"Logs": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Metadata": {"aws:cdk:path": "Chat/Endpoint/Logs/Resource"}},
			"Pool": {"Type": "AWS::Cognito::UserPool", "DeletionPolicy": "RetainExceptOnCreate"},
			"Other": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Condition": "Never"},
			"Uploads": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Delete"},
			"Queue": {"Type": "AWS::SQS::Queue"},
			"Signer": {"Type": "AWS::Lambda::Function", "DeletionPolicy": "Retain"},
			"Version": {"Type": "AWS::Lambda::Version", "DeletionPolicy": "Retain"}}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := KeptBy(dir)
	want := []Kept{{"AWS::Cognito::UserPool", "Chat/Pool", "eu-west-1"}, {"AWS::S3::Bucket", "Chat/Endpoint/Logs", "eu-west-1"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("kept = %v, %v, want %v", got, err, want)
	}
	if _, err := KeptBy(t.TempDir()); err == nil {
		t.Error("a folder without an assembly has nothing to say")
	}
}
