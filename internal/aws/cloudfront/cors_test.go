package cloudfront

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/trace"
)

// Documented: the table of origins in "Understand response headers policies".
func TestOriginsOfCORS(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		allowed  string
		matches  string // origins, by spaces
		excludes string
	}{
		{"*", "http://a.example https://b.example:8443 null", ""},
		{"https://www.example.org", "https://www.example.org HTTPS://WWW.Example.org", "http://www.example.org https://www.example.org:8443 https://example.org null"},
		{"http://*.example.org", "http://www.example.org http://a.b.example.org", "https://www.example.org http://example.org http://www.example.org:123 http://wwwexample.org http://www.example.org.evil"},
		{"*.example.org", "http://www.example.org https://www.example.org", "https://example.org https://www.example.com"},
		{"example.org", "http://example.org https://example.org", "https://www.example.org https://notexample.org https://example.org:123"},
		{"http://example.org:*", "http://example.org:123 http://example.org", "https://example.org:123"},
		{"http://example.org:1*3", "http://example.org:123 http://example.org:1893 http://example.org:13", "http://example.org:12 http://example.org"},
		{"http://localhost:3000", "http://localhost:3000", "http://localhost:3001 http://localhost"},
		{"http://[::1]:3000", "http://[::1]:3000", "http://[::1] http://[::2]:3000"},
	} {
		c := CORS{Given: true, Origins: []string{"https://other.example", test.allowed}}
		for _, origin := range strings.Fields(test.matches) {
			if !c.allows(origin) {
				t.Errorf("%s does not allow %s", test.allowed, origin)
			}
		}
		for _, origin := range strings.Fields(test.excludes) {
			if c.allows(origin) {
				t.Errorf("%s allows %s", test.allowed, origin)
			}
		}
	}
}

func TestCORSOfPolicies(t *testing.T) {
	t.Parallel()
	const page, stranger = "https://app.example.com", "https://evil.example"
	one := CORS{
		Given: true, Origins: []string{page}, Methods: []string{"GET", "POST"}, Headers: []string{"Authorization", "Content-Type"},
		Exposed: []string{"X-Id"}, MaxAge: "600", Credentials: true,
	}
	replaced := one
	replaced.Override = true
	full := "Access-Control-Allow-Credentials: true|Access-Control-Allow-Headers: Authorization, Content-Type|Access-Control-Allow-Methods: GET, POST|" +
		"Access-Control-Allow-Origin: " + page + "|Access-Control-Expose-Headers: X-Id|Access-Control-Max-Age: 600"
	simple := "Access-Control-Allow-Credentials: true|Access-Control-Allow-Origin: " + page + "|Access-Control-Expose-Headers: X-Id"
	preflight := http.Header{"Origin": {page}, "Access-Control-Request-Method": {"POST"}}
	managed := func(id string) CORS { return managedResponseHeadersPolicies[id].CORS }
	for name, test := range map[string]struct {
		cors     CORS
		method   string
		request  http.Header
		status   int
		response http.Header // of the origin
		want     string
		decision string // in the trace
	}{
		"a preflight":                      {one, "OPTIONS", preflight, 204, nil, full, "CORS: allowed for " + page},
		"that the origin refuses":          {one, "OPTIONS", preflight, 403, nil, full, "CORS: the origin answered the preflight with 403, which browsers refuse whatever its headers: CloudFront answers no preflight itself"},
		"OPTIONS without a method":         {one, "OPTIONS", http.Header{"Origin": {page}}, 200, nil, simple, "CORS: allowed for " + page},
		"a request":                        {one, "GET", http.Header{"Origin": {page}}, 200, nil, simple, "CORS: allowed for " + page},
		"an error":                         {one, "POST", http.Header{"Origin": {page}}, 500, nil, simple, "CORS: allowed for " + page},
		"of the same origin":               {one, "GET", nil, 200, nil, "", ""},
		"of a stranger":                    {one, "GET", http.Header{"Origin": {stranger}}, 200, nil, "", "CORS: " + stranger + " is not among the policy's origins"},
		"a stranger's preflight":           {one, "OPTIONS", http.Header{"Origin": {stranger}, "Access-Control-Request-Method": {"PUT"}}, 200, nil, "", "CORS: " + stranger + " is not among the policy's origins"},
		"the origin's own headers stand":   {one, "GET", http.Header{"Origin": {page}}, 200, http.Header{"Access-Control-Allow-Origin": {"*"}}, "Access-Control-Allow-Origin: *", "CORS: allowed for *"},
		"also one that the policy has not": {CORS{Given: true, Origins: []string{"*"}}, "GET", http.Header{"Origin": {page}}, 200, http.Header{"Access-Control-Max-Age": {"5"}}, "Access-Control-Max-Age: 5", "CORS: the origin's own headers stand, without Access-Control-Allow-Origin"},
		"the origin's are replaced":        {replaced, "GET", http.Header{"Origin": {page}}, 200, http.Header{"Access-Control-Allow-Origin": {"*"}, "Access-Control-Max-Age": {"5"}}, simple + "|Access-Control-Max-Age: 5", "CORS: allowed for " + page},
		"and taken from a stranger":        {replaced, "GET", http.Header{"Origin": {stranger}}, 200, http.Header{"Access-Control-Allow-Origin": {"*"}}, "", "CORS: " + stranger + " is not among the policy's origins"},
		"SimpleCORS":                       {managed("60669652-455b-4ae9-85a4-c4c02393f86c"), "GET", http.Header{"Origin": {page}}, 200, nil, "Access-Control-Allow-Origin: *", "CORS: allowed for *"},
		"SimpleCORS and a preflight":       {managed("e61eb60c-9c35-4d20-a928-2b84e02af89c"), "OPTIONS", preflight, 200, nil, "Access-Control-Allow-Origin: *", "CORS: allowed for *"},
		"CORS-With-Preflight": {
			managed("5cc3b908-e619-4b99-88e5-2cf7f45965bd"), "OPTIONS", preflight, 200, nil,
			"Access-Control-Allow-Methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT|Access-Control-Allow-Origin: *|Access-Control-Expose-Headers: *", "CORS: allowed for *",
		},
		"CORS-with-preflight-and-SecurityHeadersPolicy": {
			managed("eaab4381-ed33-4a86-88ca-d9558dc6cd63"), "GET",
			http.Header{"Origin": {page}},
			200, nil,
			"Access-Control-Allow-Origin: *|Access-Control-Expose-Headers: *", "CORS: allowed for *",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBehavior()
			b.ResponseHeaders = &ResponseHeadersPolicy{CORS: test.cors}
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				return answer(r, test.status, test.response.Clone(), strings.NewReader("")), nil
			}, b)
			r := s.request(t, test.method, "/", nil)
			maps.Copy(r.Header, test.request)
			resp, _, record := s.send(t, r)
			var got []string
			for _, name := range corsHeaders {
				for _, value := range resp.Header.Values(name) {
					got = append(got, name+": "+value)
				}
			}
			if resp.StatusCode != test.status || strings.Join(got, "|") != test.want {
				t.Errorf("answer = %d with\n%s\nwant %d with\n%s", resp.StatusCode, strings.Join(got, "\n"), test.status, strings.ReplaceAll(test.want, "|", "\n"))
			}
			if said := decisionOf(record, "response headers"); said != test.decision {
				t.Errorf("the trace says %q, want %q", said, test.decision)
			}
		})
	}
}

func decisionOf(r trace.Request, name string) string {
	for _, hop := range r.Hops {
		if hop.Name == name {
			return hop.Decision
		}
	}
	return ""
}
