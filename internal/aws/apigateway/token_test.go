package apigateway

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/streamfront/streamfront/internal/template"
)

// A maker makes tokens, and serves the documents of their issuer.
type maker struct {
	*httptest.Server
	key *rsa.PrivateKey
}

func newMaker(t *testing.T) *maker {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{key: key}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			_ = json.NewEncoder(w).Encode(map[string]string{"jwks_uri": m.URL + "/keys"})
		case "/keys":
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "k", Algorithm: "RS256"}}})
		}
	}))
	t.Cleanup(m.Close)
	return m
}

// token makes a token that is good but for the changes.
func (m *maker) token(t *testing.T, kid string, changes map[string]any) string {
	t.Helper()
	claims := map[string]any{"iss": m.URL, "sub": "user-1", "exp": clock.Add(time.Minute).Unix(), "iat": clock.Unix()}
	maps.Copy(claims, changes)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: m.key, KeyID: kid}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestJWTAuthorizer(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	a := with(HTTP, "GET /pets", "GET /scoped")
	for _, o := range a.Operations {
		o.Authorization = template.Of("JWT")
		o.Authorizer = &Authorizer{Header: "Authorization", Issuers: []string{m.URL}, Audience: []string{"app", "other"}, Log: &template.Log{}}
	}
	a.Operations[1].Scopes = template.TextsOf("read", "write")
	s := serve(t, a, nil)
	const no = `{"message":"Unauthorized"}`
	good := map[string]any{"aud": "app", "scope": "read more", "groups": []string{"a", "b"}}
	changed := func(name string, value any) map[string]any {
		c := maps.Clone(good)
		c[name] = value
		return c
	}
	for name, test := range map[string]struct {
		path, header string
		status       int
		body, cause  string
	}{
		"no token":           {"/pets", "", 401, no, "token-required"},
		"no JWT":             {"/pets", "Bearer x", 401, no, "token-malformed"},
		"good":               {"/pets", "Bearer " + m.token(t, "k", good), 200, "", ""},
		"good, no scheme":    {"/pets", m.token(t, "k", good), 200, "", ""},
		"a client's":         {"/pets", "Bearer " + m.token(t, "k", map[string]any{"client_id": "app"}), 200, "", ""},
		"another audience":   {"/pets", "Bearer " + m.token(t, "k", changed("aud", []string{"x"})), 401, no, "token-audience"},
		"no audience":        {"/pets", "Bearer " + m.token(t, "k", nil), 401, no, "token-audience"},
		"another issuer":     {"/pets", "Bearer " + m.token(t, "k", changed("iss", "https://evil.example")), 401, no, "token-issuer"},
		"another key":        {"/pets", "Bearer " + m.token(t, "else", good), 401, no, "token-key-unknown"},
		"expired":            {"/pets", "Bearer " + m.token(t, "k", changed("exp", clock.Unix())), 401, no, "token-time"},
		"without an end":     {"/pets", "Bearer " + m.token(t, "k", changed("exp", nil)), 401, no, "token-time"},
		"not yet":            {"/pets", "Bearer " + m.token(t, "k", changed("nbf", clock.Add(time.Second).Unix())), 401, no, "token-time"},
		"of the future":      {"/pets", "Bearer " + m.token(t, "k", changed("iat", clock.Add(time.Second).Unix())), 401, no, "token-time"},
		"changed":            {"/pets", "Bearer " + tampered(m.token(t, "k", good)), 401, no, "token-signature"},
		"a scope":            {"/scoped", "Bearer " + m.token(t, "k", good), 200, "", ""},
		"scopes of others":   {"/scoped", "Bearer " + m.token(t, "k", changed("scope", "more")), 403, `{"message":"Forbidden"}`, "token-scope"},
		"scopes as in Azure": {"/scoped", "Bearer " + m.token(t, "k", map[string]any{"aud": "app", "scp": "write"}), 200, "", ""},
	} {
		r := s.request(t, "GET", test.path, "", nil)
		if test.header != "" {
			r.Header.Set("Authorization", test.header)
		}
		resp, body, record := s.send(t, r)
		if resp.StatusCode != test.status || test.body != "" && body != test.body || test.status != 200 && record.Cause() != test.cause {
			t.Errorf("%s: %d %s %q, want %d %s %q", name, resp.StatusCode, body, record.Cause(), test.status, test.body, test.cause)
		}
		if name == "good" && !strings.Contains(body, `"groups":"[a b]"`) {
			t.Errorf("the event has no claims as API Gateway writes them: %s", body)
		}
		if name == "a scope" && !strings.Contains(body, `"scopes":["read"]`) {
			t.Errorf("the event has other scopes: %s", body)
		}
	}
}

// tampered is a token with another claim under the same signature.
func tampered(token string) string {
	parts := strings.Split(token, ".")
	last := parts[2][:len(parts[2])-6]
	return parts[0] + "." + parts[1] + "." + last + "AAAAAA"
}

func TestUserPoolAuthorizer(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	a := with(REST, "GET /pets", "GET /scoped")
	for _, o := range a.Operations {
		o.Authorization = template.Of("COGNITO_USER_POOLS")
		o.Authorizer = &Authorizer{Header: "Authorization", Issuers: []string{m.URL}, Log: &template.Log{}}
	}
	a.Operations[1].Scopes = template.TextsOf("api/read")
	s := serve(t, a, nil)
	id := map[string]any{"token_use": "id", "cognito:groups": []string{"a", "b"}, "email_verified": true}
	access := map[string]any{"token_use": "access", "scope": "api/read"}
	const no = `{"message":"Unauthorized"}`
	for name, test := range map[string]struct {
		path   string
		claims map[string]any
		status int
		body   string
		cause  string
	}{
		"an ID token":             {"/pets", id, 200, "", ""},
		"an access token":         {"/pets", access, 401, no, "token-use"},
		"an access token, scoped": {"/scoped", access, 200, "", ""},
		"an ID token, scoped":     {"/scoped", id, 401, no, "token-use"},
		"another scope":           {"/scoped", map[string]any{"token_use": "access", "scope": "api/write"}, 401, no, "token-scope"},
		"expired":                 {"/pets", map[string]any{"token_use": "id", "exp": clock.Unix()}, 401, `{"message":"The incoming token has expired"}`, "token-time"},
		"another pool":            {"/pets", map[string]any{"token_use": "id", "iss": m.URL + "/x"}, 401, no, "token-issuer"},
	} {
		r := s.request(t, "GET", "/prod"+test.path, "", nil)
		r.Header.Set("Authorization", "Bearer "+m.token(t, "k", test.claims))
		resp, body, record := s.send(t, r)
		if resp.StatusCode != test.status || test.body != "" && body != test.body || test.status != 200 && record.Cause() != test.cause {
			t.Errorf("%s: %d %s %q, want %d %s %q", name, resp.StatusCode, body, record.Cause(), test.status, test.body, test.cause)
		}
		if name == "an ID token" && !strings.Contains(body, `"cognito:groups":"a,b"`) {
			t.Errorf("the event has no claims as API Gateway writes them: %s", body)
		}
	}
}

// An issuer that does not answer lets nobody in.
func TestIssuerThatIsAway(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	token := m.token(t, "k", nil)
	away := &issuer{url: m.URL, client: http.DefaultClient}
	m.Close()
	if _, err := verify(t.Context(), token, []*issuer{away}, clock); causeOf(err) != "issuer-unavailable" {
		t.Errorf("error = %v", err)
	}
}
