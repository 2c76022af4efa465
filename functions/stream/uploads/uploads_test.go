package uploads

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var clock = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const maxBytes = 1000

// newStore returns a store with the credentials of AWS's own examples.
func newStore(config aws.Config) *Store {
	if config.Region == "" {
		config.Region = "eu-west-1"
	}
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", SessionToken: "token/+=",
		}, nil
	})
	s := New(config, "my-bucket", maxBytes)
	s.now = func() time.Time { return clock }
	return s
}

func post(s *Store, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	Handler(s).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/uploads", strings.NewReader(body)))
	return w
}

func TestTicket(t *testing.T) {
	t.Parallel()
	w := post(newStore(aws.Config{}), `{"name":"Übersicht 1.txt","type":"Text/Plain;charset=UTF-8","size":1000}`)
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("answer = %d, %v: %s", w.Code, w.Header(), w.Body)
	}
	if !strings.Contains(w.Body.String(), "&X-Amz-Date=") {
		t.Errorf("answer = %s, want a URL to paste", w.Body)
	}
	var got Ticket
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if !isID(got.ID) || got.Method != "PUT" || got.MaxBytes != maxBytes || got.ExpiresAt != clock.Add(5*time.Minute).Unix() {
		t.Errorf("ticket = %+v", got)
	}
	if got.Headers["content-type"] != "text/plain; charset=UTF-8" || got.Headers["x-amz-meta-name"] != "%C3%9Cbersicht%201.txt" || len(got.Headers) != 2 {
		t.Errorf("headers = %q", got.Headers)
	}
	u, err := url.Parse(got.URL)
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme != "https" || u.Host != "my-bucket.s3.eu-west-1.amazonaws.com" || u.Path != "/uploads/"+string(OwnerOf("key\n"))+"/"+got.ID {
		t.Errorf("url = %s", got.URL)
	}
	// The size and the type are conditions because their headers are signed.
	for name, want := range map[string]string{
		"X-Amz-SignedHeaders":  "content-length;content-type;host;x-amz-meta-name",
		"X-Amz-Expires":        "300",
		"X-Amz-Date":           "20261124T120000Z",
		"X-Amz-Credential":     "ASIAIOSFODNN7EXAMPLE/20261124/eu-west-1/s3/aws4_request",
		"X-Amz-Security-Token": "token/+=",
	} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestTicketsDiffer(t *testing.T) {
	t.Parallel()
	s := newStore(aws.Config{})
	first, err := s.Ticket(t.Context(), me, File{Name: "a", Type: "text/plain", Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Ticket(t.Context(), me, File{Name: "a", Type: "text/plain", Size: 1})
	if err != nil || first.ID == second.ID {
		t.Errorf("ids %q and %q, %v: want two", first.ID, second.ID, err)
	}
}

func TestBase(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config aws.Config
		want   string
	}{
		"AWS":               {aws.Config{Region: "eu-west-1"}, "https://my-bucket.s3.eu-west-1.amazonaws.com/"},
		"China":             {aws.Config{Region: "cn-north-1"}, "https://my-bucket.s3.cn-north-1.amazonaws.com.cn/"},
		"AWS_ENDPOINT_URL":  {aws.Config{BaseEndpoint: aws.String("http://127.0.0.1:9/")}, "http://127.0.0.1:9/my-bucket/"},
		"of S3, which wins": {aws.Config{BaseEndpoint: aws.String("http://all"), ConfigSources: []any{1, ofS3("http://s3")}}, "http://s3/my-bucket/"},
		"of others":         {aws.Config{Region: "eu-west-1", ConfigSources: []any{ofS3("")}}, "https://my-bucket.s3.eu-west-1.amazonaws.com/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := base(test.config, "my-bucket"); got != test.want {
				t.Errorf("base = %q, want %q", got, test.want)
			}
		})
	}
}

// ofS3 is a source of configuration that has an endpoint for S3, unless it is empty.
type ofS3 string

