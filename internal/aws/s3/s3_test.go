package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/streamfront/streamfront/functions/stream/uploads"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/internal/trace"
)

const (
	region = "eu-west-1"
	page   = "https://d1.cloudfront.net"
	here   = "http://127.0.0.1:8080"
)

var owner = uploads.OwnerOf("key\nmine")

// A fixture is a server with one bucket, which function Site/Url may put to and get from.
type fixture struct {
	*Server
	url   string
	ahead time.Duration // of the server's clock
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{}
	f.Server = &Server{
		Buckets: []*Bucket{
			{Name: "Site/Bucket", BucketName: "my-bucket", Region: region, CORS: []CORSRule{{
				Origins: template.TextsOf(page), Methods: template.TextsOf("PUT"), Headers: template.TextsOf("content-type", "x-amz-meta-*"), MaxAge: template.Of(60),
			}}},
			{Name: "Site/Other", BucketName: "other", Region: region},
		},
		Functions: []*lambda.Definition{
			{Name: "Site/Function", Role: iam.Role{Statements: []iam.Statement{
				{Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{"arn:aws:s3:::my-bucket/uploads/*"}},
			}}},
			{Name: "Site/Stranger"},
		},
		Keys: &Keys{}, Store: &Store{}, Origins: map[string]string{page: here}, Recorder: &trace.Recorder{},
		Now: func() time.Time { return time.Now().Add(f.ahead) },
	}
	server := httptest.NewServer(f)
	t.Cleanup(f.Store.Close)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// credentials are those of a function.
func (f *fixture) credentials(function string) aws.Credentials {
	c := f.Keys.Issue(function)
	return aws.Credentials{AccessKeyID: c.AccessKey, SecretAccessKey: c.SecretKey, SessionToken: c.Token}
}

// uploads is the sample's client, which signs by the SDK.
func (f *fixture) uploads(function string) *uploads.Store {
	return uploads.New(aws.Config{
		Region: region, BaseEndpoint: &f.url,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return f.credentials(function), nil }),
	}, "my-bucket", 1_000_000)
}

func (f *fixture) ticket(t *testing.T, function string, size int64) *uploads.Ticket {
	t.Helper()
	ticket, err := f.uploads(function).Ticket(t.Context(), owner, uploads.File{Name: "Ü 1.txt", Type: "text/plain", Size: size})
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

// send makes a request with headers as name, value pairs.
func send(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	return do(t, testclient.Request(t, method, url, body, headers...))
}

func do(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	return testclient.Do(t, http.DefaultClient.Do, r)
}

func upload(t *testing.T, ticket *uploads.Ticket, body string, more ...string) (*http.Response, string) {
	t.Helper()
	for name, value := range ticket.Headers {
		more = append([]string{name, value}, more...)
	}
	return send(t, ticket.Method, ticket.URL, body, more...)
}

// wantError checks an error in XML.
func wantError(t *testing.T, resp *http.Response, body string, status int, code, message string) {
	t.Helper()
	var got struct {
		Code, Message, Resource string
		RequestID               string `xml:"RequestId"`
	}
	if err := xml.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%d: %v: %s", resp.StatusCode, err, body)
	}
	if resp.StatusCode != status || got.Code != code || !strings.Contains(got.Message, message) {
		t.Errorf("answer = %d %s, want %d %s: %s", resp.StatusCode, body, status, code, message)
	}
	if got.Resource == "" || got.RequestID == "" || got.RequestID != resp.Header.Get("X-Amz-Request-Id") {
		t.Errorf("answer = %s, want resource and request id", body)
	}
}

