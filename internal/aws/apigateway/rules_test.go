package apigateway

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

type object = map[string]any

// judged are the findings in testdata/app after a change of its resources.
func judged(t *testing.T, change func(properties func(id string) object, resources object)) (findings []template.Finding, m *Model) {
	t.Helper()
	text, err := os.ReadFile("testdata/app/App.template.json")
	if err != nil {
		t.Fatal(err)
	}
	var app struct{ Resources object }
	if err := json.Unmarshal(text, &app); err != nil {
		t.Fatal(err)
	}
	change(func(id string) object { return app.Resources[id].(object)["Properties"].(object) }, app.Resources)
	dir := t.TempDir()
	changed, err := json.Marshal(app)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile("testdata/app/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"App.template.json": changed, "manifest.json": manifest} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	m = Read(a, lambda.NewDefinitions(a))
	log := &template.Log{}
	m.Judge(log)
	return log.Findings(), m
}

const (
	api, stage, method, get = "ApiF70053CD", "ApiDeploymentStageprod3EB9684E", "ApipetsGET53ECABE7", "ApipetsidGETBBDF220A"

	tokenAuthorizer, lambdaAuthorizer, deleting = "TAF145C72E", "HttpL85405A87", "ApipetsidDELETEE972EEB9"

	code = "exports.handler = awslambda.streamifyResponse(async () => {})"
)

// Each rule finds its one thing at its resource.
func TestRules(t *testing.T) {
	t.Parallel()
	stream := func(i object) {
		i["ResponseTransferMode"] = "STREAM"
		i["Uri"] = strings.Replace("arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/FN/response-streaming-invocations", "FN", "arn:aws:lambda:us-east-1:111122223333:function:fn", 1)
	}
	cached := func(p func(string) object, path string) {
		s := p(stage)
		s["CacheClusterEnabled"] = true
		s["MethodSettings"] = []any{object{"ResourcePath": path, "HttpMethod": "GET", "CachingEnabled": true}}
	}
	for name, test := range map[string]struct {
		change func(p func(string) object, resources object)
		kind   template.Kind
		want   string // rule, level and place, then what the message has
	}{
		"a stream with the URI of others": {
			func(p func(string) object, r object) {
				p(method)["Integration"].(object)["ResponseTransferMode"] = "STREAM"
				p("Fn9270CBC0")["Code"] = object{"ZipFile": code}
				for id, res := range r { // of the same function
					properties, _ := res.(object)["Properties"].(object)
					if i, ok := properties["Integration"].(object); ok && id != method && i["Type"] == "AWS_PROXY" || strings.HasPrefix(id, "Http") {
						delete(r, id)
					}
				}
			},
			template.Refused, "value-refused error App/" + method + ": Integration.Uri ends in /invocations",
		},
		"a URI of streams for a whole answer": {
			func(p func(string) object, _ object) {
				i := p(method)["Integration"].(object)
				stream(i)
				delete(i, "ResponseTransferMode")
			},
			template.Refused, "value-refused error App/" + method + ": Integration.Uri ends in /response-streaming-invocations",
		},
		"a stream of a mock": {
			func(p func(string) object, _ object) {
				p("ApimockGETB476C2EB")["Integration"].(object)["ResponseTransferMode"] = "STREAM"
			},
			template.Refused, "value-refused error App/ApimockGETB476C2EB: Integration.ResponseTransferMode is STREAM: API Gateway streams AWS_PROXY",
		},
		"a timeout that is too long": {
			func(p func(string) object, _ object) { p(method)["Integration"].(object)["TimeoutInMillis"] = 900001 },
			template.Refused, "value-refused error App/" + method + ": Integration.TimeoutInMillis is 900001: AWS accepts 50 to 900000",
		},
		"a timeout of an edge-optimized API": {
			func(p func(string) object, _ object) { p(method)["Integration"].(object)["TimeoutInMillis"] = 29001 },
			template.Refused, "value-refused error App/" + method + ": Integration.TimeoutInMillis is 29001 ms: a buffered",
		},
		"a timeout of a regional API": {
			func(p func(string) object, _ object) {
				p(api)["EndpointConfiguration"] = object{"Types": []any{"REGIONAL"}}
				p(method)["Integration"].(object)["TimeoutInMillis"] = 60000
			},
			template.Hole, "over-default-quota note App/" + method + ": Integration.TimeoutInMillis is 60000 ms",
		},
		"a timeout of an HTTP API": {
			func(p func(string) object, _ object) { p("HttpGETpetsidI69A7325C")["TimeoutInMillis"] = 30001 },
			template.Refused, "value-refused error App/HttpGETpetsidI69A7325C: TimeoutInMillis is 30001: AWS accepts 50 to 30000",
		},
		"Lambda by GET": {
			func(p func(string) object, _ object) {
				p(method)["Integration"].(object)["IntegrationHttpMethod"] = "GET"
			},
			template.Hole, "function-failed error App/" + method + ": Integration.IntegrationHttpMethod is \"GET\"",
		},
		"no permission": {
			func(_ func(string) object, r object) {
				delete(r, "ApipetsGETApiPermissionAppApiF21E6680GETpets8B621783")
			},
			template.Hole, "api-grant-missing error App/" + method + ": no AWS::Lambda::Permission",
		},
		"a permission of a route": {
			func(p func(string) object, _ object) {
				p("HttpGETiamIPermissionB8B28722")["SourceArn"] = "arn:aws:execute-api:us-east-1:111122223333:other/*/*/iam"
			},
			template.Hole, "api-grant-missing error App/HttpGETiam9A50848B: no AWS::Lambda::Permission",
		},
		"a function that streams": {
			func(p func(string) object, r object) {
				p("Fn9270CBC0")["Code"] = object{"ZipFile": code}
				for id, res := range r {
					properties, _ := res.(object)["Properties"].(object)
					if i, ok := properties["Integration"].(object); ok && id != method && i["Type"] == "AWS_PROXY" || strings.HasPrefix(id, "Http") {
						delete(r, id)
					}
				}
			},
			template.Hole, "invoke-mode-mismatch warning App/" + method + ": Integration.ResponseTransferMode is BUFFERED, but the code",
		},
		"a cache of what streams": {
			func(p func(string) object, _ object) {
				cached(p, "/~1pets")
				stream(p(method)["Integration"].(object))
			},
			template.Refused, "value-refused error App/" + stage + ": MethodSettings[0].CachingEnabled is true, and GET /pets streams",
		},
		"a cache that mixes users": {
			func(p func(string) object, _ object) { cached(p, "/~1pets~1{id}") },
			template.Hole, "cache-mixes-users error App/" + stage + ": MethodSettings[0].CachingEnabled is true for GET /pets/{id}",
		},
		"a stage that nothing is deployed to": {
			func(p func(string) object, _ object) { delete(p("Httpbeta4D881751"), "AutoDeploy") },
			template.Hole, "route-unknown warning App/Httpbeta4D881751: AutoDeploy is not true",
		},
		"credentials for every origin": {
			func(p func(string) object, _ object) {
				p("Http36EFD62B")["CorsConfiguration"] = object{"AllowOrigins": []any{"*"}, "AllowCredentials": true}
			},
			template.Refused, "value-refused error App/Http36EFD62B: CorsConfiguration.AllowCredentials is true with AllowOrigins *",
		},
		"an authorizer that may not be invoked": {
			func(_ func(string) object, r object) { delete(r, "HttpAppHttpLA7D0B6B9Permission46D9569D") },
			template.Hole, "api-grant-missing error App/" + lambdaAuthorizer + ": invokes App/AuthC256A5EC",
		},
		"a cache without a key": {
			func(p func(string) object, _ object) { p(lambdaAuthorizer)["IdentitySource"] = []any{} },
			template.Refused, "value-refused error App/" + lambdaAuthorizer + ": AuthorizerResultTtlInSeconds is 300, and there is no IdentitySource",
		},
		"a cache without a key, by default": {
			func(p func(string) object, _ object) {
				delete(p(tokenAuthorizer), "AuthorizerResultTtlInSeconds")
				delete(p(tokenAuthorizer), "IdentitySource")
				p(tokenAuthorizer)["Type"] = "REQUEST"
			},
			template.Refused, "value-refused error App/" + tokenAuthorizer + ": AuthorizerResultTtlInSeconds is 300, and there is no IdentitySource",
		},
		"a policy of one path": {
			func(p func(string) object, _ object) {
				p("AuthC256A5EC")["Code"] = object{"ZipFile": "exports.handler = async (event) => allow(event.methodArn)"}
				p("AuthC256A5EC")["Runtime"], p("AuthC256A5EC")["Handler"] = "nodejs24.x", "index.handler"
			},
			template.Hole, "authorizer-policy-cached warning App/" + tokenAuthorizer + ": AuthorizerResultTtlInSeconds is 300, and the code of App/AuthC256A5EC",
		},
		"a token from nowhere": {
			func(p func(string) object, _ object) { delete(p(tokenAuthorizer), "IdentitySource") },
			template.Refused, "value-refused error App/" + tokenAuthorizer + ": IdentitySource",
		},
		"a payload without a format": {
			func(p func(string) object, _ object) { delete(p(lambdaAuthorizer), "AuthorizerPayloadFormatVersion") },
			template.Refused, "value-refused error App/" + lambdaAuthorizer + ": AuthorizerPayloadFormatVersion",
		},
		"an answer that is kept for too long": {
			func(p func(string) object, _ object) { p(tokenAuthorizer)["AuthorizerResultTtlInSeconds"] = 3601 },
			template.Refused, "value-refused error App/" + tokenAuthorizer + ": AuthorizerResultTtlInSeconds is 3601",
		},
		"CORS of less than nothing": {
			func(p func(string) object, _ object) {
				p("Http36EFD62B")["CorsConfiguration"] = object{"AllowOrigins": []any{"*"}, "MaxAge": -2}
			},
			template.Refused, "value-refused error App/Http36EFD62B: CorsConfiguration.MaxAge is -2",
		},
		"a route key that is none": {
			func(p func(string) object, _ object) { p("HttpGETiam9A50848B")["RouteKey"] = "/iam" },
			template.Refused, "value-refused error App/HttpGETiam9A50848B: RouteKey is \"/iam\"",
		},
		"a path with a slash": {
			func(p func(string) object, _ object) { p("Apikeyed035D2D4E")["PathPart"] = "a/b" },
			template.Refused, "value-refused error App/Apikeyed035D2D4E: PathPart is \"a/b\"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, _ := judged(t, test.change)
			if len(found) != 1 {
				t.Fatalf("%d findings, want one: %v", len(found), found)
			}
			f := found[0]
			got := string(f.Rule) + " " + string(f.Level) + " " + strings.TrimPrefix(strings.Replace(f.String(), ": ", ": ", 1), "")
			if f.Kind != test.kind || !strings.HasPrefix(got, test.want) {
				t.Errorf("found %s (kind %d), want %s (kind %d)", got, f.Kind, test.want, test.kind)
			}
		})
	}
}

