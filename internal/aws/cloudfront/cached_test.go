package cloudfront

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/template"
)

func caching() *Behavior {
	return &Behavior{
		PathPattern: template.Of("*"), Compress: template.Of(true), Policy: &OriginRequestPolicy{},
		Cache: &CachePolicy{MaxTTL: template.Of(time.Hour), Gzip: template.Of(true), Brotli: template.Of(true), Queries: Selection{All: true}},
	}
}

func TestAcceptEncodingIsNormalised(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"gzip, deflate, br": "br,gzip",
		"GZIP;q=0.5":        "gzip",
		"br;q=0, gzip":      "gzip",
		"identity":          "",
		"":                  "",
	} {
		if got := acceptEncoding("", http.Header{"Accept-Encoding": {sent}}, caching().Cache); got != want {
			t.Errorf("acceptEncoding(%q) = %q, want %q", sent, got, want)
		}
	}
	if got := acceptEncoding("forwarded", http.Header{"Accept-Encoding": {"gzip"}}, &CachePolicy{}); got != "forwarded" {
		t.Errorf("without compression in the policy: %q, want what the policies let through", got)
	}
}

// Documented: only with a known length, from 1,000 to 10,000,000 bytes, and only some
// types, of which event streams are none.
func TestCompression(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		behavior    func(*Behavior)
		accepted    string
		size        int64
		contentType string
		header      http.Header
		status      int
		want        bool
	}{
		"JSON":                  {accepted: "gzip", size: 1000, contentType: "application/json; charset=utf-8", status: 200, want: true},
		"too small":             {accepted: "gzip", size: 999, contentType: "application/json", status: 200},
		"no length":             {accepted: "gzip", size: -1, contentType: "application/json", status: 200},
		"event stream":          {accepted: "gzip", size: 2000, contentType: "text/event-stream", status: 200},
		"not accepted":          {accepted: "br", size: 2000, contentType: "text/html", status: 200},
		"status 500":            {accepted: "gzip", size: 2000, contentType: "text/html", status: 500},
		"compressed already":    {accepted: "gzip", size: 2000, contentType: "text/html", status: 200, header: http.Header{"Content-Encoding": {"br"}}},
		"no-transform":          {accepted: "gzip", size: 2000, contentType: "text/html", status: 200, header: http.Header{"Cache-Control": {"no-transform"}}},
		"not in the behavior":   {accepted: "gzip", size: 2000, contentType: "text/html", status: 200, behavior: func(b *Behavior) { b.Compress.V = false }},
		"not in the policy":     {accepted: "gzip", size: 2000, contentType: "text/html", status: 200, behavior: func(b *Behavior) { b.Cache.Gzip.V = false }},
		"404 with a strong tag": {accepted: "gzip", size: 2000, contentType: "text/html", status: 404, header: http.Header{"Etag": {`"1"`}}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := caching()
			if test.behavior != nil {
				test.behavior(b)
			}
			body := strings.Repeat("a", int(max(test.size, 5000)))
			if test.size > 0 {
				body = body[:test.size]
			}
			resp := &http.Response{StatusCode: test.status, ContentLength: test.size, Header: http.Header{"Content-Type": {test.contentType}}, Body: io.NopCloser(strings.NewReader(body))}
			for name, values := range test.header {
				resp.Header[name] = values
			}
			if err := compress(b, test.accepted, resp); err != nil {
				t.Fatal(err)
			}
			if got := resp.Header.Get("Content-Encoding") == "gzip"; got != test.want {
				t.Fatalf("compressed = %t, want %t", got, test.want)
			}
			if !test.want {
				return
			}
			r, err := gzip.NewReader(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); string(got) != body || err != nil {
				t.Errorf("%d bytes, %v, want the %d of the body", len(got), err, len(body))
			}
			if tag := resp.Header.Get("Etag"); tag != "" && tag != `W/"1"` {
				t.Errorf("ETag = %s, want a weak one", tag)
			}
		})
	}
}

