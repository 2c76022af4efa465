package cloudfront

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/internal/trace"
)

const (
	// patience bounds every wait.
	patience = 60 * time.Second
	domain   = "abc.lambda-url.eu-west-1.on.aws"
	ours     = "arn:aws:cloudfront::111122223333:distribution/EDIST"
)

var (
	clock      = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	credential = iam.Credentials{AccessKey: "ASIAKEY", SecretKey: "secret", Token: "token"}
	allMethods = template.TextsOf("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
)

// A roundTrip is the origin.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(r *http.Request, status int, header http.Header, body io.Reader) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Body: io.NopCloser(body), ContentLength: -1, Request: r,
	}
}

func (f roundTrip) To(*Origin) (http.RoundTripper, error) { return f, nil }

// ok answers with what the origin got.
func ok(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	return answer(r, 200, nil, strings.NewReader(fmt.Sprintf("%s %s %d", r.Method, r.URL.RequestURI(), len(body)))), nil
}

func newBehavior() Behavior {
	all := Selection{All: true}
	return Behavior{
		PathPattern: template.Of("*"), Methods: allMethods, Cache: &CachePolicy{Name: "CachingDisabled"},
		Policy: &OriginRequestPolicy{
			Name: "AllViewerExceptHostHeader", Headers: Selection{All: true, Names: []string{"Host"}}, CloudFront: all, Cookies: all, Queries: all,
		},
		Origin: &Origin{
			ID: template.Of("fn"), DomainName: template.Of(domain), ReadTimeout: template.Of(patience), Attempts: template.Of(3),
			Access: &AccessControl{Behavior: template.Of(string(SignAlways))},
		},
	}
}

// A site is a distribution that is being served.
type site struct {
	*Server
	url  string
	done chan trace.Request
}

func serve(t *testing.T, origin roundTrip, behaviors ...Behavior) *site {
	t.Helper()
	s := newSite(origin, behaviors...)
	server := httptest.NewServer(s.Server)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// newSite returns a site without an address. What is asked of it by ask needs no network, and
// so can run by the clock of a bubble of package synctest.
func newSite(origin roundTrip, behaviors ...Behavior) *site {
	if len(behaviors) == 0 {
		behaviors = []Behavior{newBehavior()}
	}
	s := &site{done: make(chan trace.Request, 100)}
	s.Server = &Server{
		Distribution: &Distribution{
			Name: "Site/Dist", ID: "EDIST", DomainName: "d1.cloudfront.net", Aliases: template.TextsOf("www.example.com", "chat.example.com"), ARN: ours, Account: "111122223333", Behaviors: behaviors,
		},
		Viewers: map[*edge.ViewerDefinition]*edge.ViewerFunction{}, Requests: map[*edge.Definition]*edge.OriginRequest{},
		Credentials: credential, Origins: origin, Now: func() time.Time { return clock },
		Recorder: &trace.Recorder{Done: func(r trace.Request) { s.done <- r }},
	}
	return s
}

// ask lets the site answer; cut says that the viewer's connection was cut.
func (s *site) ask(t *testing.T, method, target string) (resp *httptest.ResponseRecorder, cut bool, record trace.Request) {
	t.Helper()
	resp = httptest.NewRecorder()
	func() {
		defer func() {
			failure := recover()
			if cut = failure == http.ErrAbortHandler; failure != nil && !cut { //nolint:errorlint // as net/http compares it
				panic(failure)
			}
		}()
		r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
		r.Host = s.Distribution.DomainName
		s.ServeHTTP(resp, r)
	}()
	return resp, cut, <-s.done
}

func (s *site) request(t *testing.T, method, target string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+target, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// address is where the site listens.
func (s *site) address() string { return strings.TrimPrefix(s.url, "http://") }

func (s *site) send(t *testing.T, r *http.Request) (*http.Response, string, trace.Request) {
	t.Helper()
	resp, body := testclient.Do(t, http.DefaultTransport.RoundTrip, r)
	return resp, body, testclient.Receive(t, "the record", s.done)
}

func names(r trace.Request) []string {
	var all []string
	for _, h := range r.Hops {
		all = append(all, h.Name)
	}
	return all
}
