package local_test

import (
	"testing"

	"github.com/streamfront/streamfront/local"
)

// A page of the distribution calls a function URL that allows the distribution's name on AWS.
func TestPagesCallOtherFrontDoors(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.at("Resources")["Direct"] = object{"Type": "AWS::Lambda::Url", "Properties": object{
		"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM", "TargetFunctionArn": object{"Fn::GetAtt": []any{"Named", "Arn"}},
		"Cors": object{"AllowOrigins": []any{object{"Fn::Sub": "https://${Distribution.DomainName}"}}, "AllowMethods": []any{"GET"}},
	}}
	function := object{}
	for name, value := range f.properties("Function") {
		function[name] = value
	}
	f.at("Resources")["Named"] = object{"Type": "AWS::Lambda::Function", "Properties": function}
	f.at("Resources")["Everyone"] = object{"Type": "AWS::Lambda::Permission", "Properties": object{
		"Action": "lambda:InvokeFunctionUrl", "FunctionName": object{"Fn::GetAtt": []any{"Named", "Arn"}}, "Principal": "*", "FunctionUrlAuthType": "NONE",
	}}
	f.at("Resources")["EveryoneInvokes"] = object{"Type": "AWS::Lambda::Permission", "Properties": object{
		"Action": "lambda:InvokeFunction", "FunctionName": object{"Fn::GetAtt": []any{"Named", "Arn"}}, "Principal": "*", "InvokedViaFunctionUrl": true,
	}}
	chain := f.start(t, local.Options{})
	page := chain.Distributions()[0].URL
	var direct string
	for _, u := range chain.FunctionURLs() {
		if u.Name == "Site/Direct" {
			direct = u.URL
		}
	}
	for origin, want := range map[string]string{
		page:                     page,
		"http://127.0.0.1:1":     "",
		"https://elsewhere.test": "",
		direct:                   "", // its own pages: AWS would not allow them either
	} {
		resp, _ := send(t, "GET", direct+"/", "", "Origin", origin)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("from %s: %d, allowed is %q, want %q", origin, resp.StatusCode, got, want)
		}
	}
}