func TestUploadAndOpen(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ticket := f.ticket(t, "Site/Function", 5)
	for _, content := range []string{"hello", "other"} { // until it expires it can be used again
		if resp, body := upload(t, ticket, content); resp.StatusCode != 200 || resp.Header.Get("Etag") == "" {
			t.Fatalf("PUT = %d %s", resp.StatusCode, body)
		}
		opened, file, err := f.uploads("Site/Function").Open(t.Context(), owner, ticket.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(opened)
		opened.Close()
		if err != nil || string(got) != content || file != (uploads.File{Name: "Ü 1.txt", Type: "text/plain", Size: 5}) {
			t.Errorf("Open = %q, %+v, %v, want %q", got, file, err, content)
		}
	}
}

func TestConditionsOfThePresignedURL(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body    string
		headers []string
		ahead   time.Duration
		status  int
		code    string
		message string
	}{
		"larger":        {"hello!", nil, 0, 403, "SignatureDoesNotMatch", "does not match"},
		"smaller":       {"hell", nil, 0, 403, "SignatureDoesNotMatch", "does not match"},
		"empty":         {"", nil, 0, 403, "SignatureDoesNotMatch", "does not match"},
		"another type":  {"hello", []string{"Content-Type", "text/html"}, 0, 403, "SignatureDoesNotMatch", "does not match"},
		"another name":  {"hello", []string{"X-Amz-Meta-Name", "x"}, 0, 403, "SignatureDoesNotMatch", "does not match"},
		"more metadata": {"hello", []string{"X-Amz-Meta-Other", "x"}, 0, 403, "AccessDenied", "not signed"},
		"late":          {"hello", nil, 6 * time.Minute, 403, "AccessDenied", "Request has expired"},
		"an ACL":        {"hello", []string{"X-Amz-Acl", "public-read"}, 0, 501, "NotImplemented", "X-Amz-Acl"},
		"checksum":      {"hello", []string{"Content-MD5", "x"}, 0, 501, "NotImplemented", "Content-Md5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			ticket := f.ticket(t, "Site/Function", 5)
			f.ahead = test.ahead
			resp, body := upload(t, ticket, test.body, test.headers...)
			wantError(t, resp, body, test.status, test.code, test.message)
			f.ahead = 0
			if _, _, err := f.uploads("Site/Function").Open(t.Context(), owner, ticket.ID); !errors.Is(err, uploads.ErrNotFound) {
				t.Errorf("Open = %v, want that nothing is there", err)
			}
		})
	}
}

// What is presigned is worth what the role of its signer may do.
func TestRolesOfFunctions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	denied := []iam.Statement{f.Functions[0].Role.Statements[0], {Deny: true, Actions: []string{"s3:*"}, Resources: []string{"*"}}}
	f.Functions = append(f.Functions,
		&lambda.Definition{Name: "Site/Denied", Role: iam.Role{Statements: denied}},
		&lambda.Definition{Name: "Site/Reader", Role: iam.Role{Statements: []iam.Statement{{Actions: []string{"s3:Get*"}, Resources: []string{"*"}}}}},
		&lambda.Definition{Name: "Site/Elsewhere", Role: iam.Role{Statements: []iam.Statement{{Actions: []string{"*"}, Resources: []string{"arn:aws:s3:::my-bucket/other/*", "arn:aws:s3:::my-bucket"}}}}},
	)
	for _, function := range []string{"Site/Stranger", "Site/Denied", "Site/Reader", "Site/Elsewhere"} {
		resp, body := upload(t, f.ticket(t, function, 5), "hello")
		wantError(t, resp, body, 403, "AccessDenied", "Access Denied")
	}
	ticket := f.ticket(t, "Site/Function", 5)
	if resp, body := upload(t, ticket, "hello"); resp.StatusCode != 200 {
		t.Fatalf("PUT = %d %s", resp.StatusCode, body)
	}
	for function, want := range map[string]bool{"Site/Function": true, "Site/Reader": true, "Site/Stranger": false, "Site/Denied": false} {
		content, _, err := f.uploads(function).Open(t.Context(), owner, ticket.ID)
		if (err == nil) != want {
			t.Errorf("Open by %s = %v, want it to work: %v", function, err, want)
		}
		if err == nil {
			content.Close()
		}
	}
}

// signed makes a request with the signature in a header.
func (f *fixture) signed(t *testing.T, method, path, body, hash string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Content-Sha256", hash)
	signer := sdk.NewSigner(func(o *sdk.SignerOptions) { o.DisableURIPathEscaping = true })
	if err := signer.SignHTTP(t.Context(), f.credentials("Site/Function"), r, hash, "s3", region, time.Now()); err != nil {
		t.Fatal(err)
	}
	return r
}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

