package apigateway

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/cors"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/throttle"
	"github.com/streamfront/streamfront/internal/template"
)

// with returns an API that has the operations of the keys in place of the one for all.
func with(kind Kind, keys ...string) *API {
	a := newAPI(kind)
	one := *a.Operations[0]
	a.Operations = nil
	for _, key := range keys {
		o := one
		o.API, o.Key = a, key
		o.Method, o.Path, _ = strings.Cut(key, " ")
		if key == "$default" {
			o.Method, o.Path = "ANY", ""
		}
		a.Operations = append(a.Operations, &o)
	}
	return a
}

// The path decides before the method, and text before parameters.
func TestFind(t *testing.T) {
	t.Parallel()
	rest := with(REST, "GET /", "ANY /pets", "GET /pets/{id}", "POST /pets/mine", "GET /pets/{id}/toys", "GET /files/{proxy+}")
	web := with(HTTP, "GET /pets/{id}", "ANY /pets/{proxy+}", "POST /pets/mine", "$default")
	for _, test := range []struct {
		api        *API
		request    string
		want       string
		parameters string
	}{
		{rest, "GET /", "GET /", "map[]"},
		{rest, "POST /", "", ""},
		{rest, "GET /pets", "ANY /pets", "map[]"},
		{rest, "GET /pets/", "ANY /pets", "map[]"},
		{rest, "GET /pets/7", "GET /pets/{id}", "map[id:7]"},
		{rest, "GET /pets/a%20b%2Fc", "GET /pets/{id}", "map[id:a b/c]"},
		{rest, "GET /pets/mine", "", ""}, // the resource /pets/mine decides
		{rest, "POST /pets/mine", "POST /pets/mine", "map[]"},
		{rest, "GET /pets/mine/toys", "GET /pets/{id}/toys", "map[id:mine]"},
		{rest, "GET /files", "", ""},
		{rest, "GET /files/", "", ""},
		{rest, "GET /files/a/b", "GET /files/{proxy+}", "map[proxy:a/b]"},
		{rest, "GET /nothing", "", ""},
		{web, "GET /pets/7", "GET /pets/{id}", "map[id:7]"},
		{web, "PUT /pets/7", "ANY /pets/{proxy+}", "map[proxy:7]"},
		{web, "POST /pets/mine", "POST /pets/mine", "map[]"},
		{web, "GET /pets/mine", "GET /pets/{id}", "map[id:mine]"},
		{web, "GET /else", "$default", "map[]"},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		m := test.api.find(method, path)
		got, parameters := "", ""
		if m != nil {
			got, parameters = m.operation.Key, fmt.Sprint(m.parameters)
		}
		if got != test.want || parameters != test.parameters {
			t.Errorf("%s, %s: %q %s, want %q %s", test.api.Kind, test.request, got, parameters, test.want, test.parameters)
		}
	}
}

// What an API does not have, it says in its own words.
func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	rest := serve(t, with(REST, "GET /pets"), nil)
	web := with(HTTP, "GET /pets")
	web.Stages = append(web.Stages, &Stage{Name: template.Of("beta"), Deployed: true}, &Stage{Name: template.Of("idle")})
	for _, test := range []struct {
		site            *site
		method, target  string
		status          int
		body, errorType string
	}{
		{rest, "GET", "/prod/pets", 200, "", ""},
		{rest, "GET", "/prod/nope", 403, `{"message":"Missing Authentication Token"}`, "MissingAuthenticationTokenException"},
		{rest, "POST", "/prod/pets", 403, `{"message":"Missing Authentication Token"}`, "MissingAuthenticationTokenException"},
		{rest, "GET", "/pets", 403, `{"message":"Forbidden"}`, "ForbiddenException"},
		{rest, "GET", "/", 403, `{"message":"Forbidden"}`, "ForbiddenException"},
		{serve(t, web, nil), "GET", "/pets", 200, "", ""},
		{serve(t, web, nil), "GET", "/beta/pets", 200, "", ""},
		{serve(t, web, nil), "GET", "/idle/pets", 404, `{"message":"Not Found"}`, ""},
		{serve(t, web, nil), "POST", "/pets", 404, `{"message":"Not Found"}`, ""},
	} {
		resp, body, record := test.site.send(t, test.site.request(t, test.method, test.target, "", nil))
		if resp.StatusCode != test.status || test.body != "" && body != test.body || resp.Header.Get("X-Amzn-Errortype") != test.errorType {
			t.Errorf("%s %s: %d %s %q", test.method, test.target, resp.StatusCode, body, resp.Header.Get("X-Amzn-Errortype"))
		}
		if test.status != 200 && record.Cause() != "route-unknown" {
			t.Errorf("%s %s: cause %q", test.method, test.target, record.Cause())
		}
	}
}

