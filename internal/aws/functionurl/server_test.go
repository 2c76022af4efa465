package functionurl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/internal/trace"
)

// The test binary is the function, too: started with this variable it speaks the runtime
// API, by hand.
const processVariable = "FUNCTIONURL_TEST_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(processVariable) != "" {
		os.Exit(process())
	}
	os.Exit(m.Run())
}

// process answers by the path of the event: /echo with the event itself, /error with an
// error, /exit not at all, /break with half a response. It goes to the URL in the header
// x-gate before.
func process() int {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		resp, err := http.Get(base + "next")
		if err != nil {
			return 1
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return 2
		}
		id := resp.Header.Get("Lambda-Runtime-Aws-Request-Id")
		var e event.Format2
		if err := json.Unmarshal(text, &e); err != nil {
			return 3
		}
		if gate := e.Headers["x-gate"]; gate != "" {
			if resp, err := http.Get(gate); err == nil {
				resp.Body.Close()
			}
		}
		path, body := "/response", io.MultiReader(strings.NewReader(`{"statusCode":200,"headers":{"x-id":"`+id+`"}}`+nuls), bytes.NewReader(text))
		switch e.RawPath {
		case "/error":
			path, body = "/error", strings.NewReader(`{"errorMessage":"odd"}`)
		case "/exit":
			return 4
		case "/break":
			conn, err := net.Dial("tcp", os.Getenv("AWS_LAMBDA_RUNTIME_API"))
			if err != nil {
				return 5
			}
			const begun = `{"statusCode":201}` + nuls + "begun"
			fmt.Fprintf(conn, "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: 100\r\n\r\n%s", id, conn.RemoteAddr(), answer.IntegrationResponse, begun)
			return 6
		}
		if resp, err := http.Post(base+id+path, answer.IntegrationResponse, body); err == nil {
			resp.Body.Close()
		}
	}
}

var clock = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// A site is a function URL that is being served.
type site struct {
	address    string
	credential iam.Credentials
	done       chan trace.Request
}

func serve(t *testing.T, change func(*URL, *lambda.Config)) *site {
	t.Helper()
	f := &URL{
		Name: "Site/Url", DomainName: domain, AuthType: template.Of("AWS_IAM"), InvokeMode: template.Of("RESPONSE_STREAM"),
		Function: &lambda.Definition{Name: "Site/Fn", Account: "111122223333", Region: "eu-west-1"},
		Grants: []*Grant{
			{Action: template.Of(invokeURL), Principal: template.Of(CloudFront), SourceARN: template.Of(ours)},
			{Action: template.Of(invoke), Principal: template.Of(CloudFront), SourceARN: template.Of(ours), ViaFunctionURL: template.Of(true)},
		},
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	config := lambda.Config{
		Name: "fn", Region: "eu-west-1", Timeout: patience, Concurrency: 10, Command: []string{program}, Dir: t.TempDir(),
		Environment: map[string]string{processVariable: "1"},
	}
	if change != nil {
		change(f, &config)
	}
	fn := lambda.New(config)
	principals := &Principals{}
	s := &site{
		done:       make(chan trace.Request, 100),
		credential: principals.Issue(Principal{Service: "cloudfront.amazonaws.com", SourceARN: ours, SourceAccount: "111122223333"}),
	}
	server := httptest.NewServer(&Server{
		URL: f, Lambda: fn, Principals: principals, Now: func() time.Time { return clock },
		Recorder: &trace.Recorder{Done: func(r trace.Request) { s.done <- r }},
	})
	// The function first: the server waits for what it is serving.
	t.Cleanup(func() { fn.Close(); server.Close() })
	s.address = server.Listener.Addr().String()
	return s
}

// request makes a request as CloudFront sends it; it is not signed yet.
func (s *site) request(t *testing.T, method, target, contentType string, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.address+target, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = domain
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func (s *site) sign(t *testing.T, r *http.Request, body []byte) {
	t.Helper()
	keys := aws.Credentials{AccessKeyID: s.credential.AccessKey, SecretAccessKey: s.credential.SecretKey, SessionToken: s.credential.Token}
	testclient.Sign(t, r, string(body), keys, "lambda", "eu-west-1", clock)
}

// send sends a request and returns the answer with what was recorded.
func (s *site) send(t *testing.T, r *http.Request) (*http.Response, string, trace.Request) {
	t.Helper()
	resp, body := testclient.Do(t, http.DefaultClient.Do, r)
	return resp, body, testclient.Receive(t, "the record", s.done)
}

// hold sends a request in the background, and returns once it is in the function, which answers
// when open is closed.
func (s *site) hold(t *testing.T, r *http.Request) (answered chan error, open chan struct{}) {
	t.Helper()
	arrived, open := make(chan struct{}), make(chan struct{})
	gate := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-open
	}))
	t.Cleanup(gate.Close)
	r.Header.Set("X-Gate", gate.URL)
	s.sign(t, r, nil)
	answered = make(chan error, 1)
	go func() {
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			resp.Body.Close()
		}
		answered <- err
	}()
	testclient.Receive(t, "the call in the function", arrived)
	return answered, open
}