func TestSignatureInAHeader(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if resp, body := do(t, f.signed(t, "PUT", "/my-bucket/uploads/a%20b", "hello", hashOf("hello"))); resp.StatusCode != 200 {
		t.Fatalf("PUT = %d %s", resp.StatusCode, body)
	}
	resp, body := do(t, f.signed(t, "GET", "/my-bucket/uploads/a%20b", "", hashOf("")))
	if resp.StatusCode != 200 || body != "hello" || resp.Header.Get("Content-Type") != "binary/octet-stream" {
		t.Errorf("GET = %d %q, %v", resp.StatusCode, body, resp.Header)
	}
	resp, body = do(t, f.signed(t, "HEAD", "/my-bucket/uploads/a%20b", "", hashOf("")))
	if resp.StatusCode != 200 || body != "" || resp.ContentLength != 5 {
		t.Errorf("HEAD = %d %q, %d bytes", resp.StatusCode, body, resp.ContentLength)
	}
	resp, body = do(t, f.signed(t, "PUT", "/my-bucket/uploads/c", "hello", hashOf("other")))
	wantError(t, resp, body, 400, "XAmzContentSHA256Mismatch", "does not match")
	resp, body = do(t, f.signed(t, "GET", "/my-bucket/uploads/a%20b", "", hashOf("other")))
	wantError(t, resp, body, 400, "XAmzContentSHA256Mismatch", "does not match")
	if resp, body := do(t, f.signed(t, "PUT", "/my-bucket/uploads/c", "hello", "UNSIGNED-PAYLOAD")); resp.StatusCode != 200 {
		t.Errorf("PUT without a hash = %d %s", resp.StatusCode, body)
	}
	resp, body = do(t, f.signed(t, "PUT", "/my-bucket/uploads/c", "hello", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"))
	wantError(t, resp, body, 501, "NotImplemented", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
}

// Who may not list a bucket gets 403 for what is not there, who may gets 404.
func TestMissingKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	resp, body := do(t, f.signed(t, "GET", "/my-bucket/uploads/none", "", hashOf("")))
	wantError(t, resp, body, 403, "AccessDenied", "Access Denied")
	f.Functions[0].Role.Statements = append(f.Functions[0].Role.Statements, iam.Statement{Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::my-bucket"}})
	resp, body = do(t, f.signed(t, "GET", "/my-bucket/uploads/none", "", hashOf("")))
	wantError(t, resp, body, 404, "NoSuchKey", "does not exist")
}

func TestUnsignedIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	upload(t, f.ticket(t, "Site/Function", 5), "hello")
	for _, method := range []string{"GET", "PUT"} {
		resp, body := send(t, method, f.url+"/my-bucket/uploads/x", "")
		wantError(t, resp, body, 403, "AccessDenied", "Access Denied")
	}
}

func TestWhatIsNotModelled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, test := range map[string]struct{ method, path, text string }{
		"list buckets":  {"GET", "/", "ListBuckets"},
		"list, folders": {"GET", "/my-bucket?list-type=2&delimiter=/", "delimiter"},
		"list, older":   {"GET", "/my-bucket/", "GET of a bucket"},
		"make a bucket": {"PUT", "/my-bucket", "PUT of a bucket"},
		"delete":        {"DELETE", "/my-bucket/uploads/a", "DELETE of an object"},
		"post form":     {"POST", "/my-bucket/", "POST of a bucket"},
		"multipart":     {"POST", "/my-bucket/uploads/a?uploads=", "uploads"},
		"version":       {"GET", "/my-bucket/uploads/a?versionId=1", "versionId"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp, body := send(t, test.method, f.url+test.path, "")
			wantError(t, resp, body, 501, "NotImplemented", test.text)
		})
	}
	resp, body := send(t, "GET", f.url+"/nobodys/uploads/a", "")
	wantError(t, resp, body, 404, "NoSuchBucket", "does not exist")
	resp, body = send(t, "GET", f.url+"/my-bucket/"+strings.Repeat("a", 1025), "")
	wantError(t, resp, body, 400, "KeyTooLongError", "too long")
}

func TestSizes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, test := range map[string]struct {
		length int64
		status int
		code   string
	}{
		"over 5 GiB": {5<<30 + 1, 400, "EntityTooLarge"},
		"unknown":    {-1, 411, "MissingContentLength"},
		"cut off":    {6, 400, "IncompleteBody"},
	} {
		r := f.signed(t, "PUT", "/my-bucket/uploads/a", "", "UNSIGNED-PAYLOAD")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader("hello")), test.length
		signer := sdk.NewSigner(func(o *sdk.SignerOptions) { o.DisableURIPathEscaping = true })
		if err := signer.SignHTTP(t.Context(), f.credentials("Site/Function"), r, "UNSIGNED-PAYLOAD", "s3", region, time.Now()); err != nil {
			t.Fatal(err)
		}
		// Not over the network: no client sends such a request.
		r.RequestURI, r.Host = r.URL.RequestURI(), r.URL.Host
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != test.status || !strings.Contains(w.Body.String(), "<Code>"+test.code+"</Code>") {
			t.Errorf("%s: answer = %d %s, want %d %s", name, w.Code, w.Body, test.status, test.code)
		}
	}
	entries, err := os.ReadDir(f.Store.dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("what was refused is kept: %v, %v", entries, err)
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, test := range map[string]struct {
		bucket, origin, method, headers string
		status                          int
		message                         string
	}{
		"page":               {"my-bucket", page, "PUT", "content-type,x-amz-meta-name", 200, ""},
		"page from here":     {"my-bucket", here, "PUT", "Content-Type", 200, ""},
		"page by name":       {"my-bucket", "http://localhost:8080", "PUT", "content-type", 200, ""},
		"no headers":         {"my-bucket", here, "PUT", "", 200, ""},
		"another page":       {"my-bucket", "http://127.0.0.1:8081", "PUT", "content-type", 403, "not allowed"},
		"another method":     {"my-bucket", page, "GET", "", 403, "not allowed"},
		"another header":     {"my-bucket", page, "PUT", "content-type, authorization", 403, "not allowed"},
		"no origin":          {"my-bucket", "", "PUT", "", 400, "Origin request header needed"},
		"bucket without any": {"other", page, "PUT", "", 403, "not enabled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var headers []string
			for _, pair := range [][2]string{{"Origin", test.origin}, {"Access-Control-Request-Method", test.method}, {"Access-Control-Request-Headers", test.headers}} {
				if pair[1] != "" {
					headers = append(headers, pair[0], pair[1])
				}
			}
			resp, body := send(t, "OPTIONS", f.url+"/"+test.bucket+"/uploads/a", "", headers...)
			if test.status == 200 {
				if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != 200 || got != test.origin || resp.Header.Get("Access-Control-Max-Age") != "60" {
					t.Errorf("answer = %d %s, %v", resp.StatusCode, body, resp.Header)
				}
				return
			}
			if resp.StatusCode != test.status || !strings.Contains(body, test.message) || resp.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("answer = %d %s, %v, want %d %s", resp.StatusCode, body, resp.Header, test.status, test.message)
			}
		})
	}
	// A page sees the answer to its upload, and why it was refused.
	for size, status := range map[int64]int{5: 200, 6: 403} {
		resp, body := upload(t, f.ticket(t, "Site/Function", size), "hello", "Origin", here)
		if resp.StatusCode != status || resp.Header.Get("Access-Control-Allow-Origin") != here {
			t.Errorf("PUT = %d %s, %v", resp.StatusCode, body, resp.Header)
		}
	}
	if resp, _ := upload(t, f.ticket(t, "Site/Function", 5), "hello", "Origin", "http://evil.example"); resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("another page sees the answer to its upload")
	}
}

