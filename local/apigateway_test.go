package local_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/internal/tools/check"
	"github.com/streamfront/streamfront/local"
)

// restAPI puts a REST API that streams in place of the fixture's distribution and URL.
func restAPI() *fixture {
	f := bare("rest")
	f.addAPI("STREAM")
	return f
}

// bare is the fixture's function alone, which knows the doors that it is behind.
func bare(doors string) *fixture {
	f := newFixture()
	for id := range f.at("Resources") {
		if id != "Function" {
			delete(f.at("Resources"), id)
		}
	}
	f.properties("Function")["Environment"] = object{"Variables": object{"STREAMFRONT_DOORS": doors}}
	return f
}

func ref(id string) object { return object{"Ref": id} }

// addAPI adds a REST API, as infra/fronts synthesizes it.
func (f *fixture) addAPI(mode string) {
	uri := "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/${Function.Arn}/response-streaming-invocations"
	timeout := 900000.0
	if mode == "BUFFERED" {
		uri, timeout = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Function.Arn}/invocations", 29000
	}
	method := func(resource any) object {
		return object{"Type": "AWS::ApiGateway::Method", "Properties": object{
			"RestApiId": ref("Api"), "ResourceId": resource, "HttpMethod": "ANY", "AuthorizationType": "NONE",
			"Integration": object{
				"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "ResponseTransferMode": mode, "TimeoutInMillis": timeout, "Uri": object{"Fn::Sub": uri},
			},
		}}
	}
	root := object{"Fn::GetAtt": []any{"Api", "RootResourceId"}}
	resources := object{
		"Api":        object{"Type": "AWS::ApiGateway::RestApi", "Properties": object{"Name": "Api", "BinaryMediaTypes": []any{"*/*"}, "EndpointConfiguration": object{"Types": []any{"REGIONAL"}}}},
		"Proxy":      object{"Type": "AWS::ApiGateway::Resource", "Properties": object{"RestApiId": ref("Api"), "ParentId": root, "PathPart": "{proxy+}"}},
		"Root":       method(root),
		"Any":        method(ref("Proxy")),
		"Deployment": object{"Type": "AWS::ApiGateway::Deployment", "Properties": object{"RestApiId": ref("Api")}},
		"Stage":      object{"Type": "AWS::ApiGateway::Stage", "Properties": object{"RestApiId": ref("Api"), "DeploymentId": ref("Deployment"), "StageName": "prod"}},
		"Invoke": object{"Type": "AWS::Lambda::Permission", "Properties": object{
			"Action": "lambda:InvokeFunction", "FunctionName": object{"Fn::GetAtt": []any{"Function", "Arn"}}, "Principal": "apigateway.amazonaws.com",
			"SourceArn": object{"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/${Stage}/*/*"},
		}},
	}
	maps.Copy(f.at("Resources"), resources)
}

// httpAPI puts an HTTP API in place of the fixture's distribution and URL.
func httpAPI() *fixture {
	f := bare("http")
	resources := object{
		"Api":         object{"Type": "AWS::ApiGatewayV2::Api", "Properties": object{"Name": "Api", "ProtocolType": "HTTP"}},
		"Integration": object{"Type": "AWS::ApiGatewayV2::Integration", "Properties": object{"ApiId": ref("Api"), "IntegrationType": "AWS_PROXY", "IntegrationUri": object{"Fn::GetAtt": []any{"Function", "Arn"}}, "PayloadFormatVersion": "2.0", "TimeoutInMillis": 29000.0}},
		"Route":       object{"Type": "AWS::ApiGatewayV2::Route", "Properties": object{"ApiId": ref("Api"), "RouteKey": "$default", "Target": object{"Fn::Sub": "integrations/${Integration}"}}},
		"Stage":       object{"Type": "AWS::ApiGatewayV2::Stage", "Properties": object{"ApiId": ref("Api"), "StageName": "$default", "AutoDeploy": true}},
		"Invoke": object{"Type": "AWS::Lambda::Permission", "Properties": object{
			"Action": "lambda:InvokeFunction", "FunctionName": object{"Fn::GetAtt": []any{"Function", "Arn"}}, "Principal": "apigateway.amazonaws.com",
			"SourceArn": object{"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*"},
		}},
	}
	maps.Copy(f.at("Resources"), resources)
	return f
}

