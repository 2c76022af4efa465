package cloudfront

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/testclient"
)

// Documented quotas: 8,192 bytes of URL, 32,768 of request line and headers; the
// connection is closed in both cases.
func TestLimits(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	target := func(size int) string { return "/" + strings.Repeat("x", size-1) }
	padded := func(size int) string {
		head := "GET / HTTP/1.1\r\nHost: localhost\r\nX-Pad: "
		return head + strings.Repeat("x", size-len(head)-2) + "\r\n\r\n"
	}
	for name, test := range map[string]struct {
		wire   string
		status int
		reason string
	}{
		"URL of 8,192":      {"GET " + target(8192) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, ""},
		"URL of 8,193":      {"GET " + target(8193) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, "The URL has 8193 bytes, at most 8192 are allowed."},
		"query counts, too": {"GET /?" + target(8191) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, "The URL has 8193 bytes, at most 8192 are allowed."},
		"head of 32,768":    {padded(32768), 200, ""},
		"head of 32,769":    {padded(32769), 494, "Request line and headers have 32769 bytes, at most 32768 are allowed."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := testclient.Dial(t, s.address())
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
	first.PathPattern.V, first.Methods, first.Origin.ID.V = "/api/read*", template.TextsOf("GET", "HEAD"), "first"
	second.PathPattern.V, second.Origin.ID.V = "/api/*", "second"
	last.Methods, last.Origin.ID.V = template.TextsOf("GET", "HEAD", "OPTIONS"), "last"
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
		"first match":             {method: "GET", target: "/api/read?x=/other", status: 200, decision: "/api/read* to origin first, CachingDisabled, AllViewerExceptHostHeader"},
		"its methods":             {method: "POST", target: "/api/readers", status: 403, decision: "403: " + fmt.Sprintf(noMethod, "POST")},
		"second":                  {method: "POST", target: "/api/write", body: "x", status: 200, decision: "/api/* to origin second, CachingDisabled, AllViewerExceptHostHeader"},
		"the query is not a path": {method: "DELETE", target: "/?/api/x", status: 403, decision: "403: " + fmt.Sprintf(noMethod, "DELETE")},
		"default":                 {method: "OPTIONS", target: "/", status: 200, decision: "* to origin last, CachingDisabled, AllViewerExceptHostHeader"},
		"method nobody allows":    {method: "TRACE", target: "/api/x", status: 403, decision: "403: " + fmt.Sprintf(noMethod, "TRACE")},
		"GET with a body":         {method: "GET", target: "/api/x", body: "x", status: 403, decision: "403: " + fmt.Sprintf(noBody, "GET")},
		"GET with a chunked one":  {method: "GET", target: "/api/x", body: "x", chunked: true, status: 403, decision: "403: " + fmt.Sprintf(noBody, "GET")},
		"HEAD with a body":        {method: "HEAD", target: "/api/x", body: "x", status: 403, decision: "403: " + fmt.Sprintf(noBody, "HEAD")},
		"DELETE with a body":      {method: "DELETE", target: "/api/x", body: "x", status: 200, decision: "/api/* to origin second, CachingDisabled, AllViewerExceptHostHeader"},
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

// What holds for a path holds for its other spellings. The origin gets the path as it came.
func TestEverySpellingOfAPathHasItsBehavior(t *testing.T) {
	t.Parallel()
	none, edge, last := newBehavior(), newBehavior(), newBehavior()
	none.PathPattern.V, none.Methods, none.Origin.ID.V = "/none/*", template.TextsOf("GET", "HEAD", "OPTIONS"), "none"
	edge.PathPattern.V, edge.Origin.ID.V = "/edge/*", "edge"
	s := serve(t, ok, none, edge, last)
	for target, want := range map[string]string{
		"/none/x":             "none",
		"/edge/../none/x":     "none",
		"//none/x":            "none",
		"/./none/x":           "none",
		"/%6eone/x":           "none",
		"/none/%2e%2e/edge/x": "edge",
		"/none%2Fx":           "fn", // an escaped slash is none
	} {
		for method, status := range map[string]int{"GET": 200, "POST": map[string]int{"none": 403}[want]} {
			resp, body := testclient.Wire(t, s.address(), method+" "+target+"?q HTTP/1.1\r\nHost: localhost\r\n\r\n")
			record := testclient.Receive(t, "the record", s.done)
			if status == 0 {
				status = 200
			}
			if resp.StatusCode != status {
				t.Errorf("%s %s: status %d, want %d", method, target, resp.StatusCode, status)
			}
			if status != 200 {
				continue
			}
			if got := record.Hops[0].Decision; !strings.Contains(got, " to origin "+want+",") {
				t.Errorf("%s %s: %q, want the origin %s", method, target, got, want)
			}
			if want := method + " " + target + "?q 0"; body != want {
				t.Errorf("the origin got %q, want %q", body, want)
			}
		}
	}
}

// What stands raw in a path does not cost it its escapes: a slash that is escaped stays so.
func TestRawCharactersOfAPathAreEscaped(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	for target, want := range map[string]string{
		"/a%2Fb{c}":               "/a%2Fb%7Bc%7D",
		"/a%2fb\"<>\\^`|\xc3\xa9": "/a%2fb%22%3C%3E%5C%5E%60%7C%C3%A9",
		"/[a]!$&'()*+,;=:@~%20":   "/[a]!$&'()*+,;=:@~%20",
	} {
		resp, body := testclient.Wire(t, s.address(), "GET "+target+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
		testclient.Receive(t, "the record", s.done)
		if want := "GET " + want + " 0"; resp.StatusCode != 200 || body != want {
			t.Errorf("%s: %d %q, want %q", target, resp.StatusCode, body, want)
		}
	}
}

// Bytes that are not UTF-8 would become the same character on the way: two URLs would share
// an entry of the cache, and two users the key of their cookies.
func TestWhatIsNotUTF8IsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	for wire, want := range map[string]string{
		"GET /cached/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n":                    "The URL has bytes that are not UTF-8.",
		"GET /?q=\xe9 HTTP/1.1\r\nHost: localhost\r\n\r\n":                            "The URL has bytes that are not UTF-8.",
		"GET / HTTP/1.1\r\nHost: localhost\r\nX-Name: M\xfcller\r\n\r\n":              "The header X-Name has bytes that are not UTF-8.",
		"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a=1\r\nCookie: b=\xff\r\n\r\n":  "The header Cookie has bytes that are not UTF-8.",
		"GET /%FF?q=%E9 HTTP/1.1\r\nHost: localhost\r\nX-Name: M\xc3\xbcller\r\n\r\n": "",
	} {
		resp, body := testclient.Wire(t, s.address(), wire)
		record := testclient.Receive(t, "the record", s.done)
		if want == "" {
			if resp.StatusCode != 200 {
				t.Errorf("%q: %d %s, want it passed on", wire, resp.StatusCode, body)
			}
			continue
		}
		if resp.StatusCode != 400 || !strings.Contains(body, want) || !record.Hops[0].Refused || len(record.Hops) != 1 {
			t.Errorf("%q: %d %s, %+v, want 400 and %q", wire, resp.StatusCode, body, record.Hops, want)
		}
	}
}
