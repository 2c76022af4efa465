package local_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/internal/tools/check"
	"github.com/streamfront/streamfront/local"
)

// authorizers is one authorizer as people write it, in both languages that run from source:
// its policy is for the one method that it was asked about.
var authorizers = map[string]string{
	"nodejs24.x": `
exports.handler = async (event) => {
  const token = (event.authorizationToken || event.headers.authorization).replace('Bearer ', '');
  if (token === 'nobody') throw new Error('Unauthorized');
  if (token === 'broken') throw new TypeError('broken');
  if (event.version === '2.0') return { isAuthorized: token !== 'bad', context: { role: 'reader', level: 3 } };
  return {
    principalId: token, context: { role: 'reader', level: 3 },
    policyDocument: { Version: '2012-10-17', Statement: [{
      Action: 'execute-api:Invoke', Effect: token === 'bad' ? 'Deny' : 'Allow',
      Resource: token === 'all' ? event.methodArn.split('/').slice(0, 2).join('/') + '/*' : event.methodArn,
    }] },
  };
};`,
	"nodejs22.x": `
exports.handler = (event, context, callback) => {
  if (event.headers.Authorization === 'nobody') return callback('Unauthorized');
  if (event.queryStringParameters.q !== '1' || event.body) return callback(new Error('broken'));
  callback(null, { principalId: 'me', policyDocument: { Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }] } });
};`,
	"python3.13": `
def handler(event, context):
    token = (event.get('authorizationToken') or event['headers']['authorization']).replace('Bearer ', '')
    if token == 'nobody':
        raise Exception('Unauthorized')
    if token == 'broken':
        raise ValueError('broken')
    if event.get('version') == '2.0':
        return {'isAuthorized': token != 'bad', 'context': {'role': 'reader', 'level': 3}}
    arn = event['methodArn']
    return {
        'principalId': token, 'context': {'role': 'reader', 'level': 3},
        'policyDocument': {'Version': '2012-10-17', 'Statement': [{
            'Action': 'execute-api:Invoke', 'Effect': 'Deny' if token == 'bad' else 'Allow',
            'Resource': '/'.join(arn.split('/')[:2]) + '/*' if token == 'all' else arn,
        }]},
    }
`,
}

// echo is a function behind an API that answers with what the authorizer has found.
const echo = `exports.handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event.requestContext.authorizer) });`

// ask puts a Lambda authorizer before the fixture's API, which is the one of restAPI or httpAPI.
func (f *fixture) ask(runtime string) {
	resources := f.at("Resources")
	function := func(runtime, code string) object {
		return object{"Type": "AWS::Lambda::Function", "Properties": object{
			"Code": object{"ZipFile": code}, "Role": "arn:aws:iam::111122223333:role/function", "Handler": "index.handler", "Runtime": runtime, "Timeout": 30.0,
		}}
	}
	resources["Asked"] = function(runtime, authorizers[runtime])
	resources["Ask"] = object{"Type": "AWS::Lambda::Permission", "Properties": object{
		"Action": "lambda:InvokeFunction", "FunctionName": object{"Fn::GetAtt": []any{"Asked", "Arn"}}, "Principal": "apigateway.amazonaws.com",
		"SourceArn": object{"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/authorizers/${Authorizer}"},
	}}
	uri := object{"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Asked.Arn}/invocations"}
	if resources["Route"] != nil {
		resources["Authorizer"] = object{"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": object{
			"ApiId": ref("Api"), "AuthorizerType": "REQUEST", "Name": "a", "AuthorizerUri": uri, "IdentitySource": []any{"$request.header.Authorization"},
			"AuthorizerPayloadFormatVersion": "2.0", "EnableSimpleResponses": true, "AuthorizerResultTtlInSeconds": 300.0,
		}}
		maps.Copy(f.properties("Route"), object{"AuthorizationType": "CUSTOM", "AuthorizerId": ref("Authorizer")})
	} else {
		resources["Authorizer"] = object{"Type": "AWS::ApiGateway::Authorizer", "Properties": object{
			"RestApiId": ref("Api"), "Type": "TOKEN", "Name": "a", "AuthorizerUri": uri, "IdentitySource": "method.request.header.Authorization",
		}}
		maps.Copy(f.properties("Any"), object{"AuthorizationType": "CUSTOM", "AuthorizerId": ref("Authorizer")})
	}
}

