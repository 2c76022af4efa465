package test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/streamfront/streamfront/local"
)

// A ticket is what POST /uploads answers.
type ticket struct {
	ID, Method, URL string
	Headers         map[string]string
	ExpiresAt       int64 `json:"expires_at"`
	MaxBytes        int   `json:"max_bytes"`
}

// askForUpload asks the sample for the right to upload.
func askForUpload(t *testing.T, chain *local.Chain, size int) ticket {
	t.Helper()
	body := fmt.Sprintf(`{"name":"report 1.txt","type":"text/plain","size":%d}`, size)
	resp, answer := post(t, chain.URL()+"/uploads", []byte(body))
	var got ticket
	if err := json.Unmarshal([]byte(answer), &got); err != nil || resp.StatusCode != 200 {
		t.Fatalf("POST /uploads: %d %s, %v", resp.StatusCode, answer, err)
	}
	if !strings.HasPrefix(got.URL, "http://127.0.0.1:") {
		t.Fatalf("the upload goes to %s, want the chain's own address", got.URL)
	}
	return got
}

// upload does as the ticket says, as a page of the distribution.
func upload(t *testing.T, chain *local.Chain, u ticket, file string) (*http.Response, string) {
	t.Helper()
	headers := []string{"Origin", chain.URL()}
	for name, value := range u.Headers {
		headers = append(headers, name, value)
	}
	resp := open(t, u.Method, u.URL, []byte(file), headers...)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(answer)
}

// The whole way of a file that is too large for a request: a presigned PUT, the bucket's
// CORS, and a message that names it.
func TestUploadReachesTheModel(t *testing.T) {
	t.Parallel()
	chain := serve(t, assembly(t, atHome))
	file := strings.Repeat("a ", 5<<17) + "the end of the file" // over 1 MiB
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "stands in for Amazon S3 with Streamfront/Uploads") {
		t.Errorf("notes = %s, want the bucket in them", notes)
	}

	resp, body := post(t, chain.URL()+"/v1/chat/completions", []byte(file))
	if resp.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(body, "presigned S3 URL") {
		t.Errorf("over 1 MiB: %d %s, want a 413 that says where to go", resp.StatusCode, body)
	}

	u := askForUpload(t, chain, len(file))
	preflight := open(t, http.MethodOptions, u.URL, nil, "Origin", chain.URL(),
		"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "content-type,x-amz-meta-name")
	preflight.Body.Close()
	if preflight.StatusCode != 200 || preflight.Header.Get("Access-Control-Allow-Origin") != chain.URL() {
		t.Errorf("preflight: %d %v, want the page admitted", preflight.StatusCode, preflight.Header)
	}
	if resp, body := upload(t, chain, u, file); resp.StatusCode != 200 {
		t.Fatalf("PUT: %d %s", resp.StatusCode, body)
	}

	// The built-in model says the file back, from the first word on.
	short := askForUpload(t, chain, 5)
	if resp, body := upload(t, chain, short, "hello"); resp.StatusCode != 200 {
		t.Fatalf("PUT: %d %s", resp.StatusCode, body)
	}
	_, body = post(t, chain.URL()+"/v1/chat/completions", message(short.ID))
	if !strings.Contains(body, "report 1.txt") || !strings.Contains(body, "hello") {
		t.Errorf("answer = %s, want the file in it", body)
	}
	resp, body = post(t, chain.URL()+"/v1/chat/completions", message("file-AAAAAAAAAAAAAAAAAAAAAAAAAA"))
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "There is no file") {
		t.Errorf("a file that was never uploaded: %d %s, want 400", resp.StatusCode, body)
	}
}

