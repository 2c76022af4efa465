package local_test

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// cached gives the default behavior a cache policy that follows the origin, with all query
// strings and the named headers and cookies in the key.
func (f *fixture) cached(headers, cookies []any) {
	selection := func(kind string, names []any) object {
		if len(names) == 0 {
			return object{kind + "Behavior": "none"}
		}
		return object{kind + "Behavior": "whitelist", kind + "s": names}
	}
	f.at("Resources")["Policy"] = object{"Type": "AWS::CloudFront::CachePolicy", "Properties": object{"CachePolicyConfig": object{
		"Name": "follow", "MinTTL": 0.0, "DefaultTTL": 0.0, "MaxTTL": 31536000.0,
		"ParametersInCacheKeyAndForwardedToOrigin": object{
			"EnableAcceptEncodingGzip": false, "EnableAcceptEncodingBrotli": false,
			"HeadersConfig": selection("Header", headers), "CookiesConfig": selection("Cookie", cookies),
			"QueryStringsConfig": object{"QueryStringBehavior": "all"},
		},
	}}}
	f.behavior()["CachePolicyId"] = object{"Ref": "Policy"}
}

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)} }

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestResponsesAreKeptAsTheOriginSays(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.cached(nil, nil)
	now := newClock()
	url := f.start(t, local.Options{Now: now.read}).URL() + "/counted"

	// Each step is a request; the function counts those that reach it.
	for _, step := range []struct {
		name, method, query string
		after               time.Duration
		body, xCache        string
		status              int
	}{
		{"first", "GET", "?cc=max-age%3D60", 0, "1", "Miss from cloudfront", 200},
		{"again", "GET", "?cc=max-age%3D60", 59 * time.Second, "1", "Hit from cloudfront", 200},
		{"its HEAD", "HEAD", "?cc=max-age%3D60", 0, "", "Hit from cloudfront", 200},
		{"another query", "GET", "?cc=max-age%3D60&x", 0, "2", "Miss from cloudfront", 200},
		{"after its time", "GET", "?cc=max-age%3D60", time.Second, "3", "Miss from cloudfront", 200},
		{"not to be kept", "GET", "?cc=no-store", 0, "4", "Miss from cloudfront", 200},
		{"not kept", "GET", "?cc=no-store", 0, "5", "Miss from cloudfront", 200},
		{"nothing said", "GET", "", 0, "6", "Miss from cloudfront", 200},
		{"nothing kept", "GET", "", 0, "7", "Miss from cloudfront", 200},
		{"POST is not cached", "POST", "?cc=max-age%3D60", 0, "8", "Miss from cloudfront", 200},
		{"with a tag", "GET", "?cc=max-age%3D60&etag=1", 0, "9", "Miss from cloudfront", 200},
		{"asked again, unchanged", "GET", "?cc=max-age%3D60&etag=1", 60 * time.Second, "9", "RefreshHit from cloudfront", 200},
		{"fresh again", "GET", "?cc=max-age%3D60&etag=1", 59 * time.Second, "9", "Hit from cloudfront", 200},
		{"error", "GET", "?status=500", 0, "10", "Error from cloudfront", 500},
		{"error kept for ten seconds", "GET", "?status=500", 9 * time.Second, "10", "Hit from cloudfront", 500},
		{"error after that", "GET", "?status=500", time.Second, "11", "Error from cloudfront", 500},
	} {
		now.add(step.after)
		resp, body := send(t, step.method, url+step.query, "")
		if got := strings.TrimSpace(body); got != step.body || resp.Header.Get("X-Cache") != step.xCache || resp.StatusCode != step.status {
			t.Fatalf("%s: %d %q, %q, want %d %q, %q", step.name, resp.StatusCode, got, resp.Header.Get("X-Cache"), step.status, step.body, step.xCache)
		}
	}
}

func TestViewerWhoHasTheResponseGetsNotModified(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.cached(nil, nil)
	url := f.start(t, local.Options{}).URL() + "/counted?cc=max-age%3D60&etag=1"
	send(t, "GET", url, "")
	if resp, body := send(t, "GET", url, "", "If-None-Match", "1"); resp.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("answer = %d %q, want 304 without a body", resp.StatusCode, body)
	}
}

