package snapshot

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const before = `{"Resources": {
	"Distribution": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {"Comment": "a"}}},
	"Function": {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": 128}},
	"Alias": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Function"}, "Name": "live"}},
	"Url": {"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": {"Fn::GetAtt": ["Function", "Arn"]}, "Qualifier": "live"}},
	"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP", "Name": "a"}},
	"Topic": {"Type": "AWS::SNS::Topic"}
}}`

func TestCompare(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		old, new string   // what is replaced in the text of the template; "" is nothing
		want     []string // parts of a line each
	}{
		"nothing":         {"", "", nil},
		"a configuration": {`"Comment": "a"`, `"Comment": "b"`, nil},
		"memory":          {`"MemorySize": 128`, `"MemorySize": 256`, nil},
		"a topic":         {`"Topic"`, `"OtherTopic"`, nil},
		"an API's name":   {`"Name": "a"`, `"Name": "b"`, nil},
		"another id": {`"Distribution":`, `"ApiDistribution":`, []string{
			"Distribution, the domain name of the distribution, would change: it is deleted, and ApiDistribution is new; a logical id comes from",
		}},
		"deleted": {`"Url": {"Type": "AWS::Lambda::Url"`, `"Other": {"Type": "AWS::SNS::Topic"`, []string{
			"Url, the address of the function URL, would change: it is deleted; keep the construct that defines it",
		}},
		"another alias": {`"Qualifier": "live"`, `"Qualifier": "prod"`, []string{
			`Url, the address of the function URL, would change: Qualifier was "live" and is "prod", which CloudFormation changes by a replacement`,
		}},
		"no alias any more": {`, "Qualifier": "live"`, ``, []string{`Qualifier was "live" and is not there`}},
		"the function is named": {`"MemorySize": 128`, `"FunctionName": "chat"`, []string{
			`TargetFunctionArn is of Function, which is replaced itself: FunctionName was not there and is "chat"`,
		}},
		"another type":     {`"AWS::Lambda::Function"`, `"AWS::SNS::Topic"`, []string{"is of Function, which is replaced itself: its logical id is now that of a resource of type AWS::SNS::Topic"}},
		"another protocol": {`"ProtocolType": "HTTP"`, `"ProtocolType": "WEBSOCKET"`, []string{`Api, the address of the API, would change: ProtocolType was "HTTP"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(before, test.old) {
				t.Fatalf("the template has no %s", test.old)
			}
			got, err := Compare([]byte(before), []byte(strings.Replace(before, test.old, test.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(test.want) {
				t.Fatalf("found %v, want %q", got, test.want)
			}
			for i, r := range got {
				if !strings.Contains(r.String(), test.want[i]) {
					t.Errorf("found %q\nwant  %q in it", r, test.want[i])
				}
			}
		})
	}
}

// References come in every form that CloudFormation has.
func TestReferences(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		`{"Ref": "F"}`, `{"Fn::GetAtt": ["F", "Arn"]}`, `{"Fn::GetAtt": "F.Arn"}`, `{"Fn::Sub": "a ${F.Arn} ${!G}"}`,
		`{"Fn::Sub": ["${F}", {"A": "b"}]}`, `{"Fn::Join": ["", ["a", {"Ref": "F"}]]}`,
	} {
		template := `{"Resources": {
			"F": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "%s"}},
			"U": {"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": ` + value + `}}}}`
		got, err := Compare([]byte(fmt.Sprintf(template, "a")), []byte(fmt.Sprintf(template, "b")))
		if err != nil || len(got) != 1 || got[0].LogicalID != "U" {
			t.Errorf("%s: found %v, %v, want U", value, got, err)
		}
	}
}

func TestCompareRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"Resources:\n": "the template now: not a template in JSON", "{}": "the template now: not a template: it has no Resources"} {
		if _, err := Compare([]byte(before), []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q", err, want)
		}
	}
}

// recorder takes the place of a user's test.
type recorder struct {
	testing.TB
	failed []string
}

func (r *recorder) Helper()             {}
func (r *recorder) Logf(string, ...any) {}
func (r *recorder) Errorf(f string, args ...any) {
	r.failed = append(r.failed, fmt.Sprintf(f, args...))
}
func (r *recorder) Fatalf(f string, args ...any) { r.Errorf(f, args...); panic(r) }
func (r *recorder) Fatal(args ...any)            { r.Fatalf("%s", fmt.Sprint(args...)) }
func keep(recorded, file string, update bool) (failed []string) {
	r := &recorder{}
	defer func() {
		if p := recover(); p != nil && p != any(r) {
			panic(p)
		}
		failed = r.failed
	}()
	Keep(r, recorded, file, update)
	return nil
}

func TestKeep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recorded, file := filepath.Join(dir, "testdata", "Chat.template.json"), filepath.Join(dir, "now.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wantOne := func(failed []string, want string) {
		t.Helper()
		if len(failed) != 1 || !strings.Contains(failed[0], want) {
			t.Errorf("failed with %q, want %q", failed, want)
		}
	}
	write(before)
	wantOne(keep(recorded, file, false), "is not there; record it with -update, and commit it")
	if failed := keep(recorded, file, true); failed != nil {
		t.Errorf("recording failed with %q", failed)
	}
	if failed := keep(recorded, file, false); failed != nil {
		t.Errorf("the same template fails with %q", failed)
	}
	write(strings.Replace(before, `"Distribution":`, `"Other":`, 1))
	wantOne(keep(recorded, file, false), "would change: it is deleted, and Other is new")
	wantOne(keep(recorded, filepath.Join(dir, "none"), false), "no such file")
	if failed := keep(recorded, file, true); failed != nil {
		t.Errorf("a change that is meant fails with %q", failed)
	}
	if failed := keep(recorded, file, false); failed != nil {
		t.Errorf("after it was recorded it fails with %q", failed)
	}
}
