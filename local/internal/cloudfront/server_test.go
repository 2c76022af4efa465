package cloudfront

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/streamfront/streamfront/local/internal/edge"
	"github.com/streamfront/streamfront/local/internal/functionurl"
	"github.com/streamfront/streamfront/local/internal/resources"
	"github.com/streamfront/streamfront/local/internal/sigv4"
	"github.com/streamfront/streamfront/local/internal/trace"
)

const (
	// patience bounds every wait.
	patience = 60 * time.Second
	domain   = "abc.lambda-url.eu-west-1.on.aws"
	ours     = "arn:aws:cloudfront::111122223333:distribution/EDIST"
)

var (
	clock      = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	credential = functionurl.Credentials{AccessKey: "ASIAKEY", SecretKey: "secret", Token: "token"}
	allMethods = []string{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
)

func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("%s: not within %s", what, patience)
		panic("unreachable")
	}
}

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

func newBehavior() resources.Behavior {
	all := resources.Selection{All: true}
	return resources.Behavior{
		PathPattern: "*", Methods: allMethods, Cache: &resources.CachePolicy{Name: "CachingDisabled"},
		Policy: &resources.OriginRequestPolicy{
			Name: "AllViewerExceptHostHeader", Headers: resources.Selection{All: true, Names: []string{"Host"}}, CloudFront: true, Cookies: all, Queries: all,
		},
		Origin: resources.Origin{
			ID: "fn", DomainName: domain, Headers: map[string]string{}, ReadTimeout: patience, Attempts: 3, Signing: resources.SignAlways,
		},
	}
}

// A site is a distribution that is being served.
type site struct {
	*Server
	url  string
	done chan trace.Request
}

func serve(t *testing.T, origin roundTrip, behaviors ...resources.Behavior) *site {
	t.Helper()
	if len(behaviors) == 0 {
		behaviors = []resources.Behavior{newBehavior()}
	}
	s := &site{done: make(chan trace.Request, 100)}
	s.Server = &Server{
		Distribution: &resources.Distribution{
			Name: "Site/Dist", ID: "EDIST", DomainName: "d1.cloudfront.net", ARN: ours, Account: "111122223333", Behaviors: behaviors,
		},
		Viewers: map[*resources.ViewerFunction]*edge.ViewerFunction{}, Requests: map[*resources.EdgeFunction]*edge.OriginRequest{},
		Credentials: credential, Origins: origin, Now: func() time.Time { return clock },
		Recorder: &trace.Recorder{Done: func(r trace.Request) { s.done <- r }},
	}
	server := httptest.NewServer(s.Server)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *site) request(t *testing.T, method, target string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+target, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *site) send(t *testing.T, r *http.Request) (*http.Response, string, trace.Request) {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body), receive(t, "the record", s.done)
}

func names(r trace.Request) []string {
	var all []string
	for _, h := range r.Hops {
		all = append(all, h.Name)
	}
	return all
}

// Documented quotas: 8,192 bytes of URL, 32,768 of request line and headers; the
// connection is closed in both cases.
func TestLimits(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	address := strings.TrimPrefix(s.url, "http://")
	target := func(size int) string { return "/" + strings.Repeat("x", size-1) }
	padded := func(size int) string {
		head := "GET / HTTP/1.1\r\nHost: x\r\nX-Pad: "
		return head + strings.Repeat("x", size-len(head)-2) + "\r\n\r\n"
	}
	for name, test := range map[string]struct {
		wire   string
		status int
		reason string
	}{
		"URL of 8,192":      {"GET " + target(8192) + " HTTP/1.1\r\nHost: x\r\n\r\n", 200, ""},
		"URL of 8,193":      {"GET " + target(8193) + " HTTP/1.1\r\nHost: x\r\n\r\n", 414, "The URL has 8193 bytes, at most 8192 are allowed."},
		"query counts, too": {"GET /?" + target(8191) + " HTTP/1.1\r\nHost: x\r\n\r\n", 414, "The URL has 8193 bytes, at most 8192 are allowed."},
		"head of 32,768":    {padded(32768), 200, ""},
		"head of 32,769":    {padded(32769), 494, "Request line and headers have 32769 bytes, at most 32768 are allowed."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, test.wire); err != nil {
				t.Fatal(err)
			}
			reader := bufio.NewReader(conn)
			resp, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != test.status || !strings.Contains(string(body), test.reason) {
				t.Errorf("answer = %d %.300s, %v, want %d with %q", resp.StatusCode, body, err, test.status, test.reason)
			}
			if test.status == 200 {
				return
			}
			if _, err := reader.ReadByte(); !errors.Is(err, io.EOF) {
				t.Errorf("after the answer: %v, want a closed connection", err)
			}
			if resp.Header.Get("Server") != "CloudFront" || resp.Header.Get("X-Cache") != "Error from cloudfront" {
				t.Errorf("headers = %v, want CloudFront's", resp.Header)
			}
		})
	}
}