// The handler behind a REST API sees the request as the caller sent it, without the stage, and
// streams.
func TestARESTAPIStreams(t *testing.T) {
	t.Parallel()
	f := restAPI()
	f.at()["Outputs"] = object{"Url": object{"Value": object{"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"}}}
	traces := make(chan local.Trace, 10)
	chain := f.start(t, local.Options{TraceDetails: true, TracePage: true, Trace: func(tr local.Trace) { traces <- tr }})
	url := chain.URL()
	if d := chain.FrontDoors(); len(d) != 1 || d[0].Kind != "rest api" || d[0].URL != url || !strings.HasSuffix(url, "/prod") || len(chain.Outputs()) != 1 || chain.Outputs()[0].Value != url {
		t.Errorf("front doors %+v, outputs %+v", d, chain.Outputs())
	}
	if resp, _ := send(t, "GET", chain.TracePage(), ""); resp.StatusCode != 200 {
		t.Errorf("trace page %s: %d", chain.TracePage(), resp.StatusCode)
	}
	resp, body := send(t, "POST", url+"/a%20b?q=1&q=2", "\xff\x00", "Authorization", "Bearer viewer", "X-Forwarded-Host", "evil.example")
	got := decode(t, body)
	if resp.StatusCode != 200 || got.Method != "POST" || got.Target != "/a%20b?q=1&q=2" || got.Length != 2 || got.Authorization != "Bearer viewer" || !strings.Contains(got.Host, ".execute-api.us-east-1.amazonaws.com") {
		t.Errorf("the handler sees %s", body)
	}
	if tr := testclient.Receive(t, "the trace", traces); tr.Status != 200 || len(tr.Hops) != 2 || tr.Hops[0].Name != "rest api" || tr.Hops[1].Name != "function" || tr.Hops[0].After == nil {
		t.Errorf("trace = %+v", tr)
	}
	gate := newGate(t)
	running := open(t, "GET", url+"/gate", "X-Gate", gate.url)
	defer running.Body.Close()
	gate.await("/first")
	first := make([]byte, 1)
	if _, err := running.Body.Read(first); err != nil {
		t.Error(err)
	}
	gate.release("/first")
	gate.open("/last")
}

// A REST API asks its request validator before the function, whether that streams or not.
func TestARESTAPIValidates(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]string{"rest": "STREAM", "rest-buffered": "BUFFERED"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := bare(name)
			f.addAPI(mode)
			maps.Copy(f.at("Resources"), object{
				"Validator":  object{"Type": "AWS::ApiGateway::RequestValidator", "Properties": object{"RestApiId": ref("Api"), "ValidateRequestBody": true, "ValidateRequestParameters": true}},
				"Model":      object{"Type": "AWS::ApiGateway::Model", "Properties": object{"RestApiId": ref("Api"), "ContentType": "application/json", "Schema": object{"type": "object", "required": []any{"message"}}}},
				"BadRequest": object{"Type": "AWS::ApiGateway::GatewayResponse", "Properties": object{"RestApiId": ref("Api"), "ResponseType": "BAD_REQUEST_BODY", "StatusCode": "422"}},
			})
			method := f.properties("Any")
			method["RequestValidatorId"] = ref("Validator")
			method["RequestParameters"] = object{"method.request.querystring.q": true}
			method["RequestModels"] = object{"$default": ref("Model")}
			traces := make(chan local.Trace, 10)
			url := f.start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }}).URL()
			for _, test := range []struct {
				target, body string
				status       int
				want, detail string
			}{
				{"/a", `{"message":"hi"}`, 400, `{"message":"Missing required request parameters: [q]"}`, "blank: q"},
				{"/a?q=1", `{}`, 422, `{"message":"Invalid request body"}`, "missing property 'message'"},
				{"/a?q=1", `{"message":"hi"}`, 200, "", ""},
			} {
				resp, body := send(t, "POST", url+test.target, test.body, "Content-Type", "application/json")
				if resp.StatusCode != test.status || test.want != "" && body != test.want {
					t.Errorf("%s %s: %d %s, want %d %s", test.target, test.body, resp.StatusCode, body, test.status, test.want)
				}
				tr := testclient.Receive(t, "the trace", traces)
				if told := fmt.Sprintf("%+v", tr.Hops); test.status != 200 && (len(tr.Hops) != 1 || tr.Cause() != "request-invalid" || !strings.Contains(told, test.detail)) {
					t.Errorf("trace = %s, cause %q", told, tr.Cause())
				}
			}
		})
	}
}

