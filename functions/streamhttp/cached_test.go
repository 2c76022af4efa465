package streamhttp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

const cachedDoor = "rest-buffered;header.Authorization;header.Accept;path.proxy;querystring.q"

// seen is everything of a request that may shape an answer.
func seen(t *testing.T, door, event string) string {
	t.Helper()
	var e streamhttp.Event
	if err := json.Unmarshal([]byte(event), &e); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	_, err := streamhttp.WrapDoors(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.Header.Del("X-Forwarded-Proto")
		body, _ := io.ReadAll(r.Body)
		text.WriteString(r.Method + " " + r.RequestURI + " " + string(body) + "\n")
		_ = r.Header.Write(&text)
	}))(streamhttp.ContextWithDoors(t.Context(), door), &e)
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// Requests with one cache key are one request for the handler: nobody shapes an answer that
// others get.
func TestCachedRequestsAreTheirKey(t *testing.T) {
	const want = "GET /a/b?q=2 \nAccept: text/plain\r\nAuthorization: Bearer me\r\n"
	event := func(changes ...string) string {
		return strings.NewReplacer(changes...).Replace(`{"resource":"/{proxy+}","path":"/a/b","httpMethod":"GET",` +
			`"headers":{"Accept":"text/plain","Authorization":"Bearer me"},"multiValueHeaders":{"Accept":["text/plain"],"Authorization":["Bearer me"]},` +
			`"queryStringParameters":{"q":"2"},"multiValueQueryStringParameters":{"q":["2"]},"pathParameters":{"proxy":"a/b"},"requestContext":{},"body":null}`)
	}
	for name, hostile := range map[string]string{
		"the request":           event(),
		"repeated parameter":    event(`"q":["2"]`, `"q":["1","2"]`),
		"other parameter":       event(`"q":["2"]`, `"q":["2"],"callback":["evil"]`, `{"q":"2"}`, `{"q":"2","callback":"evil"}`),
		"parameter in capitals": event(`"q":["2"]`, `"q":["2"],"Q":["1"]`, `{"q":"2"}`, `{"q":"2","Q":"1"}`),
		"repeated header":       event(`["text/plain"]`, `["text/html","text/plain"]`),
		"other headers": event(`"Accept":["text/plain"]`, `"accept":["text/plain"],"X-Forwarded-For":["6.6.6.6"],"Origin":["https://evil.example"],"X-HTTP-Method-Override":["DELETE"],"Range":["bytes=0-1"]`,
			`"Accept":"text/plain"`, `"accept":"text/plain","X-Forwarded-For":"6.6.6.6","Origin":"https://evil.example","X-HTTP-Method-Override":"DELETE","Range":"bytes=0-1"`),
		"a body":          event(`"body":null`, `"body":"q=1"`),
		"escaped slash":   event(`"path":"/a/b"`, `"path":"/a%2Fb"`),
		"escaped letter":  event(`"path":"/a/b"`, `"path":"/%61/b"`),
		"slash at end":    event(`"path":"/a/b"`, `"path":"/a/b/"`),
		"slash before":    event(`"path":"/a/b"`, `"path":"//a/b"`),
		"another path":    event(`"path":"/a/b"`, `"path":"/admin"`),
		"no single value": event(`"headers":{"Accept":"text/plain","Authorization":"Bearer me"},`, "", `"queryStringParameters":{"q":"2"},`, ""),
	} {
		if got := seen(t, cachedDoor, hostile); got != want {
			t.Errorf("%s: the handler sees\n%s\nwant\n%s", name, got, want)
		}
	}
	if got := seen(t, cachedDoor, event(`"path":"/a/b"`, `"path":"/v1/a/b"`)); !strings.HasPrefix(got, "GET /v1/a/b?q=2 ") {
		t.Errorf("behind a base path the handler sees %s", got)
	}
	if got := seen(t, cachedDoor, event(`"httpMethod":"GET"`, `"httpMethod":"POST"`, `"body":null`, `"body":"x"`, `"q":["2"]`, `"q":["1","2"]`)); !strings.HasPrefix(got, "POST /a/b?q=1&q=2 x\n") {
		t.Errorf("of what is not cached the handler sees %s", got)
	}
}

// What comes with a preflight has passed no authorizer.
func TestPreflightsHaveNoAuthorization(t *testing.T) {
	rest := `{"resource":"/","path":"/","httpMethod":"METHOD","headers":{"authorization":"Bearer forged"},"multiValueHeaders":{"authorization":["Bearer forged"]},"requestContext":{AUTHORIZER}}`
	api := `{"version":"2.0","rawPath":"/","headers":{"authorization":"Bearer forged"},"requestContext":{AUTHORIZER"domainName":"a.execute-api.eu-west-1.amazonaws.com","http":{"method":"METHOD","path":"/"}}}`
	for name, test := range map[string]struct {
		event, method, authorizer string
		want                      bool
	}{
		"REST API":                  {rest, "OPTIONS", "", false},
		"REST API, null":            {rest, "OPTIONS", `"authorizer":null`, false},
		"REST API, authorized":      {rest, "OPTIONS", `"authorizer":{"claims":{}}`, true},
		"REST API, other method":    {rest, "GET", "", true},
		"HTTP API":                  {api, "OPTIONS", "", false},
		"HTTP API, authorized":      {api, "OPTIONS", `"authorizer":{"jwt":{}},`, true},
		"HTTP API, other method":    {api, "POST", "", true},
		"HTTP API, 1.0":             {strings.Replace(rest, "{", `{"version":"1.0",`, 1), "OPTIONS", "", false},
		"HTTP API, 1.0, authorized": {strings.Replace(rest, "{", `{"version":"1.0",`, 1), "OPTIONS", `"authorizer":{"lambda":{}}`, true},
	} {
		got := seen(t, "", strings.NewReplacer("METHOD", test.method, "AUTHORIZER", test.authorizer).Replace(test.event))
		if strings.Contains(got, "forged") != test.want {
			t.Errorf("%s: the handler sees %s", name, got)
		}
	}
}
