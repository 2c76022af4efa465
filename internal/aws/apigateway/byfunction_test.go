package apigateway

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/authorizer"
	"github.com/streamfront/streamfront/internal/aws/throttle"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/trace"
)

const methods1 = "arn:aws:execute-api:eu-west-1:111122223333:abc123defg/"

// asking gives each operation of an API an authorizer, which the test binary is, too.
func asking(a *API, typ string, ttl int, sources ...string) *Authorizer {
	auth := &Authorizer{API: a, Type: template.Of(typ), TTL: template.Of(ttl), Format: template.Of("2.0"), Log: &template.Log{}}
	texts := template.TextsOf(sources...)
	auth.setSources(texts.Items, httpContext)
	auth.Function = &authorizer.Function{
		ID: "auth01", ARN: "arn:aws:lambda:eu-west-1:111122223333:function:auth",
		Definition: &lambda.Definition{Name: "App/Auth", Account: a.Account, Log: &template.Log{}},
	}
	for _, o := range a.Operations {
		o.Authorization, o.Authorizer = template.Of("CUSTOM"), auth
	}
	a.grants = append(a.grants, &lambda.Permission{Place: a.Place, Function: auth.Function.ARN, SourceARN: template.Of(methods1 + "authorizers/auth01")})
	return auth
}

// instructions are what an authorizer is told to do, as a header has them.
func instructions(t *testing.T, say *said) string {
	t.Helper()
	text, err := json.Marshal(say)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(text)
}

func answers(text string) *said { return &said{Parts: []string{text}} }

// policy is an answer of an authorizer.
func policy(effect, resource string) *said {
	return answers(`{"principalId":"me","context":{"text":"a","number":1.50,"truth":true,"none":null},"policyDocument":{"Statement":[{"Effect":"` + effect + `","Action":"execute-api:Invoke","Resource":"` + resource + `"}]}}`)
}

// wantHop looks for what an authorizer has decided in a trace, which never has its token.
func wantHop(t *testing.T, name string, record trace.Request, token, want string) {
	t.Helper()
	decision := ""
	for _, h := range record.Hops {
		if h.Name == authorizer.Hop {
			decision = h.Decision
		}
		if token != "" && strings.Contains(h.Decision+h.Detail, token) {
			t.Errorf("%s: the trace has the token: %s", name, h.Decision)
		}
	}
	if want == "" && decision != "" || !strings.Contains(decision, want) {
		t.Errorf("%s: the authorizer has decided %q, want %q", name, decision, want)
	}
}