func TestBehaviors(t *testing.T) {
	t.Parallel()
	first, second, last := newBehavior(), newBehavior(), newBehavior()
	first.PathPattern, first.Methods, first.Origin.ID = "/api/read*", []string{"GET", "HEAD"}, "first"
	second.PathPattern, second.Origin.ID = "/api/*", "second"
	last.Methods, last.Origin.ID = []string{"GET", "HEAD", "OPTIONS"}, "last"
	s := serve(t, ok, first, second, last)
	const (
		noMethod = "Bad request. This distribution is not configured to allow the HTTP method %s for this path."
		noBody   = "Bad request. A %s request must not have a body."
	)
	for name, test := range map[string]struct {
		method, target, body string
		chunked              bool
		status               int
		decision             string
	}{
		"first match":            {method: "GET", target: "/api/read?x=/other", status: 200, decision: "/api/read* to origin first, CachingDisabled, AllViewerExceptHostHeader"},
		"its methods":            {method: "POST", target: "/api/readers", status: 403, decision: "403: " + fmt.Sprintf(noMethod, "POST")},
		"second":                 {method: "POST", target: "/api/write", body: "x", status: 200, decision: "/api/* to origin second, CachingDisabled, AllViewerExceptHostHeader"},
		"the query is no path":   {method: "DELETE", target: "/?/api/x", status: 403, decision: "403: " + fmt.Sprintf(noMethod, "DELETE")},
		"default":                {method: "OPTIONS", target: "/", status: 200, decision: "* to origin last, CachingDisabled, AllViewerExceptHostHeader"},
		"method nobody allows":   {method: "TRACE", target: "/api/x", status: 403, decision: "403: " + fmt.Sprintf(noMethod, "TRACE")},
		"GET with a body":        {method: "GET", target: "/api/x", body: "x", status: 403, decision: "403: " + fmt.Sprintf(noBody, "GET")},
		"GET with a chunked one": {method: "GET", target: "/api/x", body: "x", chunked: true, status: 403, decision: "403: " + fmt.Sprintf(noBody, "GET")},
		"HEAD with a body":       {method: "HEAD", target: "/api/x", body: "x", status: 403, decision: "403: " + fmt.Sprintf(noBody, "HEAD")},
		"DELETE with a body":     {method: "DELETE", target: "/api/x", body: "x", status: 200, decision: "/api/* to origin second, CachingDisabled, AllViewerExceptHostHeader"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.request(t, test.method, test.target, strings.NewReader(test.body))
			if test.chunked {
				r.ContentLength = -1
			}
			resp, body, record := s.send(t, r)
			if resp.StatusCode != test.status {
				t.Errorf("status = %d %s, want %d", resp.StatusCode, body, test.status)
			}
			if got := record.Hops[0]; got.Name != "behavior" || got.Decision != test.decision || got.Refused != (test.status == 403) {
				t.Errorf("hop = %+v, want %q", got, test.decision)
			}
			if test.status == 403 {
				if len(record.Hops) > 1 {
					t.Errorf("hops = %q, want the request to stop", names(record))
				}
				if test.method != "HEAD" && !strings.Contains(body, strings.TrimPrefix(test.decision, "403: ")) {
					t.Errorf("page = %s, want the reason in it", body)
				}
			}
			if record.Status != test.status || record.ID != resp.Header.Get("X-Amz-Cf-Id") {
				t.Errorf("record = %+v, want status %d and the id %q", record, test.status, resp.Header.Get("X-Amz-Cf-Id"))
			}
		})
	}
}

