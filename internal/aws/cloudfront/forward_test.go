package cloudfront

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/testclient"
)

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
	b.Origin.Headers = []CustomHeader{{template.Of("x-tenant"), template.Of("one")}, {template.Of("X-Overridden"), template.Of("by the origin")}}
	b.Origin.Path.V = "/base"
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
	got := testclient.Receive(t, "the request at the origin", seen)

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
	for _, name := range []string{"Cloudfront-Viewer-Address", "Cloudfront-Viewer-Header-Count", "Authorization", "X-Amz-Cf-Id"} {
		h.Del(name)
	}
	want := http.Header{
		"Accept": {"a"}, "Accept-Encoding": {"gzip, br"}, "Cookie": {"a=1; b=2"}, "X-Forwarded-For": {"198.51.100.1, 127.0.0.1"},
		"X-Tenant": {"one"}, "X-Overridden": {"by the origin"}, "User-Agent": {"agent/1"}, "Range": {"bytes=0-1"}, "Via": {"1.0 proxy", via},
		"Content-Length": {"5"}, "Cloudfront-Forwarded-Proto": {"https"}, "Cloudfront-Viewer-Http-Version": {"1.1"},
		"Cloudfront-Viewer-Tls": {"TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake"}, "Cloudfront-Is-Desktop-Viewer": {"true"}, "Cloudfront-Is-Mobile-Viewer": {"false"},
		"Cloudfront-Is-Tablet-Viewer": {"false"}, "Cloudfront-Is-Smarttv-Viewer": {"false"}, "Cloudfront-Is-Ios-Viewer": {"false"}, "Cloudfront-Is-Android-Viewer": {"false"},
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
	b.Policy = &OriginRequestPolicy{Name: "AllViewer", Headers: Selection{All: true}, Queries: Selection{All: true}}
	host := make(chan string, 1)
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		host <- r.Host
		return ok(r)
	}, b)
	r := s.request(t, "GET", "/", nil)
	r.Host = "www.example.com"
	s.send(t, r)
	if got := testclient.Receive(t, "the host", host); got != "www.example.com" {
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
	if got := testclient.Receive(t, "the agent", agent); got != "Amazon CloudFront" {
		t.Errorf("User-Agent = %q, want Amazon CloudFront", got)
	}
}

// ForwardedValues, from before there were policies: what it names is in the key, and nearly
// every header is forwarded.
func TestForwardedValues(t *testing.T) {
	t.Parallel()
	b := newBehavior()
	b.Cache = kept("ForwardedValues", 0, 0, year, true).by(only("Accept"), only("session"), only("q"))
	b.Cache.Brotli = template.Of(false)
	b.Policy = legacyWithQueries
	var got *http.Request
	s := newSite(func(r *http.Request) (*http.Response, error) { got = r; return ok(r) }, b)
	send := func(method string) {
		r := httptest.NewRequestWithContext(t.Context(), method, "/x?q=1&r=2", nil)
		r.Host = s.Distribution.DomainName
		for name, value := range map[string]string{
			"Accept": "a", "Accept-Language": "de", "Accept-Encoding": "br, gzip", "Authorization": "mine", "Cookie": "session=1; other=2",
			"Origin": "https://o", "User-Agent": "me", "X-Own": "own",
		} {
			r.Header.Set(name, value)
		}
		s.Cache = &cache.Cache{Now: s.Now}
		s.ServeHTTP(httptest.NewRecorder(), r)
	}
	// The behavior is before a function: its origin access control would replace Authorization.
	s.Distribution.Behaviors[0].Origin.Access = nil
	send("POST")
	want := map[string]string{
		"Accept": "a", "Accept-Language": "", "Accept-Encoding": "gzip", "Authorization": "mine", "Cookie": "session=1",
		"Origin": "https://o", "User-Agent": "Amazon CloudFront", "X-Own": "own",
	}
	for name, value := range want {
		if got.Header.Get(name) != value {
			t.Errorf("%s = %q, want %q", name, got.Header.Get(name), value)
		}
	}
	if got.URL.RawQuery != "q=1&r=2" || got.Host != domain {
		t.Errorf("query %q, host %q", got.URL.RawQuery, got.Host)
	}
	if send("GET"); got.Header.Get("Authorization") != "" {
		t.Error("the Authorization of a GET is forwarded")
	}
}

// Assumed: CloudFront adds no address to what an origin custom header says in its place.
func TestCustomHeaderOverAddresses(t *testing.T) {
	t.Parallel()
	b := newBehavior()
	b.Origin.Headers = []CustomHeader{{template.Of("x-forwarded-for"), template.Of("192.0.2.1")}}
	addresses := make(chan []string, 1)
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		addresses <- r.Header.Values("X-Forwarded-For")
		return ok(r)
	}, b)
	r := s.request(t, "GET", "/", nil)
	r.Header.Set("X-Forwarded-For", "198.51.100.1")
	s.send(t, r)
	if got := testclient.Receive(t, "the addresses", addresses); !slices.Equal(got, []string{"192.0.2.1"}) {
		t.Errorf("X-Forwarded-For at the origin = %q, want the custom header's value alone", got)
	}
}