// Who is let in, and in which words the others are refused.
func TestLambdaAuthorizers(t *testing.T) {
	t.Parallel()
	const (
		unauthorized = `{"message":"Unauthorized"}`
		implicit     = `{"Message":"User is not authorized to access this resource"}`
		null         = `{"message":null}`
		failed       = "AuthorizerConfigurationException"
	)
	type answer struct {
		status          int
		body, errorType string
	}
	for name, test := range map[string]struct {
		say        *said // nil: no token comes
		rest, http answer
		cause      string
		hop        string
	}{
		"no token":            {nil, answer{401, unauthorized, "UnauthorizedException"}, answer{401, unauthorized, ""}, "identity-source-missing", ""},
		"allowed":             {policy("Allow", "*"), answer{200, "", ""}, answer{200, "", ""}, "", "allows " + methods1},
		"denied":              {policy("Deny", "*"), answer{403, `{"Message":"User is not authorized to access this resource with an explicit deny"}`, "AccessDeniedException"}, answer{403, `{"message":"Forbidden"}`, ""}, "authorizer-denies", "denies " + methods1},
		"not allowed":         {policy("Allow", "arn:aws:execute-api:*:*:other/*"), answer{403, implicit, "AccessDeniedException"}, answer{403, `{"message":"Forbidden"}`, ""}, "authorizer-denies", "does not allow"},
		"Unauthorized":        {&said{Error: "Unauthorized"}, answer{401, unauthorized, "UnauthorizedException"}, answer{401, unauthorized, ""}, "authorizer-denies", "Unauthorized"},
		"another error":       {&said{Error: "Unauthorized: no"}, answer{500, null, failed}, answer{500, `{"message":"Internal Server Error"}`, ""}, "authorizer-failed", "App/Auth"},
		"an error that tells": {&said{Error: "$TOKEN", Type: "x"}, answer{500, null, failed}, answer{500, `{"message":"Internal Server Error"}`, ""}, "authorizer-failed", "App/Auth: Function.Unknown: ..."},
		"an exit":             {&said{Exit: true}, answer{500, null, failed}, answer{500, `{"message":"Internal Server Error"}`, ""}, "authorizer-failed", "App/Auth"},
		"an answer for HTTP":  {answers(`{"statusCode":401}`), answer{500, null, failed}, answer{500, `{"message":"Internal Server Error"}`, ""}, "authorizer-failed", "principalId"},
		"a large answer":      {answers(`{"principalId":"` + strings.Repeat("x", 8<<10) + `"}`), answer{500, null, failed}, answer{500, `{"message":"Internal Server Error"}`, ""}, "authorizer-failed", "8192"},
		"an object":           {answers(`{"principalId":"me","context":{"a":{}},"policyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}}`), answer{500, null, failed}, answer{200, "", ""}, "authorizer-failed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, want := range map[Kind]answer{REST: test.rest, HTTP: test.http} {
				a, path := newAPI(kind), "/pets"
				if kind == REST {
					path = "/prod/pets"
					asking(a, "TOKEN", 0, "method.request.header.X-Authorizer")
				} else {
					asking(a, "REQUEST", 0, "$request.header.X-Authorizer")
				}
				s := serve(t, a, nil)
				r, token := s.request(t, "GET", path, "", nil), ""
				if test.say != nil {
					token = instructions(t, test.say)
					r.Header.Set("X-Authorizer", token)
				}
				resp, body, record := s.send(t, r)
				if resp.StatusCode != want.status || want.body != "" && body != want.body || resp.Header.Get("X-Amzn-Errortype") != want.errorType {
					t.Errorf("%s: %d %s %q, want %+v", kind, resp.StatusCode, body, resp.Header.Get("X-Amzn-Errortype"), want)
				}
				if want.status != 200 && record.Cause() != test.cause {
					t.Errorf("%s: cause %q, want %q", kind, record.Cause(), test.cause)
				}
				if name != "an object" {
					wantHop(t, name, record, token, test.hop)
				}
			}
		})
	}
}

// Without a permission of its own, an authorizer is not asked; a role stands for one.
func TestAuthorizerPermissions(t *testing.T) {
	t.Parallel()
	for source, status := range map[string]int{methods1 + "authorizers/auth01": 200, methods1 + "*": 200, methods1 + "*/*/*": 500, methods1 + "authorizers/other": 500} {
		for _, role := range []string{"", "arn:aws:iam::111122223333:role/x"} {
			a := newAPI(REST)
			auth := asking(a, "REQUEST", 0)
			a.grants[1].SourceARN = template.Of(source)
			want := status
			if role != "" {
				auth.Function.Credentials, want = template.Of(role), 200
				auth.Function.Credentials.Given = true
			}
			s := serve(t, a, nil)
			r := s.request(t, "GET", "/prod/pets", "", nil)
			r.Header.Set("X-Authorizer", instructions(t, policy("Allow", "*")))
			resp, body, record := s.send(t, r)
			if resp.StatusCode != want || want == 500 && (body != `{"message":null}` || record.Cause() != "api-grant-missing") {
				t.Errorf("%s, role %q: %d %s %q, want %d", source, role, resp.StatusCode, body, record.Cause(), want)
			}
		}
	}
}

// The whole token has to match the expression, or the function is not asked.
func TestTokensThatDoNotMatch(t *testing.T) {
	t.Parallel()
	a := newAPI(REST)
	asking(a, "TOKEN", 0, "method.request.header.Authorization").Validation = regexp.MustCompile(`^(?:Bearer \w+)$`)
	a.Responses["UNAUTHORIZED"] = &Response{Status: template.Of("418"), Template: `{"why":$context.error.messageString}`}
	s := serve(t, a, nil)
	for token, want := range map[string]int{"": 418, "Basic abc": 418, "Bearer abc def": 418, "Bearer abc": 500} {
		r := s.request(t, "GET", "/prod/pets", "", nil)
		if token != "" {
			r.Header.Set("Authorization", token)
		}
		if resp, body, record := s.send(t, r); resp.StatusCode != want || want == 418 && (body != `{"why":"Unauthorized"}` || record.Cause() != "identity-source-missing") {
			t.Errorf("%q: %d %s %q, want %d", token, resp.StatusCode, body, record.Cause(), want)
		}
	}
}

