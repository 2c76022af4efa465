package test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"slices"
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

// An uploadList is what GET /uploads answers.
type uploadList struct {
	Data []struct {
		ID, Name, Type string
		Size           int
		CreatedAt      int64 `json:"created_at"`
	}
	HasMore bool `json:"has_more"`
}

// listUploads asks for those of the caller with a key, if there is one.
func listUploads(t *testing.T, chain *local.Chain, key string) (int, uploadList, string) {
	t.Helper()
	resp := open(t, http.MethodGet, chain.URL()+"/uploads", nil, "Authorization", "Bearer "+key)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var list uploadList
	if err := json.Unmarshal(body, &list); resp.StatusCode == 200 && err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return resp.StatusCode, list, string(body)
}

// put uploads a file as a caller, and returns its id.
func put(t *testing.T, chain *local.Chain, key, file string) string {
	t.Helper()
	body := fmt.Sprintf(`{"name":"report 1.txt","type":"text/plain","size":%d}`, len(file))
	resp, answer := post(t, chain.URL()+"/uploads", []byte(body), "Authorization", "Bearer "+key)
	var u ticket
	if err := json.Unmarshal([]byte(answer), &u); err != nil || resp.StatusCode != 200 {
		t.Fatalf("POST /uploads: %d %s, %v", resp.StatusCode, answer, err)
	}
	if resp, body := upload(t, chain, u, file); resp.StatusCode != 200 {
		t.Fatalf("PUT: %d %s", resp.StatusCode, body)
	}
	return u.ID
}

// serveEvents runs an assembly and passes on what the bucket tells the sample.
func serveEvents(t *testing.T, dir string) (*local.Chain, <-chan local.Trace) {
	t.Helper()
	events := make(chan local.Trace, 64)
	chain, err := local.Start(t.Context(), local.Options{Assembly: dir, Sources: []string{root}, Log: t.Output(), Trace: func(r local.Trace) {
		if r.Method == "EVENT" {
			events <- r
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chain.Close)
	return chain, events
}

func nextEvent(t *testing.T, events <-chan local.Trace) local.Trace {
	t.Helper()
	select {
	case r := <-events:
		return r
	case <-time.After(patience):
		t.Fatal("no event came")
		return local.Trace{}
	}
}

// An upload is registered by the bucket's event, and its owner alone sees it.
func TestUploadsAreRegisteredAndListed(t *testing.T) {
	t.Parallel()
	for name, synthesized := range map[string]func() (string, error){"one function": atHome, "an alias": fullAtHome} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain, events := serveEvents(t, assembly(t, synthesized))
			if status, list, body := listUploads(t, chain, "one"); status != 200 || list.Data == nil || len(list.Data) > 0 {
				t.Errorf("before: %d %s, want an empty list", status, body)
			}
			first := put(t, chain, "one", "hello")
			if r := nextEvent(t, events); !strings.HasPrefix(r.Target, "ObjectCreated:Put /") || !strings.HasSuffix(r.Target, first) || len(r.Hops) != 1 || r.Hops[0].Refused {
				t.Fatalf("event = %+v, want one about %s that is taken", r, first)
			}
			second := put(t, chain, "one", "hello again")
			nextEvent(t, events)
			third := put(t, chain, "two", "of another")
			nextEvent(t, events)
			_, list, body := listUploads(t, chain, "one")
			if len(list.Data) != 2 || list.Data[0].ID != second || list.Data[1].ID != first || list.HasMore {
				t.Fatalf("list = %s, want %s and %s", body, second, first)
			}
			if u := list.Data[1]; u.Name != "report 1.txt" || u.Type != "text/plain" || u.Size != 5 || time.Since(time.Unix(u.CreatedAt, 0)) > patience {
				t.Errorf("upload = %+v", u)
			}
			if _, list, body := listUploads(t, chain, "two"); len(list.Data) != 1 || list.Data[0].ID != third {
				t.Errorf("list of another = %s, want %s alone", body, third)
			}
			// Nor can another use what it has heard of.
			resp, body := post(t, chain.URL()+"/v1/chat/completions", message(first), "Authorization", "Bearer two")
			if resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "There is no file") {
				t.Errorf("the file of another: %d %s, want 400", resp.StatusCode, body)
			}
			if resp, body = post(t, chain.URL()+"/v1/chat/completions", message(first), "Authorization", "Bearer one"); resp.StatusCode != 200 {
				t.Errorf("one's own file: %d %s", resp.StatusCode, body)
			}
		})
	}
}

// notification is that of the bucket.
func notification(t *testing.T, resources object) object {
	t.Helper()
	bucket := only(t, resources, "AWS::S3::Bucket", func(p object) bool { return p["NotificationConfiguration"] != nil })
	return bucket["NotificationConfiguration"].(object)["LambdaConfigurations"].([]any)[0].(object)
}

