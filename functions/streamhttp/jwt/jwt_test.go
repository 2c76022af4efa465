package jwt_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamfront/streamfront/functions/streamhttp"
	"github.com/streamfront/streamfront/functions/streamhttp/jwt"
)

// A fakeIssuer answers without a network, and counts.
type fakeIssuer struct {
	mu    sync.Mutex
	asked []string
	set   []byte
	err   error
	named string // the issuer of the discovery document
}

func (f *fakeIssuer) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r.URL.String())
	if f.err != nil {
		return nil, f.err
	}
	text := f.set
	if strings.HasSuffix(r.URL.Path, "openid-configuration") {
		named := f.named
		if named == "" {
			named = issuer
		}
		text = []byte(`{"issuer": "` + named + `", "jwks_uri": "` + issuer + `/keys"}`)
	}
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Body: io.NopCloser(bytes.NewReader(text)), Request: r}, nil
}

func (f *fakeIssuer) answer(set []byte, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set, f.err = set, err
}

func (f *fakeIssuer) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.asked)
}

// A suite is an authorizer with its issuer.
type suite struct {
	t          testing.TB
	keys       testKeys
	issuer     *fakeIssuer
	authorizer *jwt.Authorizer
	seen       *http.Request // by the handler
}

func newSuite(t testing.TB, keys testKeys, test testCase, more ...func(*jwt.Config)) *suite {
	t.Helper()
	s := &suite{t: t, keys: keys, issuer: &fakeIssuer{set: keys.set(t, "rotated")}}
	config := jwt.Config{
		Issuer: issuer, Audience: []string{"app"}, TokenUse: test.Config.TokenUse, Resource: "https://chat.example.com/",
		Client: &http.Client{Transport: s.issuer},
	}
	if test.Config.Audience != nil {
		config.Audience = test.Config.Audience
	}
	for _, set := range more {
		set(&config)
	}
	authorizer, err := jwt.New(config)
	if err != nil {
		t.Fatal(err)
	}
	s.authorizer = authorizer
	return s
}

func (s *suite) send(test testCase, values ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	if values == nil {
		values = s.keys.authorization(s.t, test)
	}
	method := test.Method
	if method == "" {
		method = http.MethodGet
	}
	s.seen = nil
	handler := s.authorizer.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { s.seen = r }), test.Config.Scopes...)
	r := httptest.NewRequestWithContext(s.t.Context(), method, "https://chat.example.com/v1/chat", nil)
	r.Header["Authorization"] = values
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func (s *suite) check(test testCase, w *httptest.ResponseRecorder) {
	s.t.Helper()
	if w.Code != test.Status {
		s.t.Fatalf("status %d, want %d: %s", w.Code, test.Status, w.Body)
	}
	if test.Status == http.StatusOK {
		s.checkPassed(test)
		return
	}
	if s.seen != nil {
		s.t.Error("the handler was called")
	}
	var problem struct {
		Code, Detail string
		Status       int
	}
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || problem.Code != test.Error || problem.Detail != test.Detail || problem.Status != test.Status {
		s.t.Errorf("problem %s, want code %s and detail %q", w.Body, test.Error, test.Detail)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		s.t.Errorf("Content-Type %q", got)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		s.t.Errorf("Cache-Control %q", got)
	}
	challenge := w.Header().Get("WWW-Authenticate")
	if challenge != "" && !wellFormed.MatchString(challenge) {
		s.t.Errorf("WWW-Authenticate %q", challenge)
	}
	switch {
	case test.Status == http.StatusServiceUnavailable:
		if w.Header().Get("Retry-After") != "10" {
			s.t.Error("503 without Retry-After")
		}
	case test.Error == "token_required": // RFC 6750, 3.1: no error code without a token
		if challenge != "Bearer" {
			s.t.Errorf("WWW-Authenticate %q, want Bearer", challenge)
		}
	case !strings.HasPrefix(challenge, `Bearer error="`+test.Error+`", error_description="`),
		test.Error == "insufficient_scope" && !strings.Contains(challenge, `scope="`+strings.Join(test.Config.Scopes, " ")+`"`):
		s.t.Errorf("WWW-Authenticate %q", challenge)
	}
}

// wellFormed is a challenge of RFC 6750, 3: neither quotation marks nor backslashes within.
var wellFormed = regexp.MustCompile(`^Bearer( \w+="[ !#-\[\]-~]+"(, \w+="[ !#-\[\]-~]+")*)?$`)