const forbiddenBody = `{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}`

func TestServerPassesASignedRequest(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	body := []byte(`{"a":1}`)
	r := s.request(t, "POST", "/echo?x=%2F", "application/json", body)
	s.sign(t, r, body)
	resp, text, record := s.send(t, r)
	var e event.Format2
	if err := json.Unmarshal([]byte(text), &e); err != nil || resp.StatusCode != 200 {
		t.Fatalf("answer = %d %s, %v, want the event", resp.StatusCode, text, err)
	}
	if e.Body != string(body) || e.RawPath != "/echo" || e.RawQueryString != "x=%2F" || e.RequestContext.Authorizer == nil {
		t.Errorf("event = %+v", e)
	}
	if _, ok := e.Headers["authorization"]; ok {
		t.Error("the function sees Authorization")
	}
	// One id for the event, the runtime API and the client (validated).
	id := resp.Header.Get("X-Amzn-Requestid")
	if id == "" || id != e.RequestContext.RequestID || id != resp.Header.Get("X-Id") {
		t.Errorf("request id of the answer = %q, of the event %q, of the runtime %q, want one", id, e.RequestContext.RequestID, resp.Header.Get("X-Id"))
	}
	if got := resp.Header.Get("X-Amzn-Trace-Id"); got == "" || got != e.Headers["x-amzn-trace-id"] {
		t.Errorf("trace id = %q, want the event's %q", got, e.Headers["x-amzn-trace-id"])
	}
	if record.Status != 200 || record.Target != "/echo?x=%2F" || len(record.Hops) != 2 || record.Hops[0].Name != "function url" || record.Hops[1].Name != "function" {
		t.Errorf("record = %+v", record)
	}
}