// The request as the origin gets it, header by header.
func TestForwarding(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 1)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		seen <- r
	}))
	t.Cleanup(origin.Close)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, origin.Listener.Addr().String())
	}, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	b := newBehavior()
	b.Origin.Headers = map[string]string{"x-tenant": "one", "X-Overridden": "by the origin"}
	b.Origin.Path = "/base"
	s := serve(t, transport.RoundTrip, b)

	r := s.request(t, "POST", "/a%20b/%C3%BC?x=%2F&x=+&y", strings.NewReader("hello"))
	r.Host = "www.example.com"
	for name, value := range map[string]string{
		"Authorization": "Bearer viewer", "Accept": "a", "Accept-Encoding": "gzip, br", "Cookie": "a=1; b=2", "X-Forwarded-For": "198.51.100.1",
		"X-Tenant": "spoofed", "X-Overridden": "by the viewer", "User-Agent": "agent/1", "Range": "bytes=0-1", "Via": "1.0 proxy",
		// None of these goes to an origin as it came.
		"Keep-Alive": "x", "Proxy-Authorization": "x", "Proxy-Authenticate": "x", "Proxy-Connection": "x",
		"Te": "trailers", "Trailer": "X", "X-Forwarded-Proto": "http", "X-Real-Ip": "x", "X-Edge-Anything": "x", "X-Amz-Cf-Id": "spoofed",
		"X-Amz-Cf-Pop": "x", "Cloudfront-Viewer-Country": "XX", "Cloudfront-Viewer-Address": "spoofed",
		"X-Amz-Date": "20200101T000000Z", "X-Amz-Security-Token": "spoofed", "X-Amz-Source-Arn": "spoofed", "X-Amz-Source-Account": "spoofed",
	} {
		r.Header.Set(name, value)
	}
	resp, _, record := s.send(t, r)
	got := receive(t, "the request at the origin", seen)

	if got.Method != "POST" || got.RequestURI != "/base/a%20b/%C3%BC?x=%2F&x=+&y" || got.Host != domain || got.ContentLength != 5 {
		t.Errorf("origin got %s %s for %s with %d bytes", got.Method, got.RequestURI, got.Host, got.ContentLength)
	}
	h := got.Header
	if m := regexp.MustCompile(`^127\.0\.0\.1:\d+$`); !m.MatchString(h.Get("Cloudfront-Viewer-Address")) {
		t.Errorf("CloudFront-Viewer-Address = %q", h.Get("Cloudfront-Viewer-Address"))
	}
	if auth := h.Get("Authorization"); !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=ASIAKEY/20261121/eu-west-1/lambda/aws4_request, SignedHeaders=host;") {
		t.Errorf("Authorization = %q, want CloudFront's signature", auth)
	}
	if id := h.Get("X-Amz-Cf-Id"); id == "" || id != record.ID || id != resp.Header.Get("X-Amz-Cf-Id") {
		t.Errorf("X-Amz-Cf-Id = %q at the origin, %q in the answer, want one", id, resp.Header.Get("X-Amz-Cf-Id"))
	}
	for _, name := range []string{"Cloudfront-Viewer-Address", "Authorization", "X-Amz-Cf-Id"} {
		h.Del(name)
	}
	want := http.Header{
		"Accept": {"a"}, "Accept-Encoding": {"gzip, br"}, "Cookie": {"a=1; b=2"}, "X-Forwarded-For": {"198.51.100.1, 127.0.0.1"},
		"X-Tenant": {"one"}, "X-Overridden": {"by the origin"}, "User-Agent": {"agent/1"}, "Range": {"bytes=0-1"}, "Via": {"1.0 proxy", via},
		"Content-Length": {"5"}, "Cloudfront-Forwarded-Proto": {"https"}, "Cloudfront-Viewer-Http-Version": {"1.1"},
		"X-Amz-Date": {"20261121T120000Z"}, "X-Amz-Security-Token": {"token"}, "X-Amz-Source-Arn": {ours}, "X-Amz-Source-Account": {"111122223333"},
		"X-Amz-Content-Sha256": {"UNSIGNED-PAYLOAD"},
	}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if !slices.Equal(h[name], want[name]) {
			t.Errorf("%s = %q, want %q", name, h[name], want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	if hops := names(record); !slices.Equal(hops, []string{"behavior", "oac"}) {
		t.Errorf("hops = %q", hops)
	}
}

func TestForwardingOfHost(t *testing.T) {
	t.Parallel()
	b := newBehavior()
	b.Policy = &resources.OriginRequestPolicy{Name: "AllViewer", Headers: resources.Selection{All: true}, Queries: resources.Selection{All: true}}
	host := make(chan string, 1)
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		host <- r.Host
		return ok(r)
	}, b)
	r := s.request(t, "GET", "/", nil)
	r.Host = "www.example.com"
	s.send(t, r)
	if got := receive(t, "the host", host); got != "www.example.com" {
		t.Errorf("host at the origin = %q, want the viewer's: AWS refuses that", got)
	}
}

func TestUserAgentOfNobody(t *testing.T) {
	t.Parallel()
	agent := make(chan string, 1)
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		agent <- r.Header.Get("User-Agent")
		return ok(r)
	})
	r := s.request(t, "GET", "/", nil)
	r.Header.Set("User-Agent", "") // net/http leaves it out then
	s.send(t, r)
	if got := receive(t, "the agent", agent); got != "Amazon CloudFront" {
		t.Errorf("User-Agent = %q, want Amazon CloudFront", got)
	}
}