// Both kinds of API that wait for the whole answer.
func TestAPIsThatBuffer(t *testing.T) {
	t.Parallel()
	rest := bare("rest-buffered")
	rest.addAPI("BUFFERED")
	for name, f := range map[string]*fixture{"rest": rest, "http": httpAPI()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain := f.start(t, local.Options{})
			resp, body := send(t, "POST", chain.URL()+"/a%20b?q=1&q=2", "\xff\x00", "Authorization", "Bearer viewer", "Cookie", "a=1; b=2")
			got := decode(t, body)
			if resp.StatusCode != 200 || resp.ContentLength <= 0 || got.Target != "/a%20b?q=1&q=2" || got.Length != 2 || got.Authorization != "Bearer viewer" {
				t.Errorf("the handler sees %s", body)
			}
		})
	}
}

// Without the permission the check names the method, and the chain answers as AWS does.
func TestAnAPIWithoutPermission(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*fixture{"rest": restAPI(), "http": httpAPI()} {
		delete(f.at("Resources"), "Invoke")
		report, err := check.Run(f.write(t), check.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var rules []string
		for _, finding := range report.Findings {
			rules = append(rules, string(finding.Rule)+" "+finding.LogicalID)
		}
		if want := map[string][]string{"rest": {"api-grant-missing Any", "api-grant-missing Root"}, "http": {"api-grant-missing Route"}}[name]; !slices.Equal(rules, want) || report.OtherDoors != 1 {
			t.Errorf("%s: the check finds %q in %d doors, want %q", name, rules, report.OtherDoors, want)
		}
		traces := make(chan local.Trace, 10)
		chain := f.start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
		if resp, body := send(t, "GET", chain.URL()+"/x", ""); resp.StatusCode != 500 || !strings.Contains(strings.ToLower(body), "internal server error") {
			t.Errorf("%s: %d %s, want 500", name, resp.StatusCode, body)
		}
		if tr := testclient.Receive(t, "the trace", traces); tr.Cause() != "api-grant-missing" {
			t.Errorf("%s: cause %q", name, tr.Cause())
		}
	}
}

// A user pool of the same assembly signs the tokens that the authorizers of an API want.
func TestAPIsAskTheUserPool(t *testing.T) {
	t.Parallel()
	pool := func(f *fixture) {
		f.at("Resources")["Pool"] = object{"Type": "AWS::Cognito::UserPool", "Properties": object{}}
		f.at("Resources")["Domain"] = object{"Type": "AWS::Cognito::UserPoolDomain", "Properties": object{"UserPoolId": ref("Pool"), "Domain": "acme"}}
		f.at("Resources")["Client"] = object{"Type": "AWS::Cognito::UserPoolClient", "Properties": object{
			"UserPoolId": ref("Pool"), "GenerateSecret": true, "AllowedOAuthFlows": []any{"client_credentials"}, "AllowedOAuthScopes": []any{"api/read"}, "AllowedOAuthFlowsUserPoolClient": true,
		}}
		f.at()["Outputs"] = object{
			"Secret": object{"Value": object{"Fn::Join": []any{"", []any{"https://acme.auth.us-east-1.amazoncognito.com/oauth2/token ", ref("Client"), " ", object{"Fn::GetAtt": []any{"Client", "ClientSecret"}}}}}},
		}
	}
	rest, web := restAPI(), httpAPI()
	pool(rest)
	rest.at("Resources")["Authorizer"] = object{"Type": "AWS::ApiGateway::Authorizer", "Properties": object{
		"RestApiId": ref("Api"), "Type": "COGNITO_USER_POOLS", "Name": "a", "IdentitySource": "method.request.header.Authorization", "ProviderARNs": []any{object{"Fn::GetAtt": []any{"Pool", "Arn"}}},
	}}
	maps.Copy(rest.properties("Any"), object{"AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": ref("Authorizer"), "AuthorizationScopes": []any{"api/read"}})
	pool(web)
	web.at("Resources")["Authorizer"] = object{"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": object{
		"ApiId": ref("Api"), "AuthorizerType": "JWT", "Name": "a", "IdentitySource": []any{"$request.header.Authorization"},
		"JwtConfiguration": object{"Audience": []any{ref("Client")}, "Issuer": object{"Fn::Sub": "https://cognito-idp.us-east-1.amazonaws.com/${Pool}"}},
	}}
	web.properties("Route")["AuthorizationType"], web.properties("Route")["AuthorizerId"] = "JWT", ref("Authorizer")
	for name, f := range map[string]*fixture{"rest": rest, "http": web} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain := f.start(t, local.Options{})
			if resp, body := send(t, "GET", chain.URL()+"/x", ""); resp.StatusCode != http.StatusUnauthorized || body != `{"message":"Unauthorized"}` {
				t.Errorf("without a token: %d %s", resp.StatusCode, body)
			}
			parts := strings.Fields(chain.Outputs()[0].Value)
			form := url.Values{"grant_type": {"client_credentials"}, "client_id": {parts[1]}, "client_secret": {parts[2]}}
			_, text := send(t, "POST", parts[0], form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
			var tokens struct {
				Token string `json:"access_token"`
			}
			if err := json.Unmarshal([]byte(text), &tokens); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if resp, body := send(t, "GET", chain.URL()+"/x", "", "Authorization", "Bearer "+tokens.Token); resp.StatusCode != 200 {
				t.Errorf("with a token: %d %s", resp.StatusCode, body)
			}
		})
	}
}

