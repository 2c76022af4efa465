package apigateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/internal/trace"
)

// patience bounds every wait of these tests.
const patience = 60 * time.Second

// The test binary is the function, too: started with this variable it speaks the runtime API.
const processVariable = "APIGATEWAY_TEST_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(processVariable) != "" {
		os.Exit(process())
	}
	os.Exit(m.Run())
}

// said is what a request tells the function to do, in base64 of its header X-Say.
type said struct {
	Type  string   // content type of the response
	Parts []string // of the response; one that begins with "http" is asked for, and not written
	Error string   // in place of a response
	Exit  bool
	// Mebibytes are written after the parts.
	Mebibytes int
}

// process does what the event's header X-Say says; without one it answers with the event. An
// authorizer's event is told what to do by its token, or by the header X-Authorizer.
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
		var e struct {
			Type, AuthorizationToken string
			Headers                  map[string]string
		}
		if err := json.Unmarshal(text, &e); err != nil {
			return 3
		}
		var say said
		header, told := "X-Say", ""
		if e.Type != "" {
			header, told = "X-Authorizer", e.AuthorizationToken
		}
		for name, value := range e.Headers {
			if strings.EqualFold(name, header) {
				told = value
			}
		}
		data, _ := base64.StdEncoding.DecodeString(told)
		_ = json.Unmarshal(data, &say)
		path := base + resp.Header.Get("Lambda-Runtime-Aws-Request-Id")
		var body io.Reader
		switch {
		case say.Exit:
			return 4
		case say.Error != "":
			message := strings.ReplaceAll(say.Error, "$TOKEN", told)
			path, body = path+"/error", strings.NewReader(`{"errorMessage":"`+message+`"}`)
		case say.Parts == nil:
			echo, _ := json.Marshal(map[string]any{"statusCode": 200, "body": string(text), "headers": map[string]string{"Content-Type": "application/json"}})
			path, body = path+"/response", bytes.NewReader(echo)
		default:
			reader, writer := io.Pipe()
			path, body = path+"/response", reader
			go func() {
				for _, part := range say.Parts {
					if strings.HasPrefix(part, "http") {
						if resp, err := http.Get(part); err == nil {
							resp.Body.Close()
						}
						continue
					}
					_, _ = io.WriteString(writer, part)
				}
				for range say.Mebibytes {
					_, _ = io.WriteString(writer, strings.Repeat("x", 1<<20))
				}
				_ = writer.Close()
			}()
		}
		if say.Type == "" {
			say.Type = "application/json"
		}
		if resp, err := http.Post(path, say.Type, body); err == nil {
			resp.Body.Close()
		}
	}
}

// A site is an API that is being served.
type site struct {
	*httptest.Server
	done chan trace.Request
}

var clock = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// newAPI is an API with one operation for everything, which everybody may call.
func newAPI(kind Kind) *API {
	a := &API{Kind: kind, ID: "abc123defg", Region: "eu-west-1", Account: "111122223333", Responses: map[string]*Response{}, Log: &template.Log{}}
	a.Resource = &assembly.Resource{LogicalID: "Api", Stack: &assembly.Stack{Name: "App"}}
	a.Types, a.Binary = template.TextsOf("REGIONAL"), template.TextsOf("*/*")
	name, format, path, key := "prod", "1.0", "/{proxy+}", "ANY /{proxy+}"
	if kind == HTTP {
		name, format, path, key = "$default", "2.0", "", "$default"
	}
	a.Stages = []*Stage{{Name: template.Of(name), Deployed: true}}
	o := &Operation{API: a, Method: "ANY", Path: path, Key: key, Authorization: template.Of("NONE"), Log: &template.Log{}}
	o.Resource = a.Resource
	o.Integration = &Integration{
		Type: template.Of("AWS_PROXY"), Mode: template.Of("BUFFERED"), Format: template.Of(format), Timeout: template.Of(defaultTimeout),
		ARN: "arn:aws:lambda:eu-west-1:111122223333:function:fn", Function: &lambda.Definition{Name: "App/Fn", Log: &template.Log{}}, Log: &template.Log{},
	}
	a.Operations = []*Operation{o}
	a.grants = []*lambda.Permission{{Function: o.Integration.ARN}}
	return a
}

// host is what an API is served with that invokes nothing.
func host() *door.Host {
	return &door.Host{Now: func() time.Time { return clock }, Issuers: http.DefaultClient, Recorder: &trace.Recorder{}}
}

// serve serves an API with the test binary as its function.
func serve(t *testing.T, a *API, change func(*server)) *site {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fn := lambda.New(lambda.Config{
		Name: "fn", Region: a.Region, Timeout: patience, Concurrency: 10, Command: []string{program}, Dir: t.TempDir(),
		Environment: map[string]string{processVariable: "1"},
	})
	s := &site{done: make(chan trace.Request, 100)}
	h := host()
	h.Function = func(string) *lambda.Function { return fn }
	h.Recorder = &trace.Recorder{Done: func(r trace.Request) { s.done <- r }}
	inner := newServer(a, h)
	if change != nil {
		change(inner)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := rawPath(r)
		stage, rest := a.stage(path)
		inner.answer(w, r, &arrival{domain: a.Domain(), stage: stage, path: rest, event: eventPath(a, path, rest)})
	}))
	t.Cleanup(func() { fn.Close(); s.Close() })
	return s
}

// request makes a request that tells the function what to do.
func (s *site) request(t *testing.T, method, target, body string, say *said) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if say != nil {
		text, err := json.Marshal(say)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Say", base64.StdEncoding.EncodeToString(text))
	}
	return r
}

// send sends a request and returns the answer, what of its body came, and what was recorded.
func (s *site) send(t *testing.T, r *http.Request) (*http.Response, string, trace.Request) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		body = append(body, " [broken off]"...)
	}
	return resp, string(body), testclient.Receive(t, "the record", s.done)
}

// want compares an answer.
func want(t *testing.T, resp *http.Response, got string, status int, body string) {
	t.Helper()
	if resp.StatusCode != status || got != body {
		t.Errorf("answer = %d %s, want %d %s", resp.StatusCode, got, status, body)
	}
}

const nuls = "\x00\x00\x00\x00\x00\x00\x00\x00"

// streamed is a response in the streaming protocol.
func streamed(parts ...string) *said {
	return &said{Type: answer.IntegrationResponse, Parts: parts}
}

// A gate holds the function until the test opens it.
func newGate(t *testing.T) (url string, open func()) {
	t.Helper()
	opened := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-opened:
		case <-r.Context().Done():
		}
	}))
	closed := false
	open = func() {
		if !closed {
			closed = true
			close(opened)
		}
	}
	t.Cleanup(func() { open(); s.Close() })
	return s.URL, open
}