// Without a permission that fits, Lambda refuses, and the caller sees a 500.
func TestPermissions(t *testing.T) {
	t.Parallel()
	const own = "arn:aws:execute-api:eu-west-1:111122223333:abc123defg/"
	for source, allowed := range map[string]bool{
		"": true, own + "*/*/*": true, own + "prod/GET/pets/*": true, own + "prod/*/pets/{id}": true, own + "*/GET/pets/7": true,
		own + "prod/POST/*": false, own + "beta/*/*": false, own + "prod/GET/cats/*": false,
		"arn:aws:execute-api:eu-west-1:111122223333:other/*/*/*": false, "arn:aws:execute-api:us-east-1:111122223333:abc123defg/*": false,
	} {
		a := with(REST, "GET /pets/{id}")
		grant := &lambda.Permission{Place: a.Place, Function: a.Operations[0].Integration.ARN}
		if source != "" {
			grant.SourceARN = template.Of(source)
		}
		a.grants = []*lambda.Permission{{Function: "arn:aws:lambda:eu-west-1:111122223333:function:other"}, grant}
		s := serve(t, a, nil)
		resp, body, record := s.send(t, s.request(t, "GET", "/prod/pets/7", "", nil))
		if allowed != (resp.StatusCode == 200) {
			t.Errorf("%s: %d %s, want it to be allowed: %v", source, resp.StatusCode, body, allowed)
		}
		if !allowed && (resp.StatusCode != 500 || body != internal || record.Cause() != "api-grant-missing") {
			t.Errorf("%s: %d %s %q", source, resp.StatusCode, body, record.Cause())
		}
	}
}

// A stage and a method have limits of their own, and so has a usage plan.
func TestThrottling(t *testing.T) {
	t.Parallel()
	a := with(REST, "GET /pets", "GET /cats", "GET /keyed")
	a.Stages[0].Settings = []*Setting{
		{Path: "/*", Method: "*", Limits: throttle.Limits{Rate: 1, Burst: 2}},
		{Path: "/cats", Method: "GET", Limits: throttle.Limits{Rate: 1, Burst: 1}},
		{Path: "/keyed", Method: "GET", Limits: throttle.None},
	}
	a.Operations[2].KeyRequired = template.Of(true)
	key := &Key{ID: "id", Value: "a-key-of-twenty-letters", Enabled: true}
	off := &Key{ID: "off", Value: "another-key-of-letters"}
	a.plans = []*Plan{{ID: "p", Stages: []string{a.ID + " prod"}, Keys: []*Key{key, off}, Limits: throttle.None, Quota: 2, Period: "DAY"}}
	now := clock
	s := serve(t, a, func(s *server) { s.Now = func() time.Time { return now } })
	status := func(path, apiKey string) string {
		r := s.request(t, "GET", "/prod"+path, "", nil)
		if apiKey != "" {
			r.Header.Set("X-Api-Key", apiKey)
		}
		resp, body, record := s.send(t, r)
		if resp.StatusCode == 200 {
			return "200"
		}
		return fmt.Sprint(resp.StatusCode, " ", body, " ", record.Cause())
	}
	const throttled, none = `429 {"message":"Too Many Requests"} throttled`, `403 {"message":"Forbidden"} api-key-required`
	for i, step := range []struct {
		wait      time.Duration
		path, key string
		want      string
	}{
		{0, "/pets", "", "200"},
		{0, "/pets", "", "200"},
		{0, "/pets", "", throttled},
		{0, "/cats", "", "200"}, // its own
		{0, "/cats", "", throttled},
		{time.Second, "/pets", "", "200"},
		{0, "/pets", "", throttled},
		{0, "/keyed", "", none},
		{0, "/keyed", "wrong", none},
		{0, "/keyed", off.Value, none},
		{0, "/keyed", key.Value, "200"},
		{0, "/keyed", key.Value, "200"},
		{0, "/keyed", key.Value, `429 {"message":"Limit Exceeded"} throttled`},
		{24 * time.Hour, "/keyed", key.Value, "200"},
	} {
		now = now.Add(step.wait)
		if got := status(step.path, step.key); got != step.want {
			t.Errorf("step %d, %s: %s, want %s", i, step.path, got, step.want)
		}
	}
}

func TestQuota(t *testing.T) {
	t.Parallel()
	for period, next := range map[string]time.Time{"DAY": clock.AddDate(0, 0, 1), "WEEK": clock.AddDate(0, 0, 7), "MONTH": clock.AddDate(0, 1, 0)} {
		q := &quota{limit: 1, period: period}
		if !q.take(clock) || q.take(clock.Add(time.Minute)) || !q.take(next) {
			t.Errorf("a quota by %s does not begin again", period)
		}
	}
}

