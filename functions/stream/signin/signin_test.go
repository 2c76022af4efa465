package signin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/stream/page"
	"github.com/streamfront/streamfront/functions/stream/signin"
	"github.com/streamfront/streamfront/functions/streamhttp"
)

func from(variables map[string]string) (*signin.Guard, error) {
	return signin.FromEnvironment(func(name string) string { return variables[name] })
}

func TestFromEnvironment(t *testing.T) {
	t.Parallel()
	const issuer = "https://issuer.example.com"
	for name, test := range map[string]struct {
		variables map[string]string
		page      page.SignIn
		err       string
	}{
		"none":              {nil, page.SignIn{}, ""},
		"API alone":         {map[string]string{"AUTH_ISSUER": issuer, "AUTH_AUDIENCE": "app"}, page.SignIn{}, ""},
		"page":              {map[string]string{"AUTH_ISSUER": issuer, "AUTH_AUDIENCE": "app,web", "AUTH_CLIENT_ID": "web", "AUTH_URL": "https://login.example.com/"}, page.SignIn{ClientID: "web", Issuer: issuer, LoginURL: "https://login.example.com", Audience: "app"}, ""},
		"scope":             {map[string]string{"AUTH_ISSUER": issuer, "AUTH_AUDIENCE": "web", "AUTH_CLIENT_ID": "web", "AUTH_SCOPE": "openid chat"}, page.SignIn{ClientID: "web", Issuer: issuer, Scope: "openid chat"}, ""},
		"origins":           {map[string]string{"AUTH_ISSUER": issuer, "AUTH_AUDIENCE": "web", "AUTH_CLIENT_ID": "web", "AUTH_ISSUER_ORIGINS": "https://a.example, https://b.example:8443"}, page.SignIn{ClientID: "web", Issuer: issuer, IssuerOrigins: "https://a.example https://b.example:8443"}, ""},
		"any origin":        {map[string]string{"AUTH_ISSUER": issuer, "AUTH_AUDIENCE": "web", "AUTH_CLIENT_ID": "web", "AUTH_ISSUER_ORIGINS": "https:"}, page.SignIn{}, `AUTH_ISSUER_ORIGINS is "https:": want https origins`},
		"a path":            {map[string]string{"AUTH_ISSUER": issuer, "AUTH_AUDIENCE": "web", "AUTH_CLIENT_ID": "web", "AUTH_ISSUER_ORIGINS": "https://a.example/"}, page.SignIn{}, "without paths"},
		"a policy":          {map[string]string{"AUTH_ISSUER": issuer, "AUTH_AUDIENCE": "web", "AUTH_CLIENT_ID": "web", "AUTH_ISSUER_ORIGINS": "https://a;script-src"}, page.SignIn{}, "want https origins"},
		"plain HTTP origin": {map[string]string{"AUTH_ISSUER": issuer, "AUTH_AUDIENCE": "web", "AUTH_CLIENT_ID": "web", "AUTH_ISSUER_ORIGINS": "http://localhost:1"}, page.SignIn{}, "want https origins"},
		"origins alone":     {map[string]string{"AUTH_ISSUER_ORIGINS": "https://a.example"}, page.SignIn{}, "AUTH_ISSUER is not"},
		"scope alone":       {map[string]string{"AUTH_SCOPE": "openid"}, page.SignIn{}, "AUTH_ISSUER is not"},
		"no issuer":         {map[string]string{"AUTH_CLIENT_ID": "web"}, page.SignIn{}, "AUTH_ISSUER is not"},
		"no audience":       {map[string]string{"AUTH_ISSUER": issuer}, page.SignIn{}, "Audience is required"},
		"plain HTTP":        {map[string]string{"AUTH_ISSUER": "http://i", "AUTH_AUDIENCE": "app"}, page.SignIn{}, "not an https URL"},
	} {
		guard, err := from(test.variables)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: error %v, want %q", name, err, test.err)
			}
			continue
		}
		if err != nil || guard.Page() != test.page || (guard == nil) != (test.variables == nil) {
			t.Errorf("%s: %+v, %v", name, guard.Page(), err)
		}
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	guard, err := from(map[string]string{"AUTH_ISSUER": "https://issuer.example.com", "AUTH_AUDIENCE": "app"})
	if err != nil {
		t.Fatal(err)
	}
	handler := guard.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for name, test := range map[string]struct {
		claims json.RawMessage
		want   int
	}{"verified at the edge": {json.RawMessage(`{"sub":"a"}`), http.StatusTeapot}, "not verified": {nil, http.StatusUnauthorized}} {
		r := httptest.NewRequestWithContext(streamhttp.ContextWithClaims(t.Context(), test.claims), http.MethodGet, "/", nil)
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != test.want {
			t.Errorf("%s: %d, want %d", name, w.Code, test.want)
		}
	}
}