func (endpoint ofS3) GetServiceBaseEndpoint(_ context.Context, service string) (string, bool, error) {
	return string(endpoint), service == "S3" && endpoint != "", nil
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body        string
		status      int
		code, param string
	}{
		"no JSON":         {`name=a`, 400, "invalid_upload", ""},
		"empty":           {``, 400, "invalid_upload", ""},
		"size is text":    {`{"name":"a","type":"text/plain","size":"5"}`, 400, "invalid_upload", ""},
		"size is broken":  {`{"name":"a","type":"text/plain","size":1.5}`, 400, "invalid_upload", ""},
		"no size":         {`{"name":"a","type":"text/plain"}`, 400, "invalid_upload", "size"},
		"negative size":   {`{"name":"a","type":"text/plain","size":-1}`, 400, "invalid_upload", "size"},
		"too large":       {`{"name":"a","type":"text/plain","size":1001}`, 413, "file_too_large", "size"},
		"no name":         {`{"type":"text/plain","size":1}`, 400, "invalid_upload", "name"},
		"long name":       {`{"name":"` + strings.Repeat("a", 256) + `","type":"text/plain","size":1}`, 400, "invalid_upload", "name"},
		"line in name":    {`{"name":"a\r\nx-amz-acl: public-read","type":"text/plain","size":1}`, 400, "invalid_upload", "name"},
		"picture":         {`{"name":"a","type":"image/svg+xml","size":1}`, 415, "unsupported_type", "type"},
		"long type":       {`{"name":"a","type":"text/plain;a=` + strings.Repeat("b", 10_000) + `","size":1}`, 400, "invalid_upload", "type"},
		"octets":          {`{"name":"a","type":"application/octet-stream","size":1}`, 415, "unsupported_type", "type"},
		"no media type":   {`{"name":"a","type":"text/","size":1}`, 400, "invalid_upload", "type"},
		"line in type":    {`{"name":"a","type":"text/plain\r\nx: y","size":1}`, 400, "invalid_upload", "type"},
		"too long a body": {`{"name":"a","pad":"` + strings.Repeat("a", 1<<14) + `"}`, 400, "invalid_upload", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantError(t, post(newStore(aws.Config{}), test.body), test.status, test.code, test.param)
		})
	}
}

func wantError(t *testing.T, w *httptest.ResponseRecorder, status int, code, param string) {
	t.Helper()
	var got struct {
		Error struct{ Message, Type, Param, Code string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if w.Code != status || got.Error.Code != code || got.Error.Param != param || got.Error.Message == "" || got.Error.Type == "" {
		t.Errorf("answer = %d %s, want %d, code %q, param %q", w.Code, w.Body, status, code, param)
	}
}

func TestTaken(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"":                 "text/plain",
		"text/markdown":    "text/markdown",
		"application/json": "application/json",
		"image/webp":       "image/webp",
		"TEXT/CSV":         "text/csv",
	} {
		file, refused := readFile(strings.NewReader(fmt.Sprintf(`{"name":"a","type":%q,"size":1000}`, sent)), maxBytes)
		if refused != nil || file.Type != want {
			t.Errorf("type %q = %q, %+v, want %q", sent, file.Type, refused, want)
		}
	}
}

func TestNotConfigured(t *testing.T) {
	t.Parallel()
	w := post(nil, `{"name":"a","type":"text/plain","size":1}`)
	wantError(t, w, http.StatusNotImplemented, "uploads_not_configured", "")
	if !strings.Contains(w.Body.String(), "UPLOADS_BUCKET") {
		t.Errorf("answer = %s, want the variable in it", w.Body)
	}
}

func TestNoCredentials(t *testing.T) {
	t.Parallel()
	s := newStore(aws.Config{})
	s.config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("secret detail")
	})
	w := post(s, `{"name":"a","type":"text/plain","size":1}`)
	wantError(t, w, http.StatusInternalServerError, "upload_failed", "")
	if strings.Contains(w.Body.String(), "secret detail") {
		t.Errorf("answer = %s, want no details", w.Body)
	}
	if _, _, err := s.Open(t.Context(), me, someID); err == nil || !strings.Contains(err.Error(), "secret detail") {
		t.Errorf("Open = %v, want the error of the credentials", err)
	}
}

