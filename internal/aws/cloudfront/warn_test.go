package cloudfront

import (
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/causes"
)

// What is passed on and will not do has its cause in the trace; the viewer gets it all the
// same, as from CloudFront.
func TestWarnings(t *testing.T) {
	t.Parallel()
	const session = "Mcp-Session-Id"
	for name, test := range map[string]struct {
		request http.Header
		status  int
		answer  http.Header
		want    causes.ID
	}{
		"redirect to the function URL":      {nil, 307, http.Header{"Location": {"https://" + domain + "/docs/"}}, causes.LocationFunctionURL},
		"by http, with a port, in capitals": {nil, 302, http.Header{"Location": {"http://" + strings.ToUpper(domain) + ":80/"}}, causes.LocationFunctionURL},
		"without a scheme":                  {nil, 301, http.Header{"Location": {"//" + domain + "/"}}, causes.LocationFunctionURL},
		"redirect to a path":                {nil, 307, http.Header{"Location": {"/docs/"}}, ""},
		"redirect to the viewer's host":     {nil, 307, http.Header{"Location": {"https://d1.cloudfront.net/docs/"}}, ""},
		"a name in the query":               {nil, 302, http.Header{"Location": {"https://login.example/?next=https://" + domain}}, ""},
		"a Location that is not a URL":      {nil, 302, http.Header{"Location": {"%zz"}}, ""},
		"MCP session begins":                {nil, 200, http.Header{session: {"1"}}, causes.MCPSessionLost},
		"MCP session is not known":          {http.Header{session: {"1"}}, 404, nil, causes.MCPSessionLost},
		"MCP session without its server":    {http.Header{session: {"1"}}, 400, nil, causes.MCPSessionLost},
		"MCP session goes on":               {http.Header{session: {"1"}}, 200, http.Header{session: {"1"}}, ""},
		"404 of anything else":              {nil, 404, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				return answer(r, test.status, test.answer.Clone(), strings.NewReader("body")), nil
			})
			r := s.request(t, "GET", "/mcp", nil)
			for name, values := range test.request {
				r.Header[name] = values
			}
			resp, body, got := s.send(t, r)
			if resp.StatusCode != test.status || body != "body" || resp.Header.Get("Location") != test.answer.Get("Location") {
				t.Errorf("answer = %d %q to %q, want what the function said", resp.StatusCode, body, resp.Header.Get("Location"))
			}
			if got.Cause() != string(test.want) {
				t.Errorf("cause = %q, want %q", got.Cause(), test.want)
			}
			for _, hop := range got.Hops {
				if hop.Refused {
					t.Errorf("%s refused: %s", hop.Name, hop.Decision)
				}
			}
		})
	}
}
