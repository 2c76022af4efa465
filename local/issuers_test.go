package local_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/authorizer"
	"github.com/streamfront/streamfront/functions/signer"
	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/local"
)

// withPool is the fixture behind an authorizer of a user pool, which has a client for pages
// and one for programs.
func withPool() *fixture {
	f := newFixture()
	ref := func(id string) object { return object{"Ref": id} }
	provider := object{"Fn::Sub": "https://${Pool.ProviderName}"}
	resources := f.at("Resources")
	add := func(id, typ string, properties object) {
		resources[id] = object{"Type": "AWS::Cognito::" + typ, "Properties": properties}
	}
	add("Pool", "UserPool", object{"UserPoolName": "pool"})
	add("Domain", "UserPoolDomain", object{"Domain": "chat-test", "UserPoolId": ref("Pool")})
	add("Page", "UserPoolClient", object{
		"UserPoolId": ref("Pool"), "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []any{"code"},
		"AllowedOAuthScopes": []any{"openid", "email"}, "AccessTokenValidity": 5.0, "TokenValidityUnits": object{"AccessToken": "minutes"},
		"CallbackURLs": []any{"http://localhost:8080/", "https://chat.example.com/app"}, "LogoutURLs": []any{"http://localhost:8080/"},
	})
	add("Program", "UserPoolClient", object{
		"UserPoolId": ref("Pool"), "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []any{"client_credentials"},
		"AllowedOAuthScopes": []any{"chat/write"}, "GenerateSecret": true,
	})
	f.properties("Signer")["Code"] = object{"ZipFile": authorizer.Signing}
	f.properties("Function")["Environment"] = object{"Variables": object{
		"ISSUER": provider, "LOGIN_URL": object{"Fn::Sub": "https://${Domain}.auth.${AWS::Region}.amazoncognito.com"},
	}}
	distribution := f.properties("Distribution")["DistributionConfig"].(object)
	distribution["Origins"].([]any)[0].(object)["OriginCustomHeaders"] = []any{
		object{"HeaderName": "x-streamfront-jwt-issuer", "HeaderValue": provider},
		object{"HeaderName": "x-streamfront-jwt-audience", "HeaderValue": object{"Fn::Sub": "${Page} ${Program}"}},
		object{"HeaderName": "x-streamfront-jwt-token-use", "HeaderValue": "access"},
	}
	f.template["Outputs"] = object{
		"Page": object{"Value": ref("Page")}, "Login": object{"Value": object{"Fn::Sub": "https://${Domain}.auth.${AWS::Region}.amazoncognito.com"}},
		// What nobody but a test would put here.
		"ClientIds": object{"Value": object{"Fn::Sub": "https://${Domain}.auth.${AWS::Region}.amazoncognito.com ${Page} ${Program} ${Program.ClientSecret}"}},
	}
	return f
}

// A signIn is a browser at the managed login.
type signIn struct {
	t       *testing.T
	pool    local.UserPool
	client  string
	browser *http.Client
}