// A policy is kept by what identifies the caller, and decides about every path of the stage.
func TestKeptPolicies(t *testing.T) {
	t.Parallel()
	a := with(REST, "GET /pets", "GET /cats")
	a.Stages = append(a.Stages, &Stage{Name: template.Of("beta"), Deployed: true})
	asking(a, "TOKEN", 300, "method.request.header.Authorization")
	a.Responses["ACCESS_DENIED"] = &Response{Headers: map[string]string{"X-Why": "context.authorizer.text", "X-None": "context.authorizer.nothing"}, Template: `{"text":"$context.authorizer.text","principal":"$context.authorizer.principalId"}`}
	var late atomic.Int64
	s := serve(t, a, func(s *server) { s.Now = func() time.Time { return clock.Add(time.Duration(late.Load())) } })
	pets, other := instructions(t, policy("Allow", methods1+"*/GET/pets")), instructions(t, policy("Allow", methods1+"*"))
	for i, test := range []struct {
		path, token string
		after       time.Duration
		status      int
		cause, hop  string
	}{
		{"/prod/pets", pets, 0, 200, "", "the answer of"},
		{"/prod/pets", pets, time.Second, 200, "", "the cached answer"},
		{"/prod/cats", pets, time.Second, 403, "authorizer-policy-cached", "which was for " + methods1 + "prod/GET/pets, does not allow " + methods1 + "prod/GET/cats"},
		{"/prod/cats", other, time.Second, 200, "", "the answer of"},
		{"/beta/pets", pets, time.Second, 200, "", "the answer of"},
		{"/prod/cats", pets, 5*time.Minute - 1, 403, "authorizer-policy-cached", "the cached answer"},
		{"/prod/cats", pets, 5 * time.Minute, 403, "authorizer-denies", "the answer of"},
		{"/prod/cats", pets, 6 * time.Minute, 403, "authorizer-denies", "the cached answer"},
		{"/prod/pets", pets, 6 * time.Minute, 200, "", "the cached answer"},
	} {
		late.Store(int64(test.after))
		r := s.request(t, "GET", test.path, "", nil)
		r.Header.Set("Authorization", test.token)
		resp, body, record := s.send(t, r)
		if resp.StatusCode != test.status || record.Cause() != test.cause {
			t.Errorf("%d, %s: %d %s %q, want %d %q", i, test.path, resp.StatusCode, body, record.Cause(), test.status, test.cause)
		}
		if test.status == 403 && (body != `{"text":"a","principal":"me"}` || resp.Header.Get("X-Why") != "a" || resp.Header.Values("X-None") != nil) {
			t.Errorf("%d: the gateway response is %s, %v", i, body, resp.Header)
		}
		wantHop(t, test.path, record, test.token, test.hop)
	}
}

// What keeps nothing asks each time, and so does what failed.
func TestAnswersThatAreNotKept(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ttl int
		say *said
	}{
		"no time":  {0, policy("Allow", "*")},
		"an error": {300, &said{Error: "Unauthorized"}},
		"no form":  {300, answers("{}")},
	} {
		a := newAPI(HTTP)
		asking(a, "REQUEST", test.ttl, "$request.header.X-Authorizer")
		s := serve(t, a, nil)
		for range 2 {
			r := s.request(t, "GET", "/pets", "", nil)
			r.Header.Set("X-Authorizer", instructions(t, test.say))
			_, _, record := s.send(t, r)
			for _, h := range record.Hops {
				if strings.Contains(h.Decision, "cached") {
					t.Errorf("%s: %s", name, h.Decision)
				}
			}
		}
	}
}