// A mock integration answers without a function, by the origin of the page if its template
// compares it.
func TestMock(t *testing.T) {
	t.Parallel()
	a := with(REST, "OPTIONS /pets")
	a.Operations[0].Integration = &Integration{Log: &template.Log{}, Mock: &Mock{
		Status: 204, Headers: map[string]string{"Access-Control-Allow-Origin": "https://a.example"}, Origins: []*regexp.Regexp{regexp.MustCompile(`^(?:https://b\.example)$`)},
	}}
	s := serve(t, a, nil)
	for origin, want := range map[string]string{"": "https://a.example", "https://b.example": "https://b.example", "https://b.example.evil": "https://a.example"} {
		r := s.request(t, "OPTIONS", "/prod/pets", "", nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		resp, body, record := s.send(t, r)
		if resp.StatusCode != 204 || body != "" || resp.Header.Get("Access-Control-Allow-Origin") != want || len(record.Hops) != 1 {
			t.Errorf("%s: %d %q %v", origin, resp.StatusCode, body, resp.Header)
		}
	}
}

// An HTTP API answers preflights itself, without a route, and drops what the function says.
func TestCORSOfAnHTTPAPI(t *testing.T) {
	t.Parallel()
	const page = "https://app.example"
	a := with(HTTP, "GET /pets")
	a.CORS = cors.Settings{Given: true, Origins: template.TextsOf(page), Methods: template.TextsOf("GET"), Headers: template.TextsOf("Authorization")}
	s := serve(t, a, nil)
	r := s.request(t, "OPTIONS", "/pets", "", nil)
	r.Header.Set("Origin", page)
	r.Header.Set("Access-Control-Request-Method", "GET")
	resp, body, record := s.send(t, r)
	if resp.StatusCode != 204 || body != "" || resp.Header.Get("Access-Control-Allow-Origin") != page || resp.Header.Get("Access-Control-Allow-Headers") != "authorization" || len(record.Hops) != 1 {
		t.Errorf("preflight: %d %q %v", resp.StatusCode, body, resp.Header)
	}
	say := &said{Parts: []string{`{"statusCode":200,"headers":{"access-control-allow-origin":"*","access-control-max-age":"1"}}`}}
	for origin, want := range map[string]string{page: page, "https://evil.example": ""} {
		r := s.request(t, "GET", "/pets", "", say)
		r.Header.Set("Origin", origin)
		resp, _, _ := s.send(t, r)
		if got := resp.Header.Values("Access-Control-Allow-Origin"); strings.Join(got, ",") != want || resp.Header.Get("Access-Control-Max-Age") != "" {
			t.Errorf("%s: %v", origin, resp.Header)
		}
	}
}

// Gateway responses change status, headers and body of what the API refuses.
func TestGatewayResponses(t *testing.T) {
	t.Parallel()
	a := with(REST, "GET /pets")
	a.Responses["MISSING_AUTHENTICATION_TOKEN"] = &Response{
		Status: template.Of("404"), Headers: map[string]string{"X-Literal": "'yes'", "X-Origin": "method.request.header.Origin", "X-Other": "stageVariables.x"},
		Template: `{"error":$context.error.messageString,"kind":"$context.error.responseType"}`,
	}
	a.Responses["DEFAULT_4XX"] = &Response{Headers: map[string]string{"X-Default": "'4xx'"}}
	s := serve(t, a, nil)
	r := s.request(t, "GET", "/prod/nope", "", nil)
	r.Header.Set("Origin", "https://a.example")
	resp, body, _ := s.send(t, r)
	want(t, resp, body, 404, `{"error":"Missing Authentication Token","kind":"MISSING_AUTHENTICATION_TOKEN"}`)
	if h := resp.Header; h.Get("X-Literal") != "yes" || h.Get("X-Origin") != "https://a.example" || h.Values("X-Other") != nil || h.Get("X-Default") != "" {
		t.Errorf("headers = %v", h)
	}
	resp, body, _ = s.send(t, s.request(t, "GET", "/nope", "", nil))
	want(t, resp, body, 403, `{"message":"Forbidden"}`)
	if resp.Header.Get("X-Default") != "4xx" {
		t.Errorf("headers = %v", resp.Header)
	}
}

// What is not modelled of an operation is never let through.
func TestUnservedOperations(t *testing.T) {
	t.Parallel()
	a := with(REST, "GET /pets", "GET /cats")
	a.Operations[1].Authorization = template.Of("CUSTOM")
	a.Operations[1].Authorizer = &Authorizer{Log: &template.Log{}}
	a.Operations[1].Authorizer.Log.Unmodelled(a.Place, "is TOKEN")
	s := serve(t, a, nil)
	for path, status := range map[string]int{"/prod/pets": http.StatusOK, "/prod/cats": http.StatusNotImplemented} {
		if resp, body, _ := s.send(t, s.request(t, "GET", path, "", nil)); resp.StatusCode != status {
			t.Errorf("%s: %d %s, want %d", path, resp.StatusCode, body, status)
		}
	}
}