// Who may call is decided before the function runs: there is none behind these.
func TestServerRefuses(t *testing.T) {
	t.Parallel()
	const (
		mismatch = `{"message":"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}`
		tooLarge = `{"message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}`
	)
	without := func(i int) func(*URL) {
		return func(f *URL) { f.Grants = append(f.Grants[:i:i], f.Grants[i+1:]...) }
	}
	large := bytes.Repeat([]byte("x"), maxBody+1)
	for name, test := range map[string]struct {
		change      func(*URL)
		contentType string
		body        []byte
		signed      []byte // the body that is signed, if another
		before      func(*http.Request)
		after       func(*http.Request)
		status      int
		errorType   string
		want        string
		decision    string
	}{
		"raw brackets in the query": {
			after:  func(r *http.Request) { r.URL.RawQuery = "tags[]=a" },
			status: 403, errorType: "AccessDeniedException", want: `{"Message":"Forbidden"}`, decision: `the query has a raw "[" in it, which must be encoded as %5B`,
		},
		"a header that is not UTF-8": {
			after:  func(r *http.Request) { r.Header.Set("X-Name", "M\xfcller") },
			status: 400, errorType: "BadRequest", want: "Bad Request", decision: "the header X-Name has bytes that are not UTF-8",
		},
		"unsigned": {
			after:  func(r *http.Request) { r.Header.Del("Authorization") },
			status: 403, errorType: "AccessDeniedException", want: forbiddenBody, decision: "the request is not signed",
		},
		"another body than was signed": {
			body: []byte("hello"), signed: []byte("jello"), status: 403, errorType: "InvalidSignatureException", want: mismatch, decision: "does not match",
		},
		"another body than the hash says": {
			body: []byte("hello"), before: func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", strings.Repeat("0", 64)) },
			status: 403, errorType: "InvalidSignatureException", want: mismatch, decision: "does not match",
		},
		"UNSIGNED-PAYLOAD": {
			body: []byte("hello"), before: func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") },
			status: 403, errorType: "InvalidSignatureException", want: mismatch, decision: "does not match",
		},
		"unknown token": {
			after:  func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") },
			status: 403, errorType: "UnrecognizedClientException", want: `{"message":"The security token included in the request is invalid."}`, decision: "security token",
		},
		"unknown host": {
			after:  func(r *http.Request) { r.Host = "other.lambda-url.eu-west-1.on.aws" },
			status: 403, errorType: "AccessDeniedException", want: `{"Message":null}`, decision: `no function URL has the host "other.lambda-url.eu-west-1.on.aws"`,
		},
		"URL of another region": {
			change: func(f *URL) { f.Function.Region = "us-east-1" },
			status: 403, errorType: "InvalidSignatureException", want: `{"message":"Credential should be scoped to a valid Region, not 'eu-west-1'. "}`, decision: "valid Region",
		},
		"InvokeFunctionUrl not granted": {
			change: without(0), status: 403, errorType: "AccessDeniedException", want: forbiddenBody,
			decision: "no AWS::Lambda::Permission of Site/Fn grants lambda:InvokeFunctionUrl to cloudfront.amazonaws.com on behalf of " + ours,
		},
		"InvokeFunction not granted": {
			change: without(1), status: 403, errorType: "AccessDeniedException", want: forbiddenBody,
			decision: "no AWS::Lambda::Permission of Site/Fn grants lambda:InvokeFunction to cloudfront.amazonaws.com on behalf of " + ours,
		},
		"public URL without public grants": {
			change: func(f *URL) { f.AuthType = template.Of("NONE") },
			after:  func(r *http.Request) { r.Header.Del("Authorization") },
			status: 403, errorType: "AccessDeniedException", want: forbiddenBody, decision: "grants lambda:InvokeFunctionUrl to anonymous callers",
		},
		"6 MiB + 1 of text": {
			body: large, contentType: "text/plain", status: 413, errorType: "RequestEntityTooLargeException", want: tooLarge, decision: "the body has over 6291456 bytes",
		},
		"4.5 MiB + 3 of bytes": {
			body: large[:maxBody/4*3+1], status: 413, errorType: "RequestEntityTooLargeException", want: tooLarge,
			decision: "the body has 4718593 bytes, in base64 6291460",
		},
		"large and wrongly signed": {
			body: large[:maxBody], contentType: "text/plain", signed: []byte("x"), status: 403, errorType: "InvalidSignatureException", want: mismatch, decision: "does not match",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(f *URL, c *lambda.Config) {
				c.Command = []string{"/nonexistent"} // would be a 502
				if test.change != nil {
					test.change(f)
				}
			})
			r := s.request(t, "POST", "/echo", test.contentType, test.body)
			if test.before != nil {
				test.before(r)
			}
			signed := test.signed
			if signed == nil {
				signed = test.body
			}
			s.sign(t, r, signed)
			if test.after != nil {
				test.after(r)
			}
			resp, body, record := s.send(t, r)
			if resp.StatusCode != test.status || body != test.want {
				t.Errorf("answer = %d %s\nwant %d %s", resp.StatusCode, body, test.status, test.want)
			}
			if got := resp.Header.Get("X-Amzn-Errortype"); got != test.errorType {
				t.Errorf("error type = %q, want %q", got, test.errorType)
			}
			kind := "application/json"
			if test.status == 400 {
				kind = "text/plain"
			}
			if got := resp.Header.Get("Content-Type"); got != kind || resp.Header.Get("X-Amzn-Requestid") == "" {
				t.Errorf("headers = %v, want JSON and a request id", resp.Header)
			}
			if len(record.Hops) != 1 || record.Status != test.status || !record.Hops[0].Refused || !strings.Contains(record.Hops[0].Decision, test.decision) {
				t.Errorf("record = %+v, want one hop with %q", record, test.decision)
			}
		})
	}
}