// What is in the key reaches the origin and tells users apart; the rest does as the origin
// request policy says.
func TestCacheKeyHoldsWhatThePolicyNames(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.cached([]any{"x-tenant"}, []any{"session"})
	delete(f.behavior(), "OriginRequestPolicyId")
	url := f.start(t, local.Options{}).URL() + "/counted?cc=max-age%3D60"
	for _, step := range []struct{ name, tenant, cookie, body string }{
		{"first", "a", "session=1; other=2", "1 session=1"},
		{"other cookies do not matter", "a", "other=3; session=1", "1 session=1"},
		{"another session", "a", "session=2", "2 session=2"},
		{"another tenant", "b", "session=1", "3 session=1"},
		{"no cookie", "b", "", "4"},
	} {
		_, body := send(t, "GET", url, "", "X-Tenant", step.tenant, "Cookie", step.cookie, "Authorization", "Bearer secret")
		if got := strings.TrimSpace(body); got != step.body {
			t.Errorf("%s: %q, want %q", step.name, got, step.body)
		}
	}
}

// On a route that all viewers share, what a viewer says of the way does not shape the
// response: of X-Forwarded-For the function gets what CloudFront itself writes, alone.
func TestForwardedForOfTheViewerDoesNotReachACachedRoute(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		route viewer.Route
		want  string
	}{
		"cached":    {viewer.Route{Streamed: true, Cached: true}, "127.0.0.1"},
		"anonymous": {viewer.Route{Streamed: true, Anonymous: true}, "127.0.0.1"},
		"uncached":  {viewer.Route{Streamed: true}, "192.0.2.1, 127.0.0.1"}, // whose function may want to know
	} {
		f := newFixture()
		delete(f.behavior(), "LambdaFunctionAssociations")
		f.cached(nil, nil)
		delete(f.behavior(), "OriginRequestPolicyId")
		f.properties("Viewer")["FunctionCode"] = test.route.Source()
		traces := make(chan local.Trace, 1)
		url := f.start(t, local.Options{TraceDetails: true, Trace: func(tr local.Trace) { traces <- tr }}).URL()
		send(t, "GET", url+"/counted", "", "X-Forwarded-For", "192.0.2.1", "X_Forwarded_For", "192.0.2.2")
		var got []string
		for _, hop := range testclient.Receive(t, "the trace", traces).Hops {
			if hop.Name == "forwarding" {
				for name, values := range hop.After.Header {
					if strings.EqualFold(strings.ReplaceAll(name, "_", "-"), "x-forwarded-for") {
						got = append(got, values...)
					}
				}
			}
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("%s: X-Forwarded-For = %q, want %q", name, got, test.want)
		}
	}
}

// Documented: CloudFront returns Set-Cookie only where it forwards cookies.
func TestSetCookieIsDroppedWhereCookiesAreNotForwarded(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.cached(nil, nil)
	delete(f.behavior(), "OriginRequestPolicyId")
	resp, _ := send(t, "GET", f.start(t, local.Options{}).URL()+"/counted?cookie=a%3Db", "")
	if got := resp.Header.Get("Set-Cookie"); got != "" {
		t.Errorf("Set-Cookie = %q, want none", got)
	}
}

