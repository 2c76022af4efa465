package page

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(o Options, method string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler(o).ServeHTTP(w, r)
	return w
}

func TestMethods(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]struct {
		status int
		body   bool
	}{
		"GET": {200, true}, "HEAD": {200, false}, "POST": {405, true},
	} {
		w := get(Options{}, method)
		if w.Code != want.status || w.Body.Len() > 0 != want.body {
			t.Errorf("%s: %d with %d bytes, want %d, body %t", method, w.Code, w.Body.Len(), want.status, want.body)
		}
	}
	if got := get(Options{}, "HEAD").Header().Get("Content-Length"); got == "" || got == "0" {
		t.Errorf("HEAD: Content-Length %q, want the page's", got)
	}
}

// Whoever has the page is told that it has not changed, until it has.
func TestRevalidation(t *testing.T) {
	t.Parallel()
	first := get(Options{}, "GET").Header()
	if got := first.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("Cache-Control = %q, want no-cache", got)
	}
	again := get(Options{}, "GET", "If-None-Match", first.Get("Etag"))
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("again: %d with %d bytes, want 304 and nothing", again.Code, again.Body.Len())
	}
	if got := get(Options{Storage: "https://b.example"}, "GET", "If-None-Match", first.Get("Etag")).Code; got != 200 {
		t.Errorf("with another policy: %d, want 200", got)
	}
}

// The browser would run nothing if a hash were not that of what stands between the tags.
func TestPolicyAllowsWhatIsThereAndNothingElse(t *testing.T) {
	t.Parallel()
	w := get(Options{Storage: "https://bucket.s3.eu-west-1.amazonaws.com"}, "GET")
	body, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
	for _, tag := range []string{"script", "style"} {
		elements := regexp.MustCompile(`(?s)<`+tag+`>(.*?)</`+tag+`>`).FindAllStringSubmatch(body, -1)
		if len(elements) != 1 {
			t.Fatalf("%d elements %s, want 1", len(elements), tag)
		}
		if want := tag + "-src " + hash(elements[0][1]) + ";"; !strings.Contains(policy, want) {
			t.Errorf("policy = %s, want %s in it", policy, want)
		}
	}
	if want := "connect-src 'self' https://bucket.s3.eu-west-1.amazonaws.com"; !strings.HasSuffix(policy, want) {
		t.Errorf("policy = %s, want %s at its end", policy, want)
	}
	for _, forbidden := range []string{"unsafe", "*", "http:"} {
		if strings.Contains(policy, forbidden) {
			t.Errorf("policy = %s, which has %s", policy, forbidden)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") {
		t.Errorf("policy = %s, want nothing by default", policy)
	}
}

// An issuer may give its tokens on another host, and only that one is asked.
func TestThePageAsksTheIssuersOrigins(t *testing.T) {
	t.Parallel()
	signIn := SignIn{ClientID: "web", Issuer: "https://idp.example.com/realm", IssuerOrigins: "https://tokens.example.com https://b.example:8443"}
	w := get(Options{SignIn: signIn}, "GET")
	if policy, want := w.Header().Get("Content-Security-Policy"), "connect-src 'self' https://idp.example.com https://tokens.example.com https://b.example:8443"; !strings.HasSuffix(policy, want) {
		t.Errorf("policy = %s, want %s at its end", policy, want)
	}
	if want := `data-issuer-origins="https://tokens.example.com https://b.example:8443"`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("the page has no %s", want)
	}
}

// The page refuses larger files before it uploads them.
func TestThePageKnowsTheLimitOfFiles(t *testing.T) {
	t.Parallel()
	body := get(Options{Storage: "https://bucket.example", MaxFileBytes: 12345}, "GET").Body.String()
	if want := `data-max-file-bytes="12345"`; !strings.Contains(body, want) {
		t.Errorf("the page has no %s", want)
	}
}

// Without a list there is nothing to see of one.
func TestThePageListsUploadsWhereThereAreSome(t *testing.T) {
	t.Parallel()
	for lists, want := range map[bool]string{true: `data-lists-uploads="true"`, false: `data-lists-uploads="false"`} {
		body := get(Options{ListsUploads: lists}, "GET").Body.String()
		if !strings.Contains(body, want) || !strings.Contains(body, `aria-controls="uploads" hidden>`) {
			t.Errorf("the page has no %s, or shows the list before it is wanted", want)
		}
	}
}

// Nothing of what a model says may become markup, and no other host may be asked.
func TestThePageKeepsToItself(t *testing.T) {
	t.Parallel()
	body := get(Options{}, "GET").Body.String()
	for _, forbidden := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "localStorage", "{{"} {
		if strings.Contains(body, forbidden) {
			t.Errorf("the page has %s", forbidden)
		}
	}
	for _, address := range regexp.MustCompile(`https?://[^\s'"]*`).FindAllString(body, -1) {
		// The name of a namespace, and what comments cite.
		if address != "http://www.w3.org/2000/svg" && !strings.HasPrefix(address, "https://html.spec.whatwg.org/") {
			t.Errorf("the page names %s", address)
		}
	}
}