// What a query must encode is refused, however well it is signed; escapes pass.
func TestQueryThatIsNotEncoded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		authType, query string
		status          int
		errorType       string
	}{
		{"AWS_IAM", "tags[]=a", 403, "AccessDeniedException"},
		{"AWS_IAM", "$top=1", 403, "AccessDeniedException"},
		{"AWS_IAM", "a=1&b={", 403, "AccessDeniedException"},
		{"AWS_IAM", "a=\xc3\xa9", 403, "AccessDeniedException"},
		{"NONE", "a=%5D]", 400, "InvalidQueryStringException"},
		{"NONE", "a=\"", 400, "InvalidQueryStringException"},
		{"AWS_IAM", "tags%5B%5D=a&%24top=%c3%a9&a=x+y;z!'()*,:@/?~%", 0, ""},
		{"NONE", "%5b", 0, ""},
	} {
		s := &Server{URL: &URL{AuthType: template.Of(test.authType)}}
		refused := s.refuseQuery(&http.Request{RequestURI: "/[?" + test.query})
		if refused == nil {
			refused = &refusal{}
		}
		if refused.status != test.status || refused.errorType != test.errorType {
			t.Errorf("%s, %s: %d %s, want %d %s", test.authType, test.query, refused.status, refused.errorType, test.status, test.errorType)
		}
		if test.status != 0 && refused.cause != causes.QueryNotEncoded {
			t.Errorf("%s: cause %q", test.query, refused.cause)
		}
	}
}

// The largest bodies that pass, in the form in which the event carries them.
func TestLargestBodies(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for contentType, size := range map[string]int{"text/plain": maxBody, "application/octet-stream": maxBody / 4 * 3} {
		body := bytes.Repeat([]byte("x"), size)
		r := s.request(t, "POST", "/echo", contentType, body)
		s.sign(t, r, body)
		if resp, text, _ := s.send(t, r); resp.StatusCode != 200 || !strings.Contains(text, `"rawPath":"/echo"`) {
			t.Errorf("%d bytes of %s: %d %.100s", size, contentType, resp.StatusCode, text)
		}
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	s := serve(t, func(f *URL, _ *lambda.Config) {
		f.AuthType = template.Of("NONE")
		f.Grants = []*Grant{
			{Action: template.Of(invokeURL), Principal: template.Of("*"), URLAuthType: template.Of("NONE")},
			{Action: template.Of(invoke), Principal: template.Of("*"), ViaFunctionURL: template.Of(true)},
		}
	})
	r := s.request(t, "GET", "/echo", "", nil)
	r.Host = s.address // its address here will do
	resp, text, _ := s.send(t, r)
	if resp.StatusCode != 200 || !strings.Contains(text, `"accountId":"anonymous"`) || !strings.Contains(text, `"host":"`+domain+`"`) {
		t.Errorf("answer = %d %s", resp.StatusCode, text)
	}
}

func TestFunctionFailures(t *testing.T) {
	t.Parallel()
	for path, decision := range map[string]string{
		"/error": "502: Function.Unknown: odd",
		"/exit":  "502: Runtime.ExitError: the process ended (exit status 4)",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s := serve(t, nil)
			r := s.request(t, "GET", path, "", nil)
			s.sign(t, r, nil)
			resp, body, record := s.send(t, r)
			if resp.StatusCode != 502 || body != "Internal Server Error" || resp.Header.Get("X-Amzn-Errortype") != "" {
				t.Errorf("answer = %d %s %v, want 502 Internal Server Error", resp.StatusCode, body, resp.Header)
			}
			if hop := record.Hops[1]; hop.Decision != decision || !hop.Refused {
				t.Errorf("hop = %+v, want %q", hop, decision)
			}
		})
	}
}