// What the origin access control signs is verified by the verifier of function URLs, from
// the wire; the two share no code.
func TestOriginAccessControl(t *testing.T) {
	t.Parallel()
	hash := func(body string) string {
		sum := sha256.Sum256([]byte(body))
		return hex.EncodeToString(sum[:])
	}
	for name, test := range map[string]struct {
		method  string // default: POST
		target  string
		body    string
		header  http.Header
		signing resources.Signing // default: always
		account string            // access key that signed; "" for a refusal
		auth    string            // Authorization that reaches the origin, if not CloudFront's
		refused string
	}{
		"GET":                          {method: "GET", target: "/a%20b//c/../(d)+%C3%BC?b=2&a=1&a=0&c&d=x+y%20z", account: "ASIAKEY"},
		"POST of nothing":              {account: "ASIAKEY"},
		"DELETE of nothing":            {method: "DELETE", account: "ASIAKEY"},
		"POST with its hash":           {body: "hello", header: http.Header{"X-Amz-Content-Sha256": {hash("hello")}}, account: "ASIAKEY"},
		"DELETE with its hash":         {method: "DELETE", body: "hello", header: http.Header{"X-Amz-Content-Sha256": {hash("hello")}}, account: "ASIAKEY"},
		"POST without a hash":          {body: "hello", refused: "x-amz-content-sha256 is UNSIGNED-PAYLOAD, the body's SHA-256 is " + hash("hello")},
		"DELETE without a hash":        {method: "DELETE", body: "hello", refused: "x-amz-content-sha256 is UNSIGNED-PAYLOAD"},
		"POST with another hash":       {body: "hello", header: http.Header{"X-Amz-Content-Sha256": {hash("jello")}}, refused: "x-amz-content-sha256 is " + hash("jello")},
		"POST with nonsense":           {body: "hello", header: http.Header{"X-Amz-Content-Sha256": {"nonsense"}}, refused: "x-amz-content-sha256 is nonsense"},
		"GET with nonsense":            {method: "GET", header: http.Header{"X-Amz-Content-Sha256": {"nonsense"}}, refused: "x-amz-content-sha256 is nonsense"},
		"hash in upper case":           {body: "hello", header: http.Header{"X-Amz-Content-Sha256": {strings.ToUpper(hash("hello"))}}, refused: "x-amz-content-sha256 is " + strings.ToUpper(hash("hello"))},
		"two hashes":                   {body: "hello", header: http.Header{"X-Amz-Content-Sha256": {hash("hello"), hash("hello")}}, refused: "x-amz-content-sha256 is " + hash("hello") + "," + hash("hello")},
		"the viewer's Authorization":   {header: http.Header{"Authorization": {"Bearer x"}}, account: "ASIAKEY"},
		"spoofed x-amz-*":              {header: http.Header{"X-Amz-Date": {"x"}, "X-Amz-Security-Token": {"x", "y"}, "X-Amz-Source-Arn": {"x"}, "X-Amz-Source-Account": {"x"}, "X-Amz-Meta": {" a   b ", "c"}}, account: "ASIAKEY"},
		"no-override, none":            {signing: resources.SignNoOverride, account: "ASIAKEY"},
		"no-override, one":             {signing: resources.SignNoOverride, header: http.Header{"Authorization": {"Bearer x"}}, auth: "Bearer x"},
		"never":                        {signing: resources.SignNever, auth: "-"},
		"never, the viewer's own":      {signing: resources.SignNever, header: http.Header{"Authorization": {"Bearer x"}}, auth: "Bearer x"},
		"no origin access control":     {signing: "none of them", auth: "-"},
		"query of an empty parameters": {method: "GET", target: "/?&&a=&=b", account: "ASIAKEY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBehavior()
			if test.signing != "" {
				b.Origin.Signing = test.signing
			}
			wire := make(chan *http.Request, 1)
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				var buffer bytes.Buffer
				if err := r.Write(&buffer); err != nil {
					return nil, err
				}
				read, err := http.ReadRequest(bufio.NewReader(&buffer))
				if err != nil {
					return nil, err
				}
				wire <- read
				return answer(r, 200, nil, strings.NewReader("")), nil
			}, b)
			method, target := test.method, test.target
			if method == "" {
				method = "POST"
			}
			if target == "" {
				target = "/"
			}
			r := s.request(t, method, target, strings.NewReader(test.body))
			maps.Copy(r.Header, test.header)
			_, _, record := s.send(t, r)
			got := receive(t, "the request at the origin", wire)

			oac := record.Hops[1]
			if test.auth != "" {
				if auth := got.Header.Get("Authorization"); auth != strings.Trim(test.auth, "-") {
					t.Errorf("Authorization = %q, want %q", auth, test.auth)
				}
				if want := "not signed: signing behavior is " + string(b.Origin.Signing); oac.Decision != want {
					t.Errorf("hop = %+v, want %q", oac, want)
				}
				return
			}
			body, err := io.ReadAll(got.Body)
			if err != nil || string(body) != test.body {
				t.Fatalf("body = %q, %v, want %q", body, err, test.body)
			}
			verifier := &sigv4.Verifier{
				Region: "eu-west-1", Now: func() time.Time { return clock },
				Lookup: func(key string) (sigv4.Credential, bool) {
					return sigv4.Credential{SecretKey: "secret", Token: "token"}, key == "ASIAKEY"
				},
			}
			key, err := verifier.Verify(got, hash(string(body)))
			refused := new(sigv4.Error)
			errors.As(err, &refused)
			if key != test.account || !strings.Contains(refused.Detail, test.refused) {
				t.Errorf("verified %q, %v (%s), want %q and %q", key, err, refused.Detail, test.account, test.refused)
			}
			if test.account != "" && (got.Header.Get("X-Amz-Source-Arn") != ours || got.Header.Get("X-Amz-Source-Account") != "111122223333") {
				t.Errorf("source = %q, want this distribution", got.Header["X-Amz-Source-Arn"])
			}
			if want := "signed for " + domain + ", payload "; !strings.HasPrefix(oac.Decision, want) || oac.Name != "oac" {
				t.Errorf("hop = %+v, want %q", oac, want)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		header http.Header
		want   http.Header // beside CloudFront's own
		cache  string
	}{
		"200": {
			200,
			http.Header{"Content-Type": {"text/x"}, "Set-Cookie": {"a=1", "b=2"}, "X-Amzn-Requestid": {"id"}},
			http.Header{"Content-Type": {"text/x"}, "Set-Cookie": {"a=1", "b=2"}, "X-Amzn-Requestid": {"id"}},
			"Miss from cloudfront",
		},
		"302": {302, http.Header{"Location": {"/x"}}, http.Header{"Location": {"/x"}}, "Miss from cloudfront"},
		"403": {403, http.Header{"X-Amzn-Errortype": {"AccessDeniedException"}}, http.Header{"X-Amzn-Errortype": {"AccessDeniedException"}}, "Error from cloudfront"},
		"500": {500, nil, http.Header{}, "Error from cloudfront"},
		"hop by hop": {
			200, http.Header{
				"Connection": {"close"}, "Keep-Alive": {"x"}, "Proxy-Connection": {"x"}, "Te": {"x"}, "Trailer": {"X"}, "Upgrade": {"x"}, "Transfer-Encoding": {"chunked"},
				"Www-Authenticate": {"x"},
			}, http.Header{"Www-Authenticate": {"x"}}, "Miss from cloudfront",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				return answer(r, test.status, test.header.Clone(), strings.NewReader("body")), nil
			})
			resp, body, record := s.send(t, s.request(t, "POST", "/", nil))
			if resp.StatusCode != test.status || body != "body" || record.Status != test.status {
				t.Errorf("answer = %d %q, recorded %d, want %d", resp.StatusCode, body, record.Status, test.status)
			}
			id := resp.Header.Get("X-Amz-Cf-Id")
			if len(id) != 54 || !strings.HasSuffix(id, "==") {
				t.Errorf("X-Amz-Cf-Id = %q", id)
			}
			for name, want := range map[string]string{"X-Cache": test.cache, "Via": via, "X-Amz-Cf-Pop": "LOCAL1-P1"} {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
				resp.Header.Del(name)
			}
			resp.Header.Del("X-Amz-Cf-Id")
			resp.Header.Del("Date")
			if test.want.Get("Content-Type") == "" {
				resp.Header.Del("Content-Type") // net/http finds one
			}
			if !maps.EqualFunc(resp.Header, test.want, slices.Equal) {
				t.Errorf("headers = %v, want %v", resp.Header, test.want)
			}
		})
	}
}