// behindIt puts the function that answers with what the authorizer has found behind the API.
func (f *fixture) behindIt() {
	p := f.properties("Function")
	maps.Copy(p, object{"Code": object{"ZipFile": echo}, "Runtime": "nodejs24.x", "Handler": "index.handler"})
	delete(p, "Environment")
	delete(p, "Architectures")
}

// An authorizer of the assembly is asked, and the trace says what it has decided: also that a
// policy for one path, which is kept, keeps the caller from the next.
func TestAnAPIAsksALambdaAuthorizer(t *testing.T) {
	t.Parallel()
	rest, web := bare("rest-buffered"), httpAPI()
	rest.addAPI("BUFFERED")
	type answer struct {
		path, token string
		status      int
		body, cause string
	}
	const deny = `{"Message":"User is not authorized to access this resource`
	for name, test := range map[string]struct {
		*fixture
		runtime string
		answers []answer
	}{
		"rest, Node.js": {rest, "nodejs24.x", []answer{
			{"/a", "", 401, `{"message":"Unauthorized"}`, "identity-source-missing"},
			{"/a", "nobody", 401, `{"message":"Unauthorized"}`, "authorizer-denies"},
			{"/a", "broken", 500, `{"message":null}`, "authorizer-failed"},
			{"/a", "bad", 403, deny + ` with an explicit deny"}`, "authorizer-denies"},
			{"/a", "me", 200, `{"level":"3","principalId":"me","role":"reader"}`, ""},
			{"/a", "me", 200, `{"level":"3","principalId":"me","role":"reader"}`, ""},
			{"/b", "me", 403, deny + `"}`, "authorizer-policy-cached"},
			{"/a", "all", 200, `{"level":"3","principalId":"all","role":"reader"}`, ""},
			{"/b", "all", 200, `{"level":"3","principalId":"all","role":"reader"}`, ""},
		}},
		"http, Python": {web, "python3.13", []answer{
			{"/a", "", 401, `{"message":"Unauthorized"}`, "identity-source-missing"},
			{"/a", "nobody", 401, `{"message":"Unauthorized"}`, "authorizer-denies"},
			{"/a", "broken", 500, `{"message":"Internal Server Error"}`, "authorizer-failed"},
			{"/a", "bad", 403, `{"message":"Forbidden"}`, "authorizer-denies"},
			{"/a", "me", 200, `{"lambda":{"level":3,"role":"reader"}}`, ""},
			{"/b", "me", 200, `{"lambda":{"level":3,"role":"reader"}}`, ""},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.ask(test.runtime)
			test.behindIt()
			if report, err := check.Run(test.write(t), check.Options{}); err != nil || slices.ContainsFunc(report.Findings, func(f check.Finding) bool { return f.LogicalID == "Authorizer" }) {
				t.Errorf("the check finds %+v, %v", report.Findings, err)
			}
			traces := make(chan local.Trace, 100)
			chain := test.start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
			for _, want := range test.answers {
				var header []string
				if want.token != "" {
					header = []string{"Authorization", "Bearer " + want.token}
				}
				resp, body := send(t, "GET", chain.URL()+want.path, "", header...)
				tr := testclient.Receive(t, "the trace", traces)
				if resp.StatusCode == 200 {
					body = withoutLatency(t, body)
				}
				if resp.StatusCode != want.status || body != want.body || tr.Cause() != want.cause {
					t.Errorf("%s of %q: %d %s %q, want %d %s %q", want.path, want.token, resp.StatusCode, body, tr.Cause(), want.status, want.body, want.cause)
				}
				if at := slices.IndexFunc(tr.Hops, func(h local.Hop) bool { return h.Name == "authorizer" }); (at >= 0) != (want.token != "") || at >= 0 && strings.Contains(tr.Hops[at].Decision, "Bearer") {
					t.Errorf("%s of %q: hops %+v", want.path, want.token, tr.Hops)
				}
			}
		})
	}
}