// An API beside a distribution is a front door, too. What of it is not modelled keeps nothing
// from starting, and is not let through.
func TestAnAPIBesideADistribution(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.properties("Function")["Environment"] = object{"Variables": object{"STREAMFRONT_DOORS": "cloudfront,rest"}}
	f.addAPI("STREAM")
	f.at("Resources")["Authorizer"] = object{"Type": "AWS::ApiGateway::Authorizer", "Properties": object{"RestApiId": ref("Api"), "Type": "TOKEN", "Name": "a", "AuthorizerUri": "arn:x", "IdentitySource": "method.request.header.Authorization"}}
	f.properties("Any")["AuthorizationType"], f.properties("Any")["AuthorizerId"] = "CUSTOM", ref("Authorizer")
	chain := f.start(t, local.Options{})
	doors := chain.FrontDoors()
	if len(doors) != 2 || doors[0].Kind != "distribution" || doors[1].Kind != "rest api" || chain.URL() != doors[0].URL {
		t.Fatalf("front doors = %+v", doors)
	}
	for path, status := range map[string]int{"/": 200, "/x": 501} {
		if resp, body := send(t, "GET", doors[1].URL+path, ""); resp.StatusCode != status {
			t.Errorf("%s: %d %s, want %d", path, resp.StatusCode, body, status)
		}
	}
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "Site/Api, rest api: a part of it is answered 501: Site/Authorizer: AuthorizerUri is arn:x") {
		t.Errorf("notes = %s", notes)
	}

	f.properties("Api")["Policy"] = object{}
	closed := f.start(t, local.Options{})
	if doors := closed.FrontDoors(); len(doors) != 1 || !strings.Contains(strings.Join(closed.Notes(), "\n"), "it is not served: Site/Api: Policy") {
		t.Errorf("front doors = %+v, notes %v", doors, closed.Notes())
	}
}

