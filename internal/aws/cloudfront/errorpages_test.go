package cloudfront

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/trace"
)

// erring is a site whose origin answers 404 but for the error page, and says how long that may
// be kept. It counts what the origin is asked.
func erring(t *testing.T, change func(*Behavior, *Distribution)) (s *site, asked map[string]int, now *time.Time) {
	t.Helper()
	asked = map[string]int{}
	b := newBehavior()
	b.Cache = kept("CachingOptimized", time.Second, 24*time.Hour, year, false)
	s = newSite(func(r *http.Request) (*http.Response, error) {
		asked[r.Method+" "+r.URL.Path]++
		switch r.URL.Path {
		case "/404.html":
			return answer(r, 200, http.Header{"Content-Type": {"text/html"}, "Content-Length": {"4"}}, strings.NewReader("page")), nil
		case "/unreachable":
			return nil, errors.New("connection refused")
		case "/503":
			return answer(r, 503, nil, strings.NewReader("origin's own")), nil
		}
		return answer(r, 404, nil, strings.NewReader("origin's own")), nil
	}, b)
	s.Distribution.ErrorResponses = []ErrorResponse{
		{Code: template.Of(404), Status: template.Of("200"), Page: template.Of("/404.html"), MinTTL: template.Of(time.Minute)},
		{Code: template.Of(502), Status: template.Of("502"), Page: template.Of("/404.html"), MinTTL: template.Of(time.Duration(0))},
		{Code: template.Of(503), Status: template.Of("503"), Page: template.Of("/none.html"), MinTTL: template.Of(time.Duration(0))},
	}
	if change != nil {
		change(&s.Distribution.Behaviors[0], s.Distribution)
	}
	start := clock
	now = &start
	s.Now = func() time.Time { return *now }
	s.Cache = &cache.Cache{Now: s.Now}
	return s, asked, now
}

func TestErrorPages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, path string
		status       int
		body         string
	}{
		"the page and its status":           {"GET", "/x", 200, "page"},
		"of every method":                   {"POST", "/x", 200, "page"},
		"an origin that is not there":       {"GET", "/unreachable", 502, "page"},
		"a page that is not there":          {"GET", "/503", 503, "origin's own"}, // assumed
		"CloudFront's own refusal has none": {"GET", "//" + strings.Repeat("x", maxURL), 414, "URL has"},
		"the page itself":                   {"GET", "/404.html", 200, "page"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := erring(t, nil)
			resp, _, record := s.ask(t, test.method, test.path)
			if resp.Code != test.status || !strings.Contains(resp.Body.String(), test.body) {
				t.Errorf("%d %s, want %d %s\n%v", resp.Code, resp.Body, test.status, test.body, names(record))
			}
		})
	}
}

// The answer with the page is kept for ErrorCachingMinTTL, then the origin is asked again.
func TestErrorPagesAreKept(t *testing.T) {
	t.Parallel()
	s, asked, now := erring(t, nil)
	for _, step := range []struct {
		later time.Duration
		want  int
	}{{0, 1}, {59 * time.Second, 1}, {2 * time.Second, 2}} {
		*now = now.Add(step.later)
		if resp, _, _ := s.ask(t, "GET", "/x"); resp.Code != 200 || resp.Body.String() != "page" || asked["GET /x"] != step.want {
			t.Errorf("after %s: %d %q, the origin was asked %d times, want %d", step.later, resp.Code, resp.Body, asked["GET /x"], step.want)
		}
	}
}

// grouped is a site before a group of two origins, of which the first one answers the status
// that the path names.
func grouped(t *testing.T) (s *site, asked *[]string) {
	t.Helper()
	asked = new([]string)
	b := newBehavior()
	second := *b.Origin
	second.ID, second.DomainName = template.Of("second"), template.Of("second.example.com")
	b.Origins = []*Origin{b.Origin, &second}
	b.group = &group{id: template.Of("group"), codes: []int{500, 503, 504}}
	s = newSite(func(r *http.Request) (*http.Response, error) {
		*asked = append(*asked, r.Method+" "+r.URL.Host+" for "+r.Host)
		status := 0
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
		switch {
		case r.URL.Host == "second.example.com":
			return answer(r, 200, nil, strings.NewReader("second")), nil
		case status == 0:
			return nil, errors.New("connection refused")
		}
		return answer(r, status, nil, strings.NewReader("first")), nil
	}, b)
	return s, asked
}