func TestOriginThatCannotBeReached(t *testing.T) {
	t.Parallel()
	calls := make(chan struct{}, 10)
	s := serve(t, func(*http.Request) (*http.Response, error) {
		calls <- struct{}{}
		return nil, errors.New("connection <refused>")
	})
	resp, body, record := s.send(t, s.request(t, "GET", "/", nil))
	if resp.StatusCode != 502 || !strings.Contains(body, "CloudFront could not connect to the origin: connection &lt;refused&gt;") {
		t.Errorf("answer = %d %s, want 502 with the reason, escaped", resp.StatusCode, body)
	}
	if resp.Header.Get("X-Cache") != "Error from cloudfront" || resp.Header.Get("Content-Type") != "text/html" {
		t.Errorf("headers = %v", resp.Header)
	}
	if last := record.Hops[len(record.Hops)-1]; last.Name != "origin" || !last.Refused {
		t.Errorf("last hop = %+v, want origin", last)
	}
	if len(calls) != 1 {
		t.Errorf("%d calls, want 1", len(calls))
	}
}

// An origin that says nothing: GET and HEAD are tried three times, nothing else is.
func TestReadTimeoutBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{"GET": 3, "POST": 1, "DELETE": 1, "OPTIONS": 1} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := newBehavior()
			b.Origin.ReadTimeout = 20 * time.Millisecond
			calls := make(chan struct{}, 10)
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				calls <- struct{}{}
				<-r.Context().Done()
				return nil, r.Context().Err()
			}, b)
			resp, body, record := s.send(t, s.request(t, method, "/", nil))
			const reason = "CloudFront gave up: the origin sent nothing within its read timeout."
			if resp.StatusCode != 504 || !strings.Contains(body, reason) || len(calls) != want {
				t.Errorf("answer = %d %s after %d calls, want 504 after %d", resp.StatusCode, body, len(calls), want)
			}
			if last := record.Hops[len(record.Hops)-1]; last.Name != "origin" || last.Decision != "504: "+reason || record.Status != 504 {
				t.Errorf("last hop = %+v, want %q", last, reason)
			}
		})
	}
}