// A function behind an API alone that cannot be run here keeps the distribution from nothing.
func TestAFunctionOfAnAPIThatCannotBeRun(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.addAPI("STREAM")
	f.at("Resources")["Other"] = object{"Type": "AWS::Lambda::Function", "Properties": object{
		"Role": "arn:aws:iam::111122223333:role/function", "Handler": "index.handler", "Runtime": "python3.13", "Code": object{"ZipFile": "def handler(e, c): pass"},
	}}
	for _, id := range []string{"Any", "Root"} {
		integration := f.properties(id)["Integration"].(object)
		integration["Uri"] = object{"Fn::Sub": "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/${Other.Arn}/response-streaming-invocations"}
	}
	f.properties("Invoke")["FunctionName"] = object{"Fn::GetAtt": []any{"Other", "Arn"}}
	chain := f.start(t, local.Options{Python: "/there/is/no/python"})
	if resp, body := send(t, "GET", chain.URL()+"/x", ""); resp.StatusCode != 200 {
		t.Errorf("the distribution: %d %s", resp.StatusCode, body)
	}
	if resp, body := send(t, "GET", chain.FrontDoors()[1].URL+"/x", ""); resp.StatusCode != 501 {
		t.Errorf("the API: %d %s, want 501", resp.StatusCode, body)
	}
}

// A name of one's own has an address, too, and mapped paths below it.
func TestANameOfOnesOwn(t *testing.T) {
	t.Parallel()
	f := restAPI()
	f.properties("Api")["DisableExecuteApiEndpoint"] = true
	f.at("Resources")["Name"] = object{"Type": "AWS::ApiGateway::DomainName", "Properties": object{"DomainName": "api.example.com", "RegionalCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/x"}}
	f.at("Resources")["Mapping"] = object{"Type": "AWS::ApiGateway::BasePathMapping", "Properties": object{"DomainName": ref("Name"), "RestApiId": ref("Api"), "Stage": ref("Stage"), "BasePath": "v1"}}
	f.at()["Outputs"] = object{"Url": object{"Value": "https://api.example.com/v1/x"}}
	chain := f.start(t, local.Options{})
	doors := chain.FrontDoors()
	if len(doors) != 1 || doors[0].Kind != "custom domain" || !strings.HasSuffix(doors[0].URL, "/v1") || chain.Outputs()[0].Value != doors[0].URL+"/x" {
		t.Fatalf("front doors = %+v, outputs %+v", doors, chain.Outputs())
	}
	for path, status := range map[string]int{"/v1/x": 200, "/v2/x": 403} {
		if resp, body := send(t, "GET", strings.TrimSuffix(doors[0].URL, "/v1")+path, ""); resp.StatusCode != status {
			t.Errorf("%s: %d %s, want %d", path, resp.StatusCode, body, status)
		}
	}
}

// signedCall sends a GET that is signed for API Gateway.
func signedCall(t *testing.T, address, id, secret string) (*http.Response, string) {
	t.Helper()
	r := testclient.Request(t, "GET", address, "")
	testclient.Sign(t, r, "", aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, "execute-api", "us-east-1", time.Now())
	return testclient.Do(t, client.Do, r)
}

// A method that wants a signature of IAM takes the one key that may sign here.
func TestAnAPIThatWantsSignatures(t *testing.T) {
	t.Parallel()
	f := restAPI()
	f.properties("Any")["AuthorizationType"] = "AWS_IAM"
	chain := f.start(t, local.Options{InvokerKey: &local.InvokerKey{ID: "AKIALOCAL", Secret: "secret"}})
	if resp, body := send(t, "GET", chain.URL()+"/x", ""); resp.StatusCode != 403 || body != `{"message":"Missing Authentication Token"}` {
		t.Errorf("without a signature: %d %s", resp.StatusCode, body)
	}
	for secret, status := range map[string]int{"secret": 200, "other": 403} {
		if resp, body := signedCall(t, chain.URL()+"/x", "AKIALOCAL", secret); resp.StatusCode != status {
			t.Errorf("signed by %s: %d %s, want %d", secret, resp.StatusCode, fmt.Sprintf("%.200s", body), status)
		}
	}
}
