package cloudfront

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
)

func TestManagedPolicies(t *testing.T) {
	t.Parallel()
	for id, p := range managedResponseHeadersPolicies {
		b := newBehavior()
		b.ResponseHeaders = p
		s := serve(t, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, http.Header{"X-Frame-Options": {"DENY"}, "X-Content-Type-Options": {"no"}}, strings.NewReader("")), nil
		}, b)
		resp, _, _ := s.send(t, s.request(t, "GET", "/", nil))
		secure := strings.Contains(strings.ToLower(p.Name), "security")
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "strict-origin-when-cross-origin",
			"Strict-Transport-Security": "max-age=31536000", "X-Xss-Protection": "1; mode=block",
		} {
			if got := resp.Header.Get(name); secure && got != want {
				t.Errorf("%s %s: %s = %q, want %q", id, p.Name, name, got, want)
			}
		}
		if got := resp.Header.Get("Referrer-Policy"); !secure && got != "" {
			t.Errorf("%s %s: Referrer-Policy = %q, want none", id, p.Name, got)
		}
		if cors := strings.Contains(p.Name, "CORS"); p.CORS.Given != cors || !cors && !secure {
			t.Errorf("%s %s: CORS %v", id, p.Name, p.CORS.Given)
		}
	}
	if len(managedResponseHeadersPolicies) != 5 {
		t.Errorf("%d managed policies, want the 5 of the guide", len(managedResponseHeadersPolicies))
	}
}

// Documented: what is removed is removed first, and CloudFront puts its own Server and Date in
// the place of the origin's.
func TestHeadersAreRemovedFirst(t *testing.T) {
	t.Parallel()
	b := newBehavior()
	b.ResponseHeaders = &ResponseHeadersPolicy{
		Remove: []string{"X-Powered-By", "Vary", "Server", "Date", "Cache-Control"},
		Set:    []ResponseHeader{{"Cache-Control", "no-cache", false}, {"X-Empty", "", true}},
	}
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		return answer(r, 200, http.Header{
			"X-Powered-By": {"x"}, "Vary": {"Origin"}, "Server": {"nginx"}, "Date": {"Thu, 01 Jan 1970 00:00:00 GMT"}, "Cache-Control": {"max-age=60"},
		}, strings.NewReader("")), nil
	}, b)
	resp, _, _ := s.send(t, s.request(t, "GET", "/", nil))
	h := resp.Header
	if h.Get("X-Powered-By") != "" || h.Get("Vary") != "" || h.Get("Server") != "CloudFront" || h.Get("Cache-Control") != "no-cache" {
		t.Errorf("headers = %v", h)
	}
	if date, err := http.ParseTime(h.Get("Date")); err != nil || date.Year() == 1970 {
		t.Errorf("Date = %q, want CloudFront's own", h.Get("Date"))
	}
	if values, there := h["X-Empty"]; !there || !slices.Equal(values, []string{""}) {
		t.Errorf("X-Empty = %q, want a header without a value", values)
	}
}

func TestServerTiming(t *testing.T) {
	t.Parallel()
	const miss = `cdn-upstream-layer;desc="EDGE",cdn-upstream-dns;dur=N,cdn-upstream-connect;dur=N,cdn-upstream-fbl;dur=N,cdn-cache-miss,cdn-pop;desc="LOCAL1-P1",cdn-rid;desc="ID",cdn-downstream-fbl;dur=N`
	const hits = `cdn-cache-hit,cdn-pop;desc="LOCAL1-P1",cdn-rid;desc="ID",cdn-hit-layer;desc="EDGE",cdn-downstream-fbl;dur=N`
	durations := regexp.MustCompile(`dur=[0-9]+`)
	for name, test := range map[string]struct {
		timing Timing
		drawn  float64
		pragma string
		own    string // of the origin
		want   []string
	}{
		"off":                 {Timing{Rate: 100}, 0, "", "app;dur=3", []string{"app;dur=3", "app;dur=3"}},
		"always":              {Timing{Enabled: true, Rate: 100}, 0.9999, "", "", []string{miss, hits}},
		"with the origin's":   {Timing{Enabled: true, Rate: 100}, 0.5, "", "app;dur=3", []string{miss + ",app;dur=N", hits}},
		"within the sample":   {Timing{Enabled: true, Rate: 12.5}, 0.1249, "", "", []string{miss, hits}},
		"out of the sample":   {Timing{Enabled: true, Rate: 12.5}, 0.125, "", "", []string{"", ""}},
		"never":               {Timing{Enabled: true}, 0, "", "", []string{"", ""}},
		"but to who asks":     {Timing{Enabled: true}, 0, "server-timing", "", []string{miss, hits}},
		"among other words":   {Timing{Enabled: true}, 0, "no-cache, Server-Timing", "", []string{miss, hits}},
		"asked, and it's off": {Timing{}, 0, "server-timing", "", []string{"", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBehavior()
			b.ResponseHeaders = &ResponseHeadersPolicy{Timing: test.timing}
			b.Cache = kept("kept", time.Hour, time.Hour, time.Hour, false)
			s := newSite(func(r *http.Request) (*http.Response, error) {
				h := http.Header{}
				if test.own != "" {
					h.Set("Server-Timing", test.own)
				}
				return answer(r, 200, h, strings.NewReader("body")), nil
			}, b)
			s.draw = func() float64 { return test.drawn }
			s.Cache = &cache.Cache{Now: s.Now}
			for i, want := range test.want {
				resp, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
				r.Host = s.Distribution.DomainName
				r.Header.Set("Pragma", test.pragma)
				s.ServeHTTP(resp, r)
				got := strings.ReplaceAll(resp.Header().Get("Server-Timing"), resp.Header().Get("X-Amz-Cf-Id"), "ID")
				if want != test.own {
					got = durations.ReplaceAllString(got, "dur=N")
				}
				if got != want {
					t.Errorf("answer %d: Server-Timing = %s\nwant %s", i, got, want)
				}
			}
		})
	}
}
