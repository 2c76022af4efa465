package local_test

import (
	"cmp"
	"fmt"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// A function asks another front door of the assembly by the name that its environment has, in
// each language: the name stays that of AWS.
func TestFunctionsCallFrontDoors(t *testing.T) {
	t.Parallel()
	const node = `
		exports.handler = async () => {
			const answer = await fetch(process.env.API_URL);
			return process.env.API_URL + ' ' + answer.status + ' ' + (await answer.json()).host;
		};`
	const python = `
import json, os, urllib.request

def handler(event, context):
    with urllib.request.urlopen(os.environ['API_URL']) as answer:
        return f"{os.environ['API_URL']} {answer.status} {json.load(answer)['host']}"
`
	for name, test := range map[string]struct{ runtime, code, alias, api string }{
		"Node.js":            {runtime: "nodejs22.x", code: node},
		"Python":             {runtime: "python3.13", code: python},
		"an alias":           {runtime: "nodejs22.x", code: node, alias: "app.example.com", api: "https://app.example.com/"},
		"HTTP, from Node.js": {runtime: "nodejs22.x", code: node, alias: "app.example.com", api: "http://app.example.com/"},
		"HTTP, from Python":  {runtime: "python3.13", code: python, alias: "app.example.com", api: "http://app.example.com/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			api := any(object{"Fn::Sub": "https://${Distribution.DomainName}/"})
			if test.alias != "" {
				config := f.at("Resources", "Distribution", "Properties", "DistributionConfig")
				config["Aliases"] = []any{test.alias}
				config["ViewerCertificate"] = object{"AcmCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/a", "SslSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}
				api = test.api
			}
			resources := f.at("Resources")
			resources["Page"] = object{"Type": "AWS::Lambda::Function", "Properties": object{
				"Code": object{"ZipFile": test.code}, "Role": "arn:aws:iam::111122223333:role/function", "Handler": "index.handler", "Runtime": test.runtime, "Timeout": 30.0,
				"Environment": object{"Variables": object{"API_URL": api}},
			}}
			page := object{"Fn::GetAtt": []any{"Page", "Arn"}}
			resources["PageUrl"] = object{"Type": "AWS::Lambda::Url", "Properties": object{"AuthType": "NONE", "TargetFunctionArn": page}}
			resources["Everyone"] = object{"Type": "AWS::Lambda::Permission", "Properties": object{
				"Action": "lambda:InvokeFunctionUrl", "FunctionName": page, "Principal": "*", "FunctionUrlAuthType": "NONE",
			}}
			resources["EveryoneInvokes"] = object{"Type": "AWS::Lambda::Permission", "Properties": object{
				"Action": "lambda:InvokeFunction", "FunctionName": page, "Principal": "*", "InvokedViaFunctionUrl": true,
			}}
			chain := f.start(t, local.Options{})
			host := cmp.Or(test.alias, chain.Distributions()[0].DomainName)
			want := fmt.Sprintf("%s 200 %s", cmp.Or(test.api, "https://"+host+"/"), host)
			for _, u := range chain.FunctionURLs() {
				if u.Name != "Site/PageUrl" {
					continue
				}
				if resp, body := send(t, "GET", u.URL+"/", ""); resp.StatusCode != 200 || body != want {
					t.Errorf("status %d, %q, want %q", resp.StatusCode, body, want)
				}
			}
		})
	}
}