const someID = "file-0e5b2d31c80ABCDEFGHIJKLMNOPQRSTUVWX23"

var me = OwnerOf("key\nmine")

func TestOpen(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status  int
		body    string
		err     string
		missing bool
	}{
		"there":     {200, "hello", "", false},
		"gone":      {404, `<Error><Code>NoSuchKey</Code></Error>`, "NoSuchKey", true},
		"forbidden": {403, `<Error><Code>AccessDenied</Code></Error>`, "AccessDenied", true},
		"broken":    {503, `<Error><Code>SlowDown</Code></Error>`, "503 Service Unavailable (SlowDown)", false},
		"not S3":    {500, `oops`, "500 Internal Server Error", false},
		"too large": {200, strings.Repeat("a", maxBytes+1), "1001 bytes: want at most 1000", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != "GET" || r.URL.Path != "/my-bucket/uploads/"+string(me)+"/"+someID || !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/aws4_request") {
					t.Errorf("request = %s %s, %v", r.Method, r.URL, r.Header)
				}
				w.Header().Set("Content-Type", "text/csv")
				w.Header().Set("X-Amz-Meta-Name", "a%2Fb%20c.csv")
				w.Header().Set("Content-Length", fmt.Sprint(len(test.body)))
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			defer server.Close()
			content, file, err := newStore(aws.Config{BaseEndpoint: &server.URL}).Open(t.Context(), me, someID)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || errors.Is(err, ErrNotFound) != test.missing {
					t.Errorf("error = %v, want %q, not found: %v", err, test.err, test.missing)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer content.Close()
			text, err := io.ReadAll(content)
			if err != nil || string(text) != test.body || file != (File{Name: "a/b c.csv", Type: "text/csv", Size: 5}) {
				t.Errorf("Open = %q, %+v, %v", text, file, err)
			}
		})
	}
}

// A storage that says nothing more must not take the whole time of the function.
func TestOpenIsBounded(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(http.ResponseWriter){
		"before the head": func(http.ResponseWriter) {},
		"in the file": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "5")
			_, _ = io.WriteString(w, "he")
			w.(http.Flusher).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				begin(w)
				<-r.Context().Done()
			}))
			defer server.Close()
			s := newStore(aws.Config{BaseEndpoint: &server.URL})
			if s.client.Timeout != readTimeout {
				t.Fatalf("timeout = %s, want %s", s.client.Timeout, readTimeout)
			}
			s.client.Timeout = 50 * time.Millisecond
			content, _, err := s.Open(t.Context(), me, someID)
			if err == nil {
				defer content.Close()
				_, err = io.ReadAll(content)
			}
			if wait := net.Error(nil); !errors.As(err, &wait) || !wait.Timeout() {
				t.Errorf("error = %v, want that of a timeout", err)
			}
		})
	}
}

// An id never leads out of the prefix.
func TestOpenKnowsItsIDs(t *testing.T) {
	t.Parallel()
	s := newStore(aws.Config{BaseEndpoint: aws.String("http://127.0.0.1:0")})
	for _, id := range []string{"", "file-", "../secrets", "file-../../secrets/ABCDEFGHIJKL", someID + "A", someID + "?versionId=1", strings.ToLower(someID)} {
		if _, _, err := s.Open(t.Context(), me, id); !errors.Is(err, ErrNotFound) {
			t.Errorf("Open(%q) = %v, want ErrNotFound", id, err)
		}
	}
}

func TestOriginIsThatOfTickets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config aws.Config
		want   string
	}{
		"AWS":      {aws.Config{Region: "eu-west-1"}, "https://files.s3.eu-west-1.amazonaws.com"},
		"endpoint": {aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String("http://127.0.0.1:9000/")}, "http://127.0.0.1:9000"},
	} {
		if got := New(test.config, "files", maxBytes).Origin(); got != test.want {
			t.Errorf("%s: origin = %s, want %s", name, got, test.want)
		}
	}
}
