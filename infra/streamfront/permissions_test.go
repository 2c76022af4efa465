package streamfront_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

// grants are what a distribution needs to call the URL of a function or of an alias.
func grants(function, distribution *resource) []string {
	by := " on " + function.ID + " by " + distributionArn(distribution)
	return []string{"lambda:InvokeFunction, only through the URL," + by, "lambda:InvokeFunctionUrl" + by}
}

// wantGrants checks that the permissions of a template grant these things, and nothing
// besides. A grant may be there twice, ours and CDK's, which writes both itself from 2.273.0
// on: the same grant a second time admits nobody else.
func wantGrants(t *testing.T, main *template, want ...string) {
	t.Helper()
	var got []string
	for _, p := range main.All("AWS::Lambda::Permission") {
		got = append(got, main.grant(t, p))
	}
	slices.Sort(got)
	slices.Sort(want)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("granted %q\nwant    %q", got, want)
	}
}

// grant spells a permission out, with all that would make it another than [grants] names.
func (t *template) grant(tb testing.TB, p *resource) string {
	tb.Helper()
	action := p.At(tb, "Action")
	text := fmt.Sprint(action)
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		value := p.Properties[name]
		switch {
		case name == "Action", name == "FunctionName", name == "SourceArn":
		case name == "Principal" && value == "cloudfront.amazonaws.com":
		case name == "InvokedViaFunctionUrl" && value == true:
			// Without it the distribution's principal could also invoke directly.
			text += ", only through the URL,"
		case name == "FunctionUrlAuthType" && value == "AWS_IAM" && action == "lambda:InvokeFunctionUrl":
			// The URL has no other type. With lambda:InvokeFunction it is refused (field report).
		default:
			text += fmt.Sprintf(", %s %v,", name, value)
		}
	}
	if p.Properties["SourceArn"] == nil {
		tb.Fatalf("%s has no SourceArn: it admits every distribution", p.ID)
	}
	return text + " on " + t.granted(tb, p.At(tb, "FunctionName")).ID + " by " + arn(tb, p.At(tb, "SourceArn"))
}

// granted returns the function or the alias that a permission is for. CDK names it by its
// URL, which stands for what it calls.
func (t *template) granted(tb testing.TB, functionName any) *resource {
	tb.Helper()
	if _, imported := functionName.(map[string]any)["Fn::ImportValue"]; imported {
		return &resource{ID: "another stack's function"}
	}
	target := t.Refers(tb, functionName)
	if target.Type != "AWS::Lambda::Url" {
		return target
	}
	if qualifier := target.At(tb, "Qualifier"); qualifier != nil {
		for _, alias := range t.All("AWS::Lambda::Alias") {
			if alias.At(tb, "Name") == qualifier {
				return alias
			}
		}
	}
	return t.Refers(tb, target.At(tb, "TargetFunctionArn"))
}

// origin returns the function behind the first origin of a distribution.
func (t *template) origin(tb testing.TB, distribution *resource) *resource {
	tb.Helper()
	host := distribution.At(tb, "DistributionConfig", "Origins", 0, "DomainName", "Fn::Select", 1, "Fn::Split", 1)
	return t.Refers(tb, t.Refers(tb, host).At(tb, "TargetFunctionArn"))
}
