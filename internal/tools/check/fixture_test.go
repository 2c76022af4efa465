package check_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/check"
)

type (
	object = map[string]any
	list   = []any
)

func getAtt(id, attribute string) object { return object{"Fn::GetAtt": list{id, attribute}} }

func ref(id string) object { return object{"Ref": id} }

// resources are those of one stack, as a test writes them down.
type resources map[string]object

// endpoint is one function URL behind one distribution, with nothing wrong.
func endpoint() resources {
	grant := func(action string, more object) object {
		p := object{
			"Action": action, "FunctionName": getAtt("Function", "Arn"), "Principal": "cloudfront.amazonaws.com",
			"SourceArn": object{"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"},
		}
		for name, v := range more {
			p[name] = v
		}
		return object{"Type": "AWS::Lambda::Permission", "Properties": p}
	}
	return resources{
		"Function": {"Type": "AWS::Lambda::Function", "Properties": object{
			"Role": "arn:aws:iam::111122223333:role/function", "Runtime": "nodejs24.x", "Handler": "index.handler", "Timeout": 60,
			"Code": object{"ZipFile": "exports.handler = awslambda.streamifyResponse(async () => {});"},
		}},
		"Url": {"Type": "AWS::Lambda::Url", "Properties": object{
			"AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM", "TargetFunctionArn": getAtt("Function", "Arn"),
		}},
		"GrantUrl":      grant("lambda:InvokeFunctionUrl", nil),
		"GrantFunction": grant("lambda:InvokeFunction", object{"InvokedViaFunctionUrl": true}),
		"Signer": {"Type": "AWS::Lambda::Function", "Properties": object{
			"Role": "arn:aws:iam::111122223333:role/function", "Runtime": "nodejs24.x", "Handler": "index.handler", "Timeout": 5,
			"Code": object{"ZipFile": "exports.handler = async (e) => sign(e, 'x-amz-content-sha256');"},
		}},
		"SignerVersion": {"Type": "AWS::Lambda::Version", "Properties": object{"FunctionName": ref("Signer")}},
		"OAC": {"Type": "AWS::CloudFront::OriginAccessControl", "Properties": object{"OriginAccessControlConfig": object{
			"Name": "oac", "OriginAccessControlOriginType": "lambda", "SigningBehavior": "always", "SigningProtocol": "sigv4",
		}}},
		"Distribution": {"Type": "AWS::CloudFront::Distribution", "Properties": object{"DistributionConfig": object{
			"Enabled": true,
			"DefaultCacheBehavior": object{
				"AllowedMethods":        list{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"},
				"CachePolicyId":         "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
				"OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
				"TargetOriginId":        "function",
				"ViewerProtocolPolicy":  "redirect-to-https",
				"LambdaFunctionAssociations": list{
					object{"EventType": "origin-request", "IncludeBody": true, "LambdaFunctionARN": ref("SignerVersion")},
				},
			},
			"Origins": list{object{
				"Id":                    "function",
				"DomainName":            object{"Fn::Select": list{2, object{"Fn::Split": list{"/", getAtt("Url", "FunctionUrl")}}}},
				"CustomOriginConfig":    object{"OriginProtocolPolicy": "https-only", "OriginReadTimeout": 60},
				"OriginAccessControlId": getAtt("OAC", "Id"),
			}},
		}}},
	}
}

// at returns the object at a path below the properties of a resource.
func (r resources) at(id string, path ...any) object {
	v := r[id]["Properties"]
	for _, key := range path {
		switch key := key.(type) {
		case string:
			v = v.(object)[key]
		case int:
			v = v.(list)[key]
		}
	}
	return v.(object)
}

func (r resources) config() object { return r.at("Distribution", "DistributionConfig") }

func (r resources) behavior() object {
	return r.at("Distribution", "DistributionConfig", "DefaultCacheBehavior")
}

func (r resources) origin() object {
	return r.at("Distribution", "DistributionConfig", "Origins", 0)
}

func (r resources) association() object {
	return r.at("Distribution", "DistributionConfig", "DefaultCacheBehavior", "LambdaFunctionAssociations", 0)
}

// write writes an assembly of the stack Site in us-east-1.
func (r resources) write(t testing.TB) string {
	t.Helper()
	return writeAssembly(t, "aws://111122223333/us-east-1", object{"Resources": r})
}

func writeAssembly(t testing.TB, environment string, template object) string {
	t.Helper()
	dir := t.TempDir()
	writeJSON(t, filepath.Join(dir, "Site.template.json"), template)
	writeJSON(t, filepath.Join(dir, "manifest.json"), object{"artifacts": object{"Site": object{
		"type": "aws:cloudformation:stack", "environment": environment,
		"properties": object{"templateFile": "Site.template.json"},
	}}})
	return dir
}

func writeJSON(t testing.TB, file string, content any) {
	t.Helper()
	data, err := json.MarshalIndent(content, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func run(t testing.TB, dir string) *check.Report {
	t.Helper()
	report, err := check.Run(dir, check.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// told is each finding as "level rule LogicalId", in order.
func told(findings []check.Finding) []string {
	told := []string{}
	for _, f := range findings {
		told = append(told, fmt.Sprintf("%s %s %s", f.Level, f.Rule, f.LogicalID))
	}
	slices.Sort(told)
	return told
}

// wantFindings compares the findings of an assembly, all of them.
func wantFindings(t *testing.T, dir string, want ...string) *check.Report {
	t.Helper()
	report := run(t, dir)
	slices.Sort(want)
	if got := told(report.Findings); !slices.Equal(got, want) {
		var more strings.Builder
		for _, f := range report.Findings {
			fmt.Fprintf(&more, "\n\t%s %s: %s %s", f.Rule, f.LogicalID, f.Property, f.Message)
		}
		t.Errorf("findings = %q, want %q%s", got, want, more.String())
	}
	return report
}