// An authorizer that takes too long is a failure, which has a gateway response of its own.
func TestAuthorizersThatAreLate(t *testing.T) {
	t.Parallel()
	for kind, body := range map[Kind]string{REST: `{"message":null}`, HTTP: `{"message":"Internal Server Error"}`} {
		for _, custom := range []bool{false, true} {
			a, path := newAPI(kind), "/pets"
			if kind == REST {
				path = "/prod/pets"
			}
			if custom {
				a.Responses["AUTHORIZER_FAILURE"] = &Response{Template: `$context.error.responseType`}
			}
			asking(a, "REQUEST", 0)
			gate, open := newGate(t)
			s := serve(t, a, func(s *server) { s.waits = time.Millisecond })
			r := s.request(t, "GET", path, "", nil)
			r.Header.Set("X-Authorizer", instructions(t, &said{Parts: []string{gate}}))
			want := body
			if custom && kind == REST {
				want = "AUTHORIZER_FAILURE"
			}
			if resp, got, record := s.send(t, r); resp.StatusCode != 500 || got != want || record.Cause() != "authorizer-failed" {
				t.Errorf("%s: %d %s %q, want %s", kind, resp.StatusCode, got, record.Cause(), want)
			}
			open()
		}
	}
}

// The function behind the API gets what the authorizer has found.
func TestAuthorizerContext(t *testing.T) {
	t.Parallel()
	simple := answers(`{"isAuthorized":true,"context":{"number":1.5,"truth":true,"list":[1,{"a":"b"}]}}`)
	for name, test := range map[string]struct {
		kind   Kind
		format string // of the integration
		simple bool
		say    *said
		want   string
	}{
		"rest":             {REST, "1.0", false, policy("Allow", "*"), `{"integrationLatency":0,"none":null,"number":"1.50","principalId":"me","text":"a","truth":"true"}`},
		"http":             {HTTP, "2.0", false, policy("Allow", "*"), `{"lambda":{"none":null,"number":1.50,"text":"a","truth":true}}`},
		"http, simple":     {HTTP, "2.0", true, simple, `{"lambda":{"list":[1,{"a":"b"}],"number":1.5,"truth":true}}`},
		"http, no context": {HTTP, "2.0", true, answers(`{"isAuthorized":true}`), `{"lambda":null}`},
		"http, format 1.0": {HTTP, "1.0", false, policy("Allow", "*"), `{"none":null,"number":1.50,"principalId":"me","text":"a","truth":true}`},
	} {
		a, path := newAPI(test.kind), "/pets"
		if test.kind == REST {
			path = "/prod/pets"
		}
		a.Operations[0].Integration.Format = template.Of(test.format)
		auth := asking(a, "REQUEST", 300, "$request.header.X-Authorizer")
		auth.Simple = template.Of(test.simple)
		s := serve(t, a, nil)
		for range 2 { // the second answer is kept, which took no time
			r := s.request(t, "GET", path, "", nil)
			r.Header.Set("X-Authorizer", instructions(t, test.say))
			resp, body, _ := s.send(t, r)
			var e struct {
				RequestContext struct{ Authorizer json.RawMessage }
			}
			if err := json.Unmarshal([]byte(body), &e); err != nil {
				t.Fatalf("%s: %d %s", name, resp.StatusCode, body)
			}
			got := regexp.MustCompile(`"integrationLatency":\d+`).ReplaceAllString(string(e.RequestContext.Authorizer), `"integrationLatency":0`)
			if got != test.want {
				t.Errorf("%s: %s, want %s", name, got, test.want)
			}
		}
	}
}