func (s *suite) checkPassed(test testCase) {
	s.t.Helper()
	if s.seen == nil {
		s.t.Fatal("the handler was not called")
	}
	claims, ok := streamhttp.Claims(s.seen.Context())
	if test.Method == http.MethodOptions {
		if ok || s.seen.Header.Get("Authorization") != "" {
			s.t.Error("what was not verified passes")
		}
		return
	}
	var user struct{ Sub string }
	if err := json.Unmarshal(claims, &user); err != nil || user.Sub != "user-1" {
		s.t.Errorf("claims %q: %v", claims, err)
	}
	if len(s.seen.Header.Values("Authorization")) != 1 {
		s.t.Error("the handler does not get the token")
	}
}

func TestCases(t *testing.T) {
	t.Parallel()
	keys := readKeys(t)
	cases := readCases(t)
	if len(cases) < 164 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, test := range cases {
		t.Run(test.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSuite(t, keys, test)
				switch {
				case test.Withdraw:
					s.issuer.answer(keys.set(t, "rotated", "rsa"), nil)
				case test.Issuer == "down":
					s.issuer.answer(nil, errors.New("connection refused"))
				case test.Issuer == "nonsense":
					s.issuer.answer([]byte(`{"not": "keys"}`), nil)
				case test.Rotate:
					s.check(testCase{Status: http.StatusOK}, s.send(testCase{}))
					s.issuer.answer(keys.set(t), nil)
					time.Sleep(11 * time.Second)
				}
				s.check(test, s.send(test))
			})
		})
	}
}

func TestKeysAreFetchedOnce(t *testing.T) {
	t.Parallel()
	keys := readKeys(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSuite(t, keys, testCase{})
		var wait sync.WaitGroup
		handler := s.authorizer.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		values := keys.authorization(t, testCase{})
		for range 20 {
			wait.Go(func() {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
				r.Header["Authorization"] = values
				w := httptest.NewRecorder()
				if handler.ServeHTTP(w, r); w.Code != http.StatusOK {
					t.Errorf("status %d", w.Code)
				}
			})
		}
		wait.Wait()
		if got, want := strings.Join(s.issuer.asked, " "), issuer+"/.well-known/openid-configuration "+issuer+"/keys"; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
	})
}

// life runs the steps of a test on the life of keys.
func life(t *testing.T, steps func(s *suite, status func(testCase) int)) {
	t.Helper()
	t.Parallel()
	keys := readKeys(t)
	synctest.Test(t, func(t *testing.T) {
		s := newSuite(t, keys, testCase{})
		steps(s, func(test testCase) int { return s.send(test).Code })
	})
}

var rotated = testCase{Header: map[string]any{"kid": "rotated"}, Key: "rotated"}

func want(t testing.TB, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, want %d", what, got, want)
	}
}

func TestLaterKeyIsAskedForAtABoundedRate(t *testing.T) {
	life(t, func(s *suite, status func(testCase) int) {
		want(s.t, "first", status(testCase{}), 200)
		s.issuer.answer(s.keys.set(s.t), nil)
		want(s.t, "within the pause", status(rotated), 401)
		for i := range 50 {
			want(s.t, "made up", status(testCase{Header: map[string]any{"kid": "made-up-" + string(rune('a'+i))}}), 401)
		}
		want(s.t, "requests to the issuer", s.issuer.count(), 2)
		time.Sleep(11 * time.Second)
		want(s.t, "after the pause", status(rotated), 200)
		want(s.t, "requests to the issuer", s.issuer.count(), 3)
	})
}

func TestWithdrawnKeyStopsToCount(t *testing.T) {
	life(t, func(s *suite, status func(testCase) int) {
		want(s.t, "first", status(testCase{}), 200)
		s.issuer.answer(s.keys.set(s.t, "rsa"), nil)
		time.Sleep(14 * time.Minute)
		want(s.t, "while the keys are fresh", status(testCase{}), 200)
		time.Sleep(2 * time.Minute)
		want(s.t, "after that", status(testCase{}), 401)
	})
}

