package apigateway

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/template"
)

// recorded is an event of the shapes that functions/streamhttp is tested with.
func recorded(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../functions/streamhttp/testdata/doors", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var e map[string]any
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// The events have the fields of the recorded ones, and the values that do not depend on who
// sends them.
func TestEvents(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kind   Kind
		format string
		binary string
		stage  string
		key    string
		body   string
		claims any
	}{
		"rest-post":    {REST, "1.0", "image/png", "prod", "POST /{proxy+}", `{"name":"a b"}`, map[string]any{"claims": map[string]any{"sub": "user-1"}}},
		"rest-base64":  {REST, "1.0", "*/*", "prod", "POST /{proxy+}", "\x00\xff\x80\nA", nil},
		"http-post":    {HTTP, "2.0", "", "prod", "ANY /{proxy+}", `{"name":"a b"}`, map[string]any{"jwt": map[string]any{"claims": map[string]any{"sub": "user-1"}, "scopes": []any{"chat"}}}},
		"http-format1": {HTTP, "1.0", "", "prod", "ANY /{proxy+}", `{"name":"a b"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := recorded(t, name)
			a := with(test.kind, test.key)
			a.ID = "a1b2c3d4e5"
			a.Stages[0].Name = template.Of(test.stage)
			a.Binary = template.TextsOf(test.binary)
			a.Operations[0].Integration.Format = template.Of(test.format)
			target := "/" + test.stage + "/a%20b/c"
			if parameters, _ := want["multiValueQueryStringParameters"].(map[string]any); parameters["a&b"] != nil {
				target += "?q=1&a%26b=c+d&q=%2F2"
			} else if want["queryStringParameters"] != nil {
				target += "?q=1&q=%2F2"
			}
			got := eventOf(t, a, target, test.body, test.claims)
			compare(t, "", got, want)
		})
	}
}

// varying are parts that are another thing in each request, or in each account.
var varying = []string{
	"requestContext.requestId", "requestContext.extendedRequestId", "requestContext.resourceId", "requestContext.requestTime", "requestContext.requestTimeEpoch",
	"requestContext.time", "requestContext.timeEpoch", "headers", "multiValueHeaders", "requestContext.http.userAgent", "requestContext.identity.userAgent",
}

func compare(t *testing.T, path string, got, want any) {
	t.Helper()
	if slices.Contains(varying, path) {
		if (got == nil) != (want == nil) || reflect.TypeOf(got) != reflect.TypeOf(want) {
			t.Errorf("%s is %T, want %T", path, got, want)
		}
		return
	}
	g, isObject := got.(map[string]any)
	w, wantsObject := want.(map[string]any)
	if !isObject || !wantsObject {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %v, want %v", path, got, want)
		}
		return
	}
	for _, name := range slices.Sorted(maps.Keys(w)) {
		value, there := g[name]
		if !there {
			t.Errorf("%s.%s is not there", path, name)
			continue
		}
		compare(t, strings.TrimPrefix(path+"."+name, "."), value, w[name])
	}
	for name := range g {
		if _, known := w[name]; !known {
			t.Errorf("%s.%s is set, and is not in the recorded event", path, name)
		}
	}
}

// eventOf is the event that an API makes of a request.
func eventOf(t *testing.T, a *API, target, body string, claims any) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+a.Domain()+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.RequestURI, r.RemoteAddr = target, "192.0.2.33:4711"
	r.Header = http.Header{"Authorization": {"Bearer viewer"}, "Content-Type": {"application/json"}, "Cookie": {"a=1; b=2"}, "X-List": {"1", "2"}, "X-Forwarded-For": {"198.51.100.1"}}
	s := newServer(a, host())
	path := rawPath(r)
	stage, rest := a.stage(path)
	x := &exchange{server: s, r: r, arrival: &arrival{domain: a.Domain(), stage: stage, path: rest, event: eventPath(a, path, rest)}, id: event.RequestID()}
	read, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	payload, head := x.event(a.find(r.Method, rest), &caller{authorizer: claims}, read)
	if head == nil {
		t.Error("there is no head for a trace")
	}
	var e map[string]any
	if err := json.Unmarshal(payload, &e); err != nil {
		t.Fatal(err)
	}
	headers, _ := e["headers"].(map[string]any)
	lists, _ := e["multiValueHeaders"].(map[string]any)
	name := map[bool]string{true: "X-Forwarded-For", false: "x-forwarded-for"}[lists != nil]
	if got := headers[name]; got != "198.51.100.1, 192.0.2.33" && got != "198.51.100.1,192.0.2.33" {
		t.Errorf("%s = %v", name, got)
	}
	if lists != nil && (!reflect.DeepEqual(lists["X-List"], []any{"1", "2"}) || headers["X-List"] != "2" || headers["Host"] != a.Domain()) {
		t.Errorf("headers = %v, lists %v", headers, lists)
	}
	return e
}

// What is no text and no binary type arrives with its bytes lost, as on AWS.
func TestBytesThatAreNoText(t *testing.T) {
	t.Parallel()
	a := newAPI(REST)
	a.Binary = template.TextsOf("image/png")
	if e := eventOf(t, a, "/prod/x", "a\xff", nil); e["body"] != "a\uFFFD" || e["isBase64Encoded"] != false {
		t.Errorf("body = %v, %v", e["body"], e["isBase64Encoded"])
	}
	if e := eventOf(t, a, "/prod/x", "", nil); e["body"] != nil {
		t.Errorf("no body = %v, want null", e["body"])
	}
}