// Authorizers get these events. What is the same in the function's own is in TestEvents.
func TestAuthorizerEvents(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kind            Kind
		typ, format     string
		sources, target string
		want            string // the event without its request context, headers, and what is random
	}{
		"token":          {REST, "TOKEN", "", "method.request.header.Authorization", "/prod/a%20b/?q=1", `{"authorizationToken":"secret","methodArn":"` + methods1 + `prod/POST/a%20b/","type":"TOKEN"}`},
		"request":        {REST, "REQUEST", "", "method.request.header.Authorization,method.request.querystring.q", "/prod/a/b?q=1&q=2", `{"httpMethod":"POST","methodArn":"` + methods1 + `prod/POST/a/b","multiValueQueryStringParameters":{"q":["1","2"]},"path":"/a/b","pathParameters":{"proxy":"a/b"},"queryStringParameters":{"q":"2"},"resource":"/{proxy+}","stageVariables":{"v":"blue"},"type":"REQUEST"}`},
		"request, empty": {REST, "REQUEST", "", "", "/prod/a", `{"httpMethod":"POST","methodArn":"` + methods1 + `prod/POST/a","multiValueQueryStringParameters":{},"path":"/a","pathParameters":{"proxy":"a"},"queryStringParameters":{},"resource":"/{proxy+}","stageVariables":{"v":"blue"},"type":"REQUEST"}`},
		"format 1.0":     {HTTP, "REQUEST", "1.0", "$request.header.Authorization,$request.querystring.q", "/a/b?q=1", `{"authorizationToken":"secret,1","httpMethod":"POST","identitySource":"secret,1","methodArn":"` + methods1 + `$default/POST/a/b","multiValueQueryStringParameters":{"q":["1"]},"path":"/a/b","pathParameters":{},"queryStringParameters":{"q":"1"},"resource":"$default","stageVariables":{"v":"blue"},"type":"REQUEST","version":"1.0"}`},
		"format 2.0":     {HTTP, "REQUEST", "2.0", "$request.header.Authorization,$stageVariables.v,$context.routeKey", "/a/b?q=1", `{"cookies":["c=1"],"identitySource":["secret","blue","$default"],"queryStringParameters":{"q":"1"},"rawPath":"/a/b","rawQueryString":"q=1","routeArn":"` + methods1 + `$default/POST/a/b","routeKey":"$default","stageVariables":{"v":"blue"},"type":"REQUEST","version":"2.0"}`},
	} {
		a := newAPI(test.kind)
		a.Stages[0].Variables = map[string]string{"v": "blue"}
		auth := asking(a, test.typ, 0, test.sources)
		auth.Format = template.Of(test.format)
		s := newServer(a, host())
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://x"+test.target, strings.NewReader("a body"))
		if err != nil {
			t.Fatal(err)
		}
		r.RequestURI, r.RemoteAddr = test.target, "192.0.2.1:1"
		r.Header = http.Header{"Authorization": {"secret"}, "Cookie": {"c=1"}}
		path := rawPath(r)
		stage, rest := a.stage(path)
		x := &exchange{server: s, r: r, arrival: &arrival{domain: a.Domain(), stage: stage, path: rest, event: eventPath(a, path, rest)}, id: "id"}
		m := a.find("POST", rest)
		values, missing := authorizer.Identify(auth.Sources, r, stage.Variables, x.context(m))
		if missing != "" {
			t.Errorf("%s: no %s", name, missing)
		}
		var e map[string]any
		if err := json.Unmarshal(x.question(m, a.arn()+"/"+stage.Name.V+"/POST"+rest, values), &e); err != nil {
			t.Fatal(err)
		}
		if test.typ == "REQUEST" {
			rc, ok := e["requestContext"].(map[string]any)
			if !ok || rc["requestId"] != "id" || rc["authorizer"] != nil || rc["apiId"] != a.ID || e["headers"] == nil || (e["multiValueHeaders"] == nil) != (test.format == "2.0") {
				t.Errorf("%s: %v", name, e)
			}
			for _, own := range []string{"requestContext", "headers", "multiValueHeaders"} {
				delete(e, own)
			}
		}
		if got, err := json.Marshal(e); err != nil || string(got) != test.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, test.want)
		}
	}
}

// An authorizer names the API key where the API says so.
func TestKeysOfAuthorizers(t *testing.T) {
	t.Parallel()
	for key, status := range map[string]int{"mine": 200, "other": 403, "": 403} {
		a := newAPI(REST)
		a.KeySource = template.Of("AUTHORIZER")
		a.Operations[0].KeyRequired = template.Of(true)
		a.plans = []*Plan{{Stages: []string{a.ID + " prod"}, Limits: throttle.None, Keys: []*Key{{ID: "k", Value: "mine", Enabled: true}}}}
		asking(a, "TOKEN", 300, "method.request.header.Authorization")
		s := serve(t, a, nil)
		for range 2 {
			r := s.request(t, "GET", "/prod/pets", "", nil)
			r.Header.Set("X-Api-Key", "mine") // which does not count
			r.Header.Set("Authorization", instructions(t, answers(`{"principalId":"me","usageIdentifierKey":"`+key+`","policyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}}`)))
			if resp, body, _ := s.send(t, r); resp.StatusCode != status || status == 200 && !strings.Contains(body, `"apiKey":"mine"`) {
				t.Errorf("%q: %d %s, want %d", key, resp.StatusCode, body, status)
			}
		}
	}
}