func TestIssuerThatIsDown(t *testing.T) {
	life(t, func(s *suite, status func(testCase) int) {
		down := errors.New("connection refused")
		s.issuer.answer(nil, down)
		want(s.t, "down", status(testCase{}), 503)
		want(s.t, "down", status(testCase{}), 503)
		want(s.t, "requests within the pause", s.issuer.count(), 1)
		s.issuer.answer([]byte(`{"not": "keys"}`), nil)
		time.Sleep(11 * time.Second)
		want(s.t, "nonsense", status(testCase{}), 503)
		s.issuer.answer(s.keys.set(s.t), nil)
		time.Sleep(11 * time.Second)
		want(s.t, "up", status(testCase{}), 200)
		s.issuer.answer(nil, down)
		time.Sleep(20 * time.Minute)
		want(s.t, "down with old keys", status(testCase{}), 200)
		time.Sleep(45 * time.Minute)
		want(s.t, "down for long", status(testCase{}), 503)
		time.Sleep(11 * time.Second)
		want(s.t, "down, unknown key", status(testCase{Header: map[string]any{"kid": "made-up"}}), 503)
	})
}

func TestDiscoveryDocumentOfAnotherIssuer(t *testing.T) {
	life(t, func(s *suite, status func(testCase) int) {
		s.issuer.named = "https://attacker.example.com"
		want(s.t, "status", status(testCase{}), 503)
		want(s.t, "requests", s.issuer.count(), 1)
	})
}

// A request that is given up does not take the keys from those that wait for them, and does
// not wait itself.
func TestRequestThatIsGivenUp(t *testing.T) {
	t.Parallel()
	keys := readKeys(t)
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeIssuer{set: keys.set(t)}
		slow := roundTrip(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return fake.RoundTrip(r)
		})
		s := newSuite(t, keys, testCase{}, func(c *jwt.Config) { c.Client = &http.Client{Transport: slow} })
		values := keys.authorization(t, testCase{})
		server := s.authorizer.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		var wait sync.WaitGroup
		for wanted, patience := range map[int]time.Duration{503: time.Second / 2, 200: time.Minute} {
			wait.Go(func() {
				ctx, cancel := contextFor(t, patience)
				defer cancel()
				r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
				r.Header["Authorization"] = values
				w := httptest.NewRecorder()
				server.ServeHTTP(w, r)
				want(t, "patience of "+patience.String(), w.Code, wanted)
			})
		}
		wait.Wait()
	})
}

func TestPagesMayReadARefusal(t *testing.T) {
	t.Parallel()
	keys := readKeys(t)
	for _, test := range []struct{ allowed, want string }{
		{"https://a.example.com https://b.example.com", "https://b.example.com"},
		{"*", "*"},
		{"https://a.example.com", ""},
		{"", ""},
	} {
		s := newSuite(t, keys, testCase{}, func(c *jwt.Config) { c.AllowedOrigins = strings.Fields(test.allowed) })
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Origin", "https://b.example.com")
		w := httptest.NewRecorder()
		s.authorizer.Handler(http.NotFoundHandler()).ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != test.want {
			t.Errorf("%q: Access-Control-Allow-Origin %q, want %q", test.allowed, got, test.want)
		}
	}
	// Whatever is refused.
	seen := map[string]bool{}
	for _, test := range readCases(t) {
		if test.Error == "" || seen[test.Error] {
			continue
		}
		seen[test.Error] = true
		s := newSuite(t, keys, test, func(c *jwt.Config) { c.AllowedOrigins = []string{"*"} })
		if test.Issuer != "" {
			s.issuer.answer(nil, errors.New("connection refused"))
		}
		w := s.send(test)
		if h := w.Header(); w.Code != test.Status || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", test.Error, w.Code, h)
		}
	}
	if len(seen) != 5 {
		t.Errorf("codes %v, want 5", seen)
	}
}

func TestResourceMetadataIsNamed(t *testing.T) {
	t.Parallel()
	keys := readKeys(t)
	for metadata, wanted := range map[string]string{
		"/.well-known/oauth-protected-resource": "https://chat.example.com/.well-known/oauth-protected-resource",
		"https://docs.example.com/metadata":     "https://docs.example.com/metadata",
	} {
		s := newSuite(t, keys, testCase{}, func(c *jwt.Config) { c.ResourceMetadata = metadata })
		w := s.send(testCase{Authorization: []string{}})
		if got, wanted := w.Header().Get("WWW-Authenticate"), `Bearer resource_metadata="`+wanted+`"`; got != wanted {
			t.Errorf("WWW-Authenticate %q, want %q", got, wanted)
		}
	}
}