func TestOriginPatterns(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{
		"*": true, "https://a.example.com": true, "https://*.example.com": true, "https://*": true,
		"http://*": false, "https://*.example.org": false, "https://a.example": false, "https://a.example.com*m": false,
	} {
		if got := matches(pattern, "https://a.example.com"); got != want {
			t.Errorf("matches(%q) = %v, want %v", pattern, got, want)
		}
	}
}

// Nothing of a presigned URL gets into the trace, which people paste into issues.
func TestTraceHasNoSignature(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	traces := make(chan trace.Request, 2)
	f.Recorder.Done = func(r trace.Request) { traces <- r }
	upload(t, f.ticket(t, "Site/Function", 5), "hello")
	got := <-traces
	if got.Status != 200 || strings.Contains(got.Target, "?") || len(got.Hops) != 1 || !strings.Contains(got.Hops[0].Decision, "kept 5 bytes, signed by Site/Function") {
		t.Errorf("trace = %+v", got)
	}
	upload(t, f.ticket(t, "Site/Function", 6), "hello")
	got = <-traces
	if detail := got.Hops[0].Detail; !strings.Contains(detail, "content-length:5") || strings.Contains(detail, "local-") {
		t.Errorf("detail = %s, want the canonical request without the token", detail)
	}
	upload(t, f.ticket(t, "Site/Stranger", 5), "hello")
	got = <-traces
	if got.Status != 403 || !got.Hops[0].Refused || !strings.Contains(got.Hops[0].Detail, "no policy of the role of Site/Stranger allows s3:PutObject") {
		t.Errorf("trace = %+v", got)
	}
}

func TestCloseRemovesWhatWasKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ticket := f.ticket(t, "Site/Function", 5)
	upload(t, ticket, "hello")
	dir := f.Store.dir
	f.Store.Close()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Stat = %v, want that the folder is gone", err)
	}
	resp, body := upload(t, ticket, "hello")
	wantError(t, resp, body, 500, "InternalError", "internal error")
}

func TestKeysStay(t *testing.T) {
	t.Parallel()
	var keys Keys
	first, other := keys.Issue("a"), keys.Issue("b")
	if keys.Issue("a") != first || first == other || !strings.HasPrefix(first.AccessKey, "ASIA") {
		t.Errorf("keys = %+v and %+v, want two that stay", first, other)
	}
}