func newSignIn(t *testing.T, chain *local.Chain) (s *signIn, program, secret string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s = &signIn{t: t, pool: chain.UserPools()[0], browser: &http.Client{
		Timeout: patience, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	for _, o := range chain.Outputs() {
		if o.Name == "Site.ClientIds" {
			var login string
			if _, err := fmt.Sscan(o.Value, &login, &s.client, &program, &secret); err != nil || login != s.pool.URL {
				t.Fatalf("outputs %q: %v, want the managed login at %s", o.Value, err, s.pool.URL)
			}
		}
	}
	return s, program, secret
}

const verifier = "a-verifier-of-43-characters-or-more-as-rfc-7636-has-it"

func (s *signIn) query(more ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {s.client}, "response_type": {"code"}, "redirect_uri": {"http://localhost:8080/"}, "scope": {"openid email"}, "state": {"a state"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}, "nonce": {"n"},
	}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return q
}

// visit returns the answer's location and page.
func (s *signIn) visit(path string, q, form url.Values) (status int, location *url.URL, page string) {
	s.t.Helper()
	address := s.pool.URL + path + "?" + q.Encode()
	var resp *http.Response
	var err error
	if form == nil {
		resp, err = s.browser.Get(address)
	} else {
		resp, err = s.browser.PostForm(address, form)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	location, err = resp.Location()
	if err != nil && !errors.Is(err, http.ErrNoLocation) {
		s.t.Fatal(err)
	}
	return resp.StatusCode, location, string(body)
}

type tokens struct {
	Access  string `json:"access_token"`
	ID      string `json:"id_token"`
	Refresh string `json:"refresh_token"`
	Expires int    `json:"expires_in"`
	Error   string `json:"error"`
}

func (s *signIn) tokens(secret string, form ...string) (status int, got tokens) {
	s.t.Helper()
	values := url.Values{"client_id": {s.client}, "redirect_uri": {"http://localhost:8080/"}, "code_verifier": {verifier}}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	if secret != "" {
		values.Set("client_secret", secret)
	}
	resp, err := s.browser.PostForm(s.pool.URL+"/oauth2/token", values)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Access-Control-Allow-Origin") != "*" {
		s.t.Error("no page may read the tokens")
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, got
}

// code signs in and returns the code.
func (s *signIn) code() string {
	s.t.Helper()
	status, location, page := s.visit("/login", s.query(), url.Values{"username": {"alice@example.com"}})
	if status != http.StatusFound || location.Host != "localhost:8080" || location.Query().Get("state") != "a state" {
		s.t.Fatalf("signing in: %d to %v: %s", status, location, page)
	}
	return location.Query().Get("code")
}

func claimsOf(t *testing.T, token string) (claims map[string]any) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// From the sign-in to the claims in the function, with the deployed code of the edge, which
// asks Cognito by its own address.
func TestUserPool(t *testing.T) {
	t.Parallel()
	chain := withPool().start(t, local.Options{})
	s, _, _ := newSignIn(t, chain)

	status, _, page := s.visit("/oauth2/authorize", s.query(), nil)
	if status != http.StatusOK || !strings.Contains(page, "Continue as alice@example.com") {
		t.Fatalf("the login page: %d %s", status, page)
	}
	if want := `action="/login?` + s.query().Encode() + `"`; !strings.Contains(html.UnescapeString(page), want) {
		t.Errorf("the form leads elsewhere than to %s: %s", want, page)
	}
	status, got := s.tokens("", "grant_type", "authorization_code", "code", s.code())
	if status != http.StatusOK || got.Expires != 300 {
		t.Fatalf("tokens: %d %+v", status, got)
	}
	access, id := claimsOf(t, got.Access), claimsOf(t, got.ID)
	if access["token_use"] != "access" || access["client_id"] != s.client || access["scope"] != "openid email" || access["aud"] != nil || access["iss"] != s.pool.Issuer {
		t.Errorf("access token: %v", access)
	}
	if id["token_use"] != "id" || id["aud"] != s.client || id["email"] != "alice@example.com" || id["nonce"] != "n" || id["sub"] != access["sub"] {
		t.Errorf("ID token: %v", id)
	}

	resp, body := send(t, "POST", chain.URL()+"/claims", "x", "Authorization", "Bearer "+got.Access, "X-Streamfront-Claims", "e30")
	var seen map[string]any
	if err := json.Unmarshal([]byte(body), &seen); err != nil || seen["sub"] != access["sub"] || resp.StatusCode != http.StatusOK {
		t.Errorf("the function sees: %d %s", resp.StatusCode, body)
	}
	for name, token := range map[string]string{"none": "", "ID token": got.ID, "garbage": "x.y.z"} {
		header := []string{}
		if token != "" {
			header = []string{"Authorization", "Bearer " + token}
		}
		if resp, body := send(t, "GET", chain.URL()+"/claims", "", header...); resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d %s, want 401", name, resp.StatusCode, body)
		}
	}
	if runtime.GOOS == "linux" { // elsewhere Go does not read SSL_CERT_FILE
		_, body = send(t, "GET", chain.URL()+"/keys", "", "Authorization", "Bearer "+got.Access)
		if !strings.HasPrefix(body, s.pool.URL+"\n") || !strings.Contains(body, `"kty":"RSA"`) {
			t.Errorf("the function finds neither keys nor login: %s", body)
		}
	}

	// A new assembly keeps who is signed in, and the keys.
	if err := chain.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if resp, body := send(t, "GET", chain.URL()+"/claims", "", "Authorization", "Bearer "+got.Access); resp.StatusCode != http.StatusOK {
		t.Errorf("after a reload: %d %s", resp.StatusCode, body)
	}
	status, got = s.tokens("", "grant_type", "refresh_token", "refresh_token", got.Refresh)
	if status != http.StatusOK || got.Access == "" || got.Refresh != "" {
		t.Errorf("refresh: %d %+v", status, got)
	}
}

// What the pool refuses, in the words of RFC 6749.
func TestUserPoolRefuses(t *testing.T) {
	t.Parallel()
	chain := withPool().start(t, local.Options{})
	s, program, secret := newSignIn(t, chain)
	for name, test := range map[string]struct {
		query url.Values
		page  string // shown here; "": the client is told
		code  string
	}{
		"unknown client":     {s.query("client_id", "x"), "not one of this pool", ""},
		"foreign redirect":   {s.query("redirect_uri", "https://attacker.example.com/"), "not among the client", ""},
		"loopback, path":     {s.query("redirect_uri", "http://localhost:8080/other"), "not among the client", ""},
		"loopback lookalike": {s.query("redirect_uri", "http://localhost.attacker.example/"), "not among the client", ""},
		"token":              {s.query("response_type", "token"), "", "unsupported_response_type"},
		"scope":              {s.query("scope", "openid admin"), "", "invalid_scope"},
		"plain PKCE":         {s.query("code_challenge_method", "plain"), "", "invalid_request"},
		"nobody signed in":   {s.query("prompt", "none"), "", "login_required"},
		"client of programs": {s.query("client_id", program, "redirect_uri", "http://localhost:8080/"), "not among the client", ""},
	} {
		status, location, page := s.visit("/oauth2/authorize", test.query, nil)
		if test.page != "" && (status != http.StatusBadRequest || !strings.Contains(page, test.page)) {
			t.Errorf("%s: %d %s", name, status, page)
		}
		if test.code != "" && (location == nil || location.Query().Get("error") != test.code || location.Query().Get("state") != "a state") {
			t.Errorf("%s: %d to %v, want %s", name, status, location, test.code)
		}
	}
	// Another port of this machine is good (RFC 8252, 7.3).
	if status, _, page := s.visit("/oauth2/authorize", s.query("redirect_uri", "http://127.0.0.1:1234/"), nil); status != http.StatusOK {
		t.Errorf("another port: %d %s", status, page)
	}

	code := s.code()
	for name, form := range map[string][]string{
		"another verifier": {"grant_type", "authorization_code", "code", s.code(), "code_verifier", "other"},
		"another redirect": {"grant_type", "authorization_code", "code", s.code(), "redirect_uri", "http://localhost:8080/x"},
		"no code":          {"grant_type", "authorization_code"},
		"made-up refresh":  {"grant_type", "refresh_token", "refresh_token", "x"},
	} {
		if status, got := s.tokens("", form...); status != http.StatusBadRequest || got.Error != "invalid_grant" {
			t.Errorf("%s: %d %+v", name, status, got)
		}
	}
	if status, _ := s.tokens("", "grant_type", "authorization_code", "code", code); status != http.StatusOK {
		t.Errorf("a good code: %d", status)
	}
	if status, got := s.tokens("", "grant_type", "authorization_code", "code", code); status != http.StatusBadRequest {
		t.Errorf("a code that was used: %d %+v", status, got)
	}
	if status, got := s.tokens("", "grant_type", "client_credentials", "client_id", program); got.Error != "invalid_client" {
		t.Errorf("a program without its secret: %d %+v", status, got)
	}
	status, got := s.tokens(secret, "grant_type", "client_credentials", "client_id", program)
	if status != http.StatusOK || got.ID != "" || claimsOf(t, got.Access)["scope"] != "chat/write" {
		t.Fatalf("client credentials: %d %+v", status, got)
	}
	if resp, body := send(t, "GET", chain.URL()+"/claims", "", "Authorization", "Bearer "+got.Access); resp.StatusCode != http.StatusOK {
		t.Errorf("a program's token: %d %s", resp.StatusCode, body)
	}
}

func TestUserPoolSignOut(t *testing.T) {
	t.Parallel()
	chain := withPool().start(t, local.Options{})
	s, _, _ := newSignIn(t, chain)
	_, got := s.tokens("", "grant_type", "authorization_code", "code", s.code())

	// Who is signed in is not asked again.
	if status, location, _ := s.visit("/oauth2/authorize", s.query(), nil); status != http.StatusFound || location.Query().Get("code") == "" {
		t.Errorf("signed in: %d to %v", status, location)
	}
	if status, _, _ := s.visit("/logout", url.Values{"client_id": {s.client}, "logout_uri": {"https://attacker.example.com/"}}, nil); status != http.StatusBadRequest {
		t.Errorf("sign-out to a foreign address: %d", status)
	}
	status, location, _ := s.visit("/logout", url.Values{"client_id": {s.client}, "logout_uri": {"http://localhost:8080/"}}, nil)
	if status != http.StatusFound || location.String() != "http://localhost:8080/" {
		t.Errorf("sign-out: %d to %v", status, location)
	}
	if status, _, _ := s.visit("/oauth2/authorize", s.query(), nil); status != http.StatusOK {
		t.Errorf("after the sign-out: %d, want the login page", status)
	}
	resp, err := s.browser.PostForm(s.pool.URL+"/oauth2/revoke", url.Values{"client_id": {s.client}, "token": {got.Refresh}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if status, got := s.tokens("", "grant_type", "refresh_token", "refresh_token", got.Refresh); status != http.StatusBadRequest {
		t.Errorf("a revoked token: %d %+v", status, got)
	}
}

// What a refusal names is where the metadata are, by the scheme of this chain: a client follows
// it. Nothing that a viewer sends changes that.
func TestResourceMetadataIsWhereTheRefusalSays(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		f := withPool()
		origin := f.properties("Distribution")["DistributionConfig"].(object)["Origins"].([]any)[0].(object)
		origin["OriginCustomHeaders"] = append(origin["OriginCustomHeaders"].([]any), object{"HeaderName": "x-streamfront-jwt-resource-metadata", "HeaderValue": "edge"})
		chain := f.start(t, local.Options{TLS: secure})
		browser := client
		if secure {
			browser = trusting(t, chain)
		}
		get := func(address string) *http.Response {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"X-Streamfront-Jwt-Scheme", "X-Forwarded-Proto", "CloudFront-Forwarded-Proto"} {
				request.Header[name] = []string{map[bool]string{false: "https", true: "http"}[secure]}
			}
			resp, err := browser.Do(request)
			if err != nil {
				t.Fatalf("TLS %v: %v", secure, err)
			}
			t.Cleanup(func() { _ = resp.Body.Close() })
			return resp
		}
		refused := get(chain.URL() + "/claims")
		_, rest, _ := strings.Cut(refused.Header.Get("WWW-Authenticate"), `resource_metadata="`)
		address, _, found := strings.Cut(rest, `"`)
		if refused.StatusCode != http.StatusUnauthorized || !found {
			t.Fatalf("TLS %v: %d %v", secure, refused.StatusCode, refused.Header)
		}
		answer := get(address)
		var metadata struct {
			Resource string   `json:"resource"`
			Issuers  []string `json:"authorization_servers"`
		}
		if err := json.NewDecoder(answer.Body).Decode(&metadata); err != nil || metadata.Resource != chain.URL()+"/claims" || len(metadata.Issuers) != 1 || metadata.Issuers[0] != chain.UserPools()[0].Issuer {
			t.Errorf("TLS %v: %s has %+v, %v", secure, address, metadata, err)
		}
	}
}

// Another issuer is reached at an address that the user gives.
func TestIssuerElsewhere(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Host + r.URL.Path
		_, _ = io.WriteString(w, `{"keys": []}`)
	}))
	defer issuer.Close()
	f := withPool()
	distribution := f.properties("Distribution")["DistributionConfig"].(object)
	distribution["Origins"].([]any)[0].(object)["OriginCustomHeaders"] = []any{
		object{"HeaderName": "x-streamfront-jwt-issuer", "HeaderValue": "https://idp.example.com/realm"},
		object{"HeaderName": "x-streamfront-jwt-audience", "HeaderValue": "app"},
		object{"HeaderName": "x-streamfront-jwt-jwks-uri", "HeaderValue": "https://idp.example.com/realm/keys"},
	}
	chain := f.start(t, local.Options{Issuers: map[string]string{"https://idp.example.com/realm": issuer.URL}})
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"x"}`))
	resp, body := send(t, "GET", chain.URL()+"/claims", "", "Authorization", "Bearer "+header+".e30.AA")
	if resp.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "a key that the issuer does not have") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if got := <-asked; got != "idp.example.com/realm/keys" {
		t.Errorf("the issuer was asked for %s", got)
	}
}

func TestIssuersRefuses(t *testing.T) {
	t.Parallel()
	assembly := newFixture().write(t)
	for want, issuers := range map[string]map[string]string{
		`the issuer "http://idp.example.com" is not an https URL`: {"http://idp.example.com": "http://localhost:1"},
		`the address "localhost:1" of the issuer https://idp`:     {"https://idp.example.com": "localhost:1"},
	} {
		chain, err := local.Start(t.Context(), local.Options{Assembly: assembly, Issuers: issuers})
		if err == nil {
			chain.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// Whatever stands at the edge, and however the function answers, a viewer cannot say who it is:
// in no spelling of the header that an application may read as it.
func TestClaimsAreNotTheViewers(t *testing.T) {
	t.Parallel()
	setSigner := func(f *fixture, code string) { f.properties("Signer")["Code"] = object{"ZipFile": code} }
	for name, edge := range map[string]struct {
		change func(*fixture)
		method string
		want   int // 418: the function sees no claims
	}{
		"authorizer, no token":  {func(f *fixture) {}, http.MethodGet, http.StatusUnauthorized},
		"authorizer, preflight": {func(f *fixture) {}, http.MethodOptions, http.StatusTeapot},
		"caller hashes":         {func(f *fixture) { setSigner(f, authorizer.Checking) }, http.MethodOptions, http.StatusTeapot},
		"signer alone":          {func(f *fixture) { setSigner(f, signer.Source) }, http.MethodGet, http.StatusTeapot},
		"no edge function": {func(f *fixture) {
			delete(f.behavior(), "LambdaFunctionAssociations")
			f.properties("Viewer")["FunctionCode"] = viewer.Route{Streamed: true}.Source()
		}, http.MethodGet, http.StatusTeapot},
	} {
		for mode, door := range map[string]string{"RESPONSE_STREAM": "cloudfront", "BUFFERED": "url-buffered"} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				f := withPool()
				f.properties("Url")["InvokeMode"] = mode
				f.properties("Function")["Environment"].(object)["Variables"].(object)["STREAMFRONT_DOORS"] = door
				edge.change(f)
				chain := f.start(t, local.Options{})
				claims := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"forged"}`))
				for _, header := range []string{"x-streamfront-claims", "X-STREAMFRONT-CLAIMS", "x_streamfront_claims", "x-streamfront_claims"} {
					r, err := http.NewRequestWithContext(t.Context(), edge.method, chain.URL()+"/claims", nil)
					if err != nil {
						t.Fatal(err)
					}
					r.Header[header] = []string{claims} // as it is written here
					resp, err := client.Do(r)
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(resp.Body)
					_ = resp.Body.Close()
					if err != nil || resp.StatusCode != edge.want || strings.Contains(string(body), "forged") {
						t.Errorf("%s: %d %s, %v, want %d", header, resp.StatusCode, body, err, edge.want)
					}
				}
			})
		}
	}
}

// The trace shows why a token was refused, and nothing of the token.
func TestTraceOfRefusedTokens(t *testing.T) {
	t.Parallel()
	traces := make(chan local.Trace, 10)
	chain := withPool().start(t, local.Options{Trace: func(trace local.Trace) { traces <- trace }, TraceDetails: true})
	s, _, _ := newSignIn(t, chain)
	_, got := s.tokens("", "grant_type", "authorization_code", "code", s.code())
	for _, test := range []struct{ authorization, cause, words string }{
		{"", "token-required", "401 Unauthorized: a bearer token is required"},
		{"Basic dXNlcjpwYXNz", "token-required", "401 Unauthorized: a bearer token is required"},
		{"Bearer " + got.ID, "token-use", "401 Unauthorized: the token is not one for"},
		{"Bearer " + got.Access[:len(got.Access)-8], "token-signature", "401 Unauthorized: the signature of the token does not hold"},
	} {
		headers := []string{}
		if test.authorization != "" {
			headers = []string{"Authorization", test.authorization}
		}
		send(t, "GET", chain.URL()+"/claims", "", headers...)
		trace := <-traces
		text, err := json.Marshal(trace)
		if err != nil {
			t.Fatal(err)
		}
		if trace.Cause() != test.cause || !strings.Contains(string(text), test.words) {
			t.Errorf("cause %s of %s, want %s and %q", trace.Cause(), text, test.cause, test.words)
		}
		if _, secret, ok := strings.Cut(test.authorization, " "); ok && strings.Contains(string(text), secret[len(secret)-6:]) {
			t.Errorf("the trace shows the token: %s", text)
		}
	}
	// Neither does that of a request which passes show its claims.
	send(t, "GET", chain.URL()+"/claims", "", "Authorization", "Bearer "+got.Access)
	trace := <-traces
	text, err := json.Marshal(trace)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), strings.Split(got.Access, ".")[1][20:60]) {
		t.Errorf("the trace shows the claims: %s", text)
	}
}

// A name that somebody else's DNS leads here gets nothing, as at all listeners.
func TestUserPoolAnswersToItsOwnNames(t *testing.T) {
	t.Parallel()
	chain := withPool().start(t, local.Options{})
	pool := chain.UserPools()[0]
	for host, want := range map[string]int{
		"chat-test.auth.us-east-1.amazoncognito.com": http.StatusOK, "localhost": http.StatusOK,
		"rebound.example.com": http.StatusForbidden, "": http.StatusOK, // the address itself
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, pool.URL+pool.Issuer[strings.LastIndexByte(pool.Issuer, '/'):]+"/.well-known/jwks.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		resp, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("Host %q: %d, want %d", host, resp.StatusCode, want)
		}
	}
}