// On a laptop the metadata are where the server is: a client could not follow https.
func TestResourceMetadataOfALaptop(t *testing.T) {
	t.Parallel()
	s := newSuite(t, readKeys(t), testCase{}, func(c *jwt.Config) { c.ResourceMetadata = "/metadata" })
	handler := s.authorizer.Handler(http.NotFoundHandler())
	for _, test := range []struct{ address, proto, want string }{
		{"http://localhost:8080/", "", "http://localhost:8080/metadata"},
		{"http://app.localhost/", "", "http://app.localhost/metadata"},
		{"http://127.0.0.1:8080/", "", "http://127.0.0.1:8080/metadata"},
		{"http://[::1]:8080/", "", "http://[::1]:8080/metadata"},
		{"https://localhost:8080/", "", "https://localhost:8080/metadata"},
		{"http://localhost:8080/", "https", "https://localhost:8080/metadata"}, // a proxy before it has the certificate
		{"http://chat.example.com/", "", "https://chat.example.com/metadata"},
		{"http://chat.example.com/", "http", "https://chat.example.com/metadata"},
		{"http://localhost.attacker.example/", "", "https://localhost.attacker.example/metadata"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.address, nil)
		if test.proto != "" {
			r.Header.Set("X-Forwarded-Proto", test.proto)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if got, want := w.Header().Get("WWW-Authenticate"), `Bearer resource_metadata="`+test.want+`"`; got != want {
			t.Errorf("%s: WWW-Authenticate %q, want %q", test.address, got, want)
		}
	}
}

// Who has the token of another server may send its name as Host.
func TestHostIsNotTheResource(t *testing.T) {
	t.Parallel()
	keys := readKeys(t)
	test := testCase{Claims: map[string]any{"aud": "https://other.example.com", "client_id": "app", "token_use": "access"}}
	test.Config.TokenUse = "access"
	for _, resource := range []string{"", "https://chat.example.com"} {
		s := newSuite(t, keys, test, func(c *jwt.Config) { c.Resource = resource })
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://other.example.com/v1/chat", nil)
		r.Header["Authorization"] = keys.authorization(t, test)
		w := httptest.NewRecorder()
		s.authorizer.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") })).ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("resource %q: status %d, want 401: %s", resource, w.Code, w.Body)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := jwt.Config{Issuer: issuer, Audience: []string{"app"}}
	for want, change := range map[string]func(*jwt.Config){
		"Issuer is \"\", which is not an https":        func(c *jwt.Config) { c.Issuer = "" },
		"Issuer is \"http://i\"":                       func(c *jwt.Config) { c.Issuer = "http://i" },
		"JWKSURI is \"http://i\"":                      func(c *jwt.Config) { c.JWKSURI = "http://i" },
		"Audience is required":                         func(c *jwt.Config) { c.Audience = nil },
		"Audience has an empty value":                  func(c *jwt.Config) { c.Audience = []string{""} },
		"Resource is \"chat.example.com\"":             func(c *jwt.Config) { c.Resource = "chat.example.com" },
		"TokenUse is \"refresh\"; use \"access\"":      func(c *jwt.Config) { c.TokenUse = "refresh" },
		"Config.JWKS: jwt: this is not a JSON Web Key": func(c *jwt.Config) { c.JWKS = []byte(`[]`) },
		"no key in it is a public one":                 func(c *jwt.Config) { c.JWKS = []byte(`{"keys": [{"kty":"oct","k":"AA","kid":"x"}]}`) },
	} {
		config := good
		change(&config)
		if _, err := jwt.New(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// Not parallel: it watches the process's log.
func TestNothingOfATokenIsLogged(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	keys := readKeys(t)
	for _, test := range readCases(t) {
		newSuite(t, keys, test).send(test)
	}
	if log.Len() > 0 {
		t.Errorf("logged: %s", log.String())
	}
}

// The two implementations answer in the same words.
func TestWordsAreThoseOfTheEdge(t *testing.T) {
	t.Parallel()
	var edge []byte
	for _, name := range []string{"authorize.mjs", "verify.mjs"} {
		text, err := os.ReadFile("../../authorizer/" + name)
		if err != nil {
			t.Fatal(err)
		}
		edge = append(edge, text...)
	}
	keys := readKeys(t)
	for _, test := range readCases(t) {
		if test.Status == http.StatusOK || test.Rotate || test.Withdraw || test.Issuer != "" {
			continue
		}
		var problem struct{ Detail string }
		if err := json.Unmarshal(newSuite(t, keys, test).send(test).Body.Bytes(), &problem); err != nil {
			t.Fatal(err)
		}
		words, _, _ := strings.Cut(problem.Detail, " (")
		words = strings.TrimSuffix(strings.TrimSuffix(words, "access"), "id")
		if !strings.Contains(string(edge), words) {
			t.Errorf("%s: %q is not what the edge says", test.Name, problem.Detail)
		}
	}
}