// An origin that answers late is not too late for the next attempt.
func TestSecondAttemptSucceeds(t *testing.T) {
	t.Parallel()
	b := newBehavior()
	b.Origin.ReadTimeout = 20 * time.Millisecond
	calls := 0
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		if calls++; calls == 1 {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		return ok(r)
	}, b)
	resp, body, record := s.send(t, s.request(t, "GET", "/x", nil))
	if resp.StatusCode != 200 || body != "GET /x 0" {
		t.Errorf("answer = %d %s, want 200", resp.StatusCode, body)
	}
	if got := names(record); !slices.Equal(got, []string{"behavior", "oac", "origin", "oac"}) {
		t.Errorf("hops = %q, want the first attempt and the second", got)
	}
}

// Once the answer has begun, silence cuts the viewer's connection.
func TestTimeoutsInMidStream(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*resources.Origin)
		reason string
	}{
		"silence": {
			func(o *resources.Origin) { o.ReadTimeout = 200 * time.Millisecond },
			"cut off: the origin sent nothing within its read timeout",
		},
		"completion": {
			func(o *resources.Origin) { o.CompletionTimeout = 200 * time.Millisecond },
			"cut off: the origin did not end its response within the response completion timeout",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBehavior()
			test.change(&b.Origin)
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				body, w := io.Pipe()
				go func() {
					_, _ = io.WriteString(w, "begun")
					<-r.Context().Done()
					w.CloseWithError(r.Context().Err())
				}()
				return answer(r, 200, nil, body), nil
			}, b)
			resp, err := http.DefaultTransport.RoundTrip(s.request(t, "POST", "/", nil))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if resp.StatusCode != 200 || string(body) != "begun" || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("answer = %d %q, %v, want 200 \"begun\" and an unexpected EOF", resp.StatusCode, body, err)
			}
			record := receive(t, "the record", s.done)
			if last := record.Hops[len(record.Hops)-1]; last.Decision != test.reason || record.Status != 200 {
				t.Errorf("last hop = %+v, status %d, want %q", last, record.Status, test.reason)
			}
		})
	}
}

// An origin that breaks off in mid-stream.
func TestOriginBreaksOff(t *testing.T) {
	t.Parallel()
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		body, w := io.Pipe()
		go func() {
			_, _ = io.WriteString(w, "begun")
			w.CloseWithError(io.ErrUnexpectedEOF)
		}()
		return answer(r, 200, nil, body), nil
	})
	resp, err := http.DefaultTransport.RoundTrip(s.request(t, "GET", "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); string(body) != "begun" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("body = %q, %v, want \"begun\" and an unexpected EOF", body, err)
	}
	record := receive(t, "the record", s.done)
	if last := record.Hops[len(record.Hops)-1]; last.Decision != "cut off: unexpected EOF" {
		t.Errorf("last hop = %+v", last)
	}
}

func TestStreamingPassesChunksAsTheyCome(t *testing.T) {
	t.Parallel()
	body, w := io.Pipe()
	s := serve(t, func(r *http.Request) (*http.Response, error) { return answer(r, 200, nil, body), nil })
	resp, err := http.DefaultTransport.RoundTrip(s.request(t, "POST", "/", nil))
	if err != nil {
		t.Fatal(err) // the head is here before a byte of the body is written
	}
	defer resp.Body.Close()
	for _, chunk := range []string{"one", "two"} {
		if _, err := io.WriteString(w, chunk); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(chunk))
		if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != chunk {
			t.Fatalf("viewer read %q, %v, want %q before the next is written", got, err, chunk)
		}
	}
	w.Close()
	if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
		t.Errorf("rest = %q, %v, want a clean end", rest, err)
	}
}