func TestFailover(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, path string
		status       int
		body         string
		asked        int
	}{
		"a status of the group":         {"GET", "/500", 200, "second", 2},
		"another status":                {"GET", "/502", 502, "first", 1},
		"all is well":                   {"GET", "/200", 200, "first", 1},
		"no connection counts as 503":   {"GET", "/", 200, "second", 2},
		"OPTIONS, too":                  {"OPTIONS", "/503", 200, "second", 2},
		"what writes stays where it is": {"POST", "/503", 503, "first", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, asked := grouped(t)
			resp, _, _ := s.ask(t, test.method, test.path)
			if resp.Code != test.status || resp.Body.String() != test.body || len(*asked) != test.asked {
				t.Errorf("%d %s after %q, want %d %s after %d", resp.Code, resp.Body, *asked, test.status, test.body, test.asked)
			}
			if want := "GET second.example.com for second.example.com"; test.method == "GET" && test.asked == 2 && (*asked)[1] != want {
				t.Errorf("the second one was asked %s, want %s", (*asked)[1], want)
			}
		})
	}
}

func TestDefaultRootObject(t *testing.T) {
	t.Parallel()
	s := newSite(ok)
	s.Distribution.Root = template.Of("index.html")
	for path, want := range map[string]string{"/": "GET /index.html 0", "/?q=1": "GET /index.html?q=1 0", "/sub/": "GET /sub/ 0"} {
		if resp, _, _ := s.ask(t, "GET", path); resp.Body.String() != want {
			t.Errorf("%s: the origin got %q, want %q", path, resp.Body, want)
		}
	}
}

// What is not modelled of a behavior is named in the answer and in the trace; the origin is
// not asked.
func TestUnservedBehavior(t *testing.T) {
	t.Parallel()
	b := newBehavior()
	b.unserved = []template.Finding{{Kind: template.Unmodelled, Message: "SmoothStreaming is true"}}
	s := newSite(func(*http.Request) (*http.Response, error) { panic("the origin is asked") }, b)
	resp, _, record := s.ask(t, "GET", "/x")
	if resp.Code != 501 || !strings.Contains(resp.Body.String(), "SmoothStreaming is true") || !refusedAt(record, "behavior") {
		t.Errorf("%d %s %v", resp.Code, resp.Body, record.Hops)
	}
}

func refusedAt(r trace.Request, hop string) bool {
	for _, h := range r.Hops {
		if h.Name == hop {
			return h.Refused
		}
	}
	return false
}

// Responses to OPTIONS are kept where CachedMethods says so, apart from those to GET.
func TestOptionsAreCached(t *testing.T) {
	t.Parallel()
	for _, cached := range []bool{false, true} {
		asked := 0
		b := newBehavior()
		b.Cache = kept("CachingOptimized", time.Second, 24*time.Hour, year, false)
		if cached {
			b.Cached = template.TextsOf("GET", "HEAD", "OPTIONS")
		}
		s := newSite(func(r *http.Request) (*http.Response, error) {
			asked++
			return answer(r, 200, nil, strings.NewReader(r.Method)), nil
		}, b)
		s.Cache = &cache.Cache{Now: s.Now}
		for _, method := range []string{"GET", "OPTIONS", "OPTIONS"} {
			if resp, _, _ := s.ask(t, method, "/x"); resp.Body.String() != method {
				t.Errorf("%s is answered %q", method, resp.Body)
			}
		}
		if want := map[bool]int{false: 3, true: 2}[cached]; asked != want {
			t.Errorf("cached %t: the origin was asked %d times, want %d", cached, asked, want)
		}
	}
}