// CDK's own example of CORS has 10 days, which AWS takes of an HTTP API.
func TestCORSOfAnHTTPAPIMayLast(t *testing.T) {
	t.Parallel()
	found, _ := judged(t, func(p func(string) object, _ object) {
		p("Http36EFD62B")["CorsConfiguration"] = object{"AllowOrigins": []any{"*"}, "MaxAge": 864000}
	})
	if len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

// Where a policy of one path does no harm, nobody is warned.
func TestPoliciesOfOnePath(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p func(string) object){
		"nothing is kept": func(p func(string) object) { p(tokenAuthorizer)["AuthorizerResultTtlInSeconds"] = 0 },
		"it is kept by the path": func(p func(string) object) {
			p(tokenAuthorizer)["Type"], p(tokenAuthorizer)["IdentitySource"] = "REQUEST", "method.request.header.Authorization,context.path"
		},
		"there is one path": func(p func(string) object) { p("Apipetsid0E86E8D2")["PathPart"] = "one" },
		"the code makes more of it": func(p func(string) object) {
			p("AuthC256A5EC")["Code"] = object{"ZipFile": "exports.handler = async (event) => allow(event.methodArn.split('/')[0] + '/*')"}
		},
	} {
		found, _ := judged(t, func(p func(string) object, _ object) {
			p("AuthC256A5EC")["Code"] = object{"ZipFile": "exports.handler = async (event) => allow(event.methodArn)"}
			change(p)
		})
		for _, f := range found {
			t.Errorf("%s: %s", name, f.String())
		}
	}
}

