package local_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/explain"
	"github.com/streamfront/streamfront/local"
)

var asker = &explain.Client{UserAgent: "test", Timeout: patience}

func ask(t *testing.T, r explain.Request) *explain.Answer {
	t.Helper()
	r.Length = int64(len(r.Body))
	answer, err := asker.Ask(t.Context(), &r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// probed explains the answer with all that further requests tell.
func probed(t *testing.T, a *explain.Answer) []explain.Finding {
	t.Helper()
	probes, found, err := asker.Probe(t.Context(), a, explain.Explain(a), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range probes {
		t.Logf("%s: %d, %s", p.What, p.Status, p.Says)
	}
	return found
}

func ids(found []explain.Finding) []string {
	var ids []string
	for _, f := range found {
		ids = append(ids, string(f.Cause.ID)+" "+string(f.Fit))
	}
	return ids
}

func place(found []explain.Finding, id string) int {
	for i, f := range found {
		if string(f.Cause.ID) == id {
			return i
		}
	}
	return -1
}

// wantExplained asks for an explanation of the 403 that the mutation makes: it has to name
// the cause that the check names, before and after the probes, with commands that tell it
// from the others before it.
func (m mutation) wantExplained(t *testing.T, url string) {
	t.Helper()
	if m.rule == "" || m.rule == "url-public" { // open to everybody, but that is not why it is refused
		return
	}
	r := explain.Request{Method: m.method, URL: url + "/", Header: http.Header{"Authorization": {"Bearer secret"}}}
	if m.method == "POST" {
		r.Body = []byte("\xff\x00 not text")
	}
	answer := ask(t, r)
	for when, found := range map[string][]explain.Finding{"from the answer": explain.Explain(answer), "after probes": probed(t, answer)} {
		at := place(found, m.rule)
		if at < 0 {
			t.Errorf("explained %s as %q, want %s among them", when, ids(found), m.rule)
			continue
		}
		for _, other := range found[:at] {
			if other.Cause.Diagnose == found[at].Cause.Diagnose {
				t.Errorf("%s and %s, which comes before it, have the same commands to tell them by", m.rule, other.Cause.ID)
			}
		}
	}
}

// What the chain answers for a known reason is explained by that reason, first of all.
func TestExplainNamesWhatTheChainRefuses(t *testing.T) {
	t.Parallel()
	withoutSigner := func(f *fixture) { delete(f.behavior(), "LambdaFunctionAssociations") }
	hash := func(body string) http.Header {
		return http.Header{"X-Amz-Content-Sha256": {sha256Hex(body)}}
	}
	large, larger := strings.Repeat("x", 1<<20+1), strings.Repeat("x", 6<<20+1)
	for name, test := range map[string]struct {
		mutate  func(*fixture)
		fault   local.Fault
		request explain.Request // of the URL the path
		direct  bool            // to the function URL
		shown   bool            // only where the body is known, which a paste does not show
		want    string
		fit     explain.Fit // before probes
		after   explain.Fit // after them; "": the same
	}{
		"no hash": {
			mutate: withoutSigner, request: explain.Request{Method: "POST", Body: []byte("hello")},
			want: "payload-hash-missing", fit: explain.Likely, after: explain.Certain,
		},
		"DELETE without a hash": {
			mutate: withoutSigner, request: explain.Request{Method: "DELETE", Body: []byte("hello")},
			want: "payload-hash-missing", fit: explain.Likely, after: explain.Certain,
		},
		"a wrong hash": {
			mutate: withoutSigner, request: explain.Request{Method: "POST", Body: []byte("hello"), Header: hash("other")},
			want: "payload-hash-wrong", fit: explain.Likely, after: explain.Certain,
		},
		"a hash without a body": {
			mutate: withoutSigner, request: explain.Request{Method: "GET", Header: hash("other")},
			want: "payload-hash-wrong", fit: explain.Likely,
		},
		"a signer without the body, and the right hash": {
			mutate:  func(f *fixture) { f.association()["IncludeBody"] = false },
			request: explain.Request{Method: "POST", Body: []byte("hello"), Header: hash("hello")},
			want:    "signer-without-body", fit: explain.Likely, shown: true,
		},
		"a signer without the body": {
			mutate:  func(f *fixture) { f.association()["IncludeBody"] = false },
			request: explain.Request{Method: "POST", Body: []byte("hello")},
			want:    "signer-without-body", fit: explain.Possible, after: explain.Likely,
		},
		"a body too large for the signer": {
			request: explain.Request{Method: "POST", Body: []byte(large)}, want: "body-over-edge-limit", fit: explain.Certain,
		},
		"a body too large for a signer that does not look": {
			mutate:  func(f *fixture) { f.editSigner("if (!sent) return TOO_LARGE;", "") },
			request: explain.Request{Method: "POST", Body: []byte(large)},
			want:    "body-over-edge-limit", fit: explain.Likely, after: explain.Certain,
		},
		"a body too large for the function": {
			request: explain.Request{Method: "POST", Body: []byte(larger), Header: hash(larger)}, want: "body-over-function-limit", fit: explain.Certain,
		},
		"a query that nobody encodes": {
			mutate: func(f *fixture) {
				f.editSigner("if (request.querystring) request.querystring = request.querystring.replace(RAW, encodeURIComponent);", "")
			},
			request: explain.Request{Method: "GET", URL: "/?f1=x&f[0]=y"}, want: "query-not-encoded", fit: explain.Likely,
		},
		"a bearer token in place of the signature": {
			mutate: func(f *fixture) {
				withoutSigner(f)
				f.oac()["SigningBehavior"] = "no-override"
				f.behavior()["CachePolicyId"] = object{"Ref": "Policy"}
				f.at("Resources")["Policy"] = object{"Type": "AWS::CloudFront::CachePolicy", "Properties": object{"CachePolicyConfig": object{
					"Name": "authorization", "DefaultTTL": 0.0, "MinTTL": 0.0, "MaxTTL": 1.0,
					"ParametersInCacheKeyAndForwardedToOrigin": object{
						"EnableAcceptEncodingGzip": false, "EnableAcceptEncodingBrotli": false,
						"HeadersConfig": object{"HeaderBehavior": "whitelist", "Headers": []any{"Authorization"}},
						"CookiesConfig": object{"CookieBehavior": "none"}, "QueryStringsConfig": object{"QueryStringBehavior": "none"},
					},
				}}}
			},
			request: explain.Request{Method: "GET", Header: http.Header{"Authorization": {"Bearer x"}}},
			want:    "oac-not-always", fit: explain.Likely, after: explain.Certain,
		},
		"no grant": {
			mutate:  func(f *fixture) { delete(f.at("Resources"), "InvokeFunction") },
			request: explain.Request{Method: "GET"}, want: "grant-function-missing", fit: explain.Likely,
		},
		"Host forwarded": {
			mutate:  func(f *fixture) { f.behavior()["OriginRequestPolicyId"] = allViewer },
			request: explain.Request{Method: "GET"}, want: "host-forwarded", fit: explain.Likely,
		},
		"a URL that there is not": {
			direct: true, request: explain.Request{Method: "GET", Header: http.Header{"Host": {"gone.lambda-url.us-east-1.on.aws"}}},
			want: "url-unknown", fit: explain.Certain,
		},
		"a direct call": {
			direct: true, request: explain.Request{Method: "GET"}, want: "unsigned-direct-call", fit: explain.Likely,
		},
		"a direct call with a token": {
			direct: true, request: explain.Request{Method: "GET", Header: http.Header{"Authorization": {"Bearer x"}}},
			want: "unsigned-direct-call", fit: explain.Likely,
		},
		"a GET with a body": {
			request: explain.Request{Method: "GET", Body: []byte("hello")}, want: "get-with-body", fit: explain.Certain,
		},
		"a method that is not allowed": {
			mutate:  func(f *fixture) { f.behavior()["AllowedMethods"] = []any{"GET", "HEAD"} },
			request: explain.Request{Method: "PUT"}, want: "method-not-allowed", fit: explain.Certain,
		},
		"a long URL": {
			request: explain.Request{Method: "GET", URL: "/" + strings.Repeat("x", 8192)}, want: "request-too-long", fit: explain.Certain,
		},
		"long headers": {
			request: explain.Request{Method: "GET", Header: http.Header{"X-Long": {strings.Repeat("x", 32768)}}},
			want:    "request-too-long", fit: explain.Certain,
		},
		"a busy function": {
			fault: local.Fault{Throttle: true}, request: explain.Request{Method: "POST"}, want: "throttled", fit: explain.Certain,
		},
		"a function that fails": {
			fault: local.Fault{Fail: true}, request: explain.Request{Method: "POST"}, want: "function-failed", fit: explain.Likely,
		},
		"a function that breaks off": {
			fault: local.Fault{CutAfter: 5}, request: explain.Request{Method: "POST"}, want: "function-failed", fit: explain.Possible,
		},
		"a signer whose result is invalid": {
			mutate: func(f *fixture) {
				f.editSigner("const { headers, method, body } = request;", "const { headers, method, body } = request; headers.connection = [{ key: 'Connection', value: 'x' }];")
			},
			request: explain.Request{Method: "GET"}, want: "edge-result-invalid", fit: explain.Certain,
		},
		"a signer that throws": {
			mutate:  func(f *fixture) { f.editSigner("const { headers, method, body } = request;", "throw new Error('x');") },
			request: explain.Request{Method: "GET"}, want: "signer-failed", fit: explain.Certain,
		},
		"a function that is silent": {
			mutate:  func(f *fixture) { f.origin()["CustomOriginConfig"].(object)["OriginReadTimeout"] = 1.0 },
			request: explain.Request{Method: "POST", URL: "/late"}, want: "read-timeout-exceeded", fit: explain.Likely,
		},
		"a function that falls silent": {
			mutate:  func(f *fixture) { f.origin()["CustomOriginConfig"].(object)["OriginReadTimeout"] = 1.0 },
			request: explain.Request{Method: "POST", URL: "/gate"}, want: "read-timeout-exceeded", fit: explain.Likely,
		},
		"a function that takes too long": {
			mutate: func(f *fixture) {
				f.origin()["CustomOriginConfig"].(object)["OriginReadTimeout"] = 1.0
				f.origin()["ResponseCompletionTimeout"] = 1.0
			},
			request: explain.Request{Method: "POST", URL: "/silent?heartbeat=100ms"}, want: "completion-timeout-short", fit: explain.Possible,
		},
		"a challenge": {
			request: explain.Request{Method: "GET", URL: "/challenged"}, want: "challenge-remapped", fit: explain.Certain,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			if test.mutate != nil {
				test.mutate(f)
			}
			chain := f.start(t, local.Options{Fault: func(*http.Request) local.Fault { return test.fault }})
			r := test.request
			if r.URL == "" {
				r.URL = "/"
			}
			if r.Method == "POST" && r.URL != "/" { // it asks the gate, which does not answer
				r.Header = http.Header{"X-Gate": {newGate(t).url}}
			}
			if test.direct {
				r.URL = chain.FunctionURLs()[0].URL + r.URL
			} else {
				r.URL = chain.URL() + r.URL
			}
			answer := ask(t, r)
			want := func(when string, found []explain.Finding, fit explain.Fit) {
				t.Helper()
				first := fit != explain.Possible // among those that only may be, any place will do
				if at := place(found, test.want); at < 0 || first && at > 0 || found[at].Fit != fit {
					t.Errorf("%s: %q, want %s %s; answer = %d %s", when, ids(found), test.want, fit, answer.Status, answer.Body)
				}
			}
			want("from the answer", explain.Explain(answer), test.fit)
			if !test.shown {
				want("from a paste", explain.Explain(pasted(t, answer)), test.fit)
			}
			if test.after == "" {
				test.after = test.fit
			}
			want("after probes", probed(t, answer), test.after)
		})
	}
}

// pasted is the answer as 'curl -v' prints it.
func pasted(t *testing.T, a *explain.Answer) *explain.Answer {
	t.Helper()
	request, err := http.NewRequest(a.Request.Method, a.Request.URL, bytes.NewReader(a.Request.Body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = a.Request.Header.Clone()
	sent, err := httputil.DumpRequest(request, false)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(a.Request.Body); n > 0 {
		sent = append(bytes.TrimSuffix(sent, []byte("\r\n")), []byte("Content-Length: "+fmt.Sprint(n)+"\r\n\r\n")...)
	}
	answer := &http.Response{StatusCode: a.Status, ProtoMajor: 1, ProtoMinor: 1, Header: a.Header}
	received, err := httputil.DumpResponse(answer, false)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for line := range strings.Lines(string(sent)) {
		text.WriteString("> " + line)
	}
	for line := range strings.Lines(string(received)) {
		text.WriteString("< " + line)
	}
	text.WriteString(a.Body)
	if a.Broken {
		text.WriteString("\n* transfer closed with outstanding read data remaining\ncurl: (18) transfer closed\n")
	}
	parsed, err := explain.Parse(text.String())
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func sha256Hex(body string) string {
	hash := sha256.Sum256([]byte(body))
	return hex.EncodeToString(hash[:])
}
