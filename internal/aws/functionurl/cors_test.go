package functionurl

import (
	"net/http"
	"slices"
	"testing"

	"github.com/streamfront/streamfront/internal/aws/cors"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

func withCORS(settings cors.Settings) func(*URL, *lambda.Config) {
	settings.Given = true
	return func(u *URL, _ *lambda.Config) { u.CORS = settings }
}

// A preflight is answered by the URL, without a signature, and never reaches the function.
func TestPreflight(t *testing.T) {
	t.Parallel()
	const page = "https://app.example.com"
	for name, test := range map[string]struct {
		cors           cors.Settings
		origin, method string
		want           map[string]string // "": not there
	}{
		"allowed": {
			cors.Settings{
				Origins: template.TextsOf(page), Methods: template.TextsOf("GET", "POST"), Headers: template.TextsOf("Content-Type", "authorization"),
				MaxAge: template.Of(300), Credentials: template.Of(true),
			},
			page, "POST",
			map[string]string{
				"Access-Control-Allow-Origin": page, "Access-Control-Allow-Methods": "GET,POST", "Access-Control-Allow-Headers": "content-type,authorization",
				"Access-Control-Max-Age": "300", "Access-Control-Allow-Credentials": "true", "Vary": "Origin",
			},
		},
		"any": {
			cors.Settings{Origins: template.TextsOf("*"), Methods: template.TextsOf("*")},
			page, "DELETE",
			map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "*", "Access-Control-Max-Age": "", "Access-Control-Allow-Credentials": ""},
		},
		"another origin": {cors.Settings{Origins: template.TextsOf(page), Methods: template.TextsOf("*")}, "https://evil.example.com", "POST", map[string]string{"Access-Control-Allow-Origin": ""}},
		"another method": {cors.Settings{Origins: template.TextsOf(page), Methods: template.TextsOf("GET")}, page, "POST", map[string]string{"Access-Control-Allow-Origin": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, withCORS(test.cors))
			r := s.request(t, "OPTIONS", "/echo", "", nil)
			r.Header.Set("Origin", test.origin)
			r.Header.Set("Access-Control-Request-Method", test.method)
			resp, body, record := s.send(t, r)
			if resp.StatusCode != 200 || body != "" || len(record.Hops) != 1 {
				t.Errorf("%d %q after %d hops, want an answer of the URL", resp.StatusCode, body, len(record.Hops))
			}
			for header, want := range test.want {
				if got := resp.Header.Get(header); got != want {
					t.Errorf("%s = %q, want %q", header, got, want)
				}
			}
		})
	}
}

// Other answers have the URL's headers beside the function's own, also those that refuse.
func TestHeadersOfCORS(t *testing.T) {
	t.Parallel()
	const page = "https://app.example.com"
	s := serve(t, withCORS(cors.Settings{Origins: template.TextsOf(page), Methods: template.TextsOf("*"), Exposed: template.TextsOf("X-Id")}))
	for name, test := range map[string]struct {
		origin   string
		unsigned bool
		status   int
		want     []string
	}{
		"signed":          {page, false, 200, []string{page}},
		"unsigned":        {page, true, 403, []string{page}},
		"another origin":  {"https://evil.example.com", false, 200, nil},
		"not from a page": {"", false, 200, nil},
	} {
		r := s.request(t, "GET", "/echo", "", nil)
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		if !test.unsigned {
			s.sign(t, r, nil)
		}
		resp, _, _ := s.send(t, r)
		if got := resp.Header.Values("Access-Control-Allow-Origin"); resp.StatusCode != test.status || !slices.Equal(got, test.want) {
			t.Errorf("%s: %d, Access-Control-Allow-Origin %q, want %d %q", name, resp.StatusCode, got, test.status, test.want)
		}
		if got := resp.Header.Get("Access-Control-Expose-Headers"); (got == "x-id") != (test.want != nil) {
			t.Errorf("%s: Access-Control-Expose-Headers %q", name, got)
		}
	}
	// Without the configuration an OPTIONS is the function's own, and needs its signature.
	bare := serve(t, nil)
	r := bare.request(t, "OPTIONS", "/echo", "", nil)
	r.Header.Set("Origin", page)
	r.Header.Set("Access-Control-Request-Method", "POST")
	if resp, _, _ := bare.send(t, r); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a preflight of a URL without CORS: %d, want 403", resp.StatusCode)
	}
}