// What may be uploaded may be used, however large, and what may not be used is refused
// before it is uploaded.
func TestTheLargestUploadReachesTheModel(t *testing.T) {
	t.Parallel()
	chain := serve(t, assembly(t, atHome))
	size := askForUpload(t, chain, 1).MaxBytes
	u := askForUpload(t, chain, size)
	if resp, body := upload(t, chain, u, strings.Repeat("a ", size/2)); resp.StatusCode != 200 {
		t.Fatalf("PUT: %d %s", resp.StatusCode, body)
	}
	resp, body := post(t, chain.URL()+"/v1/chat/completions", message(u.ID))
	if resp.StatusCode != 200 || !strings.Contains(body, "report 1.txt") {
		t.Errorf("a file of %d bytes: %d %s, want an answer about it", size, resp.StatusCode, body)
	}
	resp, body = post(t, chain.URL()+"/uploads", fmt.Appendf(nil, `{"name":"a","size":%d}`, size+1))
	if resp.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(body, fmt.Sprint(size)) {
		t.Errorf("a byte more: %d %s, want 413 with the limit", resp.StatusCode, body)
	}
}

func message(id string) []byte {
	return []byte(`{"model":"streamfront-echo","max_tokens":20,"messages":[{"role":"user","content":[` +
		`{"type":"text","text":"Read this."},{"type":"file","file":{"file_id":"` + id + `"}}]}]}`)
}

// What AWS would refuse, the chain refuses.
func TestUploadIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit   func(*testing.T, object)
		file   string
		late   bool
		status int
		code   string
	}{
		"another size":  {func(*testing.T, object) {}, "hello!", false, 403, "SignatureDoesNotMatch"},
		"after expiry":  {func(*testing.T, object) {}, "hello", true, 403, "Request has expired"},
		"without grant": {removeGrant, "hello", false, 403, "AccessDenied"},
		"grant to read alone": {func(t *testing.T, resources object) {
			uploadGrant(t, resources)["Action"] = "s3:GetObject"
		}, "hello", false, 403, "AccessDenied"},
		"grant on other keys": {func(t *testing.T, resources object) {
			uploadGrant(t, resources)["Resource"] = "arn:aws:s3:::another-bucket/uploads/*"
		}, "hello", false, 403, "AccessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ahead atomic.Int64
			chain, err := local.Start(t.Context(), local.Options{
				Assembly: mutate(t, assembly(t, atHome), func(resources object) { test.edit(t, resources) }),
				Sources:  []string{root}, Log: t.Output(),
				Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(chain.Close)
			u := askForUpload(t, chain, 5)
			if test.late {
				ahead.Store(int64(6 * time.Minute))
			}
			if resp, body := upload(t, chain, u, test.file); resp.StatusCode != test.status || !strings.Contains(body, test.code) {
				t.Errorf("PUT: %d %s, want %d %s", resp.StatusCode, body, test.status, test.code)
			}
		})
	}
}

// uploadGrant is the statement that lets the sample use the bucket.
func uploadGrant(t *testing.T, resources object) object {
	t.Helper()
	for _, resource := range resources {
		properties, _ := resource.(object)["Properties"].(object)
		document, _ := properties["PolicyDocument"].(object)
		statements, _ := document["Statement"].([]any)
		for _, s := range statements {
			statement := s.(object)
			if actions, ok := statement["Action"].([]any); ok && actions[0] == "s3:GetObject" {
				return statement
			}
		}
	}
	t.Fatal("no statement grants uploads")
	return nil
}

func removeGrant(t *testing.T, resources object) {
	uploadGrant(t, resources)["Action"] = "s3:ListAllMyBuckets"
}

// Without a bucket the sample says what to configure.
func TestUploadsThatAreNotConfigured(t *testing.T) {
	t.Parallel()
	chain := serve(t, mutate(t, assembly(t, atHome), func(resources object) {
		delete(sampleEnvironment(t, resources), "UPLOADS_BUCKET")
	}))
	resp, body := post(t, chain.URL()+"/uploads", []byte(`{"name":"a","size":1}`))
	if resp.StatusCode != http.StatusNotImplemented || !strings.Contains(body, "UPLOADS_BUCKET") {
		t.Errorf("POST /uploads: %d %s, want 501 and what to configure", resp.StatusCode, body)
	}
}