// withoutLatency is what the function gets of the authorizer without what it took.
func withoutLatency(t *testing.T, body string) string {
	t.Helper()
	var found map[string]any
	if err := json.Unmarshal([]byte(body), &found); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	delete(found, "integrationLatency")
	text, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A stream goes on once the authorizer has let it in, and the check names the permission that an
// authorizer lacks.
func TestAnAuthorizerBeforeAStream(t *testing.T) {
	t.Parallel()
	f := restAPI()
	f.ask("nodejs24.x")
	chain := f.start(t, local.Options{})
	for token, status := range map[string]int{"Bearer me": http.StatusOK, "Bearer bad": http.StatusForbidden} {
		if resp, body := send(t, "GET", chain.URL()+"/x", "", "Authorization", token); resp.StatusCode != status || status == 200 && decode(t, body).Target != "/x" {
			t.Errorf("%s: %d %s, want %d", token, resp.StatusCode, body, status)
		}
	}

	delete(f.at("Resources"), "Ask")
	report, err := check.Run(f.write(t), check.Options{})
	if err != nil || len(report.Findings) != 1 || string(report.Findings[0].Rule) != "api-grant-missing" || report.Findings[0].LogicalID != "Authorizer" {
		t.Errorf("the check finds %+v, %v", report.Findings, err)
	}
	traces := make(chan local.Trace, 10)
	refusing := f.start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
	if resp, body := send(t, "GET", refusing.URL()+"/x", "", "Authorization", "Bearer me"); resp.StatusCode != 500 || body != `{"message":null}` || resp.Header.Get("X-Amzn-Errortype") != "AuthorizerConfigurationException" {
		t.Errorf("without a permission: %d %s", resp.StatusCode, body)
	}
	if tr := testclient.Receive(t, "the trace", traces); tr.Cause() != "api-grant-missing" {
		t.Errorf("cause %q", tr.Cause())
	}
}

// Behind a distribution, too, and where the code answers by a callback, as it may up to Node.js 22.
func TestAnAuthorizerBehindADistribution(t *testing.T) {
	t.Parallel()
	f := restAPI()
	f.ask("nodejs22.x")
	maps.Copy(f.properties("Authorizer"), object{"Type": "REQUEST", "IdentitySource": "method.request.header.Authorization,method.request.querystring.q"})
	if report, err := check.Run(f.write(t), check.Options{}); err != nil || len(report.Findings) != 1 || string(report.Findings[0].Rule) != "authorizer-policy-cached" || report.Findings[0].LogicalID != "Authorizer" {
		t.Errorf("the check finds %+v, %v, want the policy of one path", report.Findings, err)
	}
	traces := make(chan local.Trace, 10)
	chain := f.behind(apiDomain, "/prod", "https-only").start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
	for _, want := range []struct {
		target, token string
		status        int
		cause         string
	}{
		{"/x", "me", 401, "identity-source-missing"},
		{"/x?q=1", "nobody", 401, "authorizer-denies"},
		{"/x?q=2", "me", 500, "authorizer-failed"},
		{"/x?q=1", "me", 200, ""},
		{"/y?q=1", "me", 403, "authorizer-policy-cached"},
	} {
		resp, body := send(t, "POST", chain.Distributions()[0].URL+want.target, "a body", "Authorization", want.token)
		tr := testclient.Receive(t, "the trace", traces)
		if resp.StatusCode != want.status || tr.Cause() != want.cause || tr.Hops[0].Name != "behavior" {
			t.Errorf("%s of %s: %d %s %q, want %d %q; hops %+v", want.target, want.token, resp.StatusCode, body, tr.Cause(), want.status, want.cause, tr.Hops)
		}
	}
}