// A viewer who leaves ends the request to the origin; what the function does then is the
// function URL's affair.
func TestViewerLeaves(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		begins   bool // the answer
		decision string
		status   int
	}{
		"before the answer": {false, "the viewer left before the origin answered", 0},
		"in mid-stream":     {true, "cut off: the viewer left", 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived, ended := make(chan struct{}), make(chan struct{})
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				close(arrived)
				if !test.begins {
					<-r.Context().Done()
					close(ended)
					return nil, r.Context().Err()
				}
				body, w := io.Pipe()
				go func() {
					_, _ = io.WriteString(w, "begun")
					<-r.Context().Done()
					w.CloseWithError(r.Context().Err())
					close(ended)
				}()
				return answer(r, 200, nil, body), nil
			})
			ctx, leave := context.WithCancel(t.Context())
			began := make(chan error, 1)
			r := s.request(t, "POST", "/", nil).WithContext(ctx)
			go func() {
				resp, err := http.DefaultTransport.RoundTrip(r)
				if err == nil {
					_, err = io.ReadFull(resp.Body, make([]byte, len("begun")))
					defer resp.Body.Close()
					began <- err
					<-ctx.Done()
					return
				}
				began <- err
			}()
			receive(t, "the request at the origin", arrived)
			if test.begins {
				if err := receive(t, "the first chunk", began); err != nil {
					t.Fatal(err)
				}
			}
			leave()
			receive(t, "the end at the origin", ended)
			record := receive(t, "the record", s.done)
			if last := record.Hops[len(record.Hops)-1]; last.Name != "origin" || last.Decision != test.decision || record.Status != test.status {
				t.Errorf("last hop = %+v, status %d, want %q and %d", last, record.Status, test.decision, test.status)
			}
		})
	}
}

// functions starts edge functions in real Node.js for a behavior.
func (s *site) functions(t *testing.T, b *resources.Behavior, viewer, request string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("edge functions run in Node.js: %v", err)
	}
	host := &edge.Host{Node: node, Dir: t.TempDir(), Log: io.Discard}
	if viewer != "" {
		b.ViewerRequest = &resources.ViewerFunction{Name: "Site/Viewer", Code: viewer}
		f, err := host.ViewerFunction(b.ViewerRequest)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
		s.Viewers[b.ViewerRequest] = f
	}
	if request != "" {
		b.OriginRequest = &resources.EdgeFunction{
			Name: "Site/Signer", ARN: "a:1", Handler: "index.handler", Runtime: "nodejs24.x", Timeout: patience, Code: resources.Code{Inline: request},
		}
		f, err := host.OriginRequest(b.OriginRequest)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
		s.Requests[b.OriginRequest] = f
	}
}

// By x-case these functions pass, answer, return nonsense or fail.
const (
	viewerCases = `function handler(event) {
  const what = event.request.headers['x-case'].value;
  if (what === 'viewer answers') return { statusCode: 302, headers: { location: { value: '/x' } }, body: 'v' };
  if (what === 'viewer nonsense') return {};
  if (what === 'viewer throws') throw new Error('no <b>');
  event.request.headers['x-viewer'] = { value: event.request.headers.host.value };
  return event.request;
}`
	edgeCases = `exports.handler = async (event) => {
  const { request } = event.Records[0].cf;
  const what = request.headers['x-case'][0].value;
  if (what === 'edge answers') return { status: '413', statusDescription: 'Content Too Large', headers: { 'x-a': [{ value: 'b' }] }, body: 'e' };
  if (what === 'edge nonsense') return {};
  if (what === 'edge throws') throw new Error('no <b>');
  if (what === 'replace') Object.assign(request.body, { action: 'replace', encoding: 'text', data: 'another body' });
  request.headers['x-edge'] = [{ value: request.headers.host[0].value }];
  const { body } = request;
  request.headers['x-body'] = [{ value: body ? Buffer.from(body.data, 'base64').length + ' ' + body.inputTruncated : 'none' }];
  return request;
}`
)