func TestResponseHeadersPolicyIsApplied(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.at("Resources")["Headers"] = object{"Type": "AWS::CloudFront::ResponseHeadersPolicy", "Properties": object{"ResponseHeadersPolicyConfig": object{
		"Name": "headers",
		"SecurityHeadersConfig": object{
			"ContentTypeOptions":      object{"Override": true},
			"StrictTransportSecurity": object{"AccessControlMaxAgeSec": 60.0, "IncludeSubdomains": true, "Override": false},
		},
		"CustomHeadersConfig": object{"Items": []any{object{"Header": "etag", "Value": "policy", "Override": false}}},
		"RemoveHeadersConfig": object{"Items": []any{object{"Header": "X-Amzn-Trace-Id"}}},
		"CorsConfig": object{
			"AccessControlAllowOrigins": object{"Items": []any{"https://*.example.com"}}, "AccessControlAllowMethods": object{"Items": []any{"ALL"}},
			"AccessControlAllowHeaders": object{"Items": []any{"Authorization"}}, "AccessControlAllowCredentials": true, "OriginOverride": true,
		},
		"ServerTimingHeadersConfig": object{"Enabled": true, "SamplingRate": 100.0},
	}}}
	f.behavior()["ResponseHeadersPolicyId"] = object{"Ref": "Headers"}
	resp, _ := send(t, "GET", f.start(t, local.Options{}).URL()+"/counted?etag=origin", "", "Origin", "https://app.example.com")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=60; includeSubDomains",
		"Etag": "origin", "X-Amzn-Trace-Id": "",
		"Access-Control-Allow-Origin": "https://app.example.com", "Access-Control-Allow-Credentials": "true",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if got := resp.Header.Get("Server-Timing"); !strings.Contains(got, "cdn-cache-miss") {
		t.Errorf("Server-Timing = %q, want CloudFront's", got)
	}
}

func TestOriginResponseFunctionRunsOnErrorsToo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		code           string
		status         int
		header, xCache string
	}{
		"restores the challenge": {
			`const h = r.headers; h['www-authenticate'] = h['x-amzn-remapped-www-authenticate'].map(({ value }) => ({ value })); delete h['x-amzn-remapped-www-authenticate']; return r;`,
			401, "Bearer", "Error from cloudfront",
		},
		"changes a read-only header": {`r.headers.via = [{value: 'x'}]; return r;`, 502, "", "LambdaValidationError from cloudfront"},
		"throws":                     {`throw new Error('no');`, 503, "", "LambdaExecutionError from cloudfront"},
		"another status and body":    {`r.status = '404'; r.body = 'gone'; return r;`, 404, "", "Error from cloudfront"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			resources := f.at("Resources")
			resources["Challenge"] = object{"Type": "AWS::Lambda::Function", "Properties": object{
				"Code":    object{"ZipFile": "exports.handler = async (e) => { const r = e.Records[0].cf.response; " + test.code + " };"},
				"Handler": "index.handler", "Runtime": "nodejs24.x", "Role": "arn:aws:iam::111122223333:role/challenge",
			}}
			resources["ChallengeVersion"] = object{"Type": "AWS::Lambda::Version", "Properties": object{"FunctionName": object{"Ref": "Challenge"}}}
			f.behavior()["LambdaFunctionAssociations"] = append(f.behavior()["LambdaFunctionAssociations"].([]any),
				object{"EventType": "origin-response", "LambdaFunctionARN": object{"Ref": "ChallengeVersion"}})
			resp, _ := send(t, "GET", f.start(t, local.Options{}).URL()+"/challenged", "")
			if resp.StatusCode != test.status || resp.Header.Get("Www-Authenticate") != test.header || resp.Header.Get("X-Cache") != test.xCache {
				t.Errorf("answer = %d, challenge %q, %q, want %d, %q, %q", resp.StatusCode, resp.Header.Get("Www-Authenticate"),
					resp.Header.Get("X-Cache"), test.status, test.header, test.xCache)
			}
		})
	}
}

// An answer that is too large to be kept costs at most what may be kept, and is passed on all
// the same. Not in parallel: it counts what this process allocates.
func TestALargeAnswerCostsLittle(t *testing.T) {
	f := newFixture()
	f.cached(nil, nil)
	url := f.start(t, local.Options{UnlimitedRate: true}).URL() + "/large?mib="
	send(t, "GET", url+"1", "") // starts what there is to start
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 2 {
		resp := open(t, "GET", url+"190")
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if n != 190<<20 || err != nil || resp.Header.Get("X-Cache") != "Miss from cloudfront" {
			t.Errorf("%d bytes came, %v, %s", n, err, resp.Header.Get("X-Cache"))
		}
	}
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 2*(64+16) {
		t.Errorf("two answers of 190 MiB took %d MiB of memory, want at most the 64 that may be kept of each, and a little", took)
	} else {
		t.Logf("two answers of 190 MiB took %d MiB", took)
	}
}