// What the viewer function makes of Accept-Encoding counts, since that is in the cache key:
// what is compressed for one must not be kept for those who take no gzip. And a HEAD has
// nothing to compress.
func TestCompressionIsUpToTheViewerFunction(t *testing.T) {
	t.Parallel()
	const drops = `function handler(event) { delete event.request.headers['accept-encoding']; return event.request; }`
	text := strings.Repeat("a", 2000)
	for name, test := range map[string]struct {
		function, method string
		want             string // Content-Encoding
		length           int64
	}{
		"none":               {"", "GET", "gzip", 0},
		"none, HEAD":         {"", "HEAD", "", 2000},
		"drops the encoding": {drops, "GET", "", 2000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			behaviors := []Behavior{newBehavior()}
			b := &behaviors[0]
			b.Compress.V, b.Cache = true, caching().Cache
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				resp := answer(r, 200, http.Header{"Content-Type": {"text/plain"}, "Content-Length": {"2000"}}, strings.NewReader(text))
				resp.ContentLength = int64(len(text))
				return resp, nil
			}, behaviors...)
			s.Cache = &cache.Cache{Now: s.Now}
			s.functions(t, b, test.function, "")
			r := s.request(t, test.method, "/", nil)
			r.Header.Set("Accept-Encoding", "gzip")
			resp, _, _ := s.send(t, r)
			if got := resp.Header.Get("Content-Encoding"); got != test.want || test.length > 0 && resp.ContentLength != test.length {
				t.Errorf("Content-Encoding = %q, %d bytes, want %q, %d", got, resp.ContentLength, test.want, test.length)
			}
		})
	}
}

// What the policy names tells requests apart, and nothing else does.
func TestCacheKey(t *testing.T) {
	t.Parallel()
	s := &Server{Distribution: &Distribution{ID: "E1"}}
	b := caching()
	b.Cache.Headers = Selection{Names: []string{"X-Tenant"}}
	b.Cache.Cookies = Selection{Names: []string{"session"}}
	key := func(path, query string, headers ...string) string {
		h := http.Header{}
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return s.cacheKey(b, &edge.Request{Path: path, Query: query, Header: h})
	}
	base := key("/a", "x=1", "X-Tenant", "a", "Cookie", "session=1; other=2", "Accept-Encoding", "gzip")
	for name, test := range map[string]struct {
		key  string
		same bool
	}{
		"the same":           {key("/a", "x=1", "X-Tenant", "a", "Cookie", "session=1; other=2", "Accept-Encoding", "gzip"), true},
		"another cookie":     {key("/a", "x=1", "X-Tenant", "a", "Cookie", "other=3; session=1", "Accept-Encoding", "gzip"), true},
		"another header":     {key("/a", "x=1", "X-Tenant", "a", "Cookie", "session=1", "Accept-Encoding", "gzip", "Accept", "x"), true},
		"another encoding":   {key("/a", "x=1", "X-Tenant", "a", "Cookie", "session=1"), false},
		"another path":       {key("/b", "x=1", "X-Tenant", "a", "Cookie", "session=1", "Accept-Encoding", "gzip"), false},
		"another query":      {key("/a", "x=2", "X-Tenant", "a", "Cookie", "session=1", "Accept-Encoding", "gzip"), false},
		"another tenant":     {key("/a", "x=1", "X-Tenant", "b", "Cookie", "session=1", "Accept-Encoding", "gzip"), false},
		"another session":    {key("/a", "x=1", "X-Tenant", "a", "Cookie", "session=2", "Accept-Encoding", "gzip"), false},
		"path next to query": {key("/a\" \"", "x=1", "X-Tenant", "a", "Cookie", "session=1", "Accept-Encoding", "gzip"), false},
	} {
		if got := test.key == base; got != test.same {
			t.Errorf("%s: same key = %t, want %t", name, got, test.same)
		}
	}
}