// A bucket that notifies of registrations, too, is told of one for each file, and that is the
// end of it.
func TestRegistrationsDoNotGoRoundInACircle(t *testing.T) {
	t.Parallel()
	chain, events := serveEvents(t, mutate(t, assembly(t, atHome), func(resources object) {
		delete(notification(t, resources), "Filter")
	}))
	put(t, chain, "one", "hello")
	for _, want := range []string{"/uploads/", "/registered/"} {
		if r := nextEvent(t, events); !strings.Contains(r.Target, want) || len(r.Hops) != 1 || r.Hops[0].Refused {
			t.Errorf("event = %+v, want one about %s that is taken", r, want)
		}
	}
	chain.Close() // waits for what is going on
	if len(events) > 0 {
		t.Errorf("there is another event, %+v", <-events)
	}
}

// A bucket that may not invoke the function is refused by the check, and by the chain, as Amazon
// S3 refuses its notification.
func TestUploadsWithoutThePermissionOfTheBucket(t *testing.T) {
	t.Parallel()
	dir := mutate(t, assembly(t, atHome), func(resources object) {
		maps.DeleteFunc(resources, func(_ string, r any) bool {
			properties, _ := r.(object)["Properties"].(object)
			return r.(object)["Type"] == "AWS::Lambda::Permission" && properties["Principal"] == "s3.amazonaws.com"
		})
	})
	const want = "Amazon S3 refuses the notification"
	if _, err := local.Start(t.Context(), local.Options{Assembly: dir, Sources: []string{root}, Log: t.Output()}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the chain: %v, want %q", err, want)
	}
	binary, err := cli()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), binary, "check", dir).CombinedOutput()
	if err == nil || !strings.Contains(strings.Join(strings.Fields(string(out)), " "), want) {
		t.Errorf("check: %v\n%s\nwant %q", err, out, want)
	}
}

// What AWS would refuse the function, the chain refuses.
func TestRegistrationsAreRefused(t *testing.T) {
	t.Parallel()
	without := func(action, ending string) func(*testing.T, object) {
		return func(t *testing.T, resources object) {
			policy := only(t, resources, "AWS::IAM::Policy", func(p object) bool {
				text, err := json.Marshal(p)
				return err == nil && strings.Contains(string(text), "s3:ListBucket")
			})
			document := policy["PolicyDocument"].(object)
			document["Statement"] = slices.DeleteFunc(document["Statement"].([]any), func(s any) bool {
				text, err := json.Marshal(s)
				return err == nil && s.(object)["Action"] == action && strings.Contains(string(text), ending)
			})
		}
	}
	for name, test := range map[string]struct {
		edit              func(*testing.T, object)
		registers, status int
	}{
		"without the right to put":    {without("s3:PutObject", "registered/*"), 0, 200},
		"without the right to list":   {without("s3:ListBucket", ""), 1, 500},
		"with the right to another's": {func(t *testing.T, r object) { listGrant(t, r)["s3:prefix"] = "uploads/*" }, 1, 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain, events := serveEvents(t, mutate(t, assembly(t, atHome), func(resources object) { test.edit(t, resources) }))
			put(t, chain, "one", "hello")
			r := nextEvent(t, events)
			if refused := r.Hops[len(r.Hops)-1].Refused; refused != (test.registers == 0) || refused && len(r.Hops) != 3 {
				t.Errorf("event = %+v, want it taken %d times, else tried three times", r, test.registers)
			}
			status, list, body := listUploads(t, chain, "one")
			if status != test.status || status == 500 && !strings.Contains(body, "list_failed") || len(list.Data) > 0 {
				t.Errorf("GET /uploads: %d %s, want %d", status, body, test.status)
			}
		})
	}
}

// listGrant is the condition on which the sample may list the bucket.
func listGrant(t *testing.T, resources object) object {
	t.Helper()
	for _, resource := range resources {
		properties, _ := resource.(object)["Properties"].(object)
		document, _ := properties["PolicyDocument"].(object)
		statements, _ := document["Statement"].([]any)
		for _, s := range statements {
			if statement := s.(object); statement["Action"] == "s3:ListBucket" {
				return statement["Condition"].(object)["StringLike"].(object)
			}
		}
	}
	t.Fatal("no statement grants lists")
	return nil
}

// Without a bucket the sample says what to configure.
func TestUploadsThatAreNotConfigured(t *testing.T) {
	t.Parallel()
	chain := serve(t, mutate(t, assembly(t, atHome), func(resources object) {
		delete(sampleEnvironment(t, resources), "UPLOADS_BUCKET")
		delete(sampleEnvironment(t, resources), "UPLOADS_REGISTERED")
	}))
	resp, body := post(t, chain.URL()+"/uploads", []byte(`{"name":"a","size":1}`))
	if resp.StatusCode != http.StatusNotImplemented || !strings.Contains(body, "UPLOADS_BUCKET") {
		t.Errorf("POST /uploads: %d %s, want 501 and what to configure", resp.StatusCode, body)
	}
}