// What is not modelled of an API closes it; what is not modelled of a method leaves the rest.
func TestUnserved(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(p func(string) object)
		closed bool
		want   string
	}{
		"a policy":            {func(p func(string) object) { p(api)["Policy"] = object{"Statement": []any{}} }, true, "Policy is not modelled"},
		"OpenAPI":             {func(p func(string) object) { p(api)["Body"] = object{"paths": object{}} }, true, "Body is not modelled"},
		"a validator":         {func(p func(string) object) { p(method)["RequestValidatorId"] = "x" }, false, "RequestValidatorId is not a request validator of this cloud assembly"},
		"another integration": {func(p func(string) object) { p(method)["Integration"].(object)["Type"] = "HTTP_PROXY" }, false, "Integration.Type is HTTP_PROXY"},
		"a function elsewhere": {func(p func(string) object) {
			p(method)["Integration"].(object)["Uri"] = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:x/invocations"
		}, false, "Integration.Uri is the function arn:aws:lambda:us-east-1:111122223333:function:x"},
		"an authorizer elsewhere": {func(p func(string) object) {
			p(tokenAuthorizer)["AuthorizerUri"] = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:x/invocations"
		}, false, "AuthorizerUri is the function arn:aws:lambda:us-east-1:111122223333:function:x"},
		"an identity elsewhere":         {func(p func(string) object) { p(tokenAuthorizer)["IdentitySource"] = "method.request.body.x" }, false, "IdentitySource is method.request.body.x"},
		"an expression of Java":         {func(p func(string) object) { p(tokenAuthorizer)["IdentityValidationExpression"] = "^(?!x).*$" }, false, "IdentityValidationExpression is \"^(?!x).*$\""},
		"an authorizer of another type": {func(p func(string) object) { p(deleting)["AuthorizationType"] = "COGNITO_USER_POOLS" }, false, "AuthorizerId is an authorizer of the type TOKEN"},
		"a template": {func(p func(string) object) {
			p("ApimockGETB476C2EB")["Integration"].(object)["RequestTemplates"] = object{"application/json": "#set($x = 1)"}
		}, false, "Integration.RequestTemplates of application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, m := judged(t, func(p func(string) object, _ object) { test.change(p) })
			a := m.APIs[0]
			findings, closed := a.unserved()
			told := ""
			for _, f := range findings {
				told += f.String() + "\n"
			}
			if closed != test.closed || !strings.Contains(told, test.want) {
				t.Errorf("closed %v, %s, want %v, %s", closed, told, test.closed, test.want)
			}
		})
	}
}