// A process that ends in mid-stream: what it said arrives, the connection is cut, and the
// record of a direct call knows the status that the client got.
func TestBrokenStream(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	r := s.request(t, "GET", "/break", "", nil)
	s.sign(t, r, nil)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode != 201 || string(body) != "begun" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("answer = %d %q, %v, want 201 \"begun\" and an unexpected EOF", resp.StatusCode, body, err)
	}
	record := testclient.Receive(t, "the record", s.done)
	if record.Status != 201 || !strings.Contains(record.Hops[1].Decision, "then it broke off: Runtime.ExitError") {
		t.Errorf("record = %+v, want status 201 and the reason", record)
	}
}

func TestThrottled(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *URL, c *lambda.Config) { c.Concurrency = 1 })
	first := s.request(t, "GET", "/echo", "", nil)
	answered, open := s.hold(t, first)

	second := s.request(t, "GET", "/echo", "", nil)
	s.sign(t, second, nil)
	resp, body, record := s.send(t, second)
	const want = `{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}`
	if resp.StatusCode != 429 || body != want || resp.Header.Get("X-Amzn-Errortype") != "TooManyRequestsException" {
		t.Errorf("answer = %d %s, want 429 %s", resp.StatusCode, body, want)
	}
	if hop := record.Hops[1]; hop.Decision != "429: all execution environments are busy" || !hop.Refused {
		t.Errorf("hop = %+v", hop)
	}
	close(open)
	if err := testclient.Receive(t, "the first answer", answered); err != nil {
		t.Error(err)
	}
}

// A client who hangs up does not stop the function: it ends, and its environment is the
// one that serves the next call.
func TestClientHangsUp(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	ctx, hangUp := context.WithCancel(t.Context())
	r := s.request(t, "GET", "/echo", "", nil).WithContext(ctx)
	answered, open := s.hold(t, r)
	hangUp()
	if err := testclient.Receive(t, "the client", answered); !errors.Is(err, context.Canceled) {
		t.Errorf("client got %v, want context.Canceled", err)
	}
	record := testclient.Receive(t, "the record", s.done) // the URL has noticed
	if last := record.Hops[len(record.Hops)-1]; last.Cause != "" || last.Decision != "the caller left before the function answered" {
		t.Errorf("last hop = %+v, want that the caller left, and not that the function failed", last)
	}
	close(open)
	next := s.request(t, "GET", "/echo", "", nil)
	s.sign(t, next, nil)
	if resp, _, _ := s.send(t, next); resp.StatusCode != 200 {
		t.Errorf("next call: status %d, want 200", resp.StatusCode)
	}
}

// CloudFront and the URL write one record, by the id in X-Amz-Cf-Id, and the status is
// CloudFront's to say. The id of somebody else is none.
func TestRecordIsShared(t *testing.T) {
	t.Parallel()
	for name, forwarded := range map[string]bool{"by CloudFront": true, "by a direct caller with the id": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done := make(chan trace.Request, 2)
			recorder := &trace.Recorder{Done: func(r trace.Request) { done <- r }}
			rec, _ := recorder.Join("cf-id", "GET", "/outer")
			outer := rec.Meter(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/outer", nil))
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/inner", nil)
			r.Header.Set("X-Amz-Cf-Id", "cf-id")
			r.Host = domain
			s := &Server{
				URL: &URL{DomainName: domain, AuthType: template.Of("AWS_IAM")}, Principals: &Principals{}, Recorder: recorder,
				Now: func() time.Time { return clock }, Forwarded: func(*http.Request) bool { return forwarded },
			}
			s.ServeHTTP(w, r)
			if w.Code != 403 {
				t.Errorf("answer %d, want 403", w.Code)
			}
			if !forwarded {
				if own := testclient.Receive(t, "the caller's own record", done); own.ID == "cf-id" || own.Target != "/inner" || own.Status != 403 || len(own.Hops) != 1 {
					t.Errorf("the caller's record = %+v, want one of its own", own)
				}
			}
			outer.WriteHeader(502)
			outer.Done()
			rec.Leave()
			hops := 0
			if forwarded {
				hops = 1
			}
			if got := testclient.Receive(t, "the record", done); got.ID != "cf-id" || got.Target != "/outer" || got.Status != 502 || len(got.Hops) != hops {
				t.Errorf("record = %+v, want that of CloudFront with %d hops", got, hops)
			}
		})
	}
}