func TestEdgeFunctions(t *testing.T) {
	t.Parallel()
	behaviors := []resources.Behavior{newBehavior()}
	behaviors[0].IncludeBody = true
	got := make(chan http.Header, 1)
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		got <- r.Header
		return ok(r)
	}, behaviors...)
	s.functions(t, &behaviors[0], viewerCases, edgeCases)
	const large = 1<<20 + 1
	for _, test := range []struct {
		name   string
		method string
		body   int
		delete bool // expose the body of DELETE
		status int
		cache  string
		text   string // of the answer
		seen   string // x-body at the origin
		hops   []string
	}{
		{"pass", "GET", 0, false, 200, "Miss from cloudfront", "GET / 0", "none", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "POST", 0, false, 200, "Miss from cloudfront", "POST / 0", "0 false", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "PUT", 5, false, 200, "Miss from cloudfront", "PUT / 5", "5 false", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "PATCH", 1 << 20, false, 200, "Miss from cloudfront", "PATCH / 1048576", "1048576 false", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "POST", large, false, 200, "Miss from cloudfront", "POST / 1048577", "1048576 true", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "DELETE", 5, false, 200, "Miss from cloudfront", "DELETE / 5", "none", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "DELETE", 5, true, 200, "Miss from cloudfront", "DELETE / 5", "5 false", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"replace", "POST", 5, false, 200, "Miss from cloudfront", "POST / 12", "", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"viewer answers", "POST", 5, false, 302, "FunctionGeneratedResponse from cloudfront", "v", "", []string{"behavior", "viewer function"}},
		{"viewer nonsense", "POST", 5, false, 502, "FunctionValidationError from cloudfront", "Site/Viewer: the function changed the method from", "", []string{"behavior", "viewer function"}},
		{"viewer throws", "POST", 5, false, 503, "FunctionExecutionError from cloudfront", "Site/Viewer: Function.Error: no &lt;b&gt;", "", []string{"behavior", "viewer function"}},
		{"edge answers", "POST", large, false, 413, "LambdaGeneratedResponse from cloudfront", "e", "", []string{"behavior", "viewer function", "edge function"}},
		{"edge nonsense", "POST", 5, false, 502, "LambdaValidationError from cloudfront", "Site/Signer: the function returned a response without a status", "", []string{"behavior", "viewer function", "edge function"}},
		{"edge throws", "POST", 5, false, 503, "LambdaExecutionError from cloudfront", "Site/Signer: Function.Error: no &lt;b&gt;", "", []string{"behavior", "viewer function", "edge function"}},
	} {
		name := fmt.Sprintf("%s, %s of %d bytes", test.name, test.method, test.body)
		s.ExposeDeleteBody = test.delete
		r := s.request(t, test.method, "/", bytes.NewReader(make([]byte, test.body)))
		r.Host = "www.example.com"
		r.Header.Set("X-Case", test.name)
		resp, body, record := s.send(t, r)
		if resp.StatusCode != test.status || resp.Header.Get("X-Cache") != test.cache || !strings.Contains(body, test.text) {
			t.Errorf("%s: %d %q %s\nwant %d %q %s", name, resp.StatusCode, resp.Header.Get("X-Cache"), body, test.status, test.cache, test.text)
		}
		if !slices.Equal(names(record), test.hops) || record.Status != test.status {
			t.Errorf("%s: hops = %q, status %d, want %q", name, names(record), record.Status, test.hops)
		}
		if last := record.Hops[len(record.Hops)-1]; last.Refused != (test.status != 200) {
			t.Errorf("%s: last hop = %+v", name, last)
		}
		if test.status != 200 {
			if len(got) > 0 {
				t.Errorf("%s: the origin got a request", name)
			}
			continue
		}
		h := receive(t, "the request at the origin", got)
		// The viewer's host at viewer-request, the origin's at origin-request.
		if h.Get("X-Viewer") != "www.example.com" || h.Get("X-Edge") != domain {
			t.Errorf("%s: functions saw the hosts %q and %q", name, h.Get("X-Viewer"), h.Get("X-Edge"))
		}
		if test.seen != "" && h.Get("X-Body") != test.seen {
			t.Errorf("%s: the function saw the body %q, want %q", name, h.Get("X-Body"), test.seen)
		}
	}
}

// The function of the body is asked for only if the association includes it.
func TestBodyIsNotIncluded(t *testing.T) {
	t.Parallel()
	behaviors := []resources.Behavior{newBehavior()}
	got := make(chan http.Header, 1)
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		got <- r.Header
		return ok(r)
	}, behaviors...)
	s.functions(t, &behaviors[0], "", edgeCases)
	r := s.request(t, "POST", "/", strings.NewReader("hello"))
	r.Header.Set("X-Case", "pass")
	if _, body, _ := s.send(t, r); body != "POST / 5" {
		t.Errorf("origin got %q, want the body", body)
	}
	if seen := receive(t, "the request at the origin", got).Get("X-Body"); seen != "none" {
		t.Errorf("the function saw the body %q, want none", seen)
	}
}

// net/http probes a request body for more than its length, at any time until the answer
// ends. What is behind the viewer's body must not matter then.
func TestBodyIsNotReadBeyondItsLength(t *testing.T) {
	t.Parallel()
	r := &edge.Request{Method: "POST", Path: "/", Header: http.Header{"Host": {"origin"}}}
	body := io.MultiReader(strings.NewReader("hello"), iotest.ErrReader(http.ErrBodyReadAfterClose))
	req, err := newOriginRequest(t.Context(), r, &resources.Origin{DomainName: "origin"}, body, 5, "id")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(req.Body); string(got) != "hello" || err != nil {
		t.Errorf("body = %q, %v, want its 5 bytes and an end", got, err)
	}
}
